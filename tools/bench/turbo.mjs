import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly, ToolError } from '../programs.mjs';

/** Path of the program, which npm installs if it is not there. */
export function installTurbo(work) {
  const folder = join(work, 'turbo');
  mkdirSync(folder, { recursive: true });
  if (!runQuietly('npm', ['install', '--silent', '--no-save', '--prefix', folder, 'turbo@2.11.11']))
    throw new ToolError(
      'NO_TURBO',
      'npm cannot install turbo',
      'see that it can reach its registry from here',
    );
  return join(folder, 'node_modules/.bin/turbo');
}
