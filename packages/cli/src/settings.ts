import type { AbsolutePath } from '@oodate/filemon';
import type { SettingSource, SettingsLayer } from './settings-layer.js';
import { maySet, settingsPlaces } from './settings-places.js';

/** What each key may hold. Texts are as they were written: what they mean depends on where. */
export interface SettingValues {
  readonly mode: 'content' | 'mtime';
  readonly cache: string | undefined;
  readonly ignore: readonly string[];
  readonly inputs: readonly string[];
  readonly 'env.ignore': readonly string[];
  readonly 'env.require': readonly string[];
  readonly 'network.ignore': readonly string[];
  /** undefined: all but those that are known to be no matter of learning. */
  readonly 'scripts.include': readonly string[] | undefined;
  readonly 'scripts.exclude': readonly string[];
  readonly 'store.enabled': boolean;
  /** undefined: the user's own. */
  readonly 'store.directory': string | undefined;
  readonly 'store.inputs': boolean;
  readonly 'store.size': string;
  readonly 'store.outside': readonly string[];
}

export type SettingKey = keyof SettingValues;

export interface Setting<Value> {
  readonly value: Value;
  readonly from: SettingSource;
}

/** All settings in force for one package or directory. */
export type Settings = { readonly [Key in SettingKey]: Setting<SettingValues[Key]> };

/** What was given on the command line. */
export type SettingFlags = Partial<SettingValues>;

const defaults: SettingValues = {
  mode: 'content',
  cache: undefined,
  ignore: [],
  inputs: [],
  'env.ignore': [],
  'env.require': [],
  'network.ignore': [],
  'scripts.include': undefined,
  'scripts.exclude': [],
  'store.enabled': true,
  'store.directory': undefined,
  'store.inputs': true,
  'store.size': '10 GB',
  'store.outside': [],
};

export const settingKeys = Object.keys(defaults) as readonly SettingKey[];

/** `OODATE_ENV_IGNORE` for `env.ignore`. */
function settingVariable(key: SettingKey): string {
  if (key === 'store.directory') return 'OODATE_STORE';
  return `OODATE_${key.replace('.', '_').toUpperCase()}`;
}

/** `--env-ignore` for `env.ignore`. */
export function settingFlag(key: SettingKey): string {
  return `--${key.replace('.', '-')}`;
}

/**
 * The settings for what is run in `directory`. Of each key the nearest value holds:
 * the flag; the variable of the environment; then, from that directory up, oodate.config.json
 * before the key "oodate" of package.json. Throws a CliError.
 */
export async function loadSettings(
  directory: AbsolutePath,
  environment: Readonly<NodeJS.ProcessEnv>,
  flags: SettingFlags = {},
): Promise<Settings> {
  // Most packages set nothing, and need not wait for what reads and checks it.
  const files = maySet(settingsPlaces(directory)) ? await import('./settings-files.js') : undefined;
  const layers = [
    ...flagLayers(flags),
    ...environmentLayers(directory, environment),
    ...(files?.readSettingsFiles(directory) ?? []),
  ];
  const unset: SettingSource = { kind: 'default', directory };
  const given = layers.length === 0 ? [] : (await import('./settings-check.js')).checkedLayers(layers);
  const entries = settingKeys.map((key) => {
    const layer = given.find(({ values }) => values[key] !== undefined);
    return [key, { value: layer?.values[key] ?? defaults[key], from: layer?.from ?? unset }];
  });
  return Object.fromEntries(entries) as Settings;
}

function flagLayers(flags: SettingFlags): SettingsLayer[] {
  const directory = process.cwd() as AbsolutePath;
  return settingKeys
    .filter((key) => flags[key] !== undefined)
    .map((key) => ({
      from: { kind: 'flag', flag: settingFlag(key), directory },
      values: nested(key, flags[key]),
    }));
}

function environmentLayers(
  directory: AbsolutePath,
  environment: Readonly<NodeJS.ProcessEnv>,
): SettingsLayer[] {
  return settingKeys.flatMap((key) => {
    const variable = settingVariable(key);
    const text = environment[variable]?.trim();
    if (text === undefined || text === '') return [];
    return {
      from: { kind: 'environment', variable, directory },
      values: nested(key, variableValue(key, text)),
    };
  });
}

/** A list is separated by white space. What is none of what the key may hold is told of where all is checked. */
function variableValue(key: SettingKey, text: string): unknown {
  switch (key) {
    case 'mode':
    case 'cache':
    case 'store.directory':
    case 'store.size':
      return text;
    case 'store.enabled':
    case 'store.inputs':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text.split(/\s+/);
  }
}

/** `{ env: { ignore: value } }` for `env.ignore`. */
function nested(key: SettingKey, value: unknown): unknown {
  return key.split('.').reduceRight((inner: unknown, name) => ({ [name]: inner }), value);
}
