import { type AbsolutePath, type Accesses, isKernelPath } from '@oodate/filemon';
import type { RunRecord } from './run-record.js';

/*
 * A depfile tells make or ninja what a command has read, as one rule:
 *
 *   out1 out2: in1 in2
 *
 * There is no quoting that both understand, and neither can hold every name. How
 * each reads a name was found by trying all characters in all places, with GNU
 * make 4.3 and ninja 1.11; the tests do it again.
 */

export type DepfileFormat = 'make' | 'ninja';

/** What a run read and what it left. */
export interface DepfileRule {
  readonly outputs: readonly AbsolutePath[];
  readonly inputs: readonly AbsolutePath[];
}

export interface DepfileOptions {
  /** Names below it are relative to it: where make or ninja will run. */
  readonly directory: AbsolutePath;
  /** These instead of the outputs, as they stand: the targets as the build file calls them. */
  readonly targets?: readonly string[];
  /** An empty rule for each input, so that make goes on if one has been removed. ninja does so by itself. */
  readonly phony?: boolean;
}

export interface Depfile {
  readonly text: string;
  /** Names that the format cannot hold. If there are any, the text is not to be used. */
  readonly refused: readonly string[];
}

/**
 * Files that were read or executed, and files that were left. From the record of
 * the run if there is one, which knows what is a directory; else a path counts as
 * one if the log lists it or has a path below it.
 */
export function depfileRule(accesses: Accesses, run: RunRecord | undefined): DepfileRule {
  return run === undefined ? ruleOfLog(accesses) : ruleOfRecord(run);
}

function ruleOfRecord({ files }: RunRecord): DepfileRule {
  const inputs = new Set<AbsolutePath>();
  const outputs = new Set<AbsolutePath>();
  for (const { path, use, state } of files) {
    if (state.type !== 'file' && !(use === 'output' && state.type === 'link')) continue;
    if (use === 'output') outputs.add(path);
    else if (use === 'read' || use === 'executed') inputs.add(path);
  }
  return { inputs: [...inputs], outputs: [...outputs] };
}

function ruleOfLog({ paths }: Accesses): DepfileRule {
  const directories = new Set<string>();
  for (const path of paths.keys())
    for (let above = parentOf(path); above !== '' && !directories.has(above); above = parentOf(above))
      directories.add(above);
  const inputs: AbsolutePath[] = [];
  const outputs: AbsolutePath[] = [];
  for (const { path, read, listed, change } of paths.values()) {
    if (path === '/' || directories.has(path) || listed || isKernelPath(path)) continue;
    if (change === 'written') outputs.push(path);
    else if (change === 'none' && read) inputs.push(path);
  }
  return { inputs, outputs };
}

/** The rule in the words of make or ninja, as path text. */
export function formatDepfile(rule: DepfileRule, format: DepfileFormat, options: DepfileOptions): Depfile {
  const { canHold, input, target, head } = formats[format];
  const near = (path: AbsolutePath): string => nearName(path, options.directory);
  const targets = options.targets ?? rule.outputs.map(near);
  const taken = new Set(targets);
  const inputs = rule.inputs.map(near).filter((name) => !taken.has(name));
  const refused = [...targets, ...inputs].filter((name) => !canHold(name));
  const lines = [
    `${targets.map(target).join(' ')} :${inputs.map((name) => ` \\\n  ${input(name)}`).join('')}`,
  ];
  if (options.phony) for (const name of inputs) lines.push(`${target(name)} :`);
  const body = `${lines.join('\n')}\n`;
  return { text: `${head(body)}${body}`, refused };
}

interface Writer {
  readonly canHold: (name: string) => boolean;
  readonly target: (name: string) => string;
  readonly input: (name: string) => string;
  readonly head: (body: string) => string;
}

const formats: Readonly<Record<DepfileFormat, Writer>> = {
  make: {
    // A semicolon begins a recipe, whatever stands before it; a word with `)` at its end is part of an archive;
    // and where there is a wildcard, each backslash is read twice.
    canHold: (name) => name !== '' && !/[\p{Cc};]|[ \\)]$|\\.*[*?[]|[*?[].*\\/u.test(name),
    target: (name) => makeName(name, /(\\*)([ #:*?[%])/g),
    // In an input `%` stands for itself and `|` is what begins the order-only ones; in a target it is the other way round.
    input: (name) => makeName(name, /(\\*)([ #:*?[|])/g),
    // A name with `=` would make the rule an assignment.
    head: (body) => (body.includes(equals) ? `oodate.equals := =\n` : ''),
  },
  ninja: {
    canHold: (name) => name !== '' && !/[\p{Cc}"&'*;<>?^`|]|[:\\]$|\\[ #:$]/u.test(name),
    target: ninjaName,
    input: ninjaName,
    head: () => '',
  },
};

const equals = '$(oodate.equals)';

function makeName(name: string, special: RegExp): string {
  // Backslashes stand for themselves unless one of the special characters follows.
  const escaped = name.replaceAll('$', '$$$$').replace(special, '$1$1\\$2');
  return escaped.replaceAll('=', () => equals);
}

function ninjaName(name: string): string {
  return name.replaceAll('$', '$$$$').replace(/[ #]/g, '\\$&');
}

function nearName(path: AbsolutePath, directory: AbsolutePath): string {
  const below = directory === '/' ? '/' : `${directory}/`;
  if (!path.startsWith(below) || path.length === below.length) return path;
  const near = path.slice(below.length);
  // make takes a name that begins with `~` for one of a home directory.
  return near.startsWith('~') ? path : near;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
