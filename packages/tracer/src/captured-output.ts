import { asksTerminal } from './terminal-question.js';

/** What a command wrote to those of stdout (1) and stderr (2) that went to a pipe, a file or a terminal. */
export interface CapturedOutput {
  readonly streams: readonly OutputStream[];
  /** Those of `streams` that went to a terminal. */
  readonly terminals: readonly OutputStream[];
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
 * Reads the probe's copy of the output, whose layout is described in copy.h of the probe.
 * undefined if the copy is not whole: there was more than the probe keeps, its disk was full,
 * or it was killed. What went to terminals is left out if that alone is not whole, or asks the terminal
 * something, as the answer to who writes it again would be read by whoever reads next.
 */
export function parseCapturedOutput(copy: Uint8Array): CapturedOutput | undefined {
  const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength);
  const last = bytes.length - 'end\n'.length;
  if (bytes.toString('latin1', last) !== 'end\n') return undefined;
  // The longest beginning has 28 letters.
  const head = /^streams((?: [12])*)\n(?:terminals((?: [12])+)\n)?/.exec(bytes.toString('latin1', 0, 32));
  if (head === null) return undefined;
  const terminals = streamsIn(head[2]);
  const pieces: Piece[] = [];
  let isVoid = false;
  for (let start = head[0].length; start !== last; ) {
    const end = bytes.indexOf('\n', start);
    if (end < 0) return undefined;
    const line = bytes.toString('latin1', start, end);
    start = end + 1;
    if (line === 'void') {
      isVoid = true;
      continue;
    }
    const [, stream, length] = /^([12]) ([1-9]\d{0,8})$/.exec(line) ?? [];
    if (stream === undefined || start + Number(length) > last) return undefined;
    pieces.push({ stream: Number(stream) as OutputStream, start, length: Number(length) });
    start += Number(length);
  }
  const ofTerminals = pieces.filter(({ stream }) => terminals.includes(stream));
  if (isVoid || asksTerminal(Buffer.from(joined(bytes, ofTerminals).bytes).toString('latin1'))) {
    const others = pieces.filter(({ stream }) => !terminals.includes(stream));
    return { streams: streamsIn(head[1]), terminals: [], ...joined(bytes, others) };
  }
  return { streams: [...streamsIn(head[1]), ...terminals].sort(), terminals, ...joined(bytes, pieces) };
}

interface Piece extends OutputChunk {
  readonly start: number;
}

function streamsIn(text = ''): OutputStream[] {
  return text.split(' ').filter(Boolean).map(Number) as OutputStream[];
}

/** What was written to one stream in several pieces in a row is one. */
function joined(copy: Buffer, pieces: readonly Piece[]): Pick<CapturedOutput, 'chunks' | 'bytes'> {
  const chunks: { stream: OutputStream; length: number }[] = [];
  const bytes = Buffer.alloc(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { stream, start, length } of pieces) {
    at += copy.copy(bytes, at, start, start + length);
    const chunk = chunks.at(-1);
    if (chunk?.stream === stream) chunk.length += length;
    else chunks.push({ stream, length });
  }
  return { chunks, bytes };
}
