import { closeSync, constants } from 'node:fs';
import type { AbsolutePath } from '@oodate/filemon';
import { digestOfOpen, openRegular } from './open-file.js';
import { decodeActionResult } from './remote-execution.js';
import { damagedEntry, damagedObject, errnoOf, StoreError, systemWords } from './store-error.js';
import type { Kind } from './store-folder.js';
import { maxEntryBytes, readEntryIn } from './stored-entry.js';
import { removeFile, storedFiles } from './stored-files.js';

export interface Verification {
  /** How many were looked at. */
  readonly objects: number;
  readonly entries: number;
  /** Of those looked at. */
  readonly bytes: number;
  readonly damaged: readonly DamagedFile[];
}

export interface DamagedFile {
  readonly kind: 'object' | 'entry';
  /** Its name: the digest that an object should have. */
  readonly hash: string;
  readonly path: AbsolutePath;
  /** A sentence without an end. */
  readonly message: string;
  /** Where nothing can be removed it is still there, and is not used all the same. */
  readonly removed: boolean;
}

/** Reads every object and entry, and removes those that are damaged. */
export async function verifyFiles(folder: AbsolutePath): Promise<Verification> {
  const damaged: DamagedFile[] = [];
  const counts = { cas: 0, ac: 0 };
  let bytes = 0;
  for (const { kind, hash, path, size } of storedFiles(folder)) {
    const fault = await faultOf(kind, hash, path);
    if (fault === 'gone') continue;
    counts[kind] += 1;
    bytes += size;
    if (fault !== 'none')
      damaged.push({ kind: kindName[kind], hash, path, message: fault.message, removed: tryToRemove(path) });
  }
  return { objects: counts.cas, entries: counts.ac, bytes, damaged };
}

const kindName = { cas: 'object', ac: 'entry' } as const satisfies Record<Kind, string>;

/** 'gone': a collection has removed it. */
async function faultOf(kind: Kind, hash: string, path: AbsolutePath): Promise<StoreError | 'none' | 'gone'> {
  const damaged = kind === 'cas' ? damagedObject : damagedEntry;
  try {
    const opened = openRegular(path, constants.O_NOFOLLOW);
    if (opened === undefined) return damaged('it is no file');
    try {
      if (kind === 'ac') decodeActionResult(readEntryIn(opened, maxEntryBytes));
      else if ((await digestOfOpen(opened.file, opened.size)).hash !== hash)
        return damaged('it has other bytes');
      return 'none';
    } finally {
      closeSync(opened.file);
    }
  } catch (error) {
    if (error instanceof StoreError) return error;
    return errnoOf(error) === 'ENOENT' ? 'gone' : damaged(`it cannot be read, ${systemWords(error)}`);
  }
}

function tryToRemove(path: AbsolutePath): boolean {
  try {
    removeFile(path);
    return true;
  } catch {
    return false;
  }
}
