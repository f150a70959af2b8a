import { buildProgram } from './native-program.js';

/** The absolute path of the program `writer`, which writes numbered lines in many ways (see native/writer.c). */
export function buildWriter(): string {
  return buildProgram('writer', 'writer', ['-pthread']);
}
