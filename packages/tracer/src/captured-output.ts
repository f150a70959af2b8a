/** What a command wrote to those of stdout (1) and stderr (2) that went to a pipe or file. */
export interface CapturedOutput {
  readonly streams: readonly OutputStream[];
  /** Lengths in bytes of the pieces of `bytes`, in the order they were written. */
  readonly chunks: readonly OutputChunk[];
  readonly bytes: Uint8Array;
}

export type OutputStream = 1 | 2;

export interface OutputChunk {
  readonly stream: OutputStream;
  readonly length: number;
}

/**
 * Reads the probe's copy of the output: a line `streams 1 2`, then for each piece
 * a line `STREAM LENGTH` and its bytes, at last a line `end`. undefined if the copy
 * is not whole: there was more than the probe keeps, its disk was full, or it was killed.
 */
export function parseCapturedOutput(copy: Uint8Array): CapturedOutput | undefined {
  const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength);
  const parts: Buffer[] = [];
  const chunks: OutputChunk[] = [];
  const last = bytes.length - 'end\n'.length;
  if (bytes.toString('latin1', last) !== 'end\n') return undefined;
  let end = bytes.indexOf('\n');
  const head = /^streams((?: [12])*)$/.exec(bytes.toString('latin1', 0, Math.max(end, 0)));
  if (head === null) return undefined;
  for (let start = end + 1; start !== last; ) {
    end = bytes.indexOf('\n', start);
    if (end < 0) return undefined;
    const piece = /^([12]) ([1-9]\d{0,8})$/.exec(bytes.toString('latin1', start, end));
    start = end + 1;
    const stream = Number(piece?.[1]) as OutputStream;
    const length = Number(piece?.[2]);
    if (piece === null || start + length > last) return undefined;
    chunks.push({ stream, length });
    parts.push(bytes.subarray(start, start + length));
    start += length;
  }
  const streams = (head[1] ?? '').split(' ').filter(Boolean).map(Number) as OutputStream[];
  return { streams, chunks, bytes: Buffer.concat(parts) };
}
