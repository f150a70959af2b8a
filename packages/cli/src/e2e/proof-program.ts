import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AbsolutePath } from '@oodate/filemon';
import { proofFile } from '@oodate/meta-file';
import { formatProof, identityOf, type Look } from '@oodate/planner';
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

/** A proof for a call from the workspace's folder, with whatever variables, of a command that wrote "proven". */
export function writeProof(space: Workspace, words: readonly string[], looks: readonly Look[]): void {
  const output = Buffer.from('proven\n');
  const proof = formatProof({
    program: identityOf(statSync(program, { bigint: true })),
    user: process.geteuid?.() ?? 0,
    words,
    cwd: space.folder,
    pwd: 'any',
    needsNullStdin: false,
    environment: {},
    ignoredVariables: ['*'],
    looks,
    output: { streams: [1, 2], terminals: [], chunks: [{ stream: 1, length: output.length }], bytes: output },
    line: '',
    colouredLine: '',
  });
  if (proof === undefined) throw new Error('the proof would be too long');
  space.write({ [proofOfCall(space, words)]: proof });
}

/** Where that lies. */
export function proofOfCall(space: Workspace, words: readonly string[]): AbsolutePath {
  const file = proofFile(space.path('.oodate/x.meta') as AbsolutePath, words, space.folder);
  if (file === undefined) throw new Error('there is no proof of such a call');
  return file;
}
