import { fileURLToPath } from 'node:url';
import type { Result, StartOptions, Workspace } from '@oodate/testkit';

export const program = fileURLToPath(new URL('../../dist/program.js', import.meta.url));
export const proofProgram = fileURLToPath(
  new URL('../../../tracer/native/build/oodate-proof', import.meta.url),
);

/** What the program of proofs says to a call of oodate, started by a shell as oodate does; status 75 if it does not know. */
export function askProof(
  space: Workspace,
  words: readonly string[],
  options: StartOptions = {},
): Promise<Result> {
  return space.run(['sh', '-c', '"$0" "$@"; exit $?', proofProgram, program, ...words], options);
}
