import type { AbsolutePath } from './path-text.js';

export interface ProcessExit {
  /** Exit code; 0 if a signal ended the process. */
  readonly status: number;
  /** Number of the signal that ended the process, or 0. */
  readonly signal: number;
}

/** A process of the trace, as far as its records have told. */
export interface TracedProcess {
  directory: AbsolutePath;
  /** It has changed its directory itself. */
  moved: boolean;
  executable: string | undefined;
  /** An F record named it; else it is the command's first process, or its origin was not seen. */
  forked: boolean;
  /** Name in the A record just seen, which the next R or W records may repeat. */
  openat: string | undefined;
}

/** The processes alive at one point of a log, by pid. An exit frees the pid for another process. */
export class ProcessTable {
  /** Processes seen so far, those that ended included. */
  count = 0;
  /** Processes that no F record named, with how each ended. */
  readonly origins = new Map<number, ProcessExit | undefined>();
  readonly #alive = new Map<number, TracedProcess>();
  readonly #directory: AbsolutePath;

  /** @param directory where a process is whose origin was not seen */
  constructor(directory: AbsolutePath) {
    this.#directory = directory;
  }

  get(pid: number): TracedProcess {
    const known = this.#alive.get(pid);
    if (known !== undefined) return known;
    if (!this.origins.has(pid)) this.origins.set(pid, undefined);
    return this.#add(pid, this.#directory, undefined, false);
  }

  fork(parent: TracedProcess, pid: number): void {
    const known = this.#alive.get(pid);
    if (known === undefined || known.forked) {
      this.#add(pid, parent.directory, parent.executable, true);
      return;
    }
    // Some kernels write the F of a vfork only when the child has done its exec.
    this.origins.delete(pid);
    known.forked = true;
    known.executable ??= parent.executable;
    if (!known.moved) known.directory = parent.directory;
  }

  exit(pid: number, exit: ProcessExit | undefined): void {
    this.#alive.delete(pid);
    if (exit !== undefined && this.origins.has(pid) && this.origins.get(pid) === undefined)
      this.origins.set(pid, exit);
  }

  #add(pid: number, directory: AbsolutePath, executable: string | undefined, forked: boolean): TracedProcess {
    const process = { directory, moved: false, executable, forked, openat: undefined };
    this.#alive.set(pid, process);
    this.count += 1;
    return process;
  }
}

const exitData = /^(-?\d{1,10})(?: (\d{1,3}))?$/;

export function isExit(data: string): boolean {
  return exitData.test(data);
}

/** Data of an F record: the pid of the child. */
export function parseChild(data: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(data) ? Number(data) : undefined;
}

/**
 * Data of an X record. Undefined if it is damaged or says that the end is not
 * known (status -1). Two numbers are status and signal. One alone is packed as
 * wait(2) does in FreeBSD 10.4, whose logs have version 5, and is the argument of
 * exit(2) in NetBSD and FreeBSD 9, whose logs have version 4 or less.
 */
export function parseExit(data: string, version: number | undefined): ProcessExit | undefined {
  const match = exitData.exec(data);
  if (match === null) return undefined;
  const status = Number(match[1]);
  if (match[2] !== undefined) {
    const signal = Number(match[2]);
    if (signal !== 0) return { status: 0, signal };
    return status < 0 ? undefined : { status, signal: 0 };
  }
  if (version === undefined || version < 5) return { status: status & 0xff, signal: 0 };
  const signal = status & 0x7f;
  return { status: signal === 0 ? (status >> 8) & 0xff : 0, signal };
}
