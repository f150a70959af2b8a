import { type AbsolutePath, childOf, directoriesAbove, encodePath, nameOf, parentOf } from '@oodate/filemon';
import {
  type DigestedFile,
  type FileState,
  type FileStates,
  listedName,
  PathWalk,
  type PresentFile,
  plainName,
} from '@oodate/planner';

/**
 * A change that has not been made. 'content': of what is at the path, links followed; of a directory, of anything in it; where
 * nothing is, something comes to be. 'presence': what is there goes; where nothing is, something comes to be.
 */
export interface ImaginedChange {
  readonly path: AbsolutePath;
  readonly of: 'content' | 'presence';
}

/** The states that there would be after the changes, so that a decision can be made about them. */
export class ImaginedStates implements FileStates {
  readonly #files: FileStates;
  readonly #walk: PathWalk;
  /** Here and below, with the paths of the changes that say so. Places: links on the way followed, one at the end not. */
  readonly #gone = new Map<AbsolutePath, AbsolutePath>();
  readonly #added = new Map<AbsolutePath, Addition>();
  readonly #changed = new Map<AbsolutePath, AbsolutePath>();
  /** Other names of a changed file that are hard links change with it. */
  readonly #changedInodes = new Map<string, AbsolutePath>();
  /** What was added, by the directories that gain a name; and the same of what is gone. */
  readonly #gaining = new Map<AbsolutePath, AbsolutePath[]>();
  readonly #losing = new Map<AbsolutePath, AbsolutePath[]>();

  constructor(files: FileStates, changes: Iterable<ImaginedChange>) {
    this.#files = files;
    this.#walk = new PathWalk(files);
    for (const change of changes) this.#imagine(change);
  }

  #imagine({ path, of }: ImaginedChange): void {
    const { place, real, state } = this.#walk.walk(path);
    if (of === 'presence' && state.type !== 'absent') {
      this.#gone.set(place, path);
      append(this.#losing, parentOf(place), place);
      return;
    }
    const now = this.#files.state(real);
    if (now.type === 'absent') this.#add(real, path);
    else this.#changed.set(real, path);
    if (now.type === 'file') this.#changedInodes.set(inodeKey(now), path);
  }

  #add(place: AbsolutePath, path: AbsolutePath): void {
    for (const at of [place, ...directoriesAbove(place)]) {
      if (this.#added.has(at) || this.#files.state(at).type !== 'absent') return;
      this.#added.set(at, { type: at === place ? 'file' : 'directory', path });
      append(this.#gaining, parentOf(at), at);
    }
  }

  /** Those files that would come to be, by the paths of their changes. */
  addedFiles(): AbsolutePath[] {
    return [...this.#added.values()].filter(({ type }) => type === 'file').map(({ path }) => path);
  }

  /** The paths of those changes by which a program would find something else here, in the place itself or in its names. */
  changesAt(path: AbsolutePath): ReadonlySet<AbsolutePath> {
    const { real } = this.#walk.walk(path);
    const found = this.#places(path).flatMap((at) => [this.#added.get(at)?.path, nearest(this.#gone, at)]);
    found.push(this.#changeOf(real, this.#files.state(real)));
    for (const child of this.#gaining.get(real) ?? []) found.push(this.#added.get(child)?.path);
    for (const child of this.#losing.get(real) ?? []) found.push(this.#gone.get(child));
    return new Set(found.filter((change) => change !== undefined));
  }

  state(path: AbsolutePath): FileState {
    const { real } = this.#walk.walk(path);
    return this.#isGone(path) ? { type: 'absent' } : this.#imagined(real, this.#files.state(path));
  }

  linkState(path: AbsolutePath): FileState {
    const { place } = this.#walk.walk(path);
    const isGone = this.#isGoneAt([place, ...this.#walk.linksOn(parentOf(path))]);
    return isGone ? { type: 'absent' } : this.#imagined(place, this.#files.linkState(path));
  }

  digest(path: AbsolutePath): DigestedFile | { readonly errno: string } {
    const { real } = this.#walk.walk(path);
    const now = this.state(path);
    if (now.type !== 'file') return { errno: 'ENOENT' };
    const isOther = this.#added.has(real) || this.#changeOf(real, this.#files.state(real)) !== undefined;
    return isOther ? { digest: noDigest, file: now } : this.#files.digest(path);
  }

  list(path: AbsolutePath): readonly string[] | undefined {
    if (this.#isGone(path)) return undefined;
    const { real } = this.#walk.walk(path);
    const names = this.#added.has(real) ? [] : this.#files.list(path);
    if (names === undefined) return undefined;
    const kept = names.filter((name) => !this.#gone.has(childOf(real, plainName(name))));
    const gained = (this.#gaining.get(real) ?? []).map((place) =>
      listedName(nameOf(place), this.#added.get(place)?.type ?? 'file'),
    );
    const unknown = nearest(this.#changed, real) === undefined ? [] : [anyName];
    return [...kept, ...gained, ...unknown].sort((one, other) =>
      Buffer.compare(encodePath(one), encodePath(other)),
    );
  }

  #isGone(path: AbsolutePath): boolean {
    return this.#gone.size > 0 && this.#isGoneAt(this.#places(path));
  }

  #isGoneAt(places: readonly AbsolutePath[]): boolean {
    return places.some((at) => nearest(this.#gone, at) !== undefined);
  }

  /** All that the path leads over. */
  #places(path: AbsolutePath): AbsolutePath[] {
    const { place, real } = this.#walk.walk(path);
    return [place, real, ...this.#walk.linksOn(path)];
  }

  #imagined(at: AbsolutePath, now: FileState): FileState {
    const added = this.#added.get(at);
    if (added?.type === 'file')
      return { type: 'file', size: 0n, mtime: never, ctime: never, inode: 0n, mode: 0o644 };
    if (added?.type === 'directory') return { type: 'directory', mtime: never, ctime: never, made: never };
    if (now.type !== 'file' || this.#changeOf(at, now) === undefined) return now;
    return { ...now, mtime: never, ctime: never };
  }

  /** The path of the change that gives another content to what is there. */
  #changeOf(at: AbsolutePath, now: FileState): AbsolutePath | undefined {
    const change = nearest(this.#changed, at);
    if (change !== undefined || now.type !== 'file' || this.#changedInodes.size === 0) return change;
    return this.#changedInodes.get(inodeKey(now));
  }
}

interface Addition {
  readonly type: 'file' | 'directory';
  readonly path: AbsolutePath;
}

/** Later than all that a record can hold. */
const never = 1n << 62n;

/** That of no content. */
const noDigest = '';

/** What no file can be called. */
const anyName = '\0';

/** Each file system has numbers of its own; two files do not have one number and one time of change. */
function inodeKey({ inode, ctime }: PresentFile): string {
  return `${inode}:${ctime}`;
}

function append(map: Map<AbsolutePath, AbsolutePath[]>, key: AbsolutePath, path: AbsolutePath): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [path]);
  else known.push(path);
}

/** Of the path itself, or of the nearest directory above it that has an entry. */
function nearest<Entry>(map: ReadonlyMap<AbsolutePath, Entry>, path: AbsolutePath): Entry | undefined {
  if (map.size === 0) return undefined;
  for (const at of [path, ...directoriesAbove(path)]) if (map.has(at)) return map.get(at);
  return undefined;
}
