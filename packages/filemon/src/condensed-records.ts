import { parseNamePair } from './name-pair.js';
import { copyText, isAbsolutePath } from './path-text.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/**
 * The records without the repeated looks: an S, N, G or R of the same process at
 * the same path is left out if nothing changed that path in between (W, D, M, L,
 * or the rename of a directory above it). The summary stays the same, but for
 * the number of records. Only names that are absolute and normal are followed.
 */
export function* condenseRecords(
  records: Iterable<FilemonRecord>,
): Generator<FilemonRecord, void, undefined> {
  const looks = new RecentLooks();
  for (const record of records) {
    if (record.kind !== 'process' || !looks.isRepeated(record)) yield record;
  }
}

class RecentLooks {
  /** By process, and then by letter and path: when it looked last. */
  readonly #looks = new Map<number, Map<string, number>>();
  /** When the path was changed last. */
  readonly #changes = new Map<string, number>();
  /** When the path was renamed, or something renamed to it. */
  readonly #moves = new Map<string, number>();
  #lastMove = 0;
  /** A count of the records. */
  #now = 0;

  /** Takes note of the record; true if it is a look that tells nothing new. */
  isRepeated({ letter, pid, data }: ProcessRecord): boolean {
    this.#now += 1;
    switch (letter) {
      case 'R':
      case 'S':
      case 'N':
      case 'G':
        return this.#look(pid, letter, data);
      case 'W':
      case 'D':
        this.#change(data);
        return false;
      case 'M':
      case 'L': {
        const names = parseNamePair(data);
        if (!names?.certain) this.#forgetAll();
        else if (letter === 'L') this.#change(names.to);
        else {
          this.#move(names.from);
          this.#move(names.to);
        }
        return false;
      }
      // Another program looks for itself. The summary takes the R or W that comes right after an A together with it.
      case 'E':
      case 'A':
      case 'X':
        this.#looks.delete(pid);
        return false;
      default:
        return false;
    }
  }

  #look(pid: number, letter: string, path: string): boolean {
    if (!isAbsolutePath(path)) return false;
    let looks = this.#looks.get(pid);
    if (looks === undefined) {
      looks = new Map();
      this.#looks.set(pid, looks);
    }
    const key = letter + path;
    const former = looks.get(key);
    if (former !== undefined && former > this.#changed(path, former)) return true;
    looks.set(key, this.#now);
    return false;
  }

  /** When the path was changed last, as far as that is after `since`. */
  #changed(path: string, since: number): number {
    let changed = this.#changes.get(path) ?? 0;
    if (this.#lastMove < since) return changed;
    for (let above: string = path; above !== ''; above = above.slice(0, above.lastIndexOf('/')))
      changed = Math.max(changed, this.#moves.get(above) ?? 0);
    return changed;
  }

  #change(path: string): void {
    if (isAbsolutePath(path)) this.#changes.set(copyText(path), this.#now);
    else this.#forgetAll();
  }

  #move(path: string): void {
    if (!isAbsolutePath(path)) {
      this.#forgetAll();
      return;
    }
    this.#moves.set(copyText(path), this.#now);
    this.#lastMove = this.#now;
  }

  #forgetAll(): void {
    this.#looks.clear();
    this.#changes.clear();
    this.#moves.clear();
  }
}
