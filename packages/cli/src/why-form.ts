import { CliError } from './cli-error.js';
import { type ArgumentsOf, whyForms, type whyOptions } from './options.js';

/** The form in which `oodate why` answers. */
export type WhyForm = 'text' | 'json' | OtherForm;

type OtherForm = (typeof whyForms)[number];

type Given = ArgumentsOf<typeof whyOptions>;

/** By the form, which options have no meaning with it. */
const strange: Readonly<Record<OtherForm, readonly (keyof Given)[]>> = {
  github: ['json', 'html', 'after', 'never'],
  dot: ['json', 'html', 'after', 'never', 'if-changed', 'verbose'],
  svg: ['json', 'html', 'after', 'never', 'if-changed', 'verbose'],
  trace: ['json', 'html', 'after', 'never', 'if-changed'],
};

/** Throws a CliError if options are given together that have no meaning together. */
export function whyForm(given: Given): WhyForm {
  const form = formOf(given);
  if (given.mode === 'bmake') {
    refuse(given, ['verbose', 'html', 'after', 'never', 'if-changed'], '--mode bmake');
    if (isOther(form)) throw strayOption(`--format ${form}`, '--mode bmake');
  } else if (given.format === 'bmake')
    throw new CliError('USAGE', '--format bmake has a meaning with --mode bmake alone', help);
  if (isOther(form)) refuse(given, strange[form], `--format ${form}`);
  if (given.html !== undefined) refuse(given, ['json', 'after', 'never', 'if-changed'], '--html');
  if (given['if-changed'] !== undefined) refuse(given, ['after', 'never'], '--if-changed');
  if (given.never !== undefined) refuse(given, ['after'], '--never');
  return form;
}

function formOf({ format, json }: Given): WhyForm {
  const other = whyForms.find((form) => form === format);
  return other ?? (json === true ? 'json' : 'text');
}

function isOther(form: WhyForm): form is OtherForm {
  return form !== 'text' && form !== 'json';
}

function refuse(given: Given, names: readonly (keyof Given)[], other: string): void {
  const stray = names.find((name) => given[name] !== undefined);
  if (stray !== undefined) throw strayOption(`--${stray}`, other);
}

function strayOption(option: string, other: string): CliError {
  return new CliError('USAGE', `${option} has no meaning with ${other}`, help);
}

const help = 'see oodate why --help';
