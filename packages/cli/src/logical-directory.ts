import { statSync } from 'node:fs';
import type { AbsolutePath } from '@oodate/filemon';

/**
 * The name in PWD if it is another name of `cwd`: what pwd(1), shells and compilers
 * take for the current directory then. Undefined if it is `cwd` itself or leads elsewhere.
 */
export function logicalDirectory(cwd: AbsolutePath, { PWD }: NodeJS.ProcessEnv): AbsolutePath | undefined {
  if (PWD === undefined || !PWD.startsWith('/') || PWD === cwd) return undefined;
  const own = statSync(cwd, { throwIfNoEntry: false, bigint: true });
  const named = statSync(PWD, { throwIfNoEntry: false, bigint: true });
  const same = own !== undefined && named?.dev === own.dev && named.ino === own.ino;
  return same ? (PWD as AbsolutePath) : undefined;
}
