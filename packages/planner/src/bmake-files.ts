import { isAscii } from 'node:buffer';
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { decodePath, fsPath } from '@oodate/filemon';

/** The disk as bmake's decision sees it. Paths are path text, as they stand in the meta file. */
export interface BmakeFiles {
  /** As stat(2): links followed. */
  stat(path: string): BmakeFileState;
  /** Whether lstat(2) finds it: a link need lead nowhere. */
  hasName(path: string): boolean;
  /** As realpath(3) leaves it, also where that fails: then up to the first component that is not there. */
  realPath(path: string): string;
  /** As `realPath`; undefined where that fails. */
  resolve(path: string): string | undefined;
  /** The whole file; empty for a directory; undefined if it cannot be opened. */
  read(path: string): string | undefined;
}

export type BmakeFileState =
  /** `seconds` is the modification time in whole seconds since the epoch; 1 stands for 0 too, as in bmake. */
  | { readonly type: 'file' | 'directory'; readonly seconds: number }
  | { readonly type: 'none'; readonly errno: string };

/**
 * The disk, each path looked at once: bmake, too, keeps what it saw for as long
 * as it runs, and the meta files of a tree name the same files again and again.
 */
export function diskBmakeFiles(): BmakeFiles {
  const disk = new KeptLooks();
  return {
    stat: (path) => disk.stat(path),
    hasName: (path) => disk.hasName(path),
    realPath: (path) => disk.resolve(path).path,
    resolve: (path) => {
      const { path: real, errno } = disk.resolve(path);
      return errno === undefined ? real : undefined;
    },
    read,
  };
}

interface Resolved {
  readonly path: string;
  /** Why it cannot be resolved to its end. */
  readonly errno: string | undefined;
  /** What lstat(2) says of `path`, if it was asked. */
  readonly state?: BmakeFileState | undefined;
}

class KeptLooks {
  readonly #resolved = new Map<string, Resolved>([['/', { path: '/', errno: undefined }]]);
  readonly #states = new Map<string, BmakeFileState>();

  stat(path: string): BmakeFileState {
    let state = this.#states.get(path);
    if (state === undefined) {
      // Resolving it has mostly looked at it already. Odd spellings may mean other things to the kernel.
      state = /^\/.*[^/.]$/.test(path) ? this.resolve(path).state : undefined;
      state ??= statOf(path);
      this.#states.set(path, state);
    }
    return state;
  }

  hasName(path: string): boolean {
    return typeof lstatOf(path) !== 'string';
  }

  resolve(path: string): Resolved {
    let known = this.#resolved.get(path);
    if (known === undefined) {
      known = this.#resolve(path, 0);
      this.#resolved.set(path, known);
    }
    return known;
  }

  #resolve(path: string, links: number): Resolved {
    const known = this.#resolved.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf('/');
    const parent = this.#resolveDirectory(path.slice(0, cut) || '/', links);
    const name = path.slice(cut + 1);
    if (parent.errno !== undefined || name === '' || name === '.') return parent;
    if (name === '..')
      return this.#resolveDirectory(parent.path.slice(0, parent.path.lastIndexOf('/')) || '/', links);
    const place = parent.path === '/' ? `/${name}` : `${parent.path}/${name}`;
    const stats = lstatOf(place);
    if (typeof stats === 'string')
      return { path: place, errno: stats, state: { type: 'none', errno: stats } };
    if (!stats.isSymbolicLink()) return { path: place, errno: undefined, state: stateOf(stats, place) };
    if (links >= longestChain) return { path: place, errno: 'ELOOP' };
    const target = decodePath(readlinkSync(fsPath(place), 'buffer'));
    return this.#resolve(target.startsWith('/') ? target : `${parent.path}/${target}`, links + 1);
  }

  #resolveDirectory(path: string, links: number): Resolved {
    let known = this.#resolved.get(path);
    if (known === undefined) {
      known = this.#resolve(path, links);
      this.#resolved.set(path, known);
    }
    return known;
  }
}

/** As many links as Linux follows for one path. */
const longestChain = 40;

function statOf(path: string): BmakeFileState {
  try {
    const name = fsPath(path);
    const stats = statSync(name, { throwIfNoEntry: false });
    return stats === undefined ? { type: 'none', errno: 'ENOENT' } : stateOf(stats, path);
  } catch (error) {
    return { type: 'none', errno: errnoOf(error) };
  }
}

/** Of the path itself, or the errno. */
function lstatOf(path: string): Stats | string {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false }) ?? 'ENOENT';
  } catch (error) {
    return errnoOf(error);
  }
}

function stateOf(stats: Stats, path: string): BmakeFileState {
  return { type: stats.isDirectory() ? 'directory' : 'file', seconds: wholeSeconds(stats, path) || 1 };
}

function wholeSeconds({ mtimeMs }: Stats, path: string): number {
  // A time as a number of milliseconds is rounded, and may have been rounded up to a second.
  if (mtimeMs % 1000 !== 0) return Math.floor(mtimeMs / 1000);
  const { mtimeNs } = statSync(fsPath(path), { bigint: true });
  return Number(
    (mtimeNs - (((mtimeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n,
  );
}

function read(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOCTTY);
    const length = readSync(descriptor, block, 0, block.length, 0);
    // Most meta files are small and plain: two calls fewer, and no decoding.
    if (length < block.length && isAscii(block.subarray(0, length)))
      return block.toString('latin1', 0, length);
    return decodePath(readFileSync(descriptor));
  } catch (error) {
    return errnoOf(error) === 'EISDIR' ? '' : undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const block = Buffer.allocUnsafe(1 << 18);

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EIO';
}
