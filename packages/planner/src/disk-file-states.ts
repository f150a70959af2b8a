import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
} from 'node:fs';
import { type AbsolutePath, decodePath, fsPath } from '@oodate/filemon';
import type { DigestedFile, FileState, FileStates, PresentFile } from './file-states.js';
import { type EntryType, listedName } from './listed-name.js';

/** The disk as it is; each look is a new one. */
export function diskFileStates(): FileStates {
  return { state, linkState, digest, list };
}

const quiet = { bigint: true, throwIfNoEntry: false } as const;

function state(path: AbsolutePath): FileState {
  try {
    return stateOf(statSync(fsPath(path), quiet));
  } catch (error) {
    return failed(error);
  }
}

function linkState(path: AbsolutePath): FileState {
  try {
    const name = fsPath(path);
    const stats = lstatSync(name, quiet);
    if (stats?.isSymbolicLink() !== true) return stateOf(stats);
    return { type: 'link', target: decodePath(readlinkSync(name, 'buffer')), ctime: stats.ctimeNs };
  } catch (error) {
    return failed(error);
  }
}

function stateOf(stats: BigIntStats | undefined): FileState {
  if (stats === undefined) return { type: 'absent' };
  if (stats.isFile()) return fileState(stats);
  if (stats.isDirectory())
    return { type: 'directory', mtime: stats.mtimeNs, ctime: stats.ctimeNs, made: stats.birthtimeNs };
  return { type: 'special', ctime: stats.ctimeNs };
}

function fileState(stats: BigIntStats): PresentFile {
  return {
    type: 'file',
    size: stats.size,
    mtime: stats.mtimeNs,
    ctime: stats.ctimeNs,
    inode: stats.ino,
    mode: Number(stats.mode) & 0o7777,
  };
}

function failed(error: unknown): FileState {
  const errno = errnoOf(error);
  return absences.has(errno) ? { type: 'absent' } : { type: 'unreadable', errno };
}

/** ENOTDIR: below a file. ENAMETOOLONG: what no file can be called. ENOENT: gone between two looks. */
const absences: ReadonlySet<string> = new Set(['ENOTDIR', 'ENAMETOOLONG', 'ENOENT']);

function digest(path: AbsolutePath): DigestedFile | { readonly errno: string } {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK a pipe put in the place of the file would hang the decision.
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const before = fstatSync(fd, { bigint: true });
      if (!before.isFile()) return { errno: 'EINVAL' };
      const text = digestContent(fd);
      const after = fstatSync(fd, { bigint: true });
      if (before.ctimeNs === after.ctimeNs && before.mtimeNs === after.mtimeNs && before.size === after.size)
        return { digest: text, file: fileState(after) };
    }
    return { errno: 'EBUSY' };
  } catch (error) {
    return { errno: errnoOf(error) };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const block = Buffer.allocUnsafe(1 << 18);

function digestContent(fd: number): string {
  const hash = createHash('sha256');
  for (let at = 0; ; ) {
    const count = readSync(fd, block, 0, block.length, at);
    if (count === 0) return hash.digest('hex');
    hash.update(block.subarray(0, count));
    at += count;
  }
}

function list(path: AbsolutePath): readonly string[] | undefined {
  try {
    return readdirSync(fsPath(path), { encoding: 'buffer', withFileTypes: true })
      .sort((one, other) => Buffer.compare(one.name, other.name))
      .map((entry) => listedName(decodePath(entry.name), entryType(entry)));
  } catch {
    return undefined;
  }
}

function entryType(entry: Dirent<Buffer>): EntryType {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'link' : 'special';
}

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EIO';
}
