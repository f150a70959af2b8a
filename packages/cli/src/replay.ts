import type { MetaFile, RunRecord } from '@oodate/meta-file';
import { type OutputStream, writeOut } from './output-streams.js';
import { isTerminal, type Terminal } from './terminal.js';

/**
 * Writes again what the recorded run wrote, each piece to its stream, in its order. What oodate
 * says then on the same terminal begins on a line of its own.
 */
export function replayOutput(
  meta: MetaFile,
  run: RunRecord,
  stdoutToStderr: boolean,
  terminal: Terminal,
  write: (stream: OutputStream, bytes: Uint8Array) => void = writeOut,
): void {
  let start = 0;
  let last: OutputStream | undefined;
  for (const { stream, length } of run.output?.chunks ?? []) {
    last = stdoutToStderr ? 2 : stream;
    write(last, meta.output.subarray(start, start + length));
    start += length;
  }
  if (last !== undefined && meta.output[start - 1] !== newline && isTerminal(last) && isTerminal(2))
    terminal.endLine();
}

const newline = 10;
