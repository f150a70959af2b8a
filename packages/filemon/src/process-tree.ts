import { parseElapsed } from './log-time.js';
import { type AbsolutePath, joinPath } from './path-text.js';
import { type ProcessExit, ProcessTable, parseChild, parseExit, type TracedProcess } from './processes.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/** One process of a trace, from its first record to its exit. A pid that is used again is another one. */
export interface ProcessLife {
  readonly pid: number;
  /** Where the process that made it stands in the list; undefined if no record tells. */
  readonly parent: number | undefined;
  /** How many processes are above it. */
  readonly depth: number;
  /** What it executed, in order: absolute paths, or `<unknown>`. Empty if it went on with its parent's program. */
  readonly executables: readonly string[];
  /** The command line of each of these, as one types it in sh; undefined where the log has none, and of a script. */
  readonly commandLines: readonly (string | undefined)[];
  /**
   * When it executed each of these, in microseconds since the start of the log; of a script and its interpreter the
   * same. Undefined where the log has no time.
   */
  readonly executedAt: readonly (number | undefined)[];
  /** Undefined if it is not known. */
  readonly exit: ProcessExit | undefined;
  /** When it was made, else executed its first program, and when it ended; as in `executedAt`. */
  readonly started: number | undefined;
  readonly ended: number | undefined;
}

/**
 * The processes of a trace as a tree: each stands right after the one that made
 * it and what that had made before, so that the list can be printed as it is.
 * `cwd` is the directory that relative names begin at, as in `summarizeAccesses`.
 */
export function processTree(records: Iterable<FilemonRecord>, cwd: AbsolutePath): ProcessLife[] {
  const lives = new Lives(cwd);
  let version: number | undefined;
  for (const record of records) {
    if (record.kind === 'version') version = record.version;
    else if (record.kind === 'process') lives.add(record, version);
  }
  return lives.tree();
}

/** A process as its records come in. */
export interface Life {
  readonly pid: number;
  readonly executables: string[];
  readonly commandLines: (string | undefined)[];
  readonly executedAt: (number | undefined)[];
  readonly children: Life[];
  parent: Life | undefined;
  exit: ProcessExit | undefined;
  started: number | undefined;
  ended: number | undefined;
  /** The record before was an E: another one tells the interpreter of that script. */
  executes: boolean;
}

/** The processes of a log, record by record. */
export class Lives {
  readonly #table: ProcessTable;
  readonly #lives = new Map<TracedProcess, Life>();
  readonly #places = new Map<Life, number>();
  /** Of the T record just seen. */
  #time: { readonly pid: number; readonly elapsed: number | undefined } | undefined;

  /** @param cwd the directory that relative names begin at */
  constructor(cwd: AbsolutePath) {
    this.#table = new ProcessTable(cwd);
  }

  /** Takes note of the record, in order. Gives the process that it belongs to, and the directory that it was in; nothing for Q and T. */
  add(
    { letter, pid, data }: ProcessRecord,
    version: number | undefined,
  ): { readonly life: Life; readonly directory: AbsolutePath } | undefined {
    const at = this.#time?.pid === pid ? this.#time.elapsed : undefined;
    this.#time = letter === 'T' ? { pid, elapsed: parseElapsed(data) } : undefined;
    if (letter === 'T' || letter === 'Q') return undefined;
    const process = this.#table.get(pid);
    const life = this.#lifeOf(process, pid);
    const { directory } = process;
    switch (letter) {
      case 'C':
        process.directory = joinPath(process.directory, data);
        process.moved = true;
        break;
      case 'E':
        life.executables.push(data === '<unknown>' ? data : joinPath(process.directory, data));
        life.commandLines.push(undefined);
        life.executedAt.push(at ?? (life.executes ? life.executedAt.at(-1) : undefined));
        if (life.executables.length === 1) life.started ??= at;
        break;
      case 'P':
        if (life.executables.length > 0) life.commandLines[life.executables.length - 1] = data;
        break;
      case 'F': {
        const child = parseChild(data);
        if (child === undefined) break;
        this.#table.fork(process, child);
        const made = this.#lifeOf(this.#table.get(child), child);
        made.started ??= at;
        this.#adopt(life, made);
        break;
      }
      case 'X':
        life.exit = parseExit(data, version);
        life.ended = at;
        this.#table.exit(pid, life.exit);
        break;
    }
    life.executes = letter === 'E';
    return { life, directory };
  }

  #lifeOf(process: TracedProcess, pid: number): Life {
    let life = this.#lives.get(process);
    if (life === undefined) {
      life = {
        pid,
        executables: [],
        commandLines: [],
        executedAt: [],
        children: [],
        parent: undefined,
        exit: undefined,
        started: undefined,
        ended: undefined,
        executes: false,
      };
      this.#lives.set(process, life);
    }
    return life;
  }

  /** A damaged log can make a process a child of its own child; that is left out. */
  #adopt(parent: Life, child: Life): void {
    if (child.parent !== undefined) return;
    for (let above: Life | undefined = parent; above !== undefined; above = above.parent)
      if (above === child) return;
    child.parent = parent;
    parent.children.push(child);
  }

  /** Once all records have come in. */
  tree(): ProcessLife[] {
    const listed: ProcessLife[] = [];
    const roots = [...this.#lives.values()].filter(({ parent }) => parent === undefined);
    // A stack and no recursion: a log can hold a chain of processes of any length.
    const open = roots.reverse().map((life) => ({ life, parent: undefined as number | undefined, depth: 0 }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { life, parent, depth } = next;
      const { pid, executables, commandLines, executedAt, exit, started, ended } = life;
      const place =
        listed.push({ pid, parent, depth, executables, commandLines, executedAt, exit, started, ended }) - 1;
      this.#places.set(life, place);
      for (const child of life.children.reverse())
        open.push({ life: child, parent: place, depth: depth + 1 });
    }
    return listed;
  }

  /** Where the process stands in the tree that was asked for. */
  placeOf(life: Life): number {
    return this.#places.get(life) as number;
  }
}
