import { buildProgram } from './native-program.js';

/**
 * The absolute path of the program `situation`, which writes to the file that its
 * word names what it was given: descriptors, environment, limits, signals (see the head
 * comment of native/situation.c).
 */
export function buildSituation(): string {
  return buildProgram('situation', 'situation');
}
