import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { type AbsolutePath, fsPath, isWithin } from '@oodate/filemon';

/**
 * The directory that a result belongs to, so that it can be used in another checkout: that of the nearest `.git`,
 * else the topmost that has a package.json, below the user's home directory if `cwd` is, else `cwd` itself.
 * undefined if that is the root of the file system.
 */
export function projectRoot(cwd: AbsolutePath): AbsolutePath | undefined {
  let found: string = cwd;
  for (let folder: string = cwd; folder !== '/'; folder = dirname(folder)) {
    if (has(folder, '.git')) return folder as AbsolutePath;
    if (folder === homedir()) break;
    if (has(folder, 'package.json')) found = folder;
  }
  return found === '/' ? undefined : (found as AbsolutePath);
}

function has(folder: string, name: string): boolean {
  return existsSync(fsPath(`${folder}/${name}`));
}

/** A text of any kind, in which the path `from` is replaced by `to` wherever it stands as a whole path or the start of one. */
export function movedText(text: string, from: string, to: string): string {
  if (!text.includes(from)) return text;
  let moved = '';
  let start = 0;
  for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) {
    const isWhole = !/[\w.~-]/.test(text[at - 1] ?? ' ') && !/[\w.~-]/.test(text[at + from.length] ?? ' ');
    if (!isWhole || at < start) continue;
    moved += text.slice(start, at) + to;
    start = at + from.length;
  }
  return moved + text.slice(start);
}

/** The path as it is when what lies in `from` lies in `to`. */
export function movedPath(path: AbsolutePath, from: AbsolutePath, to: AbsolutePath): AbsolutePath {
  return isWithin(path, from) ? ((to + path.slice(from.length)) as AbsolutePath) : path;
}
