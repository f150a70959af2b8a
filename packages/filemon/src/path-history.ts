import { type AbsolutePath, copyText, joinPath, normalizePath } from './path-text.js';

/** What the records seen so far tell of one path. */
export interface PathHistory {
  readonly path: AbsolutePath;
  readonly below: PathHistory[];
  used: boolean;
  by: string | undefined;
  read: boolean;
  executed: boolean;
  looked: boolean;
  missing: boolean;
  listed: boolean;
  kept: false | 'in place' | 'elsewhere';
  change: 'none' | 'written' | 'removed';
  /** It was there when the trace first came to it. */
  wasThere: boolean;
  /** The trace has written, made, moved or removed it: what follows is no input. */
  touched: boolean;
}

/**
 * The histories of all paths of a trace, linked as a tree so that the rename of
 * a directory finds what is below it without looking at every path.
 */
export class PathHistories {
  readonly #histories = new Map<string, PathHistory>();

  /** The history of a name given by a process in `directory`, which may be relative. */
  of(name: string, directory: AbsolutePath): PathHistory {
    // Nearly every name is absolute, normal and known, so this look-up comes first.
    const known = this.#histories.get(name);
    if (known !== undefined) return known;
    const path = name.startsWith('/') ? normalizePath(name) : joinPath(directory, name);
    return this.#histories.get(path) ?? this.#add(path);
  }

  [Symbol.iterator](): IterableIterator<PathHistory> {
    return this.#histories.values();
  }

  /** The content (R), the entries (G) or only the presence (S, C) was asked for, and it was there. */
  see(history: PathHistory, how: 'read' | 'listed' | 'looked'): void {
    if (!history.touched) {
      history.wasThere = true;
      history[how] = true;
    } else if (how === 'listed') {
      history.listed = true;
    }
  }

  execute(history: PathHistory): void {
    this.see(history, 'read');
    if (!history.touched) history.executed = true;
  }

  /** What is there stays, at least in part: here (K), or under another name. */
  keep(history: PathHistory, where: 'in place' | 'elsewhere'): void {
    if (history.touched) return;
    history.wasThere = true;
    history.kept = where;
  }

  miss(history: PathHistory): void {
    if (!history.touched) history.missing = true;
  }

  write(history: PathHistory): void {
    history.touched = true;
    history.change = 'written';
  }

  remove(history: PathHistory): void {
    if (!history.touched) history.wasThere = true;
    history.touched = true;
    if (history.wasThere) {
      history.change = 'removed';
    } else {
      history.change = 'none';
      history.listed = false;
    }
  }

  /** The trace knows of something below it, so that it cannot be an empty directory. */
  isOccupied(history: PathHistory): boolean {
    return history.below.length > 0 && presentBelow(history).length > 0;
  }

  /** What is known to be below `from` goes with it. Calls `arrived` for each path that has come to be. */
  move(from: PathHistory, to: PathHistory, arrived: (history: PathHistory) => void): void {
    if (from === to) return;
    for (const inside of presentBelow(from)) {
      this.keep(inside, 'elsewhere');
      this.remove(inside);
      const path = joinPath(to.path, inside.path.slice(from.path.length + 1));
      const moved = this.#histories.get(path) ?? this.#add(path);
      this.write(moved);
      arrived(moved);
    }
    if (from.kept) from.kept = 'elsewhere';
    this.keep(from, 'elsewhere');
    this.remove(from);
    this.write(to);
  }

  #add(path: AbsolutePath): PathHistory {
    let missing: string = copyText(path);
    const added = newHistory(missing as AbsolutePath);
    this.#histories.set(missing, added);
    for (let child = added; missing !== '/'; ) {
      missing = missing.slice(0, missing.lastIndexOf('/')) || '/';
      const parent = this.#histories.get(missing);
      if (parent !== undefined) {
        parent.below.push(child);
        break;
      }
      const made = newHistory(missing as AbsolutePath);
      made.below.push(child);
      this.#histories.set(missing, made);
      child = made;
    }
    return added;
  }
}

function newHistory(path: AbsolutePath): PathHistory {
  return {
    path,
    below: [],
    used: false,
    by: undefined,
    read: false,
    executed: false,
    looked: false,
    missing: false,
    listed: false,
    kept: false,
    change: 'none',
    wasThere: false,
    touched: false,
  };
}

/** A list made before anything moves, as moving adds histories. */
function presentBelow(directory: PathHistory): PathHistory[] {
  const present: PathHistory[] = [];
  const open = [...directory.below];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.touched ? next.change === 'written' : next.wasThere) present.push(next);
    for (const inside of next.below) open.push(inside);
  }
  return present;
}
