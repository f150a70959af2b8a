import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { type AbsolutePath, childOf, decodePath, fsPath, isWithin, nameOf, parentOf } from '@oodate/filemon';
import { RestoreError, restoreErrorOf, shownPath } from './restore-error.js';
import { errnoOf } from './store-error.js';

/** A directory that outputs lie in. */
export interface OutputDirectory {
  /** No symbolic link is on the way to it. */
  readonly path: AbsolutePath;
  readonly isThere: boolean;
  /** Itself, or what is above it if it is not there. */
  readonly nearest: PresentDirectory;
}

export interface PresentDirectory {
  readonly path: AbsolutePath;
  /** Number of the file system's device. */
  readonly device: number;
  /** What is made in it gets its group (the set-group-ID bit). */
  readonly givesGroup: boolean;
}

/** What is where a directory would have to be, and is none. */
export interface Blocked {
  readonly blockedBy: AbsolutePath;
}

/** Where the directories of outputs are really; each is looked at once, however many outputs lie in it. */
export class OutputDirectories {
  readonly #roots: ReadonlySet<AbsolutePath>;
  readonly #realRoots: readonly AbsolutePath[];
  readonly #makesWay: (path: AbsolutePath) => boolean;
  readonly #known = new Map<AbsolutePath, OutputDirectory | Blocked>();

  /** `makesWay`: whether a file or link at this path is going to be replaced or removed. */
  constructor(roots: readonly AbsolutePath[], makesWay: (path: AbsolutePath) => boolean) {
    this.#roots = new Set(roots);
    this.#realRoots = roots.map((root) => realDirectory(root).path);
    this.#makesWay = makesWay;
  }

  /** `path` is a root or below one. Throws a RestoreError if a symbolic link on the way leads out of the roots. */
  at(path: AbsolutePath): OutputDirectory | Blocked {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const found = this.#roots.has(path) ? realDirectory(path) : this.#below(this.at(parentOf(path)), path);
    this.#known.set(path, found);
    return found;
  }

  #below(above: OutputDirectory | Blocked, path: AbsolutePath): OutputDirectory | Blocked {
    if ('blockedBy' in above) return above;
    const place = childOf(above.path, nameOf(path));
    const missing = { path: place, isThere: false, nearest: above.nearest };
    if (!above.isThere) return missing;
    const stats = statsAt(place);
    if (stats === undefined) return missing;
    if (stats.isDirectory()) return present(place, stats);
    if (this.#makesWay(path)) return missing;
    return stats.isSymbolicLink() ? this.#behindLink(place) : { blockedBy: place };
  }

  #behindLink(link: AbsolutePath): OutputDirectory | Blocked {
    let real: AbsolutePath;
    let stats: Stats;
    try {
      real = realPath(link);
      stats = statSync(fsPath(real));
    } catch {
      return { blockedBy: link };
    }
    if (!this.#realRoots.some((root) => isWithin(real, root))) {
      const message = `${shownPath(link)} is a symbolic link that leads out of the project`;
      throw new RestoreError('OUTSIDE_PROJECT', link, message);
    }
    return stats.isDirectory() ? present(real, stats) : { blockedBy: link };
  }
}

/** A root may be reached over any links, and may be missing. */
function realDirectory(path: AbsolutePath): OutputDirectory {
  try {
    const real = realPath(path);
    return present(real, statSync(fsPath(real)));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw restoreErrorOf(error, path);
    const above = realDirectory(parentOf(path));
    return { path: childOf(above.path, nameOf(path)), isThere: false, nearest: above.nearest };
  }
}

function present(path: AbsolutePath, { dev, mode }: Stats): OutputDirectory {
  return { path, isThere: true, nearest: { path, device: dev, givesGroup: (mode & 0o2000) !== 0 } };
}

function realPath(path: AbsolutePath): AbsolutePath {
  return decodePath(realpathSync.native(fsPath(path), 'buffer')) as AbsolutePath;
}

/** A link is a link; undefined if there is nothing. */
export function statsAt(path: AbsolutePath): Stats | undefined {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false });
  } catch (error) {
    throw restoreErrorOf(error, path);
  }
}
