import { splitArguments } from './argument-words.js';
import { withPlainSwitches } from './bmake-arguments.js';
import { decisionOptions, type Option, runOptions, whyOptions } from './options.js';
import type { DecisionArguments, RunArguments, WhyArguments } from './target-commands.js';

/** A command about targets, its arguments as yargs would give them. */
export type PlainArguments = { readonly rest: readonly string[] | undefined } & (
  | { readonly command: 'run'; readonly argv: RunArguments }
  | { readonly command: 'check'; readonly argv: DecisionArguments }
  | { readonly command: 'why'; readonly argv: WhyArguments }
);

/**
 * Reads what nearly everyone writes: options by their full names, each once, and
 * scripts. Undefined for all else and for all that is wrong, which is yargs's:
 * loading it takes longer than all the rest of a run that finds nothing to do.
 */
export function parsePlainArguments(args: readonly string[]): PlainArguments | undefined {
  const { own, rest } = splitArguments(args);
  const [command, ...words] = own;
  if (command === 'run') {
    const argv = readWords(words, runOptions);
    return argv && { command, argv, rest };
  }
  if (command === 'check' || command === 'why') {
    const argv = readWords(withPlainSwitches(words), command === 'why' ? whyOptions : decisionOptions);
    return argv && { command, argv, rest };
  }
  return undefined;
}

type Values = Record<string, string | boolean | string[]> & { script: string[] };

function readWords(words: readonly string[], table: Readonly<Record<string, Option>>): Values | undefined {
  const values: Values = { script: [] };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word !== '' && !word.startsWith('-')) {
      values.script.push(word);
      continue;
    }
    const found = findOption(word, table);
    if (found === undefined || (found.name in values && found.option.array !== true)) return undefined;
    const { name, option } = found;
    // It takes all the words that follow.
    if (option.array === true && option.nargs === undefined) return undefined;
    if (option.type === 'boolean') {
      values[name] = !found.isNegated;
      continue;
    }
    const value = found.value ?? rest.shift() ?? '';
    if (value === '' || value.startsWith('-') || option.choices?.includes(value) === false) return undefined;
    // In one word with the name of a list, yargs takes quotes off that the shell has left.
    if (option.array === true && found.value !== undefined && /^(["']).*\1$/s.test(value)) return undefined;
    values[name] = option.array === true ? [...((values[name] as string[] | undefined) ?? []), value] : value;
  }
  return values;
}

interface FoundOption {
  readonly name: string;
  readonly option: Option;
  readonly isNegated: boolean;
  /** What stands after `=`. */
  readonly value: string | undefined;
}

function findOption(word: string, table: Readonly<Record<string, Option>>): FoundOption | undefined {
  const [, letter, no, long = '', value] = /^-(?:([A-Za-z])|-(no-)?([a-z-]+)(?:=(.*))?)$/s.exec(word) ?? [];
  const isNegated = no !== undefined;
  const [name, option] =
    Object.entries(table).find(([key, { alias }]) =>
      letter === undefined ? key === long : alias === letter,
    ) ?? [];
  if (name === undefined || option === undefined) return undefined;
  const isPlain = option.type === 'boolean' ? value === undefined : !isNegated;
  return isPlain ? { name, option, isNegated, value } : undefined;
}
