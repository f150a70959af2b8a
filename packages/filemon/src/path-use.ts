import { type AbsolutePath, joinPath, normalizePath } from './path-text.js';

/** The ways in which a path can be used, those that matter most first. */
export const pathUses = ['executed', 'read', 'listed', 'looked', 'missing', 'written', 'removed'] as const;

export type PathUse = (typeof pathUses)[number];

const uses: Readonly<Record<string, PathUse>> = {
  E: 'executed',
  R: 'read',
  G: 'listed',
  S: 'looked',
  C: 'looked',
  N: 'missing',
  W: 'written',
  D: 'removed',
};

/** What a record with this letter did with the one path that its data is; undefined if it is about no path, or two. */
export function useOf(letter: string): PathUse | undefined {
  return uses[letter];
}

/** A path of a record of a process that is in this directory. */
export function usedPath(name: string, directory: AbsolutePath): AbsolutePath {
  return name.startsWith('/') ? normalizePath(name) : joinPath(directory, name);
}
