import { type BigIntStats, lstatSync, readdirSync, rmSync } from 'node:fs';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { isHash } from './digest.js';
import { errnoOf } from './store-error.js';
import { filePath, type Kind } from './store-folder.js';

/** What stands under the name of an object or an entry. */
export interface StoredFile {
  readonly kind: Kind;
  readonly hash: string;
  readonly path: AbsolutePath;
  /** Something else in its place is of no use. */
  readonly isFile: boolean;
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly lastUse: bigint;
}

/** All that is there now, in no order. Other names are not ours. */
export function* storedFiles(folder: AbsolutePath): Generator<StoredFile, void, undefined> {
  for (const kind of ['ac', 'cas'] as const)
    for (const half of namesIn(`${folder}/${kind}`))
      if (/^[0-9a-f]{2}$/.test(half))
        for (const hash of namesIn(`${folder}/${kind}/${half}`))
          if (isHash(hash) && hash.startsWith(half)) {
            const path = filePath(folder, kind, hash);
            const stats = statsOf(path);
            if (stats !== undefined)
              yield {
                kind,
                hash,
                path,
                isFile: stats.isFile(),
                size: Number(stats.size),
                lastUse: stats.mtimeNs,
              };
          }
}

/** undefined if it has gone. */
export function statsOf(path: AbsolutePath): BigIntStats | undefined {
  return lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
}

/** Bytes that a file of this size takes of a disk: whole blocks, as most file systems have them, and never none. */
export function spaceOf(size: number): number {
  return Math.max(1, Math.ceil(size / 4096)) * 4096;
}

export function removeFile(path: AbsolutePath): void {
  rmSync(fsPath(path), { recursive: true, force: true });
}

/** None if there is no such directory, or something else in its place: a link is not followed. */
export function namesIn(directory: string): string[] {
  try {
    return lstatSync(fsPath(directory)).isDirectory() ? readdirSync(fsPath(directory)) : [];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
