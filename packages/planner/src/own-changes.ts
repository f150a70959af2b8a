import { type AbsolutePath, directoriesAbove, nameOf, parentOf } from '@oodate/filemon';

/**
 * What a run itself changed, by place: so that a file which the run wrote under
 * one name and read under another (through a link) is known as the same.
 */
export class OwnChanges {
  readonly #written = new Set<AbsolutePath>();
  readonly #removed = new Set<AbsolutePath>();
  readonly #namesIn = new Map<AbsolutePath, Set<string>>();
  readonly #aboveChanges = new Set<AbsolutePath>();

  add(place: AbsolutePath, change: 'written' | 'removed'): void {
    (change === 'written' ? this.#written : this.#removed).add(place);
    const dir = parentOf(place);
    const names = this.#namesIn.get(dir);
    if (names === undefined) this.#namesIn.set(dir, new Set([nameOf(place)]));
    else names.add(nameOf(place));
    this.addAbove(place);
  }

  /** Something at or below `place` was changed, by us or the run: that explains the times of the directories above. */
  addAbove(place: AbsolutePath): void {
    for (const dir of directoriesAbove(place)) {
      if (this.#aboveChanges.has(dir)) return;
      this.#aboveChanges.add(dir);
    }
  }

  wrote(place: AbsolutePath): boolean {
    return this.#written.has(place);
  }

  removed(place: AbsolutePath): boolean {
    return this.#removed.has(place);
  }

  changed(place: AbsolutePath): boolean {
    return this.#written.has(place) || this.#removed.has(place);
  }

  /** A directory above was made or moved there by the run. */
  wroteAbove(place: AbsolutePath): boolean {
    for (const dir of directoriesAbove(place)) if (this.#written.has(dir)) return true;
    return false;
  }

  removedAbove(place: AbsolutePath): boolean {
    for (const dir of directoriesAbove(place)) if (this.#removed.has(dir)) return true;
    return false;
  }

  changedBelow(dir: AbsolutePath): boolean {
    return this.#aboveChanges.has(dir);
  }

  /** Names in the directory that the run made, wrote or removed. */
  namesIn(dir: AbsolutePath): ReadonlySet<string> {
    return this.#namesIn.get(dir) ?? noNames;
  }
}

const noNames: ReadonlySet<string> = new Set();
