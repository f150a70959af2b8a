import { realpathSync } from 'node:fs';
import { type AbsolutePath, childOf, decodePath, fsPath, nameOf, parentOf } from '@oodate/filemon';

/**
 * The same file by a path that goes through no symbolic link. A link at its end stays: it can be monitored itself.
 * Throws as realpath(3) fails.
 */
export function withoutLinks(path: AbsolutePath): AbsolutePath {
  const parent = parentOf(path);
  const real = decodePath(realpathSync.native(fsPath(parent), 'buffer')) as AbsolutePath;
  return parent === path ? real : childOf(real, nameOf(path));
}
