import { spawnSync } from 'node:child_process';
import {
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A tree with meta files, and what bmake says of it. Those of fixtures/bmake-cases tell more of the format. */
export interface BmakeCase {
  readonly id: string;
  readonly kind: 'rule' | 'quirk';
  readonly rule: string;
  /** An older bmake does otherwise. */
  readonly minVersion?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly targets: readonly string[];
  readonly files: readonly CaseFile[];
  readonly expected: BmakeAnswer;
}

export interface CaseFile {
  readonly path: string;
  readonly lines?: readonly string[];
  readonly noFinalNewline?: boolean;
  readonly text?: string;
  readonly dir?: boolean;
  readonly symlink?: string;
  /** Seconds since the epoch. */
  readonly mtime?: number;
}

export interface BmakeAnswer {
  readonly verdict: 'up to date' | 'out of date';
  /** The line that gives the reason; null if there is none. */
  readonly reason: string | null;
  readonly log: readonly string[];
}

/** All cases of fixtures/bmake-cases. */
export function bmakeCases(): BmakeCase[] {
  const folder = new URL('../../../fixtures/bmake-cases/', import.meta.url);
  return readdirSync(folder)
    .sort()
    .flatMap(
      (name) => (JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { cases: BmakeCase[] }).cases,
    );
}

/** The text with the names that stand for `root`, the directory above the case's tree, replaced. */
export function placeIn(text: string, root: string): string {
  return text.replaceAll('@ROOT@', root).replaceAll('@ROOT_@', root.replaceAll('/', '_'));
}

/** Makes the case's tree below `root`, which must be a real path. */
export function layOut({ files }: Pick<BmakeCase, 'files'>, root: string): void {
  const path = (file: CaseFile) => join(root, placeIn(file.path, root));
  for (const file of files) {
    mkdirSync(file.dir ? path(file) : dirname(path(file)), { recursive: true });
    if (file.symlink !== undefined) symlinkSync(placeIn(file.symlink, root), path(file));
    else if (!file.dir) writeFileSync(path(file), placeIn(contentOf(file), root));
  }
  // Last, and what lies deepest first: making a file alters the time of its directory.
  const timed = [...files].sort((a, b) => path(b).length - path(a).length);
  for (const file of timed)
    if (file.mtime !== undefined)
      (file.symlink === undefined ? utimesSync : lutimesSync)(path(file), file.mtime, file.mtime);
}

/** The environment in which bmake, and oodate, are asked about a case. */
export function caseEnvironment({ env = {} }: Pick<BmakeCase, 'env'>, root: string): Record<string, string> {
  const placed = Object.entries(env).map(([name, value]) => [name, placeIn(value, root)]);
  return { PATH: process.env.PATH ?? '', HOME: root, LC_ALL: 'C', ...Object.fromEntries(placed) };
}

/** What the bmake of this machine says of the tree that was laid out below `root`. It runs no command. */
export function askBmake(asked: Pick<BmakeCase, 'env' | 'targets'>, root: string): BmakeAnswer {
  const args = ['-r', '-dM', '-n', ...asked.targets];
  const { stdout, stderr, status, error } = spawnSync('bmake', args, {
    cwd: join(root, 'work'),
    env: caseEnvironment(asked, root),
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`bmake ${args.join(' ')} failed:\n${stdout}${stderr}`);
  const log = bmakeLog(stderr, root);
  const commands = stdout
    .split('\n')
    .filter((line) => line !== '' && !/^[`'].*' is up to date\.$/.test(line));
  return commands.length === 0
    ? { verdict: 'up to date', reason: null, log }
    : { verdict: 'out of date', reason: reasonIn(log), log };
}

/** MAKE_VERSION of the bmake of this machine. */
export function bmakeVersion(): number {
  return Number(
    spawnSync('bmake', ['-r', '-f', '/dev/null', '-V', 'MAKE_VERSION'], { encoding: 'utf8' }).stdout,
  );
}

/** What bmake wrote to stderr, with the names that stand for `root` and without what it says in any run. */
export function bmakeLog(stderr: string, root: string): string[] {
  const text = stderr.replaceAll(root, '@ROOT@').replaceAll(root.replaceAll('/', '_'), '@ROOT_@');
  return text
    .split('\n')
    .filter(
      (line) =>
        line !== '' && !/^Skipping meta for \.(BEGIN|END|ERROR|INTERRUPT|MAIN): \.SPECIAL$/.test(line),
    );
}

/** A changed command is only a remark if something else follows. */
export function reasonIn(log: readonly string[]): string | null {
  const reasons = log.filter((line) => reasonLines.some((pattern) => pattern.test(line)));
  return reasons.find((line) => !line.endsWith(': a build command has changed')) ?? reasons[0] ?? null;
}

const reasonLines = [
  /: file '.*' is newer than the target\.\.\.$/,
  /: missing files: .*\.\.\.$/,
  /: a build command has changed$/,
  /: there were more build commands in the meta data file than there are now\.\.\.$/,
  /: there are extra build commands now that weren't in the meta data file$/,
  /: the current working directory has changed from '.*' to '.*'$/,
  /: missing filemon data$/,
  /: required but missing$/,
  /: line truncated at \d+$/,
  /: malformed$/,
];

function contentOf({ lines, text = '', noFinalNewline = false }: CaseFile): string {
  return lines === undefined ? text : lines.join('\n') + (noFinalNewline ? '' : '\n');
}
