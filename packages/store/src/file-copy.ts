import { chmodSync, closeSync, constants, copyFile, fchmodSync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { type Digest, digestOf } from './digest.js';
import { digestOfOpen, readWhole, writeWhole } from './open-file.js';

/** Up to this many bytes a file is read and written as a whole, without a turn of the event loop. */
const smallSize = 1 << 17;

/**
 * Copies an open file that should have `size` bytes to a new one with this mode: by reference where the file system can
 * (reflink), else byte by byte. Gives the digest of what is open, which is also that of the new file if no one has
 * written to the first meanwhile. Throws what the system does; then the new file may be there in part, unless it was
 * there before.
 */
export async function copyToNew(from: number, size: number, to: AbsolutePath, mode: number): Promise<Digest> {
  return size <= smallSize ? copySmall(from, size, to, mode) : copyLarge(from, size, to, mode);
}

/** One for all, as nothing else happens between reading and writing. */
const block = Buffer.allocUnsafe(smallSize);

function copySmall(from: number, size: number, to: AbsolutePath, mode: number): Digest {
  const bytes = readWhole(from, size, block);
  const file = openSync(fsPath(to), 'wx', 0o600);
  try {
    writeWhole(file, bytes);
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
  return digestOf(bytes);
}

/** That of node:fs/promises does the same, but takes several milliseconds to load. */
const copyByKernel = promisify(copyFile);

async function copyLarge(from: number, size: number, to: AbsolutePath, mode: number): Promise<Digest> {
  // What is open, whatever its path leads to now. The kernel copies it while the digest is made here.
  const source = `/proc/self/fd/${from}`;
  const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants;
  const [copy, digest] = await Promise.allSettled([
    copyByKernel(source, fsPath(to), COPYFILE_EXCL | COPYFILE_FICLONE),
    digestOfOpen(from, size),
  ]);
  if (copy.status === 'rejected') throw copy.reason;
  if (digest.status === 'rejected') throw digest.reason;
  chmodSync(fsPath(to), mode);
  return digest.value;
}
