import { type AbsolutePath, childOf, directoriesAbove } from '@oodate/filemon';

/*
 * Package managers put node_modules/.bin of the package and of every directory above it into PATH, whether there
 * are such or not. How many there are says where a project lies, and nothing else.
 */

function foldersAbove(root: AbsolutePath): string[] {
  return [...directoriesAbove(root)].map((folder) => childOf(folder, 'node_modules/.bin'));
}

/** A value of PATH without those of the directories above the project. */
export function pathWithoutAbove(value: string, root: AbsolutePath): string {
  const above = new Set(foldersAbove(root));
  return value
    .split(':')
    .filter((folder) => !above.has(folder))
    .join(':');
}

/** A value of PATH with those of the directories above `to` in the place of those above `from`. */
export function pathWithAbove(value: string, from: AbsolutePath, to: AbsolutePath): string {
  const above = new Set(foldersAbove(from));
  const folders = value.split(':');
  const first = folders.findIndex((folder) => above.has(folder));
  if (first < 0) return value;
  const left = folders.slice(first).filter((folder) => !above.has(folder));
  return [...folders.slice(0, first), ...foldersAbove(to), ...left].join(':');
}
