import { type BigIntStats, lstatSync, readlinkSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { type AbsolutePath, decodePath, fsPath } from '@oodate/filemon';
import { diskFileStates } from './disk-file-states.js';
import type { DigestedFile, FileState, FileStates } from './file-states.js';

/** By which a file is known to be the same, unchanged: only the kernel sets its ctime. Times in nanoseconds since the epoch. */
export interface Identity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** st_mode: type and permissions. */
  readonly mode: number;
}

/** What must be seen at a path again for the same answer. */
export type Sight =
  | { readonly kind: 'absent' }
  /** A directory; it does not matter which, or what is in it. */
  | { readonly kind: 'directory' }
  /** Neither file nor directory nor symbolic link. */
  | { readonly kind: 'special' }
  | { readonly kind: 'same'; readonly identity: Identity }
  /** A directory, wherever it has been moved from, and whatever is in it. */
  | { readonly kind: 'place'; readonly device: bigint; readonly inode: bigint }
  /** `errno` is its number. */
  | { readonly kind: 'unreadable'; readonly errno: number };

export interface Look {
  readonly path: AbsolutePath;
  /** A symbolic link at the end of the path is followed. */
  readonly follows: boolean;
  readonly sight: Sight;
}

/**
 * The disk, with a note of each look: whoever decides by this and nothing else
 * decides the same as long as all looks give the same. It therefore
 * tells no more than it notes: of directories that are not listed no times.
 */
export class FileWitness implements FileStates {
  readonly #disk = diskFileStates();
  readonly #followed = new Map<AbsolutePath, Sight>();
  readonly #plain = new Map<AbsolutePath, Sight>();
  /** Two looks at a path have differed. */
  #isUnsteady = false;

  state(path: AbsolutePath): FileState {
    const seen = lookAt(path, true);
    this.#note(this.#followed, path, seen.sight);
    return seen.state;
  }

  linkState(path: AbsolutePath): FileState {
    const seen = lookAt(path, false);
    this.#note(this.#plain, path, seen.sight);
    return seen.state;
  }

  digest(path: AbsolutePath): DigestedFile | { readonly errno: string } {
    const { sight } = lookAt(path, true);
    this.#note(this.#followed, path, sight);
    const found = this.#disk.digest(path);
    if ('digest' in found && !(sight.kind === 'same' && isOf(sight.identity, found))) this.#isUnsteady = true;
    return found;
  }

  list(path: AbsolutePath): readonly string[] | undefined {
    const before = this.#wholeSight(path);
    const names = this.#disk.list(path);
    this.#note(this.#followed, path, before);
    this.#note(this.#followed, path, this.#wholeSight(path));
    return names;
  }

  /** Where a directory is: the answer is the same only for this one. Undefined if nothing is there. */
  place(path: AbsolutePath): { readonly device: bigint; readonly inode: bigint } | undefined {
    const sight = this.#wholeSight(path);
    if (sight.kind !== 'same') {
      this.#note(this.#followed, path, sight);
      return undefined;
    }
    const { device, inode } = sight.identity;
    this.#note(this.#followed, path, { kind: 'place', device, inode });
    return { device, inode };
  }

  /**
   * What was seen; undefined if it must not be relied on: something changed meanwhile, or so
   * late before `clock`, the time of the file system before the first look, that it could be
   * changed once more without a sign. (Source: git's "racy" entries.)
   */
  looks(clock: bigint): readonly Look[] | undefined {
    if (this.#isUnsteady) return undefined;
    const looks: Look[] = [];
    for (const [path, sight] of this.#plain) looks.push({ path, follows: false, sight });
    for (const [path, sight] of this.#followed) {
      // The way to it is the same, so following it adds nothing where there is no link.
      if (sight.kind === 'same' && isSameSight(this.#plain.get(path), sight)) continue;
      looks.push({ path, follows: true, sight });
    }
    return looks.every(({ sight }) => sight.kind !== 'same' || isSettled(sight.identity.ctime, clock))
      ? looks
      : undefined;
  }

  #wholeSight(path: AbsolutePath): Sight {
    try {
      const stats = statSync(fsPath(path), quiet);
      return stats === undefined ? { kind: 'absent' } : { kind: 'same', identity: identityOf(stats) };
    } catch (error) {
      return failedSight(error);
    }
  }

  #note(noted: Map<AbsolutePath, Sight>, path: AbsolutePath, sight: Sight): void {
    const known = noted.get(path);
    if (known === undefined || (known.kind !== 'same' && isWithin(sight, known))) noted.set(path, sight);
    else if (!isSameSight(known, sight) && !isWithin(known, sight)) this.#isUnsteady = true;
  }
}

const quiet = { bigint: true, throwIfNoEntry: false } as const;

function lookAt(path: AbsolutePath, follows: boolean): { readonly sight: Sight; readonly state: FileState } {
  try {
    const name = fsPath(path);
    const stats = follows ? statSync(name, quiet) : lstatSync(name, quiet);
    if (stats === undefined) return absent;
    if (stats.isDirectory()) return directory;
    const sight = { kind: 'same', identity: identityOf(stats) } as const;
    if (stats.isSymbolicLink())
      return {
        sight,
        state: { type: 'link', target: decodePath(readlinkSync(name, 'buffer')), ctime: stats.ctimeNs },
      };
    return stats.isFile() ? { sight, state: fileState(sight.identity) } : special;
  } catch (error) {
    const sight = failedSight(error);
    if (sight.kind !== 'unreadable') return absent;
    return { sight, state: { type: 'unreadable', errno: (error as NodeJS.ErrnoException).code ?? 'EIO' } };
  }
}

const absent = { sight: { kind: 'absent' }, state: { type: 'absent' } } as const;
const directory = {
  sight: { kind: 'directory' },
  state: { type: 'directory', mtime: 0n, ctime: 0n, made: 0n },
} as const;
const special = { sight: { kind: 'special' }, state: { type: 'special', ctime: 0n } } as const;

function fileState({ size, mtime, ctime, inode, mode }: Identity): FileState {
  return { type: 'file', size, mtime, ctime, inode, mode: mode & 0o7777 };
}

export function identityOf(stats: BigIntStats): Identity {
  return {
    device: stats.dev,
    inode: stats.ino,
    size: stats.size,
    mtime: stats.mtimeNs,
    ctime: stats.ctimeNs,
    mode: Number(stats.mode),
  };
}

const absences: ReadonlySet<number> = new Set([
  constants.errno.ENOENT,
  constants.errno.ENOTDIR,
  constants.errno.ENAMETOOLONG,
]);

function failedSight(error: unknown): Sight {
  const errno = Math.abs((error as NodeJS.ErrnoException).errno ?? constants.errno.EIO);
  return absences.has(errno) ? { kind: 'absent' } : { kind: 'unreadable', errno };
}

function isOf(identity: Identity, { file }: DigestedFile): boolean {
  return (
    identity.inode === file.inode &&
    identity.size === file.size &&
    identity.mtime === file.mtime &&
    identity.ctime === file.ctime &&
    (identity.mode & 0o7777) === file.mode
  );
}

function isSameSight(one: Sight | undefined, other: Sight): boolean {
  if (one?.kind !== other.kind) return false;
  if (one.kind === 'unreadable') return one.errno === (other as typeof one).errno;
  if (one.kind === 'place')
    return one.device === (other as typeof one).device && one.inode === (other as typeof one).inode;
  if (one.kind !== 'same') return true;
  const { identity } = other as typeof one;
  return (Object.keys(identity) as (keyof Identity)[]).every((key) => one.identity[key] === identity[key]);
}

const typeBits = 0o170000;
const directoryType = 0o040000;

/** Whatever is `narrow` is `wide` too. */
function isWithin(narrow: Sight, wide: Sight): boolean {
  if (narrow.kind === 'place') return wide.kind === 'directory';
  if (narrow.kind !== 'same') return false;
  const { device, inode, mode } = narrow.identity;
  if (wide.kind === 'place') return wide.device === device && wide.inode === inode;
  return wide.kind === 'directory' && (mode & typeBits) === directoryType;
}

const second = 1_000_000_000n;

/** Whether a change since `clock` would have another ctime. A time of whole seconds may come from a file system that counts in steps of up to two. */
export function isSettled(ctime: bigint, clock: bigint): boolean {
  return ctime % second === 0n ? ctime + 2n * second < clock : ctime < clock;
}
