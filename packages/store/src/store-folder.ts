import { randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { isHash } from './digest.js';
import { errnoOf, StoreError, systemWords } from './store-error.js';

/*
 * A store is a folder with
 *
 *   oodate-store        what it is, and the version of its layout
 *   cas/ab/abcd…        objects, each under the SHA-256 of its bytes
 *   ac/ab/abcd…         entries of the action cache, each under its key
 *   tmp/OWNER.ID        what is being written: it gets its name by renaming, when it is whole
 *   gc/in-use/OWNER.ID  names of what a process is using
 *   gc/added            bytes that have come since all were counted
 *
 * The first two are those of Bazel's disk cache, which also takes the time of last use for the modification time.
 * The owner of a temporary file or a mark is a process: see in-use.ts.
 */

/** What is kept in the store, by the name of its folder. */
export type Kind = 'cas' | 'ac';

/** Throws a StoreError if this is no hash: what comes from a store must not lead out of it. */
export function filePath(folder: AbsolutePath, kind: Kind, hash: string): AbsolutePath {
  if (!isHash(hash)) throw new StoreError('OBJECT_MISSING', `"${hash}" is no SHA-256`);
  return `${folder}/${kind}/${hash.slice(0, 2)}/${hash}` as AbsolutePath;
}

/** What the user can do in any case. */
const elsewhere = 'set store.directory to another folder';

const markerName = 'oodate-store';
const markerText = 'oodate store 1\n';

/**
 * Whether there is a store. Throws a StoreError if the folder is something else, so that nothing is ever read from or
 * removed in a folder that is no store.
 */
export function isStore(folder: AbsolutePath): boolean {
  const owner = ownerOf(folder);
  if (owner === undefined) return false;
  if (owner !== process.geteuid?.()) throw foreign(`the store ${folder} belongs to another user`, elsewhere);
  const found = readMarker(folder);
  if (found === undefined) {
    if (namesIn(folder).filter((name) => !isUnfinishedMarker(name)).length === 0) return false;
    // Another process may have made it between the two looks.
    if (readMarker(folder) === undefined)
      throw foreign(`${folder} is not a store of oodate, and not empty`, elsewhere);
  } else if (found !== markerText)
    throw foreign(`the store ${folder} was made by another version of oodate`, `delete it, or ${elsewhere}`);
  return true;
}

/** Makes what is missing of the store, but for the directories of objects and entries. Throws a StoreError. */
export function makeStore(folder: AbsolutePath): void {
  const isThere = isStore(folder);
  try {
    if (!isThere) {
      mkdirSync(fsPath(folder), { recursive: true, mode: 0o700 });
      const unfinished = fsPath(`${folder}/${markerName}.${randomUUID()}`);
      writeFileSync(unfinished, markerText);
      // It is there before all else, and never half of it.
      renameSync(unfinished, fsPath(`${folder}/${markerName}`));
    }
    for (const name of ['tmp', 'gc/in-use'])
      mkdirSync(fsPath(`${folder}/${name}`), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** Directories come to be when something is put into them. */
export function withDirectory<Result>(directory: AbsolutePath, write: () => Result): Result {
  try {
    return write();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    mkdirSync(fsPath(directory), { recursive: true, mode: 0o700 });
    return write();
  }
}

export function notWritable(folder: AbsolutePath, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError(
    'STORE_NOT_WRITABLE',
    `the store ${folder} cannot be written to: ${systemWords(error)}`,
    errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT'
      ? `make room there, or ${elsewhere}`
      : `see to its permissions, or ${elsewhere}`,
    { cause: error },
  );
}

export function notReadable(folder: AbsolutePath, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  return new StoreError(
    'STORE_NOT_READABLE',
    `the store ${folder} cannot be read: ${systemWords(error)}`,
    `see to its permissions, or ${elsewhere}`,
    { cause: error },
  );
}

function foreign(message: string, hint: string): StoreError {
  return new StoreError('STORE_FOREIGN', message, hint);
}

function isUnfinishedMarker(name: string): boolean {
  return name.startsWith(`${markerName}.`);
}

/** undefined if there is no such folder. */
function ownerOf(folder: AbsolutePath): number | undefined {
  return read(folder, () => statSync(fsPath(folder)).uid);
}

function readMarker(folder: AbsolutePath): string | undefined {
  const marker = fsPath(`${folder}/${markerName}`);
  return read(folder, () => {
    const stats = lstatSync(marker);
    // What is larger, or no file, is none.
    return stats.isFile() && stats.size < 100 ? readFileSync(marker, 'latin1') : '';
  });
}

function namesIn(folder: AbsolutePath): string[] {
  return read(folder, () => readdirSync(fsPath(folder))) ?? [];
}

/** undefined if it is not there. */
function read<Result>(folder: AbsolutePath, look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw notReadable(folder, error);
  }
}
