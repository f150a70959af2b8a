import {
  type AbsolutePath,
  filemonRecords,
  isBelow,
  type PathUse,
  type ProcessAccesses,
  type ProcessLife,
  processAccesses,
  summarizeAccesses,
} from '@oodate/filemon';
import {
  type PathRole,
  type ReportCause,
  type ReportData,
  type ReportPath,
  type ReportProcess,
  type ReportTargets,
  reportUses,
} from './report-data.js';

/** What is known of a target, from which the page is made. */
export interface ReportSource {
  readonly target: string;
  readonly isUpToDate: boolean;
  /** The verdict in one line. */
  readonly verdict: string;
  /** The filemon log of the run, and the directory in which that began. */
  readonly log: Uint8Array;
  readonly cwd: AbsolutePath;
  /** What paths are shown relative to. */
  readonly directory: string;
  /** Those that count, as the decision sees it; undefined for those that the log alone tells, as of bmake's meta files. */
  readonly roles?: ReadonlyMap<string, PathRole>;
  readonly causes: readonly SourceCause[];
  readonly targets?: ReportTargets | undefined;
}

export interface SourceCause extends Pick<ReportCause, 'group' | 'words' | 'details' | 'difference'> {
  readonly path?: AbsolutePath | undefined;
  /** The process that used the path in the way that matters, as far as it is known. */
  readonly user?: CauseUser | undefined;
}

export interface CauseUser {
  readonly executable: string | null;
  readonly words: string | null;
  /** How it used the path, what matters most first. */
  readonly how: readonly PathUse[];
}

/** Reads the log, and takes down what each process did. */
export function tracedReport(source: ReportSource): ReportData {
  const records = [...filemonRecords([source.log])];
  const summary = summarizeAccesses(records, source.cwd);
  const traced = processAccesses(records, source.cwd);
  const users = new Users(traced);
  const { started, stopped } = summary;
  const roles = source.roles ?? rolesOf(summary.paths);
  const places = new Places(roles);
  const columns = { process: [] as number[], path: [] as number[], uses: [] as number[] };
  for (const [process, used] of traced.accesses.entries())
    for (const { path, uses } of used) {
      columns.process.push(process);
      columns.path.push(places.of(path));
      columns.uses.push(bitsOf(uses));
    }
  const causes = source.causes.map(({ group, words, details, difference, path, user }) => ({
    group,
    words,
    details,
    difference,
    path: path === undefined ? null : places.of(path),
    process: path === undefined ? null : users.find(path, user),
  }));
  return {
    target: source.target,
    isUpToDate: source.isUpToDate,
    verdict: source.verdict,
    directory: source.directory,
    ran: started === undefined ? null : new Date(started / 1000).toISOString(),
    took: started === undefined || stopped === undefined ? null : Math.max(0, stopped - started),
    causes,
    processes: traced.processes.map(processOf),
    paths: places.paths,
    accesses: columns,
    targets: source.targets ?? null,
  };
}

class Places {
  readonly paths: ReportPath[] = [];
  readonly #places = new Map<string, number>();
  readonly #roles: ReadonlyMap<string, PathRole>;

  constructor(roles: ReadonlyMap<string, PathRole>) {
    this.#roles = roles;
  }

  of(path: string): number {
    let place = this.#places.get(path);
    if (place === undefined) {
      place = this.paths.push([path, this.#roles.get(path) ?? 'none']) - 1;
      this.#places.set(path, place);
    }
    return place;
  }
}

function rolesOf(paths: ReturnType<typeof summarizeAccesses>['paths']): Map<string, PathRole> {
  return new Map(Array.from(paths, ([path, { change }]) => [path, change === 'none' ? 'input' : 'output']));
}

function bitsOf(uses: readonly PathUse[]): number {
  return uses.reduce((bits, use) => bits | (1 << reportUses.indexOf(use)), 0);
}

function processOf(life: ProcessLife): ReportProcess {
  const { pid, parent, depth, executables, commandLines, exit, started, ended } = life;
  return {
    pid,
    parent: parent ?? null,
    depth,
    executables,
    commandLines: commandLines.map((line) => line ?? null),
    exit: exit === undefined ? null : [exit.status, exit.signal],
    started: started ?? null,
    ended: ended ?? null,
  };
}

interface User {
  readonly process: number;
  readonly uses: readonly PathUse[];
}

/** Which processes used each path, in the order of the processes. */
class Users {
  readonly #byPath = new Map<AbsolutePath, User[]>();
  readonly #processes: readonly ProcessLife[];

  constructor({ processes, accesses }: ProcessAccesses) {
    this.#processes = processes;
    for (const [process, used] of accesses.entries())
      for (const { path, uses } of used) {
        const users = this.#byPath.get(path);
        if (users === undefined) this.#byPath.set(path, [{ process, uses }]);
        else users.push({ process, uses });
      }
  }

  /** The one that is meant, or is most like it; null if none used the path, nor what is below it as below a link. */
  find(path: AbsolutePath, meant: CauseUser | undefined): number | null {
    const users = this.#byPath.get(path) ?? this.#below(path);
    const fit = ({ process, uses }: User) =>
      (isProgramOf(meant, this.#processes[process]) ? 2 : 0) +
      (meant?.how[0] !== undefined && uses.includes(meant.how[0]) ? 1 : 0);
    const [best] = users.toSorted((one, other) => fit(other) - fit(one));
    return best?.process ?? null;
  }

  #below(path: AbsolutePath): User[] {
    return [...this.#byPath].flatMap(([each, users]) => (isBelow(each, path) ? users : []));
  }
}

function isProgramOf(user: CauseUser | undefined, life: ProcessLife | undefined): boolean {
  if (user === undefined || life === undefined) return false;
  return user.words !== null
    ? life.commandLines.includes(user.words)
    : user.executable !== null && life.executables.includes(user.executable);
}
