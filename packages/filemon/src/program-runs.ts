import type { AbsolutePath } from './path-text.js';
import { joinPath } from './path-text.js';
import { ProcessTable, parseChild, parseExit, type TracedProcess } from './processes.js';
import type { ProcessRecord } from './record.js';

/** A program as a process executed it; forks of that process which executed nothing else are part of it. */
export interface ProgramRun {
  /** Absolute, of a script its interpreter; undefined if it is not known. */
  readonly executable: string | undefined;
  /** Its command line as one types it in sh (a P record); undefined if the log has none. */
  readonly words: string | undefined;
  /** What executed it, be it in the same process or in a parent; undefined if that is not known. */
  readonly from: ProgramRun | undefined;
}

interface GrowingRun extends ProgramRun {
  executable: string | undefined;
  words: string | undefined;
  from: GrowingRun | undefined;
}

interface State {
  run: GrowingRun;
  /** The record before was an E: another one tells the interpreter of that script. */
  executes: boolean;
}

/** Which program each process of a log runs, record by record. */
export class ProgramRuns {
  readonly #table: ProcessTable;
  readonly #states = new Map<TracedProcess, State>();
  #version: number | undefined;

  /** @param cwd the directory that relative names begin at */
  constructor(cwd: AbsolutePath) {
    this.#table = new ProcessTable(cwd);
  }

  setVersion(version: number): void {
    this.#version = version;
  }

  /** Takes note of the record, in order. Gives the run that it belongs to, and the directory of the process. */
  add({ letter, pid, data }: ProcessRecord): { readonly run: ProgramRun; readonly directory: AbsolutePath } {
    const process = this.#table.get(pid);
    const state = this.#stateOf(process);
    const { directory } = process;
    switch (letter) {
      case 'C':
        process.directory = joinPath(directory, data);
        process.moved = true;
        break;
      case 'E':
        if (!state.executes) state.run = { executable: undefined, words: undefined, from: state.run };
        state.run.executable = data === '<unknown>' ? undefined : joinPath(directory, data);
        break;
      case 'P':
        state.run.words = data;
        break;
      case 'F':
        this.#fork(process, state.run, parseChild(data));
        break;
      case 'X':
        this.#table.exit(pid, parseExit(data, this.#version));
        break;
    }
    state.executes = letter === 'E';
    return { run: state.run, directory };
  }

  #stateOf(process: TracedProcess): State {
    let state = this.#states.get(process);
    if (state === undefined) {
      state = { run: { executable: undefined, words: undefined, from: undefined }, executes: false };
      this.#states.set(process, state);
    }
    return state;
  }

  #fork(parent: TracedProcess, run: GrowingRun, child: number | undefined): void {
    if (child === undefined) return;
    this.#table.fork(parent, child);
    const process = this.#table.get(child);
    const known = this.#states.get(process);
    if (known === undefined) {
      this.#states.set(process, { run, executes: false });
      return;
    }
    // Some kernels write the F of a vfork only when the child has done its exec.
    const first = firstOf(known.run);
    if (firstOf(run) !== first) first.from = run;
  }
}

function firstOf(run: GrowingRun): GrowingRun {
  let first = run;
  while (first.from !== undefined) first = first.from;
  return first;
}

/** What led to the run, the nearest first, up to the command itself. */
export function parentsOf({ from }: ProgramRun): ProgramRun[] {
  const parents: ProgramRun[] = [];
  for (let run = from; run !== undefined; run = run.from)
    if (run.executable !== undefined || run.words !== undefined) parents.push(run);
  return parents;
}
