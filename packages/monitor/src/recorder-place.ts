import { lstatSync, type Stats } from 'node:fs';
import { type AbsolutePath, directoriesAbove, encodePath, joinPath } from '@oodate/filemon';

/** Where a recorder may have its folder, as seen from the root of its project. The native program that asks it has the same list. */
const places = ['node_modules/.cache/oodate/recorder', '.oodate/recorder'] as const;

/** The folder for a recorder of the project whose root this is. */
export function recorderFolder(root: AbsolutePath): AbsolutePath {
  const [inModules, own] = places;
  return joinPath(root, look(joinPath(root, 'node_modules'))?.isDirectory() === true ? inModules : own);
}

/** The nearest folder of a recorder in the directory or above it that has a file of this name, running or not. */
export function findRecorder(directory: AbsolutePath, file: 'socket' | 'journal'): AbsolutePath | undefined {
  for (const above of [directory, ...directoriesAbove(directory)])
    for (const place of places) {
      const folder = joinPath(above, place);
      if (look(joinPath(folder, file)) !== undefined) return folder;
    }
  return undefined;
}

function look(path: AbsolutePath): Stats | undefined {
  try {
    return lstatSync(encodePath(path), { throwIfNoEntry: false });
  } catch {
    // A directory above it cannot be searched.
    return undefined;
  }
}
