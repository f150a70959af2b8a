import { type AbsolutePath, childOf, nameOf, parentOf } from '@oodate/filemon';
import type { RecordedFile, Use } from '@oodate/meta-file';
import type { KnownTarget } from './known-targets.js';
import { RecordedLinks } from './recorded-links.js';

/** A target that uses a path, and how. */
export interface TargetUse {
  readonly target: KnownTarget;
  readonly use: Exclude<Use, 'output' | 'removed'> | 'listed';
}

/** A target that makes or removes a path, and what its record has of that. */
export interface TargetWrite {
  readonly target: KnownTarget;
  readonly file: RecordedFile;
}

/** `to` uses what `from` makes or removes. */
export interface TargetEdge {
  readonly from: KnownTarget;
  readonly to: KnownTarget;
  /** What of it, in the order in which the record of `to` has them. */
  readonly paths: readonly AbsolutePath[];
}

/**
 * Which target makes what another one uses, learned from their records. Paths are compared with
 * the symbolic links followed that each run met.
 */
export class TargetGraph {
  readonly targets: readonly KnownTarget[];
  readonly #isIgnored: (path: AbsolutePath) => boolean;
  readonly #links = new Map<KnownTarget, RecordedLinks>();
  /** Only where it is asked for: nearly all paths are used, few are made. */
  #writes: ReadonlyMap<AbsolutePath, readonly TargetWrite[]> | undefined;
  #users: ReadonlyMap<AbsolutePath, readonly TargetUse[]> | undefined;
  /** What is made or removed in each directory. */
  #names: ReadonlyMap<AbsolutePath, readonly string[]> | undefined;

  /** Paths that are ignored connect nothing. */
  constructor(targets: readonly KnownTarget[], isIgnored: (path: AbsolutePath) => boolean = () => false) {
    this.targets = targets;
    this.#isIgnored = isIgnored;
  }

  /** The targets that make the path, or remove it. */
  writersOf(path: AbsolutePath): readonly KnownTarget[] {
    return this.writesOf(path).map(({ target }) => target);
  }

  /** What each of them did with it. */
  writesOf(path: AbsolutePath): readonly TargetWrite[] {
    this.#writes ??= this.#indexWrites();
    return this.#writes.get(path) ?? [];
  }

  /** The targets that the path is an input of, each once. */
  usersOf(path: AbsolutePath): readonly TargetUse[] {
    this.#users ??= this.#indexUsers();
    return this.#users.get(path) ?? [];
  }

  edges(): TargetEdge[] {
    return this.targets.flatMap((to) => this.edgesTo(to));
  }

  /** Those from what makes or removes what this target uses. */
  edgesTo(to: KnownTarget): TargetEdge[] {
    this.#names ??= this.#writtenNames();
    const found = new Map<KnownTarget, Set<AbsolutePath>>();
    const add = (path: AbsolutePath) => {
      for (const from of this.writersOf(path))
        if (from !== to) found.set(from, (found.get(from) ?? new Set()).add(path));
    };
    for (const { path } of this.#inputsOf(to)) add(path);
    for (const { path, own } of to.run.listings) {
      const directory = this.#linksOf(to).real(path);
      for (const name of this.#names.get(directory) ?? [])
        if (!own.includes(name)) add(childOf(directory, name));
    }
    return [...found].map(([from, paths]) => ({ from, to, paths: [...paths] }));
  }

  /** The path as `writersOf` and `usersOf` know it: where one of the target's record led to when it ran. */
  known(target: KnownTarget, { path, state }: Pick<RecordedFile, 'path' | 'state'>): AbsolutePath {
    const links = this.#linksOf(target);
    // Of a link that is an input or an output itself the path is meant, and not what it leads to.
    return state.type === 'link' ? links.place(path) : links.real(path);
  }

  #linksOf(target: KnownTarget): RecordedLinks {
    const known = this.#links.get(target) ?? new RecordedLinks(target.run);
    this.#links.set(target, known);
    return known;
  }

  *#inputsOf(
    target: KnownTarget,
  ): Generator<{ readonly path: AbsolutePath; readonly use: TargetUse['use'] }> {
    for (const file of target.run.files)
      if (file.use !== 'output' && file.use !== 'removed' && !this.#isIgnored(file.path))
        yield { path: this.known(target, file), use: file.use };
  }

  #indexWrites(): Map<AbsolutePath, TargetWrite[]> {
    const index = new Map<AbsolutePath, TargetWrite[]>();
    for (const target of this.targets)
      for (const file of target.run.files) {
        if ((file.use !== 'output' && file.use !== 'removed') || this.#isIgnored(file.path)) continue;
        const path = this.known(target, file);
        const writes = index.get(path);
        if (writes === undefined) index.set(path, [{ target, file }]);
        // Under two names it is the same file.
        else if (writes.at(-1)?.target !== target) writes.push({ target, file });
      }
    return index;
  }

  #indexUsers(): Map<AbsolutePath, TargetUse[]> {
    const index = new Map<AbsolutePath, TargetUse[]>();
    for (const target of this.targets) {
      const uses = new Map<AbsolutePath, TargetUse['use']>();
      for (const { path, use } of this.#inputsOf(target))
        if ((uses.get(path) ?? 'looked') === 'looked') uses.set(path, use);
      // Who lists a directory has looked at it before.
      for (const { path } of target.run.listings)
        if (!this.#isIgnored(path)) uses.set(this.#linksOf(target).real(path), 'listed');
      for (const [path, use] of uses) {
        const users = index.get(path);
        if (users === undefined) index.set(path, [{ target, use }]);
        else users.push({ target, use });
      }
    }
    return index;
  }

  /** By directory the names in it that some target makes or removes. */
  #writtenNames(): Map<AbsolutePath, string[]> {
    this.#writes ??= this.#indexWrites();
    const names = new Map<AbsolutePath, string[]>();
    for (const path of this.#writes.keys()) {
      const inside = names.get(parentOf(path));
      if (inside === undefined) names.set(parentOf(path), [nameOf(path)]);
      else inside.push(nameOf(path));
    }
    return names;
  }
}
