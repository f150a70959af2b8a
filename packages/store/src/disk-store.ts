import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  lutimesSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { type AbsolutePath, fsPath, joinPath } from '@oodate/filemon';
import { addedBytes, noteAdded } from './added-bytes.js';
import { type Collection, collectFiles } from './collection.js';
import { type Digest, digestOf } from './digest.js';
import { copyToNew } from './file-copy.js';
import { markInUse, ownName } from './in-use.js';
import { type OpenFile, openRegular, readWhole, writeWhole } from './open-file.js';
import {
  type ActionResult,
  decodeActionResult,
  decodeOwnPart,
  encodeActionResult,
} from './remote-execution.js';
import { damagedEntry, damagedObject, errnoOf, StoreError } from './store-error.js';
import {
  filePath,
  isStore,
  type Kind,
  makeStore,
  notReadable,
  notWritable,
  withDirectory,
} from './store-folder.js';
import { maxEntryBytes, readEntryIn } from './stored-entry.js';
import { spaceOf, storedFiles } from './stored-files.js';
import { type Verification, verifyFiles } from './verification.js';

export interface StoreStatus {
  readonly objects: number;
  readonly entries: number;
  /** What both take of the disk. */
  readonly bytes: number;
  readonly maxBytes: number;
}

/** Objects are never written again. */
const objectMode = 0o444;

/**
 * Objects under the digests of their bytes, and entries that say which of them belong together, in a folder that
 * several processes use at once. It is made when something is put into it. What is read is trusted only if it fits its
 * digest; else it is removed, and a StoreError says so. A store that cannot be written to can still be read.
 */
export class DiskStore {
  readonly folder: AbsolutePath;
  /** What it may hold after a collection. */
  readonly maxBytes: number;
  #isThere = false;
  #isReady = false;
  /** Bytes that this process has put in and that are not yet noted. */
  #added = 0;

  constructor(folder: AbsolutePath, { maxBytes }: { readonly maxBytes: number }) {
    this.folder = folder;
    this.maxBytes = maxBytes;
  }

  /**
   * Keeps a copy of a file that has this digest. If there is one already, that counts as used now. Throws a StoreError:
   * OBJECT_DAMAGED if the file has another digest, OBJECT_TOO_LARGE if it could not be kept with all else gone,
   * STORE_NOT_WRITABLE; then nothing is kept.
   */
  async putFile(path: AbsolutePath, digest: Digest): Promise<void> {
    if (this.#holds(digest)) return;
    const temporary = this.#prepareFor(digest.size, path);
    const source = openToKeep(path, digest.size);
    try {
      const found = await copyToNew(source.file, digest.size, temporary, objectMode);
      if (found.hash !== digest.hash || fstatSync(source.file).ctimeMs !== source.changed)
        throw changed(path);
      this.#place(temporary, 'cas', digest.hash, digest.size);
    } catch (error) {
      rmSync(fsPath(temporary), { force: true });
      throw notWritable(this.folder, error);
    } finally {
      closeSync(source.file);
    }
  }

  /** Keeps the bytes. Throws a StoreError as putFile does. */
  putBytes(bytes: Uint8Array): Digest {
    const digest = digestOf(bytes);
    if (!this.#holds(digest)) this.#write(bytes, 'cas', digest.hash);
    return digest;
  }

  /** Whether it seems to be there, as for `has`; then it counts as used now. Throws a StoreError if it cannot be seen. */
  hasToUse(digest: Digest): boolean {
    return this.#holds(digest);
  }

  /** The object. Throws a StoreError: OBJECT_TOO_LARGE, before it is read, if it has more than `limit` bytes. */
  read(digest: Digest, limit: number): Buffer {
    if (digest.size > limit) throw tooLarge(digest, limit);
    const file = this.#openObject(digest);
    try {
      const bytes = readWhole(file, digest.size);
      if (digestOf(bytes).hash !== digest.hash) throw this.#damaged(digest, 'it has other bytes');
      this.#touch('cas', digest.hash);
      return bytes;
    } catch (error) {
      throw notReadable(this.folder, error);
    } finally {
      closeSync(file);
    }
  }

  /**
   * Copies the object to a new file with these permission bits. Throws a StoreError if it is missing, damaged, or more
   * than the store may hold, and what the system does if the file cannot be made; nothing is left there then, but what was there before.
   */
  async copyTo(digest: Digest, file: AbsolutePath, mode: number): Promise<void> {
    if (digest.size > this.maxBytes) throw tooLarge(digest, this.maxBytes);
    const source = this.#openObject(digest);
    try {
      const found = await copyToNew(source, digest.size, file, mode);
      if (found.hash === digest.hash) return;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') rmSync(fsPath(file), { force: true });
      throw error;
    } finally {
      closeSync(source);
    }
    rmSync(fsPath(file), { force: true });
    throw this.#damaged(digest, 'it has other bytes');
  }

  /** Whether it seems to be there: it has not been read. */
  has(digest: Digest): boolean {
    const stats = this.#stats('cas', digest.hash);
    return stats?.isFile() === true && stats.size === digest.size;
  }

  /**
   * undefined if there is none. Throws a StoreError: ENTRY_DAMAGED also if it has more than `limit` bytes, before it
   * is read.
   */
  readEntry(key: string, limit = maxEntryBytes): ActionResult | undefined {
    return this.#readEntry(key, limit, decodeActionResult);
  }

  /** As `readEntry`, without the outputs. */
  readOwnPart(key: string): Pick<ActionResult, 'result'> | undefined {
    return this.#readEntry(key, maxEntryBytes, decodeOwnPart);
  }

  /** In the place of one that is there. Throws a StoreError if it cannot be written. */
  writeEntry(key: string, result: ActionResult): void {
    this.#write(encodeActionResult(result), 'ac', key);
    this.#noteAdded();
  }

  /**
   * Makes their time of last use the present, and keeps collections in all processes from removing them until
   * `release` or the end of this process. Those that are missing are passed over.
   */
  use(digests: Iterable<Digest>, keys: Iterable<string> = []): { release(): void } {
    if (!this.#isStoreThere()) return { release() {} };
    // Entries first: so they are never younger than what they name, and go before it.
    const names = [
      ...Array.from(keys, (key) => ({ kind: 'ac', hash: key }) as const),
      ...Array.from(digests, ({ hash }) => ({ kind: 'cas', hash }) as const),
    ];
    const release = markInUse(
      this.folder,
      names.map(({ kind, hash }) => `${kind}/${hash}`),
    );
    for (const { kind, hash } of names) this.#touch(kind, hash);
    return { release };
  }

  async status(): Promise<StoreStatus> {
    const counts = { ac: 0, cas: 0 };
    let bytes = 0;
    if (this.#isStoreThere())
      for (const { kind, size } of storedFiles(this.folder)) {
        counts[kind] += 1;
        bytes += spaceOf(size);
      }
    return { objects: counts.cas, entries: counts.ac, bytes, maxBytes: this.maxBytes };
  }

  /**
   * Removes what was used least recently until at most `maxBytes` are left, and what processes that have ended have
   * left behind. Nothing that a process is using is removed. Throws a StoreError: STORE_NOT_WRITABLE.
   */
  async collect({ maxBytes = this.maxBytes }: { readonly maxBytes?: number } = {}): Promise<Collection> {
    if (!this.#isStoreThere()) return { removedObjects: 0, removedEntries: 0, removedBytes: 0, bytes: 0 };
    this.#added = 0;
    makeStore(this.folder);
    try {
      return collectFiles(this.folder, maxBytes);
    } catch (error) {
      throw notWritable(this.folder, error);
    }
  }

  /** To be called when a process has put in what it had; it costs next to nothing as long as the store is not full. */
  async collectIfNeeded(): Promise<void> {
    if (!this.#isStoreThere()) return;
    this.#noteAdded();
    // Some room is made, so that not each run that follows has to list all files.
    if ((addedBytes(this.folder) ?? Number.POSITIVE_INFINITY) > this.maxBytes)
      await this.collect({ maxBytes: Math.floor(this.maxBytes * 0.9) });
  }

  /** Reads all objects and entries, and removes those that are damaged. */
  async verify(): Promise<Verification> {
    if (!this.#isStoreThere()) return { objects: 0, entries: 0, bytes: 0, damaged: [] };
    try {
      return await verifyFiles(this.folder);
    } catch (error) {
      throw notReadable(this.folder, error);
    }
  }

  /** Removes all that no process is using. The folder stays, and is a store. */
  async clear(): Promise<Collection> {
    return this.collect({ maxBytes: 0 });
  }

  #readEntry<Entry>(key: string, limit: number, decode: (bytes: Buffer) => Entry): Entry | undefined {
    const opened = this.#open('ac', key);
    if (opened === 'missing') return undefined;
    try {
      if (opened === 'no file') throw damagedEntry('it is no file');
      const entry = decode(readEntryIn(opened, limit));
      this.#touch('ac', key);
      return entry;
    } catch (error) {
      if (error instanceof StoreError) this.#remove('ac', key);
      throw notReadable(this.folder, error);
    } finally {
      if (opened !== 'no file') closeSync(opened.file);
    }
  }

  #holds(digest: Digest): boolean {
    const stats = this.#stats('cas', digest.hash);
    if (stats === undefined) return false;
    if (stats.isFile() && stats.size === digest.size) return this.#touch('cas', digest.hash);
    this.#remove('cas', digest.hash);
    return false;
  }

  #write(bytes: Uint8Array, kind: Kind, hash: string): void {
    const temporary = this.#prepareFor(bytes.length, `${kind}/${hash}`);
    try {
      const file = openSync(fsPath(temporary), 'wx', 0o600);
      try {
        writeWhole(file, bytes);
        fchmodSync(file, objectMode);
      } finally {
        closeSync(file);
      }
      this.#place(temporary, kind, hash, bytes.length);
    } catch (error) {
      rmSync(fsPath(temporary), { force: true });
      throw notWritable(this.folder, error);
    }
  }

  /** The name of a new temporary file. */
  #prepareFor(size: number, what: string): AbsolutePath {
    if (size > this.maxBytes)
      throw new StoreError(
        'OBJECT_TOO_LARGE',
        `${what} has ${size} bytes, and the store may hold ${this.maxBytes}`,
        'set store.size to more',
      );
    if (!this.#isReady) {
      makeStore(this.folder);
      this.#isReady = true;
      this.#isThere = true;
    }
    return `${this.folder}/tmp/${ownName()}` as AbsolutePath;
  }

  #place(temporary: AbsolutePath, kind: Kind, hash: string, size: number): void {
    const path = filePath(this.folder, kind, hash);
    withDirectory(joinPath(path, '..'), () => renameSync(fsPath(temporary), fsPath(path)));
    this.#added += spaceOf(size);
  }

  #noteAdded(): void {
    if (this.#added === 0) return;
    try {
      noteAdded(this.folder, this.#added);
      this.#added = 0;
    } catch (error) {
      throw notWritable(this.folder, error);
    }
  }

  #openObject(digest: Digest): number {
    const opened = this.#open('cas', digest.hash);
    if (opened === 'missing')
      throw new StoreError('OBJECT_MISSING', `the store has no object ${digest.hash}`);
    if (opened === 'no file') throw this.#damaged(digest, 'it is no file');
    if (opened.size === digest.size) return opened.file;
    closeSync(opened.file);
    throw this.#damaged(digest, `it has ${opened.size} bytes and not ${digest.size}`);
  }

  #open(kind: Kind, hash: string): OpenFile | 'missing' | 'no file' {
    if (!this.#isStoreThere()) return 'missing';
    try {
      return openRegular(filePath(this.folder, kind, hash), constants.O_NOFOLLOW) ?? 'no file';
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return 'missing';
      throw notReadable(this.folder, error);
    }
  }

  #stats(kind: Kind, hash: string): Stats | undefined {
    if (!this.#isStoreThere()) return undefined;
    try {
      return lstatSync(fsPath(filePath(this.folder, kind, hash)), { throwIfNoEntry: false });
    } catch (error) {
      throw notReadable(this.folder, error);
    }
  }

  #isStoreThere(): boolean {
    this.#isThere ||= isStore(this.folder);
    return this.#isThere;
  }

  /** False if it is not there. */
  #touch(kind: Kind, hash: string): boolean {
    const now = Date.now() / 1000;
    try {
      lutimesSync(fsPath(filePath(this.folder, kind, hash)), now, now);
      return true;
    } catch (error) {
      // What may not be touched is there all the same.
      return errnoOf(error) !== 'ENOENT';
    }
  }

  #damaged({ hash }: Digest, why: string): StoreError {
    this.#remove('cas', hash);
    return damagedObject(why);
  }

  #remove(kind: Kind, hash: string): void {
    try {
      rmSync(fsPath(filePath(this.folder, kind, hash)), { recursive: true, force: true });
    } catch {
      // Where nothing can be removed it is found damaged each time.
    }
  }
}

function openToKeep(path: AbsolutePath, size: number): OpenFile {
  let opened: OpenFile | undefined;
  try {
    opened = openRegular(path);
  } catch (error) {
    throw changed(path, error);
  }
  if (opened?.size === size) return opened;
  if (opened !== undefined) closeSync(opened.file);
  throw changed(path);
}

function changed(path: AbsolutePath, cause?: unknown): StoreError {
  return new StoreError('OBJECT_DAMAGED', `${path} is not what it was when the command ended`, undefined, {
    cause,
  });
}

function tooLarge({ hash, size }: Digest, limit: number): StoreError {
  return new StoreError(
    'OBJECT_TOO_LARGE',
    `object ${hash} has ${size} bytes, more than the ${limit} that are allowed`,
  );
}
