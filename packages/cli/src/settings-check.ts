import * as v from 'valibot';
import { CliError } from './cli-error.js';
import { nearNames } from './near-names.js';
import { type SettingKey, type SettingValues, settingKeys } from './settings.js';
import { settingsDefinition } from './settings-definition.js';
import type { SettingSource, SettingsLayer } from './settings-layer.js';
import { quoteWord } from './shell-quoting.js';

/** What one place sets, by key. */
export interface CheckedLayer {
  readonly from: SettingSource;
  readonly values: Partial<SettingValues>;
}

/** Throws a CliError that names the place, the key, what is wrong and what may stand there. */
export function checkedLayers(layers: readonly SettingsLayer[]): CheckedLayer[] {
  return layers.map(({ from, values }) => {
    // valibot takes an empty list for an object.
    const result = v.safeParse(settingsDefinition, Array.isArray(values) ? null : values);
    if (result.success) return { from, values: byKey(result.output) };
    const [issue] = result.issues;
    const key = keyOf(issue);
    const wrong = isUnknownKey(issue)
      ? 'is no setting'
      : `is ${valueWords(key === '' ? values : issue.input)}`;
    throw new CliError('SETTINGS_INVALID', `${placeWords(from, key)} ${wrong}`, allowedWords(issue));
  });
}

function byKey(output: v.InferOutput<typeof settingsDefinition>): Partial<SettingValues> {
  return Object.fromEntries(
    settingKeys.map((key) => [
      key,
      key.split('.').reduce((value: unknown, name) => (value as Record<string, unknown>)?.[name], output),
    ]),
  );
}

/** A key in a file, a variable or a flag. */
function placeWords(from: SettingSource, key: string): string {
  switch (from.kind) {
    case 'file': {
      const whole = from.file.endsWith('/package.json') ? `oodate${key === '' ? '' : `.${key}`}` : key;
      return whole === '' ? `what ${from.file} holds` : `"${whole}" in ${from.file}`;
    }
    case 'environment':
      return from.variable;
    case 'flag':
      return from.flag;
    case 'default':
      return key;
  }
}

type Issue = v.InferIssue<typeof settingsDefinition>;

function keyOf({ path }: Issue): string {
  return (path ?? [])
    .map(({ key }, at) => (typeof key === 'number' ? `[${key}]` : `${at > 0 ? '.' : ''}${key}`))
    .join('');
}

function valueWords(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function isUnknownKey({ type, expected }: Issue): boolean {
  return type === 'strict_object' && expected === 'never';
}

function allowedWords(issue: Issue): string {
  const key = keyOf(issue);
  if (isUnknownKey(issue)) {
    const near = nearNames(key, settingKeys);
    return near.length > 0 ? `did you mean "${near.join('" or "')}"?` : `it may be ${listed(settingKeys)}`;
  }
  switch (issue.type) {
    case 'picklist':
      return `it may be ${issue.expected?.replace(/[()]/g, '').replace(' | ', ' or ')}`;
    case 'array':
      return 'it is to be a list of texts, as in ["a", "b"]';
    case 'strict_object':
      return `it is to be an object with ${listed(keysBelow(key))}`;
    case 'boolean':
      return 'it may be true or false';
    case 'regex':
      return 'it is to be a size, as in "10 GB" or "500 MiB"';
    default:
      return 'it is to be a text that is not empty';
  }
}

function keysBelow(key: string): string[] {
  const below = key === '' ? settingKeys : settingKeys.filter((name) => name.startsWith(`${key}.`));
  return below.map((name: SettingKey) => (key === '' ? name : name.slice(key.length + 1)));
}

function listed(names: readonly string[]): string {
  return names.map(quoteWord).join(', ');
}
