import { parseArgs } from 'node:util';
import { splitArguments } from './argument-words.js';
import { CliError } from './cli-error.js';
import type { BmakeRequest } from './commands/bmake.js';
import { enterDirectory } from './directory.js';

/** The options of `check` and `why` that mean something with --mode bmake alone, as yargs and parseArgs give them. */
export interface BmakeArguments {
  readonly format?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly 'ignore-paths'?: string | undefined;
  readonly 'ignore-patterns'?: string | undefined;
  readonly 'ignore-filter'?: string | undefined;
  readonly 'cmp-filter'?: string | undefined;
  readonly bailiwick?: string | undefined;
  readonly 'missing-meta'?: boolean | undefined;
  readonly 'missing-filemon'?: boolean | undefined;
  readonly 'ignore-cmd'?: boolean | undefined;
  readonly curdirok?: boolean | undefined;
}

const word = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

const bmakeOptions = {
  format: word,
  command: { type: 'string', multiple: true },
  'ignore-paths': word,
  'ignore-patterns': word,
  'ignore-filter': word,
  'cmp-filter': word,
  bailiwick: word,
  'missing-meta': flag,
  'missing-filemon': flag,
  'ignore-cmd': flag,
  curdirok: flag,
} as const satisfies Record<keyof BmakeArguments, unknown>;

export const bmakeOptionNames = Object.keys(bmakeOptions) as (keyof BmakeArguments)[];

/**
 * What `check` or `why` with --mode bmake is to judge. Undefined for all other
 * arguments, and for wrong ones, of which yargs then tells. Loading yargs takes
 * longer than judging a hundred meta files.
 */
export function parseBmakeArguments(
  args: readonly string[],
): { readonly command: 'check' | 'why'; readonly request: BmakeRequest } | undefined {
  const { own, rest = [] } = splitArguments(args);
  const [command, ...words] = own;
  if ((command !== 'check' && command !== 'why') || !own.some((text) => /^(--mode=)?bmake$/.test(text)))
    return undefined;
  const parsed = parsedWords(words);
  if (parsed?.values.mode !== 'bmake' || !/^(oodate|bmake|undefined)$/.test(`${parsed.values.format}`))
    return undefined;
  const { directory, json, ...given } = parsed.values;
  enterDirectory(directory);
  return { command, request: bmakeRequest(parsed.positionals, rest, given, json === true) };
}

function parsedWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: words.map(plainSwitch),
      allowPositionals: true,
      allowNegative: true,
      options: { ...bmakeOptions, mode: word, directory: { type: 'string', short: 'C' }, json: flag },
    });
  } catch {
    return undefined;
  }
}

/** `--curdirok=yes` as bmake reads `curdirok=yes`. */
function plainSwitch(text: string): string {
  const [, name, value = ''] = /^--([a-z-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || !switches.has(name)) return text;
  return /^[0nf]/i.test(value) ? `--no-${name}` : `--${name}`;
}

const switches: ReadonlySet<string> = new Set(
  Object.entries(bmakeOptions).flatMap(([name, option]) => (option === flag ? [name] : [])),
);

/** Throws a CliError if an option is given that means something with --mode bmake alone. */
export function refuseBmakeArguments(given: BmakeArguments): void {
  const stray = bmakeOptionNames.find((name) => given[name] !== undefined);
  if (stray !== undefined)
    throw new CliError(
      'USAGE',
      `--${stray} has a meaning with --mode bmake alone`,
      'see oodate check --help',
    );
}

export function bmakeRequest(
  names: readonly string[],
  rest: readonly string[],
  given: BmakeArguments,
  json: boolean,
): BmakeRequest {
  const mode = {
    missingMeta: given['missing-meta'],
    missingFilemon: given['missing-filemon'],
    ignoreCommands: given['ignore-cmd'],
    curdirOk: given.curdirok,
  };
  return {
    names,
    rest,
    options: {
      mode: Object.fromEntries(Object.entries(mode).filter(([, value]) => value !== undefined)),
      variables: {
        ignorePaths: given['ignore-paths'],
        ignorePatterns: given['ignore-patterns'],
        ignoreFilter: given['ignore-filter'],
        cmpFilter: given['cmp-filter'],
        bailiwick: given.bailiwick,
      },
      commands: given.command,
    },
    format: given.format,
    json,
  };
}
