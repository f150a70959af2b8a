import type { PathRole, ReportAccesses } from '../src/report-data.js';

/** What the table is made of, each text in the form in which it is shown and searched. */
export interface FileTable {
  readonly accesses: ReportAccesses;
  readonly paths: readonly string[];
  readonly roles: readonly PathRole[];
  /** The label of each process. */
  readonly processes: readonly string[];
}

export type SortColumn = 'path' | 'uses' | 'process';

export interface FileFilter {
  /** Words which all must be in the path, and in the label of the process. */
  readonly query: string;
  readonly processQuery: string;
  /** Bits: one of these uses; 0 for all. */
  readonly uses: number;
  readonly role: PathRole | 'all';
  /** null for all. */
  readonly process: number | null;
  /** Each path stands once, with all its uses. */
  readonly isGrouped: boolean;
  readonly sort: SortColumn;
  readonly isDescending: boolean;
}

export interface FileRow {
  readonly path: number;
  readonly uses: number;
  /** The first that used it so. */
  readonly process: number;
  /** How many did. */
  readonly processes: number;
}

/** Filters and sorts. It is made once for a report, since it holds what every question needs. */
export class FileRows {
  readonly #table: FileTable;
  readonly #paths: readonly string[];
  readonly #processes: readonly string[];
  readonly #rank: readonly number[];

  constructor(table: FileTable) {
    this.#table = table;
    this.#paths = table.paths.map(folded);
    this.#processes = table.processes.map(folded);
    this.#rank = ranks(this.#paths);
  }

  rows(filter: FileFilter): FileRow[] {
    const { process, path, uses } = this.#table.accesses;
    const hasPath = matching(this.#paths, filter.query);
    const hasProcess = matching(this.#processes, filter.processQuery);
    const rows: FileRow[] = [];
    for (let at = 0; at < path.length; at += 1) {
      const row = { path: path[at] as number, uses: uses[at] as number, process: process[at] as number };
      if (filter.process !== null && row.process !== filter.process) continue;
      if (filter.role !== 'all' && this.#table.roles[row.path] !== filter.role) continue;
      if (hasPath[row.path] === true && hasProcess[row.process] === true) rows.push({ ...row, processes: 1 });
    }
    const shown = filter.isGrouped ? grouped(rows) : rows;
    const isUsed = ({ uses }: FileRow) => filter.uses === 0 || (uses & filter.uses) !== 0;
    return this.#sorted(shown.filter(isUsed), filter);
  }

  #sorted(rows: FileRow[], { sort, isDescending }: FileFilter): FileRow[] {
    const rank = ({ path }: FileRow) => this.#rank[path] as number;
    const byPath = (one: FileRow, other: FileRow) => rank(one) - rank(other) || one.process - other.process;
    const key = {
      path: rank,
      uses: ({ uses }: FileRow) => uses,
      process: ({ process }: FileRow) => process,
    }[sort];
    const sign = isDescending ? -1 : 1;
    return rows.sort((one, other) => sign * (key(one) - key(other)) || byPath(one, other));
  }
}

/** For each text whether all words of the query are in it: once for each, however many accesses there are of it. */
function matching(texts: readonly string[], query: string): boolean[] {
  const words = folded(query)
    .split(/\s+/)
    .filter((word) => word !== '');
  return texts.map((text) => words.every((word) => text.includes(word)));
}

function grouped(rows: readonly FileRow[]): FileRow[] {
  const byPath = new Map<number, FileRow>();
  for (const row of rows) {
    const known = byPath.get(row.path);
    byPath.set(
      row.path,
      known === undefined ? row : { ...known, uses: known.uses | row.uses, processes: known.processes + 1 },
    );
  }
  return [...byPath.values()];
}

/** The place of each path in the order of all: those of the project, which are relative, first. */
function ranks(paths: readonly string[]): number[] {
  const keys = paths.map((path) => (path.startsWith('/') ? `1${path}` : `0${path}`));
  const order = keys.map((_, at) => at);
  order.sort((one, other) => ((keys[one] as string) < (keys[other] as string) ? -1 : 1));
  const rank: number[] = [];
  for (const [place, at] of order.entries()) rank[at] = place;
  return rank;
}

function folded(text: string): string {
  return text.toLowerCase();
}
