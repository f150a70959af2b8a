import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs';
import { type AbsolutePath, decodePath, fsPath } from '@oodate/filemon';
import type { FileState } from './monitor-event.js';

/** What is at the path, symbolic links not followed; undefined if nothing is. Throws what lstat does. */
export function fileStateAt(path: AbsolutePath): FileState | undefined {
  const stats = lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return {
    type: typeOf(stats),
    device: deviceName(stats.dev),
    inode: String(stats.ino),
    mode: Number(stats.mode),
    size: String(stats.size),
    links: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: String(stats.mtimeNs),
    ctime: String(stats.ctimeNs),
    ...(stats.isSymbolicLink() && targetOf(path)),
  };
}

/** Major and minor number of a dev_t. (Source: gnu_dev_major(3).) */
function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xffff_f000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}

function typeOf(stats: BigIntStats): FileState['type'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'link';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  return stats.isBlockDevice() ? 'block' : 'character';
}

function targetOf(path: AbsolutePath): { target: string } | undefined {
  try {
    return { target: decodePath(readlinkSync(fsPath(path), 'buffer')) };
  } catch {
    // It was replaced since.
    return undefined;
  }
}
