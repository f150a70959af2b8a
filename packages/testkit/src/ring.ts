import { buildProgram } from './native-program.js';

/** The absolute path of the static program `ring`, which uses files through io_uring (see native/ring.c). */
export function buildRing(): string {
  return buildProgram('ring', 'ring', ['-static', '-pthread']);
}
