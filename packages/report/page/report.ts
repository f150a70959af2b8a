import {
  type PathRole,
  type ReportData,
  type ReportProcess,
  type ReportUse,
  reportUses,
} from '../src/report-data.js';
import { FileRows } from './file-rows.js';
import { type Lanes, lanesOf } from './lanes.js';
import { type ProcessLabel, processLabels } from './process-label.js';
import { shownPath } from './shown-text.js';

/** The report with what is looked up in it by all parts of the page. */
export class Report {
  readonly labels: readonly ProcessLabel[];
  /** As they are shown. */
  readonly paths: readonly string[];
  readonly files: FileRows;
  readonly lanes: Lanes;
  /** The causes that are about the path. */
  readonly causesOf: ReadonlyMap<number, readonly number[]>;
  readonly #firstAccess: readonly number[];
  #users: ReadonlyMap<number, readonly number[]> | undefined;

  constructor(readonly data: ReportData) {
    const { processes, paths, accesses, directory, causes } = data;
    this.labels = processLabels(processes);
    this.paths = paths.map(([path]) => shownPath(path, directory));
    this.files = new FileRows({
      accesses,
      paths: this.paths,
      roles: paths.map(([, role]) => role),
      processes: this.labels.map(({ line }) => line),
    });
    this.lanes = lanesOf(processes, data.took);
    this.#firstAccess = firstAccesses(accesses.process, processes.length);
    this.causesOf = groupedBy(
      causes.map((_, at) => at),
      (at) => causes[at]?.path ?? null,
    );
  }

  process(place: number): ReportProcess {
    return this.data.processes[place] as ReportProcess;
  }

  label(place: number): ProcessLabel {
    return this.labels[place] as ProcessLabel;
  }

  path(place: number): string {
    return this.paths[place] as string;
  }

  role(path: number): PathRole {
    return this.data.paths[path]?.[1] ?? 'none';
  }

  /** How many paths the process used. */
  fileCount(process: number): number {
    return (this.#firstAccess[process + 1] ?? 0) - (this.#firstAccess[process] ?? 0);
  }

  /** Microseconds; null if the log does not tell. */
  duration(process: number): number | null {
    const { started, ended } = this.process(process);
    return started === null || ended === null ? null : Math.max(0, ended - started);
  }

  /** The accesses of a path, in the order of the processes. */
  accessesOf(path: number): readonly number[] {
    const { accesses } = this.data;
    this.#users ??= groupedBy(
      accesses.path.map((_, at) => at),
      (at) => accesses.path[at] ?? null,
    );
    return this.#users.get(path) ?? [];
  }

  /** Whether it ended otherwise than with status 0. */
  isFailed(process: number): boolean {
    const { exit } = this.process(process);
    return exit !== null && (exit[0] !== 0 || exit[1] !== 0);
  }
}

function firstAccesses(processes: readonly number[], count: number): number[] {
  const first = Array<number>(count + 1).fill(0);
  for (const process of processes) first[process + 1] = (first[process + 1] ?? 0) + 1;
  for (let at = 0; at < count; at += 1) first[at + 1] = (first[at + 1] ?? 0) + (first[at] ?? 0);
  return first;
}

function groupedBy(places: readonly number[], key: (place: number) => number | null): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const place of places) {
    const group = key(place);
    if (group === null) continue;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [place]);
    else members.push(place);
  }
  return groups;
}

const useLabels: Readonly<Record<ReportUse, string>> = {
  executed: 'executed',
  read: 'read',
  listed: 'listed',
  looked: 'looked at',
  missing: 'missing',
  written: 'written',
  removed: 'removed',
};

/** What matters most first. */
export const uses = reportUses.map((use, at) => ({ bit: 1 << at, use, label: useLabels[use] }));

/** Those of the bits, in words. Who executes a file or reads it has looked at it, too. */
export function usesOf(bits: number): string[] {
  const isUsed = (bits & 3) !== 0;
  return uses.flatMap(({ bit, use, label }) =>
    (bits & bit) === 0 || (use === 'looked' && isUsed) ? [] : [label],
  );
}

export function exitWords({ exit }: ReportProcess): string {
  if (exit === null) return 'its end was not seen';
  return exit[1] === 0 ? `exit status ${exit[0]}` : `ended by signal ${exit[1]}`;
}
