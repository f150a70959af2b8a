import { parseClock, parseElapsed } from './log-time.js';
import { type ProcessExit, parseChild, parseExit } from './processes.js';
import type { FilemonRecord, ProcessRecord } from './record.js';

/** The kinds of filemon log that there are; docs/formats/filemon-log.md compares them. */
export const logFormats = ['oodate', 'freebsd', 'freebsd-10', 'freebsd-9', 'netbsd'] as const;

export type LogFormat = (typeof logFormats)[number];

/** What was left out or altered since the format cannot hold it: how often, by what it was. */
export interface ConversionLosses {
  /** Records left out, by letter. */
  readonly letters: ReadonlyMap<string, number>;
  /** Lines left out that could not be read. */
  readonly unreadable: number;
  /** Comments left out. */
  readonly comments: number;
  /** Ends by a signal (now 128 plus its number) or not known (now 255). */
  readonly exits: number;
  /**
   * What was left out told that the log does not show everything. So that the rest
   * does not look better than it is, it has no `# Bye bye`.
   */
  readonly incompleteness: boolean;
}

export interface ConvertedLog {
  readonly records: readonly FilemonRecord[];
  readonly losses: ConversionLosses;
}

interface Shape {
  readonly version: number;
  readonly letters: string;
  /** Data of an X record; undefined if the format has no way to say it. */
  readonly formatExit: (exit: ProcessExit) => string | undefined;
  /** What comments it has; undefined: all. */
  readonly comments?: RegExp;
}

const times = /^ (?:Target pid \d+|Start \d+\.\d{6}|Stop \d+\.\d{6}|Bye bye)$/;
const noTimes = /^ (?:Target pid \d+|Bye bye)$/;
const code = ({ status, signal }: ProcessExit): string | undefined =>
  signal === 0 ? `${status}` : undefined;

const shapes: Readonly<Record<LogFormat, Shape>> = {
  oodate: {
    version: 5,
    letters: 'ACDEFLMRWXSNGKPQT',
    formatExit: ({ status, signal }) => `${status} ${signal}`,
  },
  freebsd: {
    version: 5,
    letters: 'ACDEFLMRWX',
    formatExit: ({ status, signal }) => `${status} ${signal}`,
    comments: times,
  },
  'freebsd-10': {
    version: 5,
    letters: 'ACDEFLMRWX',
    formatExit: ({ status, signal }) => `${signal === 0 ? status << 8 : signal}`,
    comments: times,
  },
  'freebsd-9': { version: 4, letters: 'CDEFLMRWXS', formatExit: code, comments: times },
  netbsd: { version: 4, letters: 'ACDEFLMRWX', formatExit: code, comments: noTimes },
};

/**
 * The log in another format. Names stay as they are, and each record that stays
 * means what it meant. Only in the format `oodate` can what is not understood stay,
 * so there nothing is lost.
 */
export function convertLog(records: Iterable<FilemonRecord>, to: LogFormat): ConvertedLog {
  const conversion = new Conversion(to);
  for (const record of records) conversion.add(record);
  return conversion.result();
}

class Conversion {
  readonly #shape: Shape;
  readonly #keepsAll: boolean;
  readonly #records: FilemonRecord[] = [];
  readonly #letters = new Map<string, number>();
  #version: number | undefined;
  #unreadable = 0;
  #comments = 0;
  #exits = 0;
  #incompleteness = false;

  constructor(to: LogFormat) {
    this.#shape = shapes[to];
    this.#keepsAll = to === 'oodate';
  }

  add(record: FilemonRecord): void {
    switch (record.kind) {
      case 'version':
        this.#version = record.version;
        this.#records.push({ kind: 'version', version: this.#shape.version });
        break;
      case 'comment':
        this.#addComment(record.text);
        break;
      case 'unreadable':
        if (this.#keepsAll) this.#records.push(record);
        else {
          this.#unreadable += 1;
          this.#incompleteness = true;
        }
        break;
      case 'process':
        if (record.letter === 'X') this.#records.push(this.#converted(record));
        else if (this.#keepsAll || this.#shape.letters.includes(record.letter)) this.#records.push(record);
        else this.#drop(record);
        break;
    }
  }

  #addComment(text: string): void {
    if (/^ filemon version \d+$/.test(text))
      this.#records.push({ kind: 'comment', text: ` filemon version ${this.#shape.version}` });
    else if (this.#shape.comments?.test(text) ?? true) this.#records.push({ kind: 'comment', text });
    else this.#comments += 1;
  }

  #drop({ letter, data }: ProcessRecord): void {
    this.#letters.set(letter, (this.#letters.get(letter) ?? 0) + 1);
    // Without its A record, a relative name looks as if it began at the directory of the process.
    const tells = letter === 'A' ? !data.startsWith('/') : !'NSGKPT'.includes(letter);
    if (tells) this.#incompleteness = true;
  }

  #converted(record: ProcessRecord): ProcessRecord {
    const exit = parseExit(record.data, this.#version);
    const unknown = exit === undefined;
    if (unknown && this.#keepsAll) return /^-?\d+$/.test(record.data) ? withData(record, '-1 0') : record;
    const data = exit && this.#shape.formatExit(exit);
    if (data !== undefined) return withData(record, data);
    this.#exits += 1;
    const status = unknown ? 255 : 128 + exit.signal;
    return withData(record, this.#shape.formatExit({ status, signal: 0 }) as string);
  }

  result(): ConvertedLog {
    const records = this.#incompleteness ? this.#records.filter((record) => !isBye(record)) : this.#records;
    return {
      records,
      losses: {
        letters: this.#letters,
        unreadable: this.#unreadable,
        comments: this.#comments,
        exits: this.#exits,
        incompleteness: this.#incompleteness,
      },
    };
  }
}

function withData(record: ProcessRecord, data: string): ProcessRecord {
  return data === record.data ? record : { ...record, data };
}

function isBye(record: FilemonRecord): boolean {
  return record.kind === 'comment' && record.text === ' Bye bye';
}

/**
 * One log for several, as a filemon that watched the commands one after the other
 * would have written it:
 *
 * - one head: the version comment, the target pid and the start of the first log;
 * - the records of each log in the order given. A pid that an earlier log has used
 *   too becomes a number that none of them has, so that no process is taken for another;
 * - times count from the first `# Start`. What was before that, or is in a log without one, has none;
 * - one end: the last `# Stop`, and `# Bye bye` if each log has it.
 *
 * The logs must be of one format: exits are not converted.
 */
export function mergeLogs(logs: readonly (readonly FilemonRecord[])[]): FilemonRecord[] {
  const [only] = logs;
  if (only !== undefined && logs.length === 1) return [...only];
  const pids = new Pids(logs);
  const head: FilemonRecord[] = [];
  const body: FilemonRecord[] = [];
  const seen = new Set<string>();
  let start: number | undefined;
  let stop: FilemonRecord | undefined;
  let whole = logs.length > 0;
  for (const log of logs) {
    const renumbered = pids.next(log);
    const own = startOf(log);
    start ??= own;
    let ended = false;
    for (const record of log) {
      if (record.kind === 'process' && record.letter === 'T') {
        const data = elapsedSince(start, own, record.data);
        if (data !== undefined) body.push(renumbered({ ...record, data }));
      } else if (record.kind === 'process') body.push(renumbered(record));
      else if (record.kind === 'unreadable') body.push({ ...record, cut: false });
      else if (isBye(record)) ended = true;
      else if (record.kind === 'comment' && / Stop /y.test(record.text)) stop = record;
      else {
        const part = headPart(record);
        if (part === undefined) body.push(renumbered(record));
        else if (!seen.has(part)) {
          seen.add(part);
          head.push(record);
        }
      }
    }
    whole &&= ended;
  }
  const end: FilemonRecord[] = stop === undefined ? [] : [stop];
  if (whole) end.push({ kind: 'comment', text: ' Bye bye' });
  return [...head, ...body, ...end];
}

function startOf(log: readonly FilemonRecord[]): number | undefined {
  for (const record of log)
    if (record.kind === 'comment' && record.text.startsWith(' Start '))
      return parseClock(record.text.slice(7));
  return undefined;
}

/** The data of a T record, counted from `start` where it was counted from `own`. */
function elapsedSince(start: number | undefined, own: number | undefined, data: string): string | undefined {
  const elapsed = parseElapsed(data);
  if (start === undefined || own === undefined || elapsed === undefined) return undefined;
  const moved = own + elapsed - start;
  return moved < 0 ? undefined : `${moved}`;
}

/** Of the lines that a log has once, before its records: which one it is. */
function headPart(record: FilemonRecord): string | undefined {
  if (record.kind === 'version') return 'V';
  if (record.kind !== 'comment') return undefined;
  return /^ (filemon version|Target pid|Start) /.exec(record.text)?.[1];
}

/** The pid in the comment on a process that was left running. */
const leftRunning = /(?<=^ Left running )\d+/;

/** Gives every log numbers for its processes that no earlier one has. */
class Pids {
  readonly #taken = new Set<number>();
  #highest = 0;

  constructor(logs: readonly (readonly FilemonRecord[])[]) {
    for (const log of logs) for (const pid of pidsIn(log)) if (pid > this.#highest) this.#highest = pid;
  }

  next(log: readonly FilemonRecord[]): (record: FilemonRecord) => FilemonRecord {
    const own = new Map<number, number>();
    for (const pid of new Set(pidsIn(log))) {
      if (pid === 0) continue;
      if (this.#taken.has(pid)) own.set(pid, ++this.#highest);
      else this.#taken.add(pid);
    }
    return (record) => {
      if (record.kind === 'comment')
        return {
          kind: 'comment',
          text: record.text.replace(leftRunning, (pid) => `${own.get(Number(pid)) ?? pid}`),
        };
      if (record.kind !== 'process') return record;
      const child = record.letter === 'F' ? own.get(parseChild(record.data) ?? 0) : undefined;
      const data = child === undefined ? record.data : `${child}`;
      return { ...record, pid: own.get(record.pid) ?? record.pid, data };
    };
  }
}

function* pidsIn(log: readonly FilemonRecord[]): Generator<number, void, undefined> {
  for (const record of log) {
    if (record.kind !== 'process') continue;
    yield record.pid;
    const child = record.letter === 'F' ? parseChild(record.data) : undefined;
    if (child !== undefined) yield child;
  }
}
