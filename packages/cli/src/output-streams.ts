import { fstatSync, writeSync } from 'node:fs';
import type { ShownOutput } from './held-output.js';

/** stdout (1) or stderr (2) of a command. */
export type OutputStream = 1 | 2;

/**
 * Those of a command's streams that somebody may read as data: a pipe, a socket
 * or a file. A run that is skipped must give them the same bytes.
 * `stdoutToStderr`: the command's stdout goes to this process's stderr.
 */
function readStreams(stdoutToStderr: boolean): OutputStream[] {
  return ([1, 2] as const).filter((stream) => isRead(stdoutToStderr ? 2 : stream));
}

/** Those that somebody reads: what is not shown is read by nobody. */
export function streamsToReplay({
  json,
  output,
}: {
  readonly json: boolean;
  readonly output: ShownOutput;
}): readonly (1 | 2)[] {
  return output === 'full' ? readStreams(json) : [];
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

/**
 * Writes to this process's own stdout or stderr. Not by process.stdout: that makes a
 * pipe non-blocking for all who share it, and make or a shell then fails to write there.
 * Gives false if nobody reads it any more.
 */
export function writeOut(stream: OutputStream, content: string | Uint8Array): boolean {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(stream, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Who reads it may stop to; that is no failure.
      if (code === 'EPIPE') return false;
      if (code !== 'EAGAIN') throw error;
      // Somebody else has made it non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  return true;
}
