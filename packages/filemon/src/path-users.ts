import { parseNamePair } from './name-pair.js';
import type { AbsolutePath } from './path-text.js';
import { type PathUse, pathUses, usedPath, useOf } from './path-use.js';
import { type ProgramRun, ProgramRuns, parentsOf } from './program-runs.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/** A program that used a path. */
export interface PathUser {
  /** Absolute, of a script its interpreter; undefined if it is not known. */
  readonly executable: string | undefined;
  /** Its command line as one types it in sh; undefined if the log has none. */
  readonly words: string | undefined;
  /** In the order of `pathUses`. A program that was executed has itself as a user. */
  readonly how: readonly PathUse[];
  /** What executed it, the nearest first, up to the command itself. */
  readonly parents: readonly Pick<ProgramRun, 'executable' | 'words'>[];
}

/** The paths whose users are asked for. */
export interface AskedPaths {
  readonly paths: Iterable<AbsolutePath>;
  /** Symbolic links among them: who used a path that leads through one has looked at it. */
  readonly links?: Iterable<AbsolutePath>;
}

/**
 * Which programs used each of the paths, in the order in which they first did. Paths that none
 * used are left out. `cwd` is the directory that relative names begin at, as in `summarizeAccesses`.
 */
export function usersOfPaths(
  records: Iterable<FilemonRecord>,
  cwd: AbsolutePath,
  asked: AskedPaths,
): Map<AbsolutePath, PathUser[]> {
  const runs = new ProgramRuns(cwd);
  const users = new Users(asked);
  for (const record of records) {
    if (record.kind === 'version') runs.setVersion(record.version);
    if (record.kind !== 'process' || record.letter === 'Q') continue;
    const { run, directory } = runs.add(record);
    users.add(record, run, directory);
  }
  return users.found();
}

class Users {
  readonly #users: Map<AbsolutePath, Map<ProgramRun, Set<PathUse>>>;
  readonly #links: ReadonlySet<AbsolutePath>;

  constructor({ paths, links = [] }: AskedPaths) {
    this.#users = new Map([...paths].map((path) => [path, new Map()]));
    this.#links = new Set(links);
  }

  add({ letter, data }: ProcessRecord, run: ProgramRun, directory: AbsolutePath): void {
    const use = useOf(letter);
    if (use !== undefined) {
      this.#use(usedPath(data, directory), use, run);
    } else if (letter === 'M' || letter === 'L') {
      const names = parseNamePair(data);
      if (names === undefined) return;
      const to = usedPath(names.to, directory);
      if (letter === 'L') this.#use(to, 'written', run);
      else this.#move(usedPath(names.from, directory), to, run);
    }
  }

  /** What is below moves with it. */
  #move(from: AbsolutePath, to: AbsolutePath, run: ProgramRun): void {
    for (const path of this.#users.keys()) {
      if (path === from || path.startsWith(`${from}/`)) this.#note(path, 'removed', run);
      if (path === to || path.startsWith(`${to}/`)) this.#note(path, 'written', run);
    }
  }

  #use(path: AbsolutePath, use: PathUse, run: ProgramRun): void {
    if (this.#users.has(path)) this.#note(path, use, run);
    if (this.#links.size === 0) return;
    for (const link of this.#links) if (path.startsWith(`${link}/`)) this.#note(link, 'looked', run);
  }

  #note(path: AbsolutePath, use: PathUse, run: ProgramRun): void {
    const users = this.#users.get(path);
    const uses = users?.get(run);
    if (uses === undefined) users?.set(run, new Set([use]));
    else uses.add(use);
  }

  found(): Map<AbsolutePath, PathUser[]> {
    const found = new Map<AbsolutePath, PathUser[]>();
    for (const [path, users] of this.#users)
      if (users.size > 0)
        found.set(
          path,
          [...users].map(([run, uses]) => userOf(run, uses)),
        );
    return found;
  }
}

function userOf(run: ProgramRun, uses: ReadonlySet<PathUse>): PathUser {
  const { executable, words } = run;
  const how = pathUses.filter((use) => uses.has(use));
  const parents = parentsOf(run).map((parent) => ({ executable: parent.executable, words: parent.words }));
  return { executable, words, how, parents };
}
