import {
  type AbsolutePath,
  type FilemonRecord,
  joinPath,
  nameOf,
  type ProgramRun,
  ProgramRuns,
} from '@oodate/filemon';

/** How a program looked for a name in several directories, one after the other. */
export interface Search {
  /** Where it was not, in order. */
  readonly missing: readonly AbsolutePath[];
  /** Where it was then; null if nowhere. */
  readonly found: AbsolutePath | null;
}

/**
 * For each path that was looked for and not there the search that it was part of, as the first program to look there
 * made it; none where nothing else of that name was tried. A search ends with what is found, and where the program
 * goes on to open another file. `cwd`: the directory that relative names begin at.
 */
export function searchesFor(
  records: Iterable<FilemonRecord>,
  cwd: AbsolutePath,
  paths: Iterable<AbsolutePath>,
): Map<AbsolutePath, Search> {
  const runs = new ProgramRuns(cwd);
  const searches = new Searches(paths);
  for (const record of records) {
    if (record.kind === 'version') runs.setVersion(record.version);
    if (record.kind !== 'process' || record.letter === 'Q') continue;
    const { run, directory } = runs.add(record);
    const path = joinPath(directory, record.data);
    switch (record.letter) {
      case 'N':
        searches.miss(run, path);
        break;
      case 'E':
        // It was looked for by what executes it.
        searches.open(run.from ?? run, path);
        break;
      case 'R':
      case 'W':
      case 'G':
        searches.open(run, path);
        break;
      case 'S':
        searches.look(run, path);
        break;
    }
  }
  return searches.end();
}

class Searches {
  readonly #asked: ReadonlySet<AbsolutePath>;
  readonly #names: ReadonlySet<string>;
  /** Those that go on: by program, and then by the name that is looked for, the places where it was not. */
  readonly #open = new Map<ProgramRun, Map<string, AbsolutePath[]>>();
  readonly #found = new Map<AbsolutePath, Search>();

  constructor(paths: Iterable<AbsolutePath>) {
    this.#asked = new Set(paths);
    this.#names = new Set([...this.#asked].map(nameOf));
  }

  miss(run: ProgramRun, path: AbsolutePath): void {
    const name = nameOf(path);
    if (!this.#names.has(name)) return;
    const searches = this.#open.get(run) ?? new Map<string, AbsolutePath[]>();
    const missing = searches.get(name) ?? [];
    if (!missing.includes(path)) missing.push(path);
    this.#open.set(run, searches.set(name, missing));
  }

  /** To stat something else between two tries is usual: is the directory there at all? */
  look(run: ProgramRun, path: AbsolutePath): void {
    if (this.#open.get(run)?.has(nameOf(path)) === true) this.#close(run, nameOf(path), path);
  }

  open(run: ProgramRun, path: AbsolutePath): void {
    for (const name of [...(this.#open.get(run)?.keys() ?? [])])
      this.#close(run, name, name === nameOf(path) ? path : null);
  }

  end(): Map<AbsolutePath, Search> {
    for (const [run, searches] of this.#open)
      for (const name of [...searches.keys()]) this.#close(run, name, null);
    return this.#found;
  }

  #close(run: ProgramRun, name: string, found: AbsolutePath | null): void {
    const searches = this.#open.get(run);
    const missing = searches?.get(name) ?? [];
    searches?.delete(name);
    if (found === null && missing.length < 2) return;
    for (const path of missing)
      if (this.#asked.has(path) && !this.#found.has(path)) this.#found.set(path, { missing, found });
  }
}
