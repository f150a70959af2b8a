import type { Accesses } from '@oodate/filemon';

export interface TraceOptions {
  readonly cwd?: string;
  /** The whole environment of the command; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Name of a backend; default: the best one that works here. */
  readonly backend?: string;
  /** Where the filemon log goes; default: a temporary file, removed afterwards. */
  readonly log?: string;
}

/** One run of a command under the probe. */
export interface Trace {
  /** Exit status as a shell has it: the code, or 128 + the signal's number. */
  readonly status: number;
  readonly accesses: Accesses;
  /** The filemon log, to the byte. */
  readonly log: Uint8Array;
}
