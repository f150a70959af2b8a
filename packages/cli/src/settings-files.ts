import { basename, dirname } from 'node:path';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { lilconfigSync } from 'lilconfig';
import { CliError } from './cli-error.js';
import { parseJsonFile } from './json-file.js';
import type { SettingsLayer } from './settings-layer.js';

/** In one directory the first wins, key by key. */
const settingsFileNames = ['oodate.config.json', 'package.json'] as const;

/** Each file that is looked for, whether it is there or not: the nearest first. */
export function settingsPlaces(directory: AbsolutePath): AbsolutePath[] {
  const here = settingsFileNames.map((name) => joinPath(directory, name));
  return directory === '/' ? here : [...here, ...settingsPlaces(joinPath(directory, '..'))];
}

const files = lilconfigSync('oodate', {
  searchPlaces: [...settingsFileNames],
  loaders: { '.json': load },
  stopDir: '/',
  // An empty file is a mistake that its owner wants to hear of.
  ignoreEmptySearchPlaces: false,
  cache: false,
});

/** The files that set something for `directory`, from there up, the nearest first. Throws a CliError. */
export function readSettingsFiles(directory: AbsolutePath): SettingsLayer[] {
  const layers: SettingsLayer[] = [];
  for (let start: string | undefined = directory; start !== undefined; ) {
    const found = reading(start, () => files.search(start));
    if (found === null) break;
    const folder = dirname(found.filepath) as AbsolutePath;
    layers.push(layerOf(folder, found));
    if (basename(found.filepath) === settingsFileNames[0]) {
      const beside = joinPath(folder, settingsFileNames[1]);
      const also = reading(beside, () => files.load(beside));
      if (also?.config) layers.push(layerOf(folder, also));
    }
    start = folder === '/' ? undefined : dirname(folder);
  }
  return layers;
}

function layerOf(directory: AbsolutePath, { filepath, config }: { filepath: string; config: unknown }) {
  return { from: { kind: 'file', file: filepath as AbsolutePath, directory }, values: config } as const;
}

function load(file: string, content: string): unknown {
  const isManifest = file.endsWith('/package.json');
  // What a package.json is otherwise is for others to say.
  if (isManifest && !content.includes('"oodate"')) return {};
  const value = parseJsonFile(file, content, 'SETTINGS_INVALID');
  return isManifest && (typeof value !== 'object' || value === null) ? {} : value;
}

function reading<Found>(place: string, read: () => Found): Found | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code, path = place } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError('FILE_UNREADABLE', `${path} cannot be read (${code})`, undefined, { cause });
  }
}
