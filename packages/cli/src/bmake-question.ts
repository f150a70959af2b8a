import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodePath, encodePath } from '@oodate/filemon';
import {
  type BmakeCommand,
  type BmakeExpressions,
  type BmakeSettings,
  parseBmakeMode,
} from '@oodate/planner';
import { parseWalk, type WalkedTarget } from './bmake-walk.js';
import { CliError } from './cli-error.js';

/*
 * What only bmake can tell: the variables of a tree's makefiles, which targets
 * it comes to in which order, what its ordinary rules say of them, and their
 * commands after expansion. No command is run.
 */

/** Cannot be in anything that bmake says by itself. */
const nonce = Math.random().toString(36).slice(2);
const mark = `:oodate-${nonce}-`;

/** A tree's makefiles as the bmake of this machine reads them. */
export interface BmakeTree {
  readonly settings: BmakeSettings;
  /** The directory bmake works in. */
  readonly cwd: string;
  readonly objdir: string;
  readonly curdir: string;
  /** Words for bmake that make it read the same makefiles, and then one from stdin. */
  readonly args: readonly string[];
}

/** Reads the makefiles of the present directory. `args` are the user's own words for bmake. */
export function askTree(args: readonly string[]): BmakeTree {
  const answers = askVariables(args, questions);
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
  return {
    settings: {
      mode: parseBmakeMode(answers.mode),
      ignorePaths: words(answers.ignorePaths),
      ignorePatterns: answers.hasIgnorePatterns === '' ? undefined : words(answers.ignorePatterns),
      ignoreFilter: answers.hasIgnoreFilter === '' ? undefined : answers.ignoreFilter,
      cmpFilter: answers.hasCmpFilter === '' ? undefined : answers.cmpFilter,
      bailiwick: words(answers.bailiwick),
      temporary: `${answers.temporary}/`,
      make: answers.make,
    },
    cwd: answers.cwd,
    objdir: answers.objdir,
    curdir: answers.curdir,
    args: [
      ...args,
      ...defaultMakefile(args, words(answers.preference), [answers.curdir, answers.cwd]),
      '-f',
      '-',
    ],
  };
}

/** The walk of bmake over the targets by its ordinary rules alone. The ones in `forced` count as out of date. */
export function askWalk(
  tree: BmakeTree,
  targets: readonly string[],
  forced: readonly WalkedTarget[],
): WalkedTarget[] {
  const input = [
    ...withoutMeta,
    ...forced.flatMap(({ name, isDouble }, index) => forcing(name, isDouble ? '::' : ':', index)),
  ];
  // With -t besides, not even commands that begin with + are run.
  const words = [...tree.args, ...noMeta(tree.args), '-N', '-t', '-dmsg2', ...targets];
  const { stderr, status } = runBmake(words, input);
  const walked = status === 0 ? parseWalk(stderr) : undefined;
  if (walked === undefined) throw refusal(stderr, status);
  const names = new Set(forced.map(({ name }) => name));
  return walked
    .filter(({ name }) => !name.startsWith(force))
    .map((target) => (names.has(target.name) && isForced(target) ? { ...target, made: undefined } : target));
}

const force = `oodate-${nonce}-force-`;

/** Makes a target out of date by its ordinary rules. Each has a source of its own, which counts also where the target's time is to come. */
function forcing(name: string, operator: ':' | '::', index: number): string[] {
  return [`${name}${operator} ${force}${index}`, `${force}${index}: .PHONY .INVISIBLE`];
}

/** A real source that is made comes before, and is the one that bmake names. */
function isForced({ made }: WalkedTarget): boolean {
  if (made?.kind === 'made-by-rule') return made.rule === 'non existing child';
  return made?.source?.startsWith(force) === true;
}

/** What bmake makes of a target's commands and of its name, if its ordinary rules find it up to date. */
export interface ExpandedTarget {
  readonly path: string;
  readonly commands: readonly BmakeCommand[];
}

/** Expands the commands of targets, each in the place of its target, with all local variables. */
export function askCommands(tree: BmakeTree, targets: readonly WalkedTarget[]): ExpandedTarget[] {
  if (targets.length === 0) return [];
  const odd = targets.find(({ name, isDouble }) => isDouble || !plainName.test(name));
  if (odd !== undefined)
    throw new CliError(
      'BMAKE_REFUSED',
      `bmake cannot be asked for the commands of ${odd.name}`,
      'judge it by its meta file: only targets with plain names and one colon can be asked for',
    );
  const own = `oodate-${nonce}`;
  const input = [...withoutMeta];
  targets.forEach(({ name, implied, commands }, index) => {
    // Ours come before the target's own, which the three dots put off until an end that never comes.
    input.push(...forcing(name, ':', index), `${name}: ${own}-${index}`, `${own}-${index}: .USEBEFORE`);
    const [before, after] = implied === undefined ? ['', ''] : settingImplied(implied);
    if (implied !== undefined) input.push(`${name}: ${implied}`);
    input.push(`\t${mark}${index} path ${expression('.OODATE::=')}${before}${expression('.TARGET')}`);
    for (const command of commands) input.push(`\t${mark}${index} text ${command}`);
    input.push(`\t${mark}${index} end${after}`, '\t...');
  });
  const goals = [...targets.map(({ name }) => name), `${own}-none`];
  const { stdout, stderr, status } = runBmake(
    [...tree.args, ...noMeta(tree.args), '-N', '-S', ...goals],
    input,
  );
  const answers = parseExpansions(stdout);
  return targets.map(({ commands }, index) => {
    const answer = answers.get(index);
    if (answer?.path === undefined || answer.texts.length !== commands.length) throw refusal(stderr, status);
    return {
      path: answer.path,
      commands: commands.map((source, at) => ({ source, text: answer.texts[at] as string })),
    };
  });
}

/** Lets bmake evaluate what oodate cannot. `args` make it read makefiles, or none. */
export function bmakeExpressions(args: readonly string[]): BmakeExpressions {
  const ask = (names: readonly string[]): string[] => {
    const filter = expression('.MAKE.META.IGNORE_FILTER:ts:');
    const asked = Object.fromEntries(names.map((name, index) => [index, `${name}:L:${filter}`]));
    return Object.values(askVariables(args, asked));
  };
  const filterNames = (names: readonly string[]): string[] => {
    const filtered: string[] = [];
    for (let at = 0; at < names.length; at += namesAtOnce)
      filtered.push(...ask(names.slice(at, at + namesAtOnce)));
    return filtered;
  };
  const filterCommand = (text: string): string =>
    askVariables([...args, `.MAKE.cmd_filtered=${text}`], {
      text: `.MAKE.cmd_filtered:${expression('.MAKE.META.CMP_FILTER:ts:')}`,
    }).text;
  return { filterNames, filterCommand };
}

/** Their text stays well below what the kernel takes as arguments of a program. */
const namesAtOnce = 200;

const questions = {
  mode: '.MAKE.MODE',
  ignorePaths: '.MAKE.META.IGNORE_PATHS:O:u:tA',
  ignorePatterns: '.MAKE.META.IGNORE_PATTERNS',
  hasIgnorePatterns: 'defined(.MAKE.META.IGNORE_PATTERNS):?yes:',
  ignoreFilter: '.MAKE.META.IGNORE_FILTER',
  hasIgnoreFilter: 'defined(.MAKE.META.IGNORE_FILTER):?yes:',
  cmpFilter: '.MAKE.META.CMP_FILTER',
  hasCmpFilter: 'defined(.MAKE.META.CMP_FILTER):?yes:',
  bailiwick: '.MAKE.META.BAILIWICK:O:u:tA',
  temporary: 'TMPDIR:tA:U/tmp',
  make: '.MAKE',
  cwd: ':U.:tA',
  objdir: '.OBJDIR:tA',
  curdir: '.CURDIR',
  preference: '.MAKE.MAKEFILE_PREFERENCE',
};

/** So that bmake decides by its ordinary rules; in compat mode the order is always the same. */
const withoutMeta = ['.MAKE.MODE = compat'];

/** A mode given on the command line would win over that. */
function noMeta(args: readonly string[]): string[] {
  return args.some((word) => word.includes('.MAKE.MODE')) ? ['.MAKE.MODE=compat'] : [];
}

/** Nothing in it has a meaning in a makefile or on bmake's command line. */
const plainName = /^[\p{L}\p{N}_@+,./~^][\p{L}\p{N}_@+,./~^-]*$/u;

/** Given by name, since another one is to be read after it. */
function defaultMakefile(
  args: readonly string[],
  preference: readonly string[],
  directories: readonly string[],
): string[] {
  if (args.some((word) => word.startsWith('-f'))) return [];
  const found = preference.find((name) => directories.some((directory) => existsSync(join(directory, name))));
  return found === undefined ? [] : ['-f', found];
}

/**
 * Sets .IMPSRC, and takes it away. Our commands keep bmake from finding by a rule
 * for one suffix what the target is made from, so it is a plain source then.
 */
function settingImplied(implied: string): readonly [string, string] {
  const found = `${expression(`.ALLSRC:M${implied}`)} ${expression(`.ALLSRC:M*/${implied}`)}`;
  return [expression(`<::=${expression(`:U${found}:[1]`)}`), expression('<::=')];
}

function expression(text: string): string {
  return `\${${text}}`;
}

/** The values of the expressions. */
function askVariables<Name extends string>(
  args: readonly string[],
  asked: Readonly<Record<Name, string>>,
): Record<Name, string> {
  const between = `oodate-${nonce}`;
  const names = Object.keys(asked) as Name[];
  const words = names.flatMap((name) => ['-V', expression(asked[name]), '-V', expression(`:U${between}`)]);
  const { stdout, stderr, status } = runBmake([...args, ...words], []);
  const values = stdout.split(`\n${between}\n`);
  if (status !== 0 || values.length !== names.length + 1) throw refusal(stderr, status);
  return Object.fromEntries(names.map((name, index) => [name, values[index]])) as Record<Name, string>;
}

function parseExpansions(stdout: string): Map<number, { path: string | undefined; texts: string[] }> {
  const answers = new Map<number, { path: string | undefined; texts: string[] }>();
  for (const piece of stdout.split(mark).slice(1)) {
    const [, index, kind, text = ''] = /^(\d+) (path|text|end) ?([\s\S]*)\n$/.exec(piece) ?? [];
    const answer = answers.get(Number(index)) ?? { path: undefined, texts: [] };
    answers.set(Number(index), answer);
    if (kind === 'path') answer.path = text;
    if (kind === 'text') answer.texts.push(text);
  }
  return answers;
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

function runBmake(args: readonly string[], input: readonly string[]): Answer {
  const { stdout, stderr, status, error } = spawnSync('bmake', args, {
    input: encodePath(input.map((line) => `${line}\n`).join('')),
    env: process.env,
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (error !== undefined)
    throw new CliError(
      'NO_BMAKE',
      `bmake cannot be started (${(error as NodeJS.ErrnoException).code})`,
      'install it, or judge by a meta file with the settings as options',
      { cause: error },
    );
  return { stdout: decodePath(stdout), stderr: decodePath(stderr), status };
}

function refusal(stderr: string, status: number | null): CliError {
  const complaint = stderr
    .split('\n')
    .find((line) => /^bmake: |^bmake\[\d+\]: |": line \d+: |\. Stop$/.test(line) && !line.includes(nonce));
  return new CliError(
    'BMAKE_REFUSED',
    complaint === undefined
      ? `bmake does not answer as bmake 20200710 does (exit status ${status})`
      : `bmake cannot say: ${complaint.trim()}`,
    'see what bmake -n says of the target',
  );
}
