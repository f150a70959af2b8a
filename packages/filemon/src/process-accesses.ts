import { parseNamePair } from './name-pair.js';
import { directoriesAbove, isBelow } from './path-parts.js';
import type { AbsolutePath } from './path-text.js';
import { type PathUse, pathUses, usedPath, useOf } from './path-use.js';
import { type Life, Lives, type ProcessLife } from './process-tree.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/** A path that a process used. */
export interface ProcessAccess {
  readonly path: AbsolutePath;
  /** In the order of `pathUses`. */
  readonly uses: readonly PathUse[];
}

/** What each process of a trace did. */
export interface ProcessAccesses {
  /** As `processTree` gives them. */
  readonly processes: readonly ProcessLife[];
  /** Those of each, in the same order; of one process in the order of their first use. */
  readonly accesses: readonly (readonly ProcessAccess[])[];
}

/**
 * Every use of a path, by the process that made it, also of what was made and removed again. What the uses come to for
 * the command as a whole is `summarizeAccesses`' to say. `cwd` is the directory that relative names begin at.
 */
export function processAccesses(records: Iterable<FilemonRecord>, cwd: AbsolutePath): ProcessAccesses {
  const lives = new Lives(cwd);
  const used = new UsedPaths();
  let version: number | undefined;
  for (const record of records) {
    if (record.kind === 'version') version = record.version;
    if (record.kind !== 'process') continue;
    const user = lives.add(record, version);
    if (user !== undefined) used.add(record, user.life, user.directory);
  }
  const processes = lives.tree();
  const accesses: (readonly ProcessAccess[])[] = processes.map(() => []);
  for (const [life, paths] of used.byLife) accesses[lives.placeOf(life)] = accessesOf(paths);
  return { processes, accesses };
}

function accessesOf(paths: ReadonlyMap<AbsolutePath, ReadonlySet<PathUse>>): ProcessAccess[] {
  return Array.from(paths, ([path, uses]) => ({ path, uses: pathUses.filter((use) => uses.has(use)) }));
}

class UsedPaths {
  readonly byLife = new Map<Life, Map<AbsolutePath, Set<PathUse>>>();
  /** Those that are there as far as the log tells. */
  readonly #present = new Set<AbsolutePath>();
  /** Those that something was below, now or before: only then can a rename concern more than one path. */
  readonly #directories = new Set<AbsolutePath>();

  add({ letter, data }: ProcessRecord, life: Life, directory: AbsolutePath): void {
    const use = useOf(letter);
    if (use !== undefined) {
      if (data !== '<unknown>') this.#use(usedPath(data, directory), use, life);
    } else if (letter === 'M' || letter === 'L') {
      const names = parseNamePair(data);
      if (names === undefined) return;
      const to = usedPath(names.to, directory);
      if (letter === 'L') this.#use(to, 'written', life);
      else this.#move(usedPath(names.from, directory), to, life);
    }
  }

  /** What is below moves with it. */
  #move(from: AbsolutePath, to: AbsolutePath, life: Life): void {
    const below = this.#directories.has(from) ? [...this.#present].filter((path) => isBelow(path, from)) : [];
    for (const path of [from, ...below]) {
      this.#use(path, 'removed', life);
      this.#use(`${to}${path.slice(from.length)}` as AbsolutePath, 'written', life);
    }
  }

  #use(path: AbsolutePath, use: PathUse, life: Life): void {
    if (use === 'missing' || use === 'removed') this.#present.delete(path);
    else this.#arrive(path);
    let paths = this.byLife.get(life);
    if (paths === undefined) {
      paths = new Map();
      this.byLife.set(life, paths);
    }
    const uses = paths.get(path);
    if (uses === undefined) paths.set(path, new Set([use]));
    else uses.add(use);
  }

  #arrive(path: AbsolutePath): void {
    if (this.#present.has(path)) return;
    this.#present.add(path);
    for (const directory of directoriesAbove(path)) {
      if (this.#directories.has(directory)) break;
      this.#directories.add(directory);
    }
  }
}
