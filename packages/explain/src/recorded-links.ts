import { type AbsolutePath, childOf, joinPath, nameOf, parentOf } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';

/** Links that are followed one after the other before they are taken to go in a circle, as the kernel does. */
const longestChain = 40;

/** The symbolic links that a run met, to tell where its paths led to then. */
export class RecordedLinks {
  readonly #targets: ReadonlyMap<AbsolutePath, string>;
  readonly #directories = new Map<AbsolutePath, AbsolutePath>();

  constructor({ files }: RunRecord) {
    this.#targets = new Map(
      files.flatMap(({ path, state }) => (state.type === 'link' ? [[path, state.target] as const] : [])),
    );
  }

  /** The path with the links followed that lead to its directory. */
  place(path: AbsolutePath): AbsolutePath {
    if (this.#targets.size === 0 || path === '/') return path;
    return childOf(this.#realDirectory(parentOf(path), 0), nameOf(path));
  }

  /** The path with all links followed. */
  real(path: AbsolutePath): AbsolutePath {
    return this.#targets.size === 0 ? path : this.#follow(path, 0);
  }

  #follow(path: AbsolutePath, hops: number): AbsolutePath {
    if (path === '/') return path;
    const directory = this.#realDirectory(parentOf(path), hops);
    const place = childOf(directory, nameOf(path));
    const target = this.#targets.get(place);
    if (target === undefined || hops >= longestChain) return place;
    return this.#follow(joinPath(directory, target), hops + 1);
  }

  #realDirectory(directory: AbsolutePath, hops: number): AbsolutePath {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const real = this.#follow(directory, hops);
    this.#directories.set(directory, real);
    return real;
  }
}
