import { buildProgram } from './native-program.js';

export interface ReaderOptions {
  /** Linked statically. */
  readonly static?: boolean;
}

/**
 * The absolute path of the program `reader`, which prints what it finds at a path, by the
 * way that its first word names (listed in the head comment of native/reader.c).
 */
export function buildReader({ static: isStatic = false }: ReaderOptions = {}): string {
  return buildProgram('reader', isStatic ? 'reader-static' : 'reader', [
    '-pthread',
    ...(isStatic ? ['-static'] : []),
  ]);
}
