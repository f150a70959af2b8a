import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.js';

/** The arguments before `--`, or before bmake's own, which are ours, and those after it, which are not; undefined if there is neither. */
export interface SplitArguments {
  readonly own: readonly string[];
  readonly rest: readonly string[] | undefined;
}

export function splitArguments(args: readonly string[]): SplitArguments {
  if (args[0] === 'bmake' && args[1] !== '--help') return { own: args.slice(0, 1), rest: args.slice(1) };
  const dashes = args.indexOf('--');
  if (dashes < 0) return { own: args, rest: undefined };
  return { own: args.slice(0, dashes), rest: args.slice(dashes + 1) };
}

/**
 * Node turns bytes that are not UTF-8 into U+FFFD before a program sees them, and
 * can pass on only UTF-8. Running another command than the one that was given is
 * worse than running none.
 */
export function assertWordsIntact(words: readonly string[]): void {
  if (areIntact(words)) return;
  throw new CliError(
    'WORD_NOT_UTF8',
    'a word of the command is not UTF-8 text and would not arrive as it was given',
    'put the command into a script file and run that',
  );
}

/** Of paths of ours likewise. */
export function assertPathsIntact(paths: readonly string[]): void {
  if (areIntact(paths)) return;
  throw new CliError(
    'WORD_NOT_UTF8',
    'the name of a path is not UTF-8 text and does not arrive here as it was given',
    'name the directory that it is in',
  );
}

function areIntact(words: readonly string[]): boolean {
  if (!words.some((word) => word.includes('\uFFFD'))) return true;
  const given = readFileSync('/proc/self/cmdline');
  return given.equals(Buffer.from(given.toString('utf8')));
}
