import type { PathUse } from '@oodate/filemon';

/**
 * What the page shows. It goes into the page as JSON, so that everything here is short:
 * paths and command lines stand once in `texts`, and the rest names them by their place there.
 */
export interface ReportData {
  /** Name of the target as users see it. */
  readonly target: string;
  /** In one line: `build is out of date: 2 reasons`. */
  readonly verdict: string;
  readonly isUpToDate: boolean;
  /** What the accesses are shown relative to. */
  readonly directory: string;
  /** ISO 8601; when the run began that is shown. */
  readonly ran: string;
  readonly causes: readonly ReportCause[];
  readonly texts: readonly string[];
  /** In the order of the tree: each stands right after the one that made it and what that had made before. */
  readonly processes: readonly ReportProcess[];
  /** Those of one process stand together, in the order of `processes`. */
  readonly accesses: readonly ReportAccess[];
}

/** One reason for being out of date, in the words of the terminal. */
export interface ReportCause {
  readonly group: string;
  readonly words: string;
  /** The path it is about, absolute; null if it is about none. */
  readonly path: string | null;
  /** Place in `processes` of the first one that used the path in the way that matters; null if it is not known. */
  readonly process: number | null;
}

/** One process, from its start to its end. */
export interface ReportProcess {
  readonly pid: number;
  /** Place in `processes` of the one that made it; null of the first. */
  readonly parent: number | null;
  readonly depth: number;
  /** What it executed, in order; empty if it went on with its parent's program. */
  readonly programs: readonly ReportProgram[];
  /** How it ended; null if it is not known. */
  readonly status: number | null;
  /** Number of the signal that ended it; 0 if none did. */
  readonly signal: number;
  /** Microseconds since the start of the run; null if the log has no times. */
  readonly started: number | null;
  readonly ended: number | null;
}

/** Places in `texts`; of the command line null if the log has none. */
export type ReportProgram = readonly [executable: number, words: number | null];

/** Places in `processes` and `texts`, and the ways in which the process used the path. */
export type ReportAccess = readonly [process: number, path: number, uses: readonly PathUse[]];
