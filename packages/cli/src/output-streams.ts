import { fstatSync } from 'node:fs';
import type { MetaFile, RunRecord } from '@oodate/meta-file';

/** stdout (1) or stderr (2) of a command. */
export type OutputStream = 1 | 2;

/**
 * Those of a command's streams that somebody may read as data: a pipe, a socket
 * or a file. A run that is skipped must give them the same bytes.
 * `stdoutToStderr`: the command's stdout goes to this process's stderr.
 */
export function readStreams(stdoutToStderr: boolean): OutputStream[] {
  return ([1, 2] as const).filter((stream) => isRead(stdoutToStderr ? 2 : stream));
}

function isRead(descriptor: number): boolean {
  try {
    // In bigint, since Node's realpath stops half-way after a plain stat of a pipe, and the next import fails.
    const stats = fstatSync(descriptor, { bigint: true });
    return stats.isFIFO() || stats.isSocket() || stats.isFile();
  } catch {
    return false;
  }
}

/** Writes again what the recorded run wrote, each piece to its stream, in its order. */
export function replayOutput(meta: MetaFile, run: RunRecord, stdoutToStderr: boolean): void {
  let start = 0;
  for (const { stream, length } of run.output?.chunks ?? []) {
    const bytes = meta.output.subarray(start, start + length);
    (stream === 1 && !stdoutToStderr ? process.stdout : process.stderr).write(bytes);
    start += length;
  }
}
