import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fsPath, isKernelPath } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';

/**
 * The paths by whose change a target can become out of date, and the folders in
 * which such a change shows. A folder is watched by itself, without those below
 * it, so what was looked for and is missing shows in the nearest folder there is.
 */
export class LearnedPaths {
  /** Existing folders by their real paths; with each, the names by which it was used. */
  readonly folders: ReadonlyMap<string, readonly string[]>;
  /** Those learned, and each above one of them: it can go, or be put in the place of another. */
  readonly #paths = new Set<string>();
  readonly #listed: ReadonlySet<string>;

  /** `others`: paths that count besides those of the run. */
  constructor({ files, listings }: RunRecord, others: readonly string[]) {
    for (const path of others) this.#add(path);
    for (const { path, state } of files) {
      this.#add(path);
      if (state.type === 'link') this.#add(leadsTo(path, state.target));
    }
    for (const { path } of listings) this.#add(path);
    this.#listed = new Set(listings.map(({ path }) => path));
    this.folders = this.#findFolders();
  }

  /** Whether a change of this name in this folder, of `folders`, can make the target out of date. */
  has(folder: string, name: string): boolean {
    const known = this.folders.get(folder) ?? [];
    // A name that is not UTF-8 comes with a mark in the place of each such byte.
    return known.some(
      (path) =>
        this.#listed.has(path) ||
        name.includes('\ufffd') ||
        this.#paths.has(path === '/' ? `/${name}` : `${path}/${name}`),
    );
  }

  /** The regular files and others that are no folders, for who has to look at each by itself. */
  *files(): Generator<string> {
    for (const path of this.#paths) if (!this.folders.has(path)) yield path;
  }

  #add(path: string): void {
    for (let at = path; !this.#paths.has(at); at = parentOf(at)) this.#paths.add(at);
  }

  #findFolders(): Map<string, string[]> {
    const folders = new Map<string, string[]>();
    for (const path of new Set([...this.#parents(), ...this.#listed])) {
      const real = realFolder(path);
      if (real === undefined || isKernelPath(real)) continue;
      const known = folders.get(real);
      if (known === undefined) folders.set(real, [path]);
      else known.push(path);
    }
    return folders;
  }

  *#parents(): Generator<string> {
    for (const path of this.#paths) yield parentOf(path);
  }
}

/** Where a link leads, also if nothing is there. */
function leadsTo(link: string, target: string): string {
  const folder = parentOf(link);
  return resolve(realFolder(folder) ?? folder, target);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

/** undefined if there is none. */
function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync.native(fsPath(path));
    return statSync(real, { bigint: true }).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}
