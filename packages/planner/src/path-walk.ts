import { type AbsolutePath, childOf, isKernelPath, nameOf, parentOf } from '@oodate/filemon';
import type { FileState, FileStates, PresentDirectory } from './file-states.js';

/** Where a path leads when it is walked as the kernel does. */
export interface WalkedPath {
  /** Links followed but for one at the very end: the place that a rename or an unlink of the path is about. */
  readonly place: AbsolutePath;
  /** Links followed: the file that reading it is about. It need not be there. */
  readonly real: AbsolutePath;
  /** What is at `place`, a link being a link. */
  readonly state: FileState;
}

/**
 * Walks paths component by component and keeps what it met: every symbolic link,
 * also those inside the targets of links, and every directory. Each is looked at
 * once, however many paths lead through it.
 */
export class PathWalk {
  readonly directories = new Map<AbsolutePath, PresentDirectory>();
  readonly #walked = new Map<string, WalkedPath & { readonly links: readonly AbsolutePath[] }>();
  readonly #files: FileStates;

  constructor(files: FileStates) {
    this.#files = files;
  }

  walk(path: AbsolutePath): WalkedPath {
    return this.#walk(path, 0);
  }

  /** The places of the links that the path leads over, in the order they are met. */
  linksOn(path: AbsolutePath): readonly AbsolutePath[] {
    return this.#walk(path, 0).links;
  }

  #walk(path: AbsolutePath, hops: number): WalkedPath & { readonly links: readonly AbsolutePath[] } {
    const known = this.#walked.get(path);
    if (known !== undefined) return known;
    if (path === '/' || isKernelPath(path)) {
      const state = this.#files.linkState(path);
      const end = { place: path, real: path, state, links: [] };
      this.#walked.set(path, end);
      return end;
    }
    const parent = this.#walk(parentOf(path), hops);
    const place = childOf(parent.real, nameOf(path));
    if (place !== path) {
      const walked = this.#walk(place, hops);
      const all = { ...walked, links: joined(parent.links, walked.links) };
      this.#walked.set(path, all);
      return all;
    }
    const state = this.#files.linkState(place);
    if (state.type === 'directory') this.directories.set(place, state);
    let walked = { place, real: place, state, links: parent.links };
    if (state.type === 'link' && hops < longestChain) {
      const target = this.#follow(parent.real, state.target, hops + 1);
      walked = { place, real: target.real, state, links: joined([...parent.links, place], target.links) };
    }
    this.#walked.set(path, walked);
    return walked;
  }

  /** `..` in the text of a link goes up from where the walk has come to, not from the text before it. */
  #follow(
    from: AbsolutePath,
    target: string,
    hops: number,
  ): { real: AbsolutePath; links: readonly AbsolutePath[] } {
    let real = target.startsWith('/') ? ('/' as AbsolutePath) : from;
    let links: readonly AbsolutePath[] = [];
    for (const name of target.split('/')) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        real = parentOf(real);
        continue;
      }
      const next = this.#walk(childOf(real, name), hops);
      real = next.real;
      links = joined(links, next.links);
    }
    return { real, links };
  }
}

/** As many links as Linux follows for one path. */
const longestChain = 40;

function joined(first: readonly AbsolutePath[], second: readonly AbsolutePath[]): readonly AbsolutePath[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...new Set([...first, ...second])];
}
