import { CliError } from './cli-error.js';
import type { BmakeRequest } from './commands/bmake.js';
import { type ArgumentsOf, bmakeOptions } from './options.js';

/** The options of `check` and `why` that mean something with --mode bmake alone. */
export type BmakeArguments = ArgumentsOf<typeof bmakeOptions>;

/** The words with `--curdirok=yes` and the like read as bmake reads `curdirok=yes`. */
export function withPlainSwitches(words: readonly string[]): string[] {
  return words.map((text) => {
    const [, name, value = ''] = /^--([a-z-]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || !isSwitch(name)) return text;
    return /^[0nf]/i.test(value) ? `--no-${name}` : `--${name}`;
  });
}

function isSwitch(name: string): boolean {
  return Object.entries(bmakeOptions).some(([known, { type }]) => known === name && type === 'boolean');
}

/** Throws a CliError if an option is given that means something with --mode bmake alone. */
export function refuseBmakeArguments(given: BmakeArguments): void {
  const stray = Object.keys(bmakeOptions).find((name) => given[name as keyof BmakeArguments] !== undefined);
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
