import { readFileSync } from 'node:fs';
import { type AbsolutePath, fsPath, joinPath } from '@oodate/filemon';

/** In one directory the first wins, key by key. */
export const settingsFileNames = ['oodate.config.json', 'package.json'] as const;

/** Each file that is looked for, whether it is there or not: the nearest first. */
export function settingsPlaces(directory: AbsolutePath): AbsolutePath[] {
  const here = settingsFileNames.map((name) => joinPath(directory, name));
  return directory === '/' ? here : [...here, ...settingsPlaces(joinPath(directory, '..'))];
}

/** Whether one of these files may set something; false only where that is certain. */
export function maySet(places: readonly AbsolutePath[]): boolean {
  return places.some((file) => {
    try {
      return mentionsSettings(file, readFileSync(fsPath(file), 'utf8'));
    } catch (error) {
      return !isMissing(error);
    }
  });
}

/** Most package.json files do not. */
export function mentionsSettings(file: string, content: string): boolean {
  return !file.endsWith('/package.json') || content.includes('"oodate"');
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
