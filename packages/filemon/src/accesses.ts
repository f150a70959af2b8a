import { parseClock } from './log-time.js';
import { parseNamePair } from './name-pair.js';
import { PathHistories, type PathHistory } from './path-history.js';
import type { AbsolutePath } from './path-text.js';
import { type ProcessExit, ProcessTable, parseChild, parseExit, type TracedProcess } from './processes.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/**
 * What one trace accessed, summed up per path. Reads and writes are judged in
 * their order: `read`, `executed`, `looked`, `missing`, `listed` and `kept` say only what
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
  /** What was there stayed, at least in part, when the trace changed the path (K), or was moved away. */
  kept: false | 'in place' | 'elsewhere';
  /** What the trace left: it wrote or made the path last, removed it last, or did not change it. */
  change: 'none' | 'written' | 'removed';
  /** Executable of the process that first used the path; undefined if it is not known. */
  by: string | undefined;
}

/** From there on the trace does not show everything: a Q record, or one that cannot be understood. */
export interface Incompleteness {
  /** The process concerned; 0 if it is not known. */
  readonly pid: number;
  readonly reason: string;
}

/** An address of the network was connected or sent to; or was taken, as a server does. That of the machine itself is one. */
export type NetworkUse = 'used' | 'served';

export interface Accesses {
  readonly version: number | undefined;
  /**
   * Pid of the traced command: that of `# Target pid`, or, where this is make's
   * own as on the BSDs, the only process that no other was seen to fork.
   */
  readonly rootPid: number | undefined;
  /** How the traced command ended, from its X record; undefined if that is not known. */
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
  /** Standard input was a device that holds nothing, such as /dev/null, and was read. */
  readonly readsStdin: boolean;
  /** Empty if neither was seen. */
  readonly network: readonly NetworkUse[];
  readonly paths: ReadonlyMap<AbsolutePath, Access>;
  /** Numbers of process records and of processes seen. */
  readonly records: number;
  readonly processes: number;
}

/**
 * What the records tell in sum. `cwd` is the directory the command was started
 * in; it matters only where names are relative, as in the logs of the BSDs.
 */
export function summarizeAccesses(records: Iterable<FilemonRecord>, cwd: AbsolutePath): Accesses {
  const summary = new Summary(cwd);
  for (const record of records) summary.add(record);
  return summary.accesses();
}

class Summary {
  readonly #processes: ProcessTable;
  readonly #histories = new PathHistories();
  readonly #incomplete = new Map<string, Incompleteness>();
  readonly #notes = new Set<string>();
  #readsStdin = false;
  readonly #network = new Set<NetworkUse>();
  #version: number | undefined;
  #targetPid: number | undefined;
  #started: number | undefined;
  #stopped: number | undefined;
  #ended = false;
  #records = 0;
  #unreadable = 0;
  /**
   * A directory that the record before removed though there was something in it. Then
   * it was renamed, if a W of the same process comes next: so our probe writes what an
   * M cannot hold.
   */
  #vacated: { readonly pid: number; readonly directory: PathHistory } | undefined;

  constructor(cwd: AbsolutePath) {
    this.#processes = new ProcessTable(cwd);
  }

  add(record: FilemonRecord): void {
    switch (record.kind) {
      case 'process':
        this.#records += 1;
        this.#addProcessRecord(record);
        break;
      case 'version':
        this.#version = record.version;
        break;
      case 'comment':
        this.#addComment(record.text);
        break;
      case 'unreadable':
        this.#unreadable += 1;
        break;
    }
  }

  #addProcessRecord(record: ProcessRecord): void {
    const { letter, pid, data } = record;
    if (letter === 'T') return;
    if (letter === 'Q') {
      // Its pid is 0 where it concerns no process in particular.
      this.#lack(pid, data);
      return;
    }
    const process = this.#processes.get(pid);
    const vacated = this.#vacated;
    this.#vacated = undefined;
    if (vacated !== undefined && letter === 'W' && pid === vacated.pid) {
      this.#moveTo(vacated.directory, this.#use(data, process), process, pid);
      return;
    }
    if (vacated !== undefined) this.#histories.remove(vacated.directory);
    if (process.openat !== undefined) this.#followOpenat(process, record);
    switch (letter) {
      case 'R':
        this.#histories.see(this.#use(data, process), 'read');
        break;
      case 'S':
        this.#histories.see(this.#use(data, process), 'looked');
        break;
      case 'N':
        this.#histories.miss(this.#use(data, process));
        break;
      case 'G':
        this.#histories.see(this.#use(data, process), 'listed');
        break;
      case 'K':
        this.#histories.keep(this.#use(data, process), 'in place');
        break;
      case 'W':
        this.#histories.write(this.#use(data, process));
        break;
      case 'D': {
        const removed = this.#use(data, process);
        if (this.#histories.isOccupied(removed)) this.#vacated = { pid, directory: removed };
        else this.#histories.remove(removed);
        break;
      }
      case 'M':
        this.#move(process, record);
        break;
      case 'L':
        this.#link(process, record);
        break;
      case 'C': {
        const directory = this.#use(data, process);
        this.#histories.see(directory, 'looked');
        process.directory = directory.path;
        process.moved = true;
        break;
      }
      case 'E':
        this.#execute(process, record);
        break;
      case 'F': {
        const child = parseChild(data);
        if (child === undefined) this.#lack(pid, 'a fork record does not tell the child');
        else this.#processes.fork(process, child);
        break;
      }
      case 'X':
        this.#processes.exit(pid, parseExit(data, this.#version));
        break;
      case 'A':
        process.openat = data;
        break;
      case 'P':
        break;
      default:
        this.#lack(pid, `the log has records of an unknown kind, ${letter}`);
    }
  }

  #use(name: string, process: TracedProcess): PathHistory {
    const history = this.#histories.of(name, process.directory);
    if (!history.used) markUsed(history, process);
    return history;
  }

  #move(process: TracedProcess, { pid, data }: ProcessRecord): void {
    const names = parseNamePair(data);
    if (!names?.certain) this.#lack(pid, 'the names in a rename record cannot be told apart');
    if (names === undefined) return;
    this.#moveTo(this.#use(names.from, process), this.#use(names.to, process), process, pid);
  }

  #moveTo(from: PathHistory, to: PathHistory, process: TracedProcess, pid: number): void {
    if (to.path.startsWith(from.path === '/' ? '/' : `${from.path}/`)) {
      this.#lack(pid, 'a rename record moves a directory into itself');
      return;
    }
    this.#histories.move(from, to, (arrived) => {
      if (!arrived.used) markUsed(arrived, process);
    });
  }

  #link(process: TracedProcess, { pid, data }: ProcessRecord): void {
    const names = parseNamePair(data);
    if (!names?.certain) this.#lack(pid, 'the names in a link record cannot be told apart');
    // The first name may be the mere text of a symbolic link. A hard link of ours has an R of its own.
    if (names !== undefined) this.#histories.write(this.#use(names.to, process));
  }

  #execute(process: TracedProcess, { pid, data }: ProcessRecord): void {
    if (data === '<unknown>') {
      this.#lack(pid, 'the path of a program it executed is not known');
      process.executable = undefined;
      return;
    }
    const program = this.#use(data, process);
    this.#histories.execute(program);
    process.executable = program.path;
  }

  /**
   * After `A pid name`, an R or W that repeats the name is relative to a directory
   * which the log does not tell. FreeBSD mostly gives the whole path instead.
   */
  #followOpenat(process: TracedProcess, { letter, pid, data }: ProcessRecord): void {
    if ((letter !== 'R' && letter !== 'W') || data !== process.openat) process.openat = undefined;
    else if (!data.startsWith('/'))
      this.#lack(pid, 'it opened a file relative to a directory that is not known');
  }

  #addComment(text: string): void {
    if (text === ' Bye bye') {
      this.#ended = true;
      return;
    }
    if (text === ' Standard input read') {
      this.#readsStdin = true;
      return;
    }
    if (text === ' Network used' || text === ' Network served') {
      this.#network.add(text === ' Network used' ? 'used' : 'served');
      return;
    }
    const match = /^ (Target pid|Start|Stop|Note) (.+)$/s.exec(text);
    if (match === null) return;
    const value = match[2] as string;
    if (match[1] === 'Target pid') this.#targetPid ??= parseChild(value);
    else if (match[1] === 'Start') this.#started ??= parseClock(value);
    else if (match[1] === 'Stop') this.#stopped = parseClock(value) ?? this.#stopped;
    else this.#notes.add(value);
  }

  #lack(pid: number, reason: string): void {
    const key = `${pid} ${reason}`;
    if (!this.#incomplete.has(key)) this.#incomplete.set(key, { pid, reason });
  }

  accesses(): Accesses {
    if (this.#vacated !== undefined) this.#histories.remove(this.#vacated.directory);
    if (this.#unreadable > 0) this.#lack(0, `lines of the log that cannot be read: ${this.#unreadable}`);
    const { origins } = this.#processes;
    const [only] = origins.size === 1 ? origins.keys() : [];
    const rootPid =
      this.#targetPid !== undefined && origins.has(this.#targetPid)
        ? this.#targetPid
        : (only ?? this.#targetPid);
    return {
      version: this.#version,
      rootPid,
      exit: rootPid === undefined ? undefined : origins.get(rootPid),
      started: this.#started,
      stopped: this.#stopped,
      ended: this.#ended,
      incomplete: [...this.#incomplete.values()],
      notes: [...this.#notes],
      readsStdin: this.#readsStdin,
      network: (['used', 'served'] as const).filter((use) => this.#network.has(use)),
      paths: accessesOf(this.#histories),
      records: this.#records,
      processes: this.#processes.count,
    };
  }
}

function markUsed(history: PathHistory, process: TracedProcess): void {
  history.used = true;
  history.by = process.executable;
}

function accessesOf(histories: PathHistories): Map<AbsolutePath, Access> {
  const paths = new Map<AbsolutePath, Access>();
  for (const history of histories) {
    const { path, read, executed, looked, missing, listed, kept, change, by } = history;
    if (read || looked || missing || listed || change !== 'none')
      paths.set(path, { path, read, executed, looked, missing, listed, kept, change, by });
  }
  return paths;
}
