import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ActsOptions {
  /** Linked statically, so that nothing is loaded before its first act. */
  readonly static?: boolean;
}

const source = fileURLToPath(new URL('../native/acts.c', import.meta.url));
const build = fileURLToPath(new URL('../build', import.meta.url));

/**
 * The absolute path of the program `acts`, which performs the file system acts
 * given as its words (listed in the head comment of native/acts.c). It is
 * compiled when it is missing or older than its source.
 */
export function buildActs({ static: isStatic = false }: ActsOptions = {}): string {
  const program = join(build, isStatic ? 'acts-static' : 'acts');
  if (!isNewer(program, source)) {
    mkdirSync(build, { recursive: true });
    // Several test files may need it at once: each compiles for itself, and the last rename wins.
    const own = `${program}.${process.pid}`;
    const linking = isStatic ? ['-static'] : [];
    const flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O2', '-pthread', ...linking];
    const { status, stderr, error } = spawnSync('cc', [...flags, '-o', own, source], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${source} does not compile:\n${error ?? stderr}`);
    renameSync(own, program);
  }
  return program;
}

function isNewer(file: string, than: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false });
  return made !== undefined && made.mtimeMs > statSync(than).mtimeMs;
}
