import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AbsolutePath } from '@oodate/filemon';
import { isAgreed } from '../agreement.js';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { findPackageManager, type PackageManager, shellSettings } from '../package-manager.js';
import { findPackage, type Package } from '../package-script.js';
import { isLearned } from '../script-choice.js';
import { prefixedScript, unprefixedScript } from '../script-prefix.js';
import { loadSettings } from '../settings.js';
import { initWords } from '../words.js';

export interface InitOptions {
  readonly dryRun: boolean;
  /** Do not ask. */
  readonly yes: boolean;
  readonly undo: boolean;
}

/** What is to become of one file; without text it is removed. */
export interface FileChange {
  readonly file: string;
  readonly text: string | undefined;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** Has the package manager in use run scripts through oodate, or, to undo, no longer. Gives the exit status. */
export async function init(options: InitOptions): Promise<number> {
  const manager = findPackageManager(process.cwd(), process.env.npm_config_user_agent);
  const changes = options.undo ? undoing(manager) : await doing(manager);
  const cwd = process.cwd();
  writeOut(1, `${initWords(manager.name, changes, options.undo, cwd)}\n`);
  if (changes.length === 0 || options.dryRun) return 0;
  if (!options.yes && !(await isAgreed('Change this?'))) return 1;
  for (const { file, text } of changes) write(file, text);
  return 0;
}

async function doing(manager: PackageManager): Promise<FileChange[]> {
  const { root, shell } = manager;
  if (shell.kind === 'prefix') return prefixing();
  const path = join(root, shell.file);
  const lines = linesOf(path);
  const line = shell.line(shellFor(root));
  const present = lines.find((text) => shell.key.test(text));
  if (present === line) return [];
  if (present !== undefined && !isOurs(present, shell.key))
    throw new CliError(
      'SHELL_IS_SET',
      `${path} has another shell for scripts already: ${present.trim()}`,
      'remove that line first',
    );
  const kept = lines.filter((text) => text !== present);
  return [
    {
      file: path,
      text: textOf([...kept, line]),
      removed: present === undefined ? [] : [present],
      added: [line],
    },
  ];
}

function undoing({ root }: PackageManager): FileChange[] {
  const changes: FileChange[] = [];
  for (const setting of shellSettings) {
    if (setting.kind !== 'line') continue;
    const file = join(root, setting.file);
    const lines = linesOf(file);
    const ours = lines.filter((line) => isOurs(line, setting.key));
    if (ours.length === 0) continue;
    const kept = lines.filter((line) => !ours.includes(line));
    changes.push({ file, text: kept.length === 0 ? undefined : textOf(kept), removed: ours, added: [] });
  }
  return [...changes, ...rewriting(findPackage(process.cwd()), (_, text) => unprefixedScript(text))];
}

async function prefixing(): Promise<FileChange[]> {
  const found = findPackage(process.cwd());
  const settings = await loadSettings(found.directory as AbsolutePath, process.env);
  return rewriting(found, (name, text) =>
    isLearned(name, settings) && unprefixedScript(text) === text && !/^oodate\b/.test(text)
      ? prefixedScript(text)
      : text,
  );
}

function rewriting(
  { file, scripts }: Package,
  rewrite: (name: string, text: string) => string,
): FileChange[] {
  const source = readFileSync(file, 'utf8');
  const manifest = JSON.parse(source.replace(/^\uFEFF/, '')) as { scripts: Record<string, string> };
  const removed: string[] = [];
  const added: string[] = [];
  for (const [name, text] of scripts) {
    const next = rewrite(name, text);
    if (next === text) continue;
    manifest.scripts[name] = next;
    removed.push(`"${name}": ${JSON.stringify(text)}`);
    added.push(`"${name}": ${JSON.stringify(next)}`);
  }
  if (added.length === 0) return [];
  const [, indent = '  '] = /^\{\r?\n([ \t]+)/.exec(source) ?? [];
  const end = source.endsWith('\n') ? '\n' : '';
  return [{ file, text: `${JSON.stringify(manifest, null, indent)}${end}`, removed, added }];
}

/** By its name it is found from every package of a workspace; where it is not installed there is but its place. */
function shellFor(root: string): string {
  if (existsSync(join(root, 'node_modules/.bin/oodate-sh'))) return 'oodate-sh';
  return join(dirname(realpathSync(process.argv[1] ?? '')), '../bin/oodate-sh');
}

function isOurs(line: string, key: RegExp): boolean {
  return /(?:^|\/)oodate-sh$/.test(key.exec(line)?.[1] ?? '');
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function write(file: string, text: string | undefined): void {
  try {
    if (text === undefined) rmSync(file);
    else writeFileSync(file, text);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliError('FILE_NOT_WRITABLE', `${file} cannot be written (${code})`, undefined, { cause });
  }
}
