import { fstatSync } from 'node:fs';
import type { AbsolutePath } from '@oodate/filemon';
import {
  type AhafsLevel,
  type BackendName,
  type FileSystemKind,
  formatAhafs,
  type InterestKind,
  type Monitor,
  MonitorError,
  type MonitorEvent,
  type Outcome,
  openMonitor,
  PathFollower,
} from '@oodate/monitor';
import { holdEndingSignals } from '../ending-signals.js';
import {
  followedWords,
  goneWords,
  monitorEventDetails,
  monitorEventWords,
  monitoringWords,
  monitorLine,
  monitorPathWords,
  noProcessWords,
  noStacksWords,
  nothingLeftWords,
} from '../monitor-words.js';
import { writeOut } from '../output-streams.js';
import { coloursFor, openTerminal } from '../terminal.js';
import { errorWords, pathWords } from '../words.js';

export interface MonitorRequest {
  readonly paths: readonly AbsolutePath[];
  readonly mask: readonly InterestKind[];
  /** A path of the file system of which all files are monitored. */
  readonly mount: { readonly path: AbsolutePath; readonly kinds: readonly FileSystemKind[] } | undefined;
  readonly backend: BackendName | undefined;
  readonly format: 'text' | 'json' | 'ahafs';
  readonly level: AhafsLevel;
  readonly stacks: boolean;
  /** After how many events to end. */
  readonly count: number | undefined;
  readonly verbose: boolean;
}

/** Tells what happens until a signal ends it, or there is nothing left to tell of. Gives the exit status. */
export async function monitor(request: MonitorRequest): Promise<number> {
  let current: Monitor | undefined;
  const ending = holdEndingSignals(() => void current?.close());
  try {
    const session = await begun(request, (monitor) => {
      current = monitor;
    });
    if (ending.signal !== undefined) return ending.end();
    const status = await session.tellAll();
    return ending.signal === undefined ? status : ending.end();
  } catch (error) {
    // What is under way when a signal comes ends with an error of its own.
    if (ending.signal === undefined) throw error;
    return ending.end();
  } finally {
    await current?.close();
    ending.release();
  }
}

/** By the best backend that can see the files that are named, if none is named itself. */
async function begun(request: MonitorRequest, opened: (monitor: Monitor) => void): Promise<Session> {
  const { backend, stacks } = request;
  const rest: BackendName[] = backend === undefined ? ['fanotify', 'inotify'] : [];
  for (let next = backend; ; next = rest.shift()) {
    let monitor: Monitor | undefined;
    try {
      monitor = await openMonitor({ backend: next, stacks });
      opened(monitor);
      const session = new Session(request, monitor);
      await session.begin();
      return session;
    } catch (error) {
      await monitor?.close();
      const isOfBackend =
        error instanceof MonitorError && (next !== undefined || error.code === 'UNSUITABLE_FILE_SYSTEM');
      if (!isOfBackend || rest.length === 0) throw error;
    }
  }
}

class Session {
  readonly #request: MonitorRequest;
  readonly #monitor: Monitor;
  readonly #terminal = openTerminal(false);
  readonly #follower: PathFollower;
  readonly #printer: Printer;
  #status = 0;

  constructor(request: MonitorRequest, monitor: Monitor) {
    const terminal = this.#terminal;
    this.#request = request;
    this.#monitor = monitor;
    this.#printer = new Printer(request);
    this.#follower = new PathFollower(monitor, request.mask, {
      followed: (path, state, isLate) => {
        // Text says so in the line of what has become of the former one.
        if (isLate || request.format !== 'text') terminal.say(followedWords(path, process.cwd()));
        if (request.format === 'json') writeLine({ event: 'STATE', path, state });
      },
      gone: (path) => terminal.say(goneWords(path, process.cwd())),
      over: () => {
        if (request.mount !== undefined) return;
        this.#status = 1;
        void monitor.close();
      },
      refused: ({ message, hint }) => terminal.complain(errorWords(message, hint)),
    });
  }

  async begin(): Promise<void> {
    const { paths, mount, stacks } = this.#request;
    for (const path of paths) await this.#follower.add(path);
    if (mount !== undefined) await this.#monitor.watchFileSystem(mount.path, mount.kinds);
    const { backend, tells } = this.#monitor;
    this.#terminal.say(monitoringWords(paths, this.#follower.size, mount?.path, backend, process.cwd()));
    if (!tells.has('process')) this.#terminal.say(noProcessWords());
    if (stacks && !tells.has('stacks')) this.#terminal.say(noStacksWords(backend));
  }

  async tellAll(): Promise<number> {
    let left = this.#request.count ?? Number.POSITIVE_INFINITY;
    try {
      for await (const event of this.#monitor) {
        const outcome = await this.#follower.follow(event);
        if (!this.#isWanted(event)) continue;
        const printed = this.#printer.print(event, outcome);
        if (printed === 'nobody reads') return 0;
        if (printed === 'shown') left -= 1;
        if (left === 0) return 0;
      }
    } finally {
      this.#follower.close();
    }
    if (this.#status !== 0) this.#terminal.complain(nothingLeftWords());
    return this.#status;
  }

  /** Of a directory more is asked for than is wanted, to learn of new files. */
  #isWanted({ event, path }: MonitorEvent): boolean {
    if (event !== 'CONTENT' || path === undefined) return true;
    const { mask, mount } = this.#request;
    return mask.includes('content') || mount?.kinds.includes('content') === true;
  }
}

type Printed = 'shown' | 'left out' | 'nobody reads';

class Printer {
  readonly #request: MonitorRequest;
  readonly #cwd = process.cwd();
  readonly #colours = coloursFor(1);
  readonly #own = ownOutput();
  #columns: number;
  /** When a line was last shown, by what it says. */
  readonly #shown = new Map<string, number>();
  /** When it was said of a path that it has gone. */
  readonly #left = new Map<string, number>();
  /** Of those whose deletion has not been told yet. */
  readonly #leaving = new Set<string>();

  constructor(request: MonitorRequest) {
    this.#request = request;
    this.#columns = Math.min(
      widest,
      Math.max(...request.paths.map((path) => pathWords(path, this.#cwd).length), 0),
    );
  }

  print(event: MonitorEvent, outcome: Outcome | undefined): Printed {
    // inotify does not know that it was this process: each line would make another.
    if (event.process === undefined && event.inode === this.#own?.inode && event.inode !== undefined)
      return 'left out';
    const { format, level } = this.#request;
    if (format === 'json') return writeLine(event);
    if (format === 'ahafs') return writeText(formatAhafs(event, level));
    return this.#printText(event, outcome);
  }

  #printText(event: MonitorEvent, outcome: Outcome | undefined): Printed {
    const clause = monitorEventWords(event, outcome);
    const { verbose } = this.#request;
    if (!verbose && this.#isSaid(event, outcome, clause)) return 'left out';
    const path = monitorPathWords(event, this.#cwd);
    this.#columns = Math.min(widest, Math.max(this.#columns, path.length));
    const view = { cwd: this.#cwd, columns: this.#columns, colours: this.#colours };
    const details = verbose ? monitorEventDetails(event) : [];
    const lines = [monitorLine(event, clause, view), ...details.map((line) => `    ${line}`)];
    return writeText(`${lines.join('\n')}\n`);
  }

  /** What people know already from another line. */
  #isSaid(event: MonitorEvent, outcome: Outcome | undefined, clause: string): boolean {
    const path = monitorPathWords(event, this.#cwd);
    const now = Date.now();
    if ((event.reason === 'REMOVE' || event.reason === 'RENAME') && outcome !== 'known') {
      note(this.#left, path, now);
      this.#leaving.add(path);
    }
    if (event.event === 'DELETE' && this.#leaving.delete(path)) return true;
    // What becomes of a file in a directory is told by itself.
    if (
      event.reason === 'ENTRY' &&
      (outcome === 'known' || (outcome === 'absent' && isRecent(this.#left, path, now)))
    )
      return true;
    if (!isRepeated(event)) return false;
    // How much is known of a process may change, with the same pid.
    const said = `${path} ${event.process === undefined ? clause : `${event.event} ${event.reason} ${event.process.pid}`}`;
    if (isRecent(this.#shown, said, now)) return true;
    note(this.#shown, said, now);
    return false;
  }
}

/** Milliseconds in which the same is not said again: one copy of a file is many writes. */
const repetition = 1000;

/** As many columns as a path is given for the sake of the others. */
const widest = 40;

/** Of a kind of which many may be one doing. */
function isRepeated({ event, reason }: MonitorEvent): boolean {
  if (event === 'CONTENT') return reason === undefined || manyAtOnce.has(reason);
  return event === 'ATTRIBUTE' || event === 'OPEN';
}

const manyAtOnce: ReadonlySet<string> = new Set(['WRITE', 'MAP', 'FTRUNC', 'FCLEAR']);

function isRecent(moments: ReadonlyMap<string, number>, what: string, now: number): boolean {
  return now - (moments.get(what) ?? Number.NEGATIVE_INFINITY) < repetition;
}

function note(moments: Map<string, number>, what: string, now: number): void {
  // However long it goes on.
  if (moments.size >= 1000) moments.clear();
  moments.set(what, now);
}

function writeLine(event: MonitorEvent): Printed {
  return writeText(`${JSON.stringify(event)}\n`);
}

function writeText(text: string): Printed {
  return writeOut(1, text) ? 'shown' : 'nobody reads';
}

/** The file that stdout goes to, if it is one. */
function ownOutput(): { readonly inode: string } | undefined {
  try {
    const stats = fstatSync(1, { bigint: true });
    return stats.isFile() ? { inode: String(stats.ino) } : undefined;
  } catch {
    return undefined;
  }
}
