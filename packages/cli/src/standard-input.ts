import { fstatSync, readFileSync, readlinkSync } from 'node:fs';
import { decodePath } from '@oodate/filemon';

/** Null, zero and random devices. */
const memoryDevices = 1;

/** What this process has as standard input, and so will the command: see `Target.stdin` of the planner. */
export function standardInput(): string {
  try {
    const stats = fstatSync(0);
    if (stats.isCharacterDevice() && stats.rdev >> 8 === memoryDevices) return 'null';
    if (!stats.isFile()) return 'stream';
    const [, offset = '0'] = /^pos:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8')) ?? [];
    return `file ${offset} ${decodePath(readlinkSync('/proc/self/fd/0', 'buffer'))}`;
  } catch {
    return 'closed';
  }
}
