import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { type AbsolutePath, childOf, fsPath, nameOf, parentOf } from '@oodate/filemon';
import { isAbandoned, ownName } from './in-use.js';
import type { PresentDirectory } from './output-directories.js';
import type { TreeChanges } from './tree-changes.js';

/**
 * Folders for files that are not in their places yet, and for those that have made way. What a process that
 * was killed has left is removed by the next one that makes such a folder beside it.
 */
export class Staging {
  readonly #base: AbsolutePath;
  readonly #isBeside: boolean;
  readonly #changes: TreeChanges;
  /** By the directory for which they are. */
  readonly #folders = new Map<AbsolutePath, AbsolutePath>();
  #main: { readonly folder: AbsolutePath; readonly device: number } | undefined;
  /** Directories above the main folder that were made for it, the lowest first. */
  readonly #above: AbsolutePath[] = [];
  #names = 0;

  /** Folders have the name of `base` and more, or are in the very directory that they are for if `isBeside`. */
  constructor(base: AbsolutePath, isBeside: boolean, changes: TreeChanges) {
    this.#base = base;
    this.#isBeside = isBeside;
    this.#changes = changes;
  }

  /** A name that nothing has, from which a rename into the directory is possible. */
  newName(directory: PresentDirectory): AbsolutePath {
    let folder = this.#folders.get(directory.path);
    if (folder === undefined) {
      folder = this.#folderFor(directory);
      this.#folders.set(directory.path, folder);
    }
    this.#names += 1;
    return childOf(folder, String(this.#names));
  }

  /** With all that is in them. What cannot be removed stays. */
  remove(): void {
    for (const folder of this.#all()) quietly(() => removeFolder(folder));
  }

  /** Of directories that had to be made above the folders. */
  removeAbove(): void {
    for (const directory of this.#above) quietly(() => rmdirSync(fsPath(directory)));
  }

  /** Gives the folders names under which they are not removed, and returns these. */
  keep(): AbsolutePath[] {
    return [...this.#all()].map((folder) => {
      const kept = childOf(parentOf(folder), `kept-${nameOf(folder)}`);
      quietly(() => renameSync(fsPath(folder), fsPath(kept)));
      return kept;
    });
  }

  #all(): Set<AbsolutePath> {
    const all = new Set(this.#folders.values());
    return this.#main === undefined ? all : all.add(this.#main.folder);
  }

  #folderFor(directory: PresentDirectory): AbsolutePath {
    // What is made elsewhere would not get the group of the directory.
    if (!this.#isBeside && !directory.givesGroup) {
      this.#main ??= this.#makeMain();
      if (this.#main.device === directory.device) return this.#main.folder;
    }
    return this.#make(childOf(directory.path, '.oodate-restore'));
  }

  #makeMain(): { folder: AbsolutePath; device: number } {
    this.#makeAbove(parentOf(this.#base));
    const folder = this.#make(this.#base);
    return { folder, device: statSync(fsPath(folder)).dev };
  }

  #makeAbove(directory: AbsolutePath): void {
    let above = directory;
    for (; statSync(fsPath(above), { throwIfNoEntry: false }) === undefined; above = parentOf(above))
      this.#above.push(above);
    this.#changes.willChangeIn(above);
    mkdirSync(fsPath(directory), { recursive: true });
  }

  #make(base: AbsolutePath): AbsolutePath {
    this.#changes.willChangeIn(parentOf(base));
    removeLeftOver(base);
    const folder = `${base}.${ownName()}` as AbsolutePath;
    mkdirSync(fsPath(folder), { mode: 0o700 });
    return folder;
  }
}

function removeLeftOver(base: AbsolutePath): void {
  const directory = parentOf(base);
  const prefix = `${nameOf(base)}.`;
  for (const name of readdirSync(fsPath(directory))) {
    if (!name.startsWith(prefix) || !ownedName.test(name.slice(prefix.length))) continue;
    quietly(() => {
      const folder = fsPath(childOf(directory, name));
      if (isAbandoned(name.slice(prefix.length), lstatSync(folder).mtimeMs))
        rmSync(folder, { recursive: true });
    });
  }
}

/** A directory in it is an empty one that made way. By rmSync it takes twice as long. */
function removeFolder(folder: AbsolutePath): void {
  for (const name of readdirSync(fsPath(folder))) {
    const path = fsPath(childOf(folder, name));
    try {
      unlinkSync(path);
    } catch {
      rmdirSync(path);
    }
  }
  rmdirSync(fsPath(folder));
}

/** As `ownName` gives them. */
const ownedName = /^[^.]+(\.[\d-]+){3}$/;

function quietly(act: () => void): void {
  try {
    act();
  } catch {}
}
