import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { commandMetaFile, scriptMetaFile, scriptPartMetaFile } from '@oodate/meta-file';
import type { Target } from '@oodate/planner';
import { assertWordsIntact } from './argument-words.js';
import { CliError } from './cli-error.js';
import { logicalDirectory } from './logical-directory.js';
import { findPackage, scriptEnvironment, scriptsToRun, scriptWords } from './package-script.js';
import { loadSettings, type SettingFlags } from './settings.js';
import { type SettingsEffect, settingsEffect } from './settings-effect.js';
import { settingsPlaces } from './settings-places.js';
import { quoteWords } from './shell-quoting.js';
import { standardInput } from './standard-input.js';

/** What the user named: a script of package.json, or a command. */
export interface NamedTarget extends Target {
  readonly kind: 'script' | 'command';
  /** The script's name, or the command on one line. */
  readonly name: string;
  /** What messages call it: the name, with its package where there are several. */
  readonly title: string;
  /** What is executed for all of `commands`. */
  readonly words: readonly string[];
  /** One for each of `commands`, as a person would type it. */
  readonly texts: readonly string[];
  readonly metaFile: AbsolutePath;
  /** In package.json, of a script that a package manager runs. */
  readonly scriptText?: string;
  /** Variables of `environment` that do not depend on the caller's. */
  readonly ownVariables: readonly string[];
  readonly settings: SettingsEffect;
  /** Patterns of extra inputs that match nothing. */
  readonly unmatched: readonly string[];
}

/** How the user names a target: what stands before `--`, and what after it. */
export interface TargetName {
  readonly names: readonly string[];
  readonly rest: readonly string[] | undefined;
  /** Another place for the meta file. */
  readonly meta?: string | undefined;
  /** Whose package is meant, or where the command runs; default: the current directory. */
  readonly directory?: string | undefined;
  /** Settings given on the command line. */
  readonly flags?: SettingFlags | undefined;
}

/**
 * A name before `--` is a script; without one, a command follows. `look` is told of each file
 * that this depends on, before it is read. Throws a CliError.
 */
export async function resolveTarget(
  { names, rest, meta, directory = process.cwd(), flags }: TargetName,
  own: NodeJS.ProcessEnv,
  look: (path: string) => void = () => {},
): Promise<NamedTarget> {
  const cwd = directory as AbsolutePath;
  assertWordsIntact(rest ?? []);
  const [name, extra] = names;
  if (extra !== undefined)
    throw new CliError(
      'USAGE',
      `only one script can be named, and "${extra}" is a second word`,
      `arguments of the script and commands go after --, as in: oodate run -- ${quoteWords(names)}`,
    );
  const target =
    name === undefined ? commandTarget(cwd, rest ?? [], own) : scriptTarget(cwd, name, rest ?? [], own, look);
  return completed(target, own, look, { flags, metaFile: meta && joinPath(cwd, meta) });
}

/** A script as a package manager hands it to its shell, with all that belongs to it in the environment. Throws a CliError. */
export async function resolveShellTarget(
  text: string,
  own: NodeJS.ProcessEnv,
  look: (path: string) => void = () => {},
): Promise<NamedTarget> {
  const cwd = process.cwd() as AbsolutePath;
  const name = own.npm_lifecycle_event ?? '';
  const { directory, scripts } = findPackage(cwd, look);
  // `oodate run` runs these as one, and keeps one record of them.
  const [, whole = name] = /^(?:pre|post)(.+)$/.exec(name) ?? [];
  const isPart = [name, whole].some((script) => scripts.has(`pre${script}`) || scripts.has(`post${script}`));
  const metaFile = isPart ? scriptPartMetaFile : scriptMetaFile;
  const words = ['sh', '-c', text];
  const target: PlainTarget = {
    kind: 'command',
    name,
    title: name,
    commands: [words],
    words,
    texts: [text],
    scriptText: scripts.get(name) ?? text,
    cwd,
    environment: own,
    ownVariables: [],
    metaFile: (cache) => metaFile(directory as AbsolutePath, name, cache),
  };
  return completed(target, own, look, {});
}

async function completed(
  target: PlainTarget,
  own: NodeJS.ProcessEnv,
  look: (path: string) => void,
  given: { readonly flags?: SettingFlags | undefined; readonly metaFile?: AbsolutePath | '' | undefined },
): Promise<NamedTarget> {
  const logicalCwd = logicalDirectory(target.cwd, target.environment);
  for (const place of settingsPlaces(target.cwd)) look(place);
  const settings = await settingsEffect(await loadSettings(target.cwd, own, given.flags), target.name);
  const { paths: extraInputs, unmatched = [] } = settings.findExtraInputs?.() ?? {};
  return {
    ...target,
    settings,
    unmatched,
    metaFile: given.metaFile || target.metaFile(settings.cache),
    ...(extraInputs !== undefined && { extraInputs }),
    stdin: standardInput(),
    ...(logicalCwd !== undefined && { logicalCwd }),
  };
}

/** Before its settings are known, which depend on its directory. */
interface PlainTarget extends Omit<NamedTarget, 'metaFile' | 'settings' | 'unmatched'> {
  readonly metaFile: (cache: AbsolutePath | undefined) => AbsolutePath;
}

function commandTarget(cwd: AbsolutePath, words: readonly string[], own: NodeJS.ProcessEnv): PlainTarget {
  if (words[0] === undefined || words[0] === '')
    throw new CliError(
      'USAGE',
      'there is nothing to run',
      'name a script of package.json, or give a command after --',
    );
  const text = quoteWords(words);
  return {
    kind: 'command',
    name: text,
    title: text,
    commands: [words],
    words,
    texts: [text],
    cwd,
    environment: own,
    ownVariables: [],
    metaFile: (cache) => commandMetaFile(cwd, words, cache),
  };
}

function scriptTarget(
  cwd: AbsolutePath,
  name: string,
  args: readonly string[],
  own: NodeJS.ProcessEnv,
  look: (path: string) => void,
): PlainTarget {
  const found = findPackage(cwd, look);
  const directory = found.directory as AbsolutePath;
  const scripts = scriptsToRun(found, name, args);
  return {
    kind: 'script',
    name,
    title: name,
    commands: scripts.map(({ text }) => ['sh', '-c', text]),
    words: scriptWords(scripts),
    texts: scripts.map(({ text }) => text),
    cwd: directory,
    environment: scriptEnvironment(found, name, own, process.cwd()),
    ownVariables: Object.keys(scriptEnvironment(found, name, {}, cwd)).filter(
      (variable) => variable !== 'PATH',
    ),
    metaFile: (cache) => scriptMetaFile(directory, name, cache),
  };
}
