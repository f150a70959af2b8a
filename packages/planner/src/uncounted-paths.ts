import { type AbsolutePath, isKernelPath, isWithin } from '@oodate/filemon';
import { metaFolderOf } from '@oodate/meta-file';
import type { PathWalk } from './path-walk.js';
import { volatilePathsFor } from './volatile-paths.js';

/**
 * Why a path is neither input nor output, whatever a run does with it: the kernel makes it up; oodate itself keeps it;
 * or a tool keeps its own books there (`volatilePathsFor`).
 */
export type UncountedKind = 'kernel' | 'own' | 'volatile';

/** The paths that never count, for one run. */
export class UncountedPaths {
  /** But for those of the kernel: they and all below them. */
  readonly folders: readonly AbsolutePath[];
  readonly #kinds = new Map<AbsolutePath, UncountedKind>();

  /**
   * `own`: what the caller itself writes while the command runs. `paths`: among them are those that will be asked about;
   * where an oodate that the run started keeps its meta files is found by them.
   */
  constructor(
    own: readonly AbsolutePath[],
    environment: Readonly<NodeJS.ProcessEnv>,
    paths: Iterable<AbsolutePath>,
    walk: PathWalk,
  ) {
    for (const path of own) this.#kinds.set(path, 'own');
    for (const path of volatilePathsFor(environment)) this.#kinds.set(path, 'volatile');
    for (const path of paths) {
      const folder = metaFolderOf(path);
      if (folder !== undefined) this.#kinds.set(folder, 'own');
    }
    for (const [path, kind] of [...this.#kinds]) this.#kinds.set(walk.walk(path).place, kind);
    this.folders = [...this.#kinds.keys()];
  }

  /** undefined if it may count. */
  kindOf(path: AbsolutePath): UncountedKind | undefined {
    if (isKernelPath(path)) return 'kernel';
    const folder = this.folders.find((uncounted) => isWithin(path, uncounted));
    return folder && this.#kinds.get(folder);
  }
}
