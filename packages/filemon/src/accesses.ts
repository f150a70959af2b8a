import type { AbsolutePath } from './path-text.js';

/**
 * What one trace accessed, summed up per path. Reads and writes are judged in
 * their order: `read`, `executed`, `looked`, `missing` and `listed` say only what
 * was done while the path was still as the trace had found it. What happened
 * after the trace itself wrote, made, moved or removed the path is no input.
 */
export interface Access {
  readonly path: AbsolutePath;
  /** Content read (R, or E), before the trace changed the path. */
  read: boolean;
  /** Executed (E). Implies `read`. */
  executed: boolean;
  /** Looked at and there (S, C), before the trace changed the path. */
  looked: boolean;
  /** Looked for and not there (N), before the trace changed the path. */
  missing: boolean;
  /** Entries listed (G), even after the trace changed them. */
  listed: boolean;
  /** What the trace left: it wrote or made the path last, removed it last, or did not change it. */
  change: 'none' | 'written' | 'removed';
  /** Executable of the process that first used the path; undefined if it is not known. */
  by: string | undefined;
}

export interface ProcessExit {
  /** Exit code; 0 if a signal ended the process. */
  readonly status: number;
  /** Number of the signal that ended the process, or 0. */
  readonly signal: number;
}

/** A Q record: from there on the trace does not show everything. */
export interface Incompleteness {
  readonly pid: number;
  readonly reason: string;
}

export interface Accesses {
  readonly version: number | undefined;
  /** Pid of the traced command, from `# Target pid`. */
  readonly rootPid: number | undefined;
  /** How the traced command ended, from its X record. */
  readonly exit: ProcessExit | undefined;
  /** Microseconds since the epoch, from `# Start` and `# Stop`. */
  readonly started: number | undefined;
  readonly stopped: number | undefined;
  /** `# Bye bye` was seen. */
  readonly ended: boolean;
  /** Empty if the trace is complete. */
  readonly incomplete: readonly Incompleteness[];
  /** Comments of the probe for people, without the `# Note ` before them. */
  readonly notes: readonly string[];
  readonly paths: ReadonlyMap<AbsolutePath, Access>;
  /** Numbers of records and of processes seen. */
  readonly records: number;
  readonly processes: number;
}
