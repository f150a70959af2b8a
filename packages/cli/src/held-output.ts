import type { ChildOptions } from './child-program.js';
import { type OutputStream, writeOut } from './output-streams.js';

/** What is shown of a command's output. What is not shown is kept all the same. */
export type ShownOutput = 'full' | 'errors' | 'none';

export interface HeldOutput {
  /** How the command is to be started. */
  readonly child: ChildOptions | undefined;
  /** To be called with its exit status: shows what was held back if that is to be shown. */
  ended(status: number): void;
}

/** `child`: how the command would be started if all were shown. */
export function holdOutput(
  shown: ShownOutput,
  child: ChildOptions | undefined,
  stdoutToStderr: boolean,
): HeldOutput {
  if (shown === 'full') return { child, ended: () => {} };
  if (shown === 'none') return { child: { ...child, heard: () => {} }, ended: () => {} };
  const pieces: (readonly [OutputStream, Uint8Array])[] = [];
  const write = child?.heard ?? writeOut;
  return {
    child: { ...child, heard: (stream, bytes) => pieces.push([stream, bytes]) },
    ended: (status) => {
      if (status === 0) return;
      for (const [stream, bytes] of pieces) write(stdoutToStderr ? 2 : stream, bytes);
    },
  };
}
