import { buildProgram } from './native-program.js';

export interface ActsOptions {
  /** Linked statically, so that nothing is loaded before its first act. */
  readonly static?: boolean;
}

/**
 * The absolute path of the program `acts`, which performs the file system acts
 * given as its words (listed in the head comment of native/acts.c).
 */
export function buildActs({ static: isStatic = false }: ActsOptions = {}): string {
  return buildProgram('acts', isStatic ? 'acts-static' : 'acts', [
    '-pthread',
    ...(isStatic ? ['-static'] : []),
  ]);
}
