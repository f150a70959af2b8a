import { ask, findProgram, runQuietly } from './programs.mjs';

/** Runs the pnpm that package.json names (`pnpm@1.2.3`), wherever it is, and says whether it was successful. */
export function runPnpm(packageManager, words, options) {
  const version = packageManager.replace('pnpm@', '');
  const isHere = findProgram('pnpm') !== undefined && ask('pnpm', ['--version'], options)?.trim() === version;
  const [program, ...launch] = isHere ? ['pnpm'] : ['npx', '--yes', packageManager];
  // On Windows npx is a .cmd file, which only a shell can start.
  return runQuietly(program, [...launch, ...words], { ...options, shell: process.platform === 'win32' });
}
