/**
 * What the page shows, as it stands in the page in JSON. Much of it comes by the ten thousand: accesses are columns,
 * paths and processes are named by their places, and uses are bits.
 */
export interface ReportData {
  /** Name of the target as users see it. */
  readonly target: string;
  readonly isUpToDate: boolean;
  /** In one line, in the words of the terminal. */
  readonly verdict: string;
  /** Absolute; paths below it are shown relative to it. */
  readonly directory: string;
  /** When the run began that is shown, ISO 8601; null if the log does not tell. */
  readonly ran: string | null;
  /** Microseconds that the run took; null if the log does not tell. */
  readonly took: number | null;
  /** Those that matter most first. */
  readonly causes: readonly ReportCause[];
  /** As a tree: each stands right after the one that made it and what that had made before. */
  readonly processes: readonly ReportProcess[];
  readonly paths: readonly ReportPath[];
  readonly accesses: ReportAccesses;
  /** null if there is no other target to be shown. */
  readonly targets: ReportTargets | null;
}

/** The targets of the project, and what goes from one to another. */
export interface ReportTargets {
  /** SVG, in which the title of a node is its `id`. */
  readonly picture: string;
  readonly nodes: readonly ReportTarget[];
}

export interface ReportTarget {
  readonly id: string;
  readonly name: string;
  /** The one that the page is about. */
  readonly isOwn: boolean;
  readonly isUpToDate: boolean;
  /** The first of its causes, a clause each, and how many more there are. */
  readonly causes: readonly string[];
  readonly more: number;
}

/** One reason for being out of date, in the words of the terminal. */
export interface ReportCause {
  /** The title above it. */
  readonly group: string;
  readonly words: string;
  /** What else is known of it, a line each. */
  readonly details: readonly string[];
  /** What has changed in a text: lines, each with its mark at its start (`+`, `-`, `@@`); empty if it is not known. */
  readonly difference: readonly string[];
  /** Places in `paths` and `processes`; null if there is none that it is about. */
  readonly path: number | null;
  readonly process: number | null;
}

/** One process, from its start to its end. */
export interface ReportProcess {
  readonly pid: number;
  /** Place of the one that made it; null of the first. */
  readonly parent: number | null;
  readonly depth: number;
  /** What it executed, in order: each absolute, or `<unknown>`. Empty if it went on with its parent's program. */
  readonly executables: readonly string[];
  /** The command line of each of these, as one types it in sh; null where the log has none. */
  readonly commandLines: readonly (string | null)[];
  /** Exit status, and the number of the signal that ended it or 0; null if it is not known. */
  readonly exit: readonly [status: number, signal: number] | null;
  /** Microseconds since the start of the run; null if the log has no times. */
  readonly started: number | null;
  readonly ended: number | null;
}

/** What a path is to the decision. 'none': made and removed again, or left out by a setting. */
export type PathRole = 'input' | 'output' | 'none';

export type ReportPath = readonly [path: string, role: PathRole];

/** One access is the same place in each. Those of one process stand together. */
export interface ReportAccesses {
  /** Places in `processes` and `paths`. */
  readonly process: readonly number[];
  readonly path: readonly number[];
  /** Bit n stands for `reportUses[n]`. */
  readonly uses: readonly number[];
}

/** The bits of `ReportAccesses.uses`: filemon's `pathUses`, named here since the page cannot import what runs on Node. */
export const reportUses = ['executed', 'read', 'listed', 'looked', 'missing', 'written', 'removed'] as const;

export type ReportUse = (typeof reportUses)[number];
