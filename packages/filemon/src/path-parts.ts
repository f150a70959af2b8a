import type { AbsolutePath } from './path-text.js';

/** That of `/` is `/`. */
export function parentOf(path: AbsolutePath): AbsolutePath {
  return (path.slice(0, path.lastIndexOf('/')) || '/') as AbsolutePath;
}

/** The last name; that of `/` is empty. */
export function nameOf(path: AbsolutePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function childOf(directory: AbsolutePath, name: string): AbsolutePath {
  return (directory === '/' ? `/${name}` : `${directory}/${name}`) as AbsolutePath;
}

/** The directories above the path, the nearest first. */
export function* directoriesAbove(path: AbsolutePath): Generator<AbsolutePath, void, undefined> {
  for (let directory = path; directory !== '/'; ) {
    directory = parentOf(directory);
    yield directory;
  }
}

/** Strictly: a directory is not below itself. */
export function isBelow(path: AbsolutePath, directory: AbsolutePath): boolean {
  return directory === '/' ? path !== '/' : path.startsWith(`${directory}/`);
}

/** The directory itself, or below it. */
export function isWithin(path: AbsolutePath, directory: AbsolutePath): boolean {
  return path === directory || isBelow(path, directory);
}
