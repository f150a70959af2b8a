import { buildProgram } from './native-program.js';

/** The absolute path of the static program `changer`, which changes a file in one way (see native/changer.c). */
export function buildChanger(): string {
  return buildProgram('changer', 'changer', ['-static', '-pthread']);
}
