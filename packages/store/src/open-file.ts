import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, read, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import type { Digest } from './digest.js';
import { errnoOf } from './store-error.js';

export interface OpenFile {
  /** Its descriptor, open for reading. */
  readonly file: number;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch, with fractions: when it was last changed in any way. */
  readonly changed: number;
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
  if (stats.isFile()) return { file, size: stats.size, changed: stats.ctimeMs };
  closeSync(file);
  return undefined;
}

/** Its first `size` bytes, or all if it has fewer. They are read into `into`, of which a part is returned. */
export function readWhole(file: number, size: number, into = Buffer.allocUnsafe(size)): Buffer {
  let at = 0;
  for (let count = -1; count !== 0 && at < size; at += count) count = readSync(file, into, at, size - at, at);
  return into.subarray(0, at);
}

export function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** The digest of an open file that should have `size` bytes; of a longer one, of some more than that. */
export async function digestOfOpen(file: number, size: number): Promise<Digest> {
  const digest = createHash('sha256');
  let [used, spare] = [Buffer.allocUnsafe(blockSize), Buffer.allocUnsafe(blockSize)];
  let at = 0;
  let block = await readBlock(file, used, at);
  while (block.length > 0 && at <= size) {
    const ahead = readBlock(file, spare, at + block.length);
    digest.update(block);
    at += block.length;
    block = await ahead;
    [used, spare] = [spare, used];
  }
  return { hash: digest.digest('hex'), size: at };
}

const blockSize = 1 << 20;

const readAt = promisify(read);

async function readBlock(file: number, buffer: Buffer, at: number): Promise<Buffer> {
  const { bytesRead } = await readAt(file, buffer, 0, buffer.length, at);
  return buffer.subarray(0, bytesRead);
}
