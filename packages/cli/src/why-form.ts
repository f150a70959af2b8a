import { CliError } from './cli-error.js';
import type { ArgumentsOf, whyOptions } from './options.js';

/** The form in which `oodate why` answers. */
export type WhyForm = 'text' | 'json' | 'trace';

type Given = ArgumentsOf<typeof whyOptions>;

/** Throws a CliError if options are given together that have no meaning together. */
export function whyForm(given: Given): WhyForm {
  const form = formOf(given);
  if (given.mode === 'bmake') refuse(given, ['verbose', 'html', 'never', 'if-changed'], '--mode bmake');
  if (given.mode === 'bmake' && isForm(given.format))
    throw strayOption(`--format ${given.format}`, '--mode bmake');
  if (given.mode !== 'bmake' && given.format === 'bmake')
    throw new CliError('USAGE', '--format bmake has a meaning with --mode bmake alone', help);
  if (given.html !== undefined) {
    refuse(given, ['json', 'never', 'if-changed'], '--html');
    if (form !== 'text') throw strayOption(`--format ${form}`, '--html');
  }
  if (form !== 'text' && form !== 'json') refuse(given, ['json', 'never', 'if-changed'], `--format ${form}`);
  if (given['if-changed'] !== undefined) refuse(given, ['never'], '--if-changed');
  return form;
}

function formOf({ format, json }: Given): WhyForm {
  if (isForm(format)) return format;
  return json === true ? 'json' : 'text';
}

function isForm(format: string | undefined): format is 'trace' {
  return format === 'trace';
}

function refuse(given: Given, names: readonly (keyof Given)[], other: string): void {
  const stray = names.find((name) => given[name] !== undefined);
  if (stray !== undefined) throw strayOption(`--${stray}`, other);
}

function strayOption(option: string, other: string): CliError {
  return new CliError('USAGE', `${option} has no meaning with ${other}`, help);
}

const help = 'see oodate why --help';
