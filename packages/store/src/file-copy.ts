import { createHash } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, openSync, read, readSync, writeSync } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { type Digest, digestOf } from './digest.js';
import { errnoOf } from './store-error.js';

export interface OpenFile {
  /** Its descriptor, open for reading. */
  readonly file: number;
  /** Bytes. */
  readonly size: number;
}

/**
 * undefined if the path is of no regular file: a pipe in its place is not waited for. `flags`: more ones for open(2).
 * Throws what the system does.
 */
export function openRegular(path: AbsolutePath, flags = 0): OpenFile | undefined {
  let file: number;
  try {
    file = openSync(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | flags);
  } catch (error) {
    // A symbolic link that may not be followed; a socket, or a device that is not there.
    if (['ELOOP', 'ENXIO', 'ENODEV'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  const stats = fstatSync(file);
  if (stats.isFile()) return { file, size: stats.size };
  closeSync(file);
  return undefined;
}

/** Up to this many bytes a file is read and written as a whole, without a turn of the event loop. */
const smallSize = 1 << 17;

/**
 * Copies an open file that should have `size` bytes to a new one with this mode: by reference where the file system can
 * (reflink), else byte by byte. Gives the digest of what the new file has. Throws what the system does; then the
 * new file may be there in part, unless it was there before.
 */
export async function copyToNew(from: number, size: number, to: AbsolutePath, mode: number): Promise<Digest> {
  return size <= smallSize ? copySmall(from, size, to, mode) : copyLarge(from, size, to, mode);
}

function copySmall(from: number, size: number, to: AbsolutePath, mode: number): Digest {
  const bytes = readWhole(from, size);
  const file = openSync(fsPath(to), 'wx', 0o600);
  try {
    writeWhole(file, bytes);
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
  return digestOf(bytes);
}

/** At most `size` bytes and one more: then it is longer than it should be. */
export function readWhole(file: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size + 1);
  let at = 0;
  for (;;) {
    const count = readSync(file, bytes, at, bytes.length - at, at);
    at += count;
    if (count === 0 || at === bytes.length) return bytes.subarray(0, at);
  }
}

export function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

async function copyLarge(from: number, size: number, to: AbsolutePath, mode: number): Promise<Digest> {
  const file = await cloneToNew(from, to);
  if (file !== undefined)
    try {
      const digest = await digestOfOpen(file.fd, size);
      await file.chmod(mode);
      return digest;
    } finally {
      await file.close();
    }
  const made = await open(fsPath(to), 'wx', 0o600);
  try {
    const digest = await digestOfOpen(from, size, (block, at) => writeBlock(made, block, at));
    await made.chmod(mode);
    return digest;
  } finally {
    await made.close();
  }
}

/** undefined where files cannot share their blocks, or for any other reason that writing it will show. */
async function cloneToNew(from: number, to: AbsolutePath): Promise<FileHandle | undefined> {
  try {
    // What is open, whatever its path is now.
    const source = `/proc/self/fd/${from}`;
    await copyFile(source, fsPath(to), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return await open(fsPath(to), 'r');
  } catch {
    return undefined;
  }
}

async function writeBlock(file: FileHandle, block: Buffer, at: number): Promise<void> {
  for (let done = 0; done < block.length; )
    done += (await file.write(block, done, block.length - done, at + done)).bytesWritten;
}

/**
 * The digest of an open file that should have `size` bytes; of a longer one, some more than that. Each block is given
 * to `alongside` too, which may take it elsewhere while it goes into the digest and the next one is read.
 */
export async function digestOfOpen(
  file: number,
  size: number,
  alongside?: (block: Buffer, at: number) => Promise<void>,
): Promise<Digest> {
  const hash = createHash('sha256');
  let [used, spare] = [Buffer.allocUnsafe(blockSize), Buffer.allocUnsafe(blockSize)];
  let at = 0;
  let block = await readBlock(file, used, at);
  while (block.length > 0 && at <= size) {
    const ahead = Promise.all([readBlock(file, spare, at + block.length), alongside?.(block, at)]);
    hash.update(block);
    at += block.length;
    [block] = await ahead;
    [used, spare] = [spare, used];
  }
  return { hash: hash.digest('hex'), size: at };
}

const blockSize = 1 << 20;

const readAt = promisify(read);

async function readBlock(file: number, buffer: Buffer, at: number): Promise<Buffer> {
  const { bytesRead } = await readAt(file, buffer, 0, buffer.length, at);
  return buffer.subarray(0, bytesRead);
}
