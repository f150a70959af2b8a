import type { AbsolutePath, NetworkUse } from '@oodate/filemon';

/**
 * What oodate knows of one successful run beyond bmake's own lines: the facts
 * the decision compares the present with.
 */
export interface RunRecord {
  /** Version of these lines. A record of another version is not used. */
  readonly version: 2;
  /** The command as words, one array for each command of the target. */
  readonly commands: readonly (readonly string[])[];
  readonly cwd: AbsolutePath;
  /** Another name by which the command knew that directory (PWD); undefined if there was none. */
  readonly logicalCwd?: AbsolutePath;
  /** What the command was given as standard input, if it may have used it: see `Target.stdin` of the planner. */
  readonly stdin?: string;
  /** How the command used the network; undefined if it did not. What came over it is not known. */
  readonly network?: readonly NetworkUse[];
  /** The environment of the command, without what is for oodate itself. Which of it counts is the decision's matter. */
  readonly environment: readonly RecordedVariable[];
  /** Microseconds since the epoch: when the command was started. */
  readonly started: number;
  /** Nanoseconds since the epoch by the clock of the file system, when the states were taken. */
  readonly recorded: bigint;
  /** When the record was made of what has been brought back since: the time of that run, as `recorded`. */
  readonly restored?: bigint;
  readonly files: readonly RecordedFile[];
  readonly listings: readonly RecordedListing[];
  /** How the bytes in the meta file's output were written; undefined if they were not kept. */
  readonly output?: RecordedOutput;
  /** undefined if it is not known. */
  readonly because?: RunCause;
}

/** Why a run was made, and what came of it. Nothing is decided by it. */
export interface RunCause {
  /** The most telling of the reasons, at most `mostOfCause.reasons`. */
  readonly reasons: readonly StoredReason[];
  /** How many more there were. */
  readonly more: number;
  /**
   * Whether it left the same as the run before: outputs by content and mode, links, what was removed, what it
   * printed. undefined if there was none to compare with.
   */
  readonly outputs?: 'same' | 'changed';
  /** Inputs that have changed and left the outputs the same, each time since they last did not; most often first. */
  readonly spared: readonly SparedInput[];
}

/** One of the planner's reasons as JSON has it: numbers of 64 bits are strings. */
export interface StoredReason {
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface SparedInput {
  readonly path: AbsolutePath;
  /** In so many runs. */
  readonly runs: number;
}

/** What a record holds of a `RunCause` at most. */
export const mostOfCause = {
  reasons: 20,
  /** Characters of one reason as JSON. */
  reasonLength: 8192,
  spared: 100,
} as const;

/** Output of the command that went to a pipe, a file or a terminal. */
export interface RecordedOutput {
  /** Those of stdout (1) and stderr (2) that were kept. */
  readonly streams: readonly (1 | 2)[];
  /** Those of `streams` that went to a terminal: elsewhere the command would have written something else. */
  readonly terminals: readonly (1 | 2)[];
  /** Lengths in bytes, in the order in which the pieces were written. */
  readonly chunks: readonly { readonly stream: 1 | 2; readonly length: number }[];
}

/** The value, or for a name that looks secret a salted digest of it (see `recordedVariable`). */
export interface RecordedVariable {
  readonly name: string;
  readonly value: string;
  readonly hidden: boolean;
}

/**
 * How a path was used. A path that was read and then written is 'output'. 'extra':
 * the command was not seen to use it, and the user says that it does.
 */
export type Use = 'read' | 'executed' | 'looked' | 'missing' | 'extra' | 'output' | 'removed';

export interface RecordedFile {
  readonly path: AbsolutePath;
  readonly use: Use;
  /** What was there when the run had ended, symbolic links followed. */
  readonly state: RecordedState;
  /**
   * What the command made of what was there before it changed the path ('output', 'removed'). undefined: it
   * never looked; 'looked': at most whether something is there. Else it used what was there, or part of that
   * remains: the state before the run, or 'unknown'.
   */
  readonly before?: 'looked' | 'unknown' | FollowedState;
  /**
   * Of what was executed, and of the package.json of an npm package: the version by which people know it, such as
   * `typescript 5.4.2`; undefined if it has none.
   */
  readonly version?: string;
  /** Executable of the process that first used it. */
  readonly by: string | undefined;
  /** Someone else changed it while the command ran. */
  readonly disturbed: boolean;
}

/** A symbolic link met on the way to a file is a file of its own, with state 'link'. */
export type RecordedState = FollowedState | { readonly type: 'link'; readonly target: string };

/** What a path leads to, symbolic links followed. */
export type FollowedState =
  | { readonly type: 'absent' }
  | { readonly type: 'directory' }
  | { readonly type: 'special' }
  /** It could not be looked at: a directory above it may not be searched, or links go in a circle. */
  | { readonly type: 'unreadable'; readonly errno: string }
  | RecordedContent;

export interface RecordedContent {
  readonly type: 'file';
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly inode: bigint;
  /** Permission bits, as in st_mode & 0o7777. */
  readonly mode: number;
  /** SHA-256 in hex. undefined if it may not be read. */
  readonly digest: string | undefined;
}

export interface RecordedListing {
  readonly path: AbsolutePath;
  /** Names in byte order, each with a mark for what it is, without those that the command itself makes or removes. */
  readonly names: readonly string[];
  /** Names that the command itself makes or removes: they say nothing, there or not. */
  readonly own: readonly string[];
  readonly by: string | undefined;
  /** Someone else added or removed a name while the command ran. */
  readonly disturbed: boolean;
}
