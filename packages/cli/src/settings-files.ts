import { basename, dirname } from 'node:path';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { lilconfigSync } from 'lilconfig';
import { CliError } from './cli-error.js';
import { parseJsonFile } from './json-file.js';
import type { SettingsLayer } from './settings-layer.js';
import { isMissing, mentionsSettings, settingsFileNames } from './settings-places.js';

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
  // What a package.json is otherwise is for others to say.
  if (!mentionsSettings(file, content)) return {};
  const value = parseJsonFile(file, content, 'SETTINGS_INVALID');
  return file.endsWith('/package.json') && (typeof value !== 'object' || value === null) ? {} : value;
}

function reading<Found>(place: string, read: () => Found): Found | null {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    if (isMissing(cause)) return null;
    const { code, path = place } = cause as NodeJS.ErrnoException;
    throw new CliError('FILE_UNREADABLE', `${path} cannot be read (${code})`, undefined, { cause });
  }
}
