/**
 * One line of a filemon log.
 *
 * `letter pid data` for what a process did; `V n` for the version; `# text` for
 * a comment. The letters are listed in docs/formats/filemon-log.md.
 */
export type FilemonRecord = ProcessRecord | VersionRecord | CommentRecord | UnreadableRecord;

export interface ProcessRecord {
  readonly kind: 'process';
  /** One ASCII letter: FreeBSD's `ACDEFLMRWX` and `S`, ours `NGKPQT`, or one not known here. */
  readonly letter: string;
  readonly pid: number;
  /** All that follows `letter pid `, as path text. For X: `status signal` (v5) or `status`. */
  readonly data: string;
}

export interface VersionRecord {
  readonly kind: 'version';
  readonly version: number;
}

export interface CommentRecord {
  readonly kind: 'comment';
  /** All that follows `#`, the space included if there is one. */
  readonly text: string;
}

/** A line that is no record. Kept so that a log comes back to the byte. */
export interface UnreadableRecord {
  readonly kind: 'unreadable';
  readonly text: string;
  /** The log ends here, without a newline: the line may have been longer. */
  readonly cut: boolean;
}

/** Something wrong in a log or meta file. Reading goes on; nothing is thrown. */
export interface Problem {
  readonly code: string;
  /** Counted from 1. */
  readonly line: number;
  /** What is wrong, as one clause: "record without a path". */
  readonly message: string;
}
