import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../native', import.meta.url));
const build = fileURLToPath(new URL('../build', import.meta.url));

/**
 * The absolute path of the program made of native/SOURCE.c, which is compiled
 * when it is missing or older than its source. `flags` come after the usual ones.
 */
export function buildProgram(source: string, name: string, flags: readonly string[] = []): string {
  const file = join(sources, `${source}.c`);
  const program = join(build, name);
  if (!isNewer(program, file)) {
    mkdirSync(build, { recursive: true });
    // Several test files may need it at once: each compiles for itself, and the last rename wins.
    const own = `${program}.${process.pid}`;
    const usual = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O2'];
    const words = [...usual, '-o', own, file, ...flags];
    const { status, stderr, error } = spawnSync('cc', words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${file} does not compile:\n${error ?? stderr}`);
    renameSync(own, program);
  }
  return program;
}

function isNewer(file: string, than: string): boolean {
  const made = statSync(file, { throwIfNoEntry: false });
  return made !== undefined && made.mtimeMs > statSync(than).mtimeMs;
}
