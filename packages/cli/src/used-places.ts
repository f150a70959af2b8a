import { lstatSync, realpathSync } from 'node:fs';
import {
  type AbsolutePath,
  childOf,
  decodePath,
  encodePath,
  isKernelPath,
  isWithin,
  nameOf,
  parentOf,
} from '@oodate/filemon';
import { metaFolderOf, type RunRecord } from '@oodate/meta-file';
import { projectRoot } from '@oodate/store';

/**
 * What to watch so that it is known who changed what the run used: each path as it is with links followed, and in the project
 * the directory that it is in, by which it is replaced or appears. In others, such as /tmp, too much happens that is of no interest.
 */
export function usedPlaces({ files, listings, cwd }: RunRecord): AbsolutePath[] {
  const root = leadsTo(projectRoot(cwd) ?? cwd) ?? cwd;
  const places = new Set<AbsolutePath>();
  for (const { path } of [...files, ...listings]) {
    if (isKernelPath(path) || metaFolderOf(path) !== undefined) continue;
    const directory = nearestDirectory(parentOf(path));
    if (isWithin(directory, root)) places.add(directory);
    const real = leadsTo(path);
    if (real === undefined) continue;
    for (const place of [childOf(directory, nameOf(path)), real])
      if (isWithin(place, root) || !isDirectory(place)) places.add(place);
  }
  return [...places];
}

/** With links followed. */
function nearestDirectory(path: AbsolutePath): AbsolutePath {
  return leadsTo(path) ?? nearestDirectory(parentOf(path));
}

function leadsTo(path: AbsolutePath): AbsolutePath | undefined {
  try {
    return decodePath(realpathSync.native(encodePath(path), 'buffer')) as AbsolutePath;
  } catch {
    return undefined;
  }
}

function isDirectory(path: AbsolutePath): boolean {
  return lstatSync(encodePath(path), { throwIfNoEntry: false })?.isDirectory() === true;
}
