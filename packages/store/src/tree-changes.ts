import {
  type BigIntStats,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { type AbsolutePath, fsPath, parentOf } from '@oodate/filemon';

/** Changes of a tree, each of which can be taken back. What is at a name is whole at any moment. */
export class TreeChanges {
  readonly #takeBack: { readonly place: AbsolutePath; readonly act: () => void }[] = [];
  /** Of directories, as they were before the first change in them. */
  readonly #times = new Map<AbsolutePath, BigIntStats>();

  /** Nothing is at `place`. */
  putIn(staged: AbsolutePath, place: AbsolutePath): void {
    this.willChangeIn(parentOf(place));
    renameSync(fsPath(staged), fsPath(place));
    this.#done(place, () => unlinkSync(fsPath(place)));
  }

  /** What is at `place` goes to `backup`. If links to it can be made there is no moment with nothing at `place`. */
  replace(staged: AbsolutePath, place: AbsolutePath, backup: AbsolutePath): void {
    this.willChangeIn(parentOf(place));
    try {
      linkSync(fsPath(place), fsPath(backup));
    } catch {
      this.moveAway(place, backup);
      this.putIn(staged, place);
      return;
    }
    renameSync(fsPath(staged), fsPath(place));
    this.#done(place, () => renameSync(fsPath(backup), fsPath(place)));
  }

  moveAway(place: AbsolutePath, backup: AbsolutePath): void {
    this.willChangeIn(parentOf(place));
    renameSync(fsPath(place), fsPath(backup));
    this.#done(place, () => renameSync(fsPath(backup), fsPath(place)));
  }

  makeDirectory(place: AbsolutePath): void {
    this.willChangeIn(parentOf(place));
    mkdirSync(fsPath(place));
    this.#done(place, () => rmdirSync(fsPath(place)));
  }

  /** The times become those of now. */
  touch(place: AbsolutePath): void {
    const before = lstatSync(fsPath(place), { bigint: true });
    const now = Date.now() / 1000;
    lutimesSync(fsPath(place), now, now);
    this.#done(place, () => setTimes(place, before));
  }

  /** To be told before something else changes the names in a directory. */
  willChangeIn(directory: AbsolutePath): void {
    if (this.#times.has(directory)) return;
    this.#times.set(directory, lstatSync(fsPath(directory), { bigint: true }));
  }

  /** The last first. Returns where that failed. */
  takeBack(): AbsolutePath[] {
    const failed: AbsolutePath[] = [];
    for (const { place, act } of this.#takeBack.splice(0).reverse())
      try {
        act();
      } catch {
        failed.push(place);
      }
    return failed;
  }

  /** Of the directories. Node sets times to about 0.2 µs. Who does not own a directory cannot. */
  takeBackTimes(): void {
    for (const [directory, before] of this.#times)
      try {
        setTimes(directory, before);
      } catch {}
  }

  #done(place: AbsolutePath, act: () => void): void {
    this.#takeBack.push({ place, act });
  }
}

function setTimes(path: AbsolutePath, { atimeNs, mtimeNs }: BigIntStats): void {
  lutimesSync(fsPath(path), Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9);
}
