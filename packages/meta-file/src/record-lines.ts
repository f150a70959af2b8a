import type { AbsolutePath, NetworkUse, Problem } from '@oodate/filemon';
import {
  mostOfCause,
  type RecordedContent,
  type RecordedFile,
  type RecordedListing,
  type RecordedOutput,
  type RecordedState,
  type RecordedVariable,
  type RunCause,
  type RunRecord,
  type SparedInput,
  type StoredReason,
  type Use,
} from './run-record.js';

/*
 * A RunRecord as lines of a filemon section. bmake takes them for comments.
 *
 *   # oodate record 2
 *   # oodate started 1732171234.123456
 *   # oodate recorded 1732171235.123456789
 *   # oodate restored 1732171235.123456789   recorded then, and brought back since
 *   # oodate cwd PATH
 *   # oodate network used served         or one of them
 *   # oodate because NUMBER               the run was made for so many reasons; the most telling follow
 *   # oodate reason JSON
 *   # oodate outputs same                or changed: what the run before had left
 *   # oodate spared RUNS PATH            has changed, and left the outputs the same, in the last RUNS runs for it
 *   # oodate command                      begins a command; its words follow
 *   # oodate word WORD
 *   # oodate variable NAME=VALUE
 *   # oodate hidden NAME=SALT:DIGEST
 *   # oodate streams 1 2                  of the output, those that were kept; or `none`
 *   # oodate terminals 1 2                those of the streams that went to a terminal
 *   # oodate chunk STREAM LENGTH          a piece of the output
 *   # oodate process NUMBER PATH          NUMBER stands for the program from here on
 *   # oodate USE NUMBER absent PATH       0: the program is not known
 *   # oodate USE NUMBER directory PATH
 *   # oodate USE NUMBER special PATH
 *   # oodate USE NUMBER unreadable ERRNO PATH
 *   # oodate USE NUMBER link PATH
 *   # oodate target TEXT                  what the link before holds
 *   # oodate USE NUMBER file SIZE MTIME CTIME INODE MODE DIGEST PATH
 *   # oodate version TEXT                 of the file before, executed or read: `typescript 5.4.2`
 *   # oodate before looked               of the file before, an output or removed: what was there before the run
 *   # oodate before unknown              did matter, and is not known
 *   # oodate before STATE                did matter: a state as above, without PATH and no link
 *   # oodate listing NUMBER PATH          its names follow
 *   # oodate name NAME
 *   # oodate own NAME
 *   # oodate disturbed                    said of the file or listing before
 *
 * Each fact has its line, so that people can read, search and compare the file
 * with ordinary tools; a line holds at most one free text, at its end, so that
 * nothing needs quotes. In it a newline is written `\n` and a backslash `\\`.
 */

export const recordStart = '# oodate record ';
export const recordVersion = 2;

/** The lines as path text, each with its newline. */
export function formatRunRecord(record: RunRecord): string {
  const lines = [
    `${recordStart}${record.version}`,
    `# oodate started ${formatTime(BigInt(record.started), 6)}`,
    `# oodate recorded ${formatTime(record.recorded, 9)}`,
    `# oodate cwd ${escapeText(record.cwd)}`,
  ];
  if (record.restored !== undefined) lines.push(`# oodate restored ${formatTime(record.restored, 9)}`);
  if (record.logicalCwd !== undefined) lines.push(`# oodate logical ${escapeText(record.logicalCwd)}`);
  if (record.stdin !== undefined) lines.push(`# oodate stdin ${escapeText(record.stdin)}`);
  if (record.network !== undefined) lines.push(`# oodate network ${record.network.join(' ')}`);
  if (record.because !== undefined) lines.push(...formatCause(record.because));
  for (const words of record.commands) {
    lines.push('# oodate command');
    for (const word of words) lines.push(`# oodate word ${escapeText(word)}`);
  }
  for (const { name, value, hidden } of record.environment)
    lines.push(`# oodate ${hidden ? 'hidden' : 'variable'} ${escapeText(`${name}=${value}`)}`);

  if (record.output !== undefined) {
    const { streams, terminals, chunks } = record.output;
    lines.push(`# oodate streams ${streams.join(' ') || 'none'}`);
    if (terminals.length > 0) lines.push(`# oodate terminals ${terminals.join(' ')}`);
    for (const { stream, length } of chunks) lines.push(`# oodate chunk ${stream} ${length}`);
  }

  const processes = new Map<string, number>();
  const numberOf = (program: string | undefined): number => {
    if (program === undefined) return 0;
    let number = processes.get(program);
    if (number === undefined) {
      number = processes.size + 1;
      processes.set(program, number);
      lines.push(`# oodate process ${number} ${escapeText(program)}`);
    }
    return number;
  };

  for (const file of record.files) {
    const number = numberOf(file.by);
    lines.push(`# oodate ${file.use} ${number} ${formatState(file.state)} ${escapeText(file.path)}`);
    if (file.state.type === 'link') lines.push(`# oodate target ${escapeText(file.state.target)}`);
    if (file.version !== undefined) lines.push(`# oodate version ${escapeText(file.version)}`);
    if (file.before !== undefined) {
      const { before } = file;
      lines.push(`# oodate before ${typeof before === 'string' ? before : formatState(before)}`);
    }
    if (file.disturbed) lines.push('# oodate disturbed');
  }
  for (const listing of record.listings) {
    const number = numberOf(listing.by);
    lines.push(`# oodate listing ${number} ${escapeText(listing.path)}`);
    for (const name of listing.names) lines.push(`# oodate name ${escapeText(name)}`);
    for (const name of listing.own) lines.push(`# oodate own ${escapeText(name)}`);
    if (listing.disturbed) lines.push('# oodate disturbed');
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The record from its lines; undefined, with a problem, if a line is not as
 * `formatRunRecord` writes it. `firstLine` is the number of the first one.
 */
export function parseRunRecord(text: string, firstLine: number, problems: Problem[]): RunRecord | undefined {
  const reader = new RecordReader();
  let line = firstLine;
  for (let start = 0; start < text.length; line += 1) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = text.length;
    if (!reader.readLine(text, start, end)) {
      problems.push({ code: 'bad-record-line', line, message: 'line of the record that cannot be read' });
      return undefined;
    }
    start = end + 1;
  }
  const record = reader.record();
  if (record === undefined)
    problems.push({ code: 'record-lacks-lines', line, message: 'record without all of its first lines' });
  return record;
}

const prefix = '# oodate ';
const uses: ReadonlySet<string> = new Set<Use>([
  'read',
  'executed',
  'looked',
  'missing',
  'extra',
  'output',
  'removed',
]);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface ReadCause {
  /** Of the reasons, those included that were not written. */
  readonly number: number;
  readonly reasons: StoredReason[];
  outputs?: 'same' | 'changed';
  readonly spared: SparedInput[];
}

class RecordReader {
  #version: number | undefined;
  #started: bigint | undefined;
  #recorded: bigint | undefined;
  #restored: bigint | undefined;
  #cwd: string | undefined;
  #logicalCwd: string | undefined;
  #stdin: string | undefined;
  #network: NetworkUse[] | undefined;
  #because: ReadCause | undefined;
  readonly #commands: string[][] = [];
  readonly #environment: RecordedVariable[] = [];
  readonly #processes: (string | undefined)[] = [undefined];
  readonly #files: RecordedFile[] = [];
  #output:
    | { streams: (1 | 2)[]; terminals: (1 | 2)[]; chunks: RecordedOutput['chunks'][number][] }
    | undefined;
  readonly #listings: (RecordedListing & { names: string[]; own: string[] })[] = [];
  /** What a `disturbed` line speaks of. */
  #last: Mutable<RecordedFile> | Mutable<RecordedListing> | undefined;

  /** False if the line from `start` to `end` is none of ours. */
  readLine(text: string, start: number, end: number): boolean {
    if (!text.startsWith(prefix, start)) return false;
    const wordStart = start + prefix.length;
    let wordEnd = text.indexOf(' ', wordStart);
    if (wordEnd < 0 || wordEnd > end) wordEnd = end;
    const word = text.slice(wordStart, wordEnd);
    if (uses.has(word)) return this.#readFile(word as Use, text, wordEnd + 1, end);
    return this.#readFact(word, wordEnd === end ? undefined : text.slice(wordEnd + 1, end));
  }

  #readFact(word: string, rest: string | undefined): boolean {
    if (rest === undefined) {
      if (word === 'command') this.#commands.push([]);
      else if (word === 'disturbed' && this.#last !== undefined) this.#last.disturbed = true;
      else return false;
      return true;
    }
    switch (word) {
      case 'record':
        this.#version = Number(rest);
        return this.#version === recordVersion;
      case 'started':
        this.#started = parseTime(rest, 6);
        return this.#started !== undefined;
      case 'recorded':
        this.#recorded = parseTime(rest, 9);
        return this.#recorded !== undefined;
      case 'restored':
        this.#restored = parseTime(rest, 9);
        return this.#restored !== undefined;
      case 'cwd':
        this.#cwd = unescapeText(rest);
        return true;
      case 'logical':
        this.#logicalCwd = unescapeText(rest);
        return true;
      case 'stdin':
        this.#stdin = unescapeText(rest);
        return true;
      case 'network':
        this.#network = /^(?:used|served|used served)$/.test(rest)
          ? (rest.split(' ') as NetworkUse[])
          : undefined;
        return this.#network !== undefined;
      case 'because':
        return this.#readCause(rest);
      case 'reason':
        return this.#readReason(rest);
      case 'outputs':
        return this.#readOutcome(rest);
      case 'spared':
        return this.#readSpared(rest);
      case 'word':
        return this.#commands.at(-1)?.push(unescapeText(rest)) !== undefined;
      case 'variable':
      case 'hidden':
        return this.#readVariable(unescapeText(rest), word === 'hidden');
      case 'streams':
        return this.#readStreams(rest);
      case 'terminals':
        return this.#readTerminals(rest);
      case 'chunk':
        return this.#readChunk(rest);
      case 'process':
        return this.#readProcess(rest);
      case 'target':
        return this.#readTarget(unescapeText(rest));
      case 'version':
        return this.#readVersion(unescapeText(rest));
      case 'before':
        return this.#readBefore(rest);
      case 'listing':
        return this.#readListing(rest);
      case 'name':
        return this.#listings.at(-1)?.names.push(unescapeText(rest)) !== undefined;
      case 'own':
        return this.#listings.at(-1)?.own.push(unescapeText(rest)) !== undefined;
      default:
        return false;
    }
  }

  #readCause(rest: string): boolean {
    if (this.#because !== undefined || !/^\d{1,15}$/.test(rest)) return false;
    this.#because = { number: Number(rest), reasons: [], spared: [] };
    return true;
  }

  #readReason(rest: string): boolean {
    const reason = parseStoredReason(rest);
    if (this.#because === undefined || reason === undefined) return false;
    const { number, reasons } = this.#because;
    reasons.push(reason);
    return reasons.length <= Math.min(number, mostOfCause.reasons);
  }

  #readOutcome(rest: string): boolean {
    if (this.#because === undefined || (rest !== 'same' && rest !== 'changed')) return false;
    this.#because.outputs = rest;
    return true;
  }

  #readSpared(rest: string): boolean {
    const [, runs, path] = /^([1-9]\d{0,14}) (\/.*)$/s.exec(rest) ?? [];
    if (this.#because === undefined || path === undefined) return false;
    const { spared } = this.#because;
    spared.push({ path: unescapeText(path) as AbsolutePath, runs: Number(runs) });
    return spared.length <= mostOfCause.spared;
  }

  #readVariable(assignment: string, hidden: boolean): boolean {
    const equals = assignment.indexOf('=');
    if (equals < 0) return false;
    this.#environment.push({
      name: assignment.slice(0, equals),
      value: assignment.slice(equals + 1),
      hidden,
    });
    return true;
  }

  #readStreams(rest: string): boolean {
    const streams = rest === 'none' ? [] : parseStreams(rest);
    if (streams === undefined) return false;
    this.#output = { streams, terminals: [], chunks: [] };
    return true;
  }

  #readTerminals(rest: string): boolean {
    const terminals = parseStreams(rest);
    if (terminals === undefined || this.#output === undefined) return false;
    const { streams } = this.#output;
    this.#output.terminals = terminals;
    return terminals.every((stream) => streams.includes(stream));
  }

  #readChunk(rest: string): boolean {
    const match = /^([12]) (\d{1,15})$/.exec(rest);
    if (match === null || this.#output === undefined) return false;
    this.#output.chunks.push({ stream: Number(match[1]) as 1 | 2, length: Number(match[2]) });
    return true;
  }

  #readProcess(rest: string): boolean {
    const space = rest.indexOf(' ');
    if (space < 0 || Number(rest.slice(0, space)) !== this.#processes.length) return false;
    this.#processes.push(unescapeText(rest.slice(space + 1)));
    return true;
  }

  #readTarget(target: string): boolean {
    const file = this.#files.at(-1) as Mutable<RecordedFile> | undefined;
    if (file === undefined || file !== this.#last || file.state.type !== 'link') return false;
    file.state = { type: 'link', target };
    return true;
  }

  #readVersion(version: string): boolean {
    const file = this.#files.at(-1) as Mutable<RecordedFile> | undefined;
    if (file === undefined || file !== this.#last) return false;
    if (file.use !== 'executed' && file.use !== 'read') return false;
    file.version = version;
    return true;
  }

  #readBefore(rest: string): boolean {
    const file = this.#files.at(-1) as Mutable<RecordedFile> | undefined;
    if (file === undefined || file !== this.#last || file.before !== undefined) return false;
    if (file.use !== 'output' && file.use !== 'removed') return false;
    const before = parseBefore(rest);
    if (before === undefined) return false;
    file.before = before;
    return true;
  }

  #readListing(rest: string): boolean {
    const space = rest.indexOf(' ');
    const number = Number(rest.slice(0, space));
    if (space < 0 || !(number in this.#processes)) return false;
    const path = unescapeText(rest.slice(space + 1)) as AbsolutePath;
    const listing = { path, names: [], own: [], by: this.#processes[number], disturbed: false };
    this.#listings.push(listing);
    this.#last = listing;
    return true;
  }

  #readFile(use: Use, text: string, start: number, end: number): boolean {
    const fields = new Fields(text, start, end);
    const number = Number(fields.next());
    if (!(number in this.#processes)) return false;
    const state = parseState(fields);
    const path = fields.rest();
    if (state === undefined || path === undefined) return false;
    const file = { path: path as AbsolutePath, use, state, by: this.#processes[number], disturbed: false };
    this.#files.push(file);
    this.#last = file;
    return true;
  }

  record(): RunRecord | undefined {
    if (
      this.#version !== recordVersion ||
      this.#started === undefined ||
      this.#recorded === undefined ||
      this.#cwd === undefined
    )
      return undefined;
    return {
      version: recordVersion,
      commands: this.#commands,
      cwd: this.#cwd as AbsolutePath,
      ...(this.#logicalCwd === undefined ? {} : { logicalCwd: this.#logicalCwd as AbsolutePath }),
      ...(this.#stdin === undefined ? {} : { stdin: this.#stdin }),
      ...(this.#network === undefined ? {} : { network: this.#network }),
      environment: this.#environment,
      started: Number(this.#started),
      recorded: this.#recorded,
      ...(this.#restored === undefined ? {} : { restored: this.#restored }),
      files: this.#files,
      listings: this.#listings,
      ...(this.#output === undefined ? {} : { output: this.#output }),
      ...(this.#because === undefined ? {} : { because: causeOf(this.#because) }),
    };
  }
}

function causeOf({ number, ...cause }: ReadCause): RunCause {
  return { ...cause, more: number - cause.reasons.length };
}

/** The parts of one line, cut at single spaces; split() would make an array for each of very many lines. */
class Fields {
  constructor(
    readonly text: string,
    private at: number,
    readonly end: number,
  ) {}

  next(): string | undefined {
    const space = this.text.indexOf(' ', this.at);
    if (space < 0 || space >= this.end) return undefined;
    const field = this.text.slice(this.at, space);
    this.at = space + 1;
    return field;
  }

  rest(): string | undefined {
    return this.at < this.end ? unescapeText(this.text.slice(this.at, this.end)) : undefined;
  }
}

function formatCause({ reasons, more, outputs, spared }: RunCause): string[] {
  return [
    `# oodate because ${reasons.length + more}`,
    ...reasons.map((reason) => `# oodate reason ${JSON.stringify(reason)}`),
    ...(outputs === undefined ? [] : [`# oodate outputs ${outputs}`]),
    ...spared.map(({ path, runs }) => `# oodate spared ${runs} ${escapeText(path)}`),
  ];
}

function parseStoredReason(text: string): StoredReason | undefined {
  if (text.length > mostOfCause.reasonLength) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isReason = typeof value === 'object' && value !== null && 'kind' in value;
    return isReason && typeof value.kind === 'string' ? { ...value, kind: value.kind } : undefined;
  } catch {
    return undefined;
  }
}

function parseStreams(text: string): (1 | 2)[] | undefined {
  return /^(?:1|2|1 2|2 1)$/.test(text) ? (text.split(' ').map(Number) as (1 | 2)[]) : undefined;
}

function formatState(state: RecordedState): string {
  switch (state.type) {
    case 'absent':
    case 'directory':
    case 'special':
    case 'link':
      return state.type;
    case 'unreadable':
      return `unreadable ${state.errno}`;
    case 'file': {
      const { size, mtime, ctime, inode, mode, digest } = state;
      return `file ${size} ${formatTime(mtime, 9)} ${formatTime(ctime, 9)} ${inode} ${mode.toString(8)} ${digest ?? '-'}`;
    }
  }
}

function parseBefore(text: string): RecordedFile['before'] {
  if (text === 'looked' || text === 'unknown') return text;
  // Each field of a state ends in a space.
  const fields = new Fields(`${text} `, 0, text.length + 1);
  const state = parseState(fields);
  return state?.type === 'link' || fields.rest() !== undefined ? undefined : state;
}

function parseState(fields: Fields): RecordedState | undefined {
  const type = fields.next();
  switch (type) {
    case 'absent':
    case 'directory':
    case 'special':
      return { type };
    case 'link':
      return { type, target: '' };
    case 'unreadable':
      return { type, errno: fields.next() ?? '' };
    case 'file':
      return parseContent(fields);
    default:
      return undefined;
  }
}

function parseContent(fields: Fields): RecordedContent | undefined {
  const size = parseInteger(fields.next());
  const mtime = parseTime(fields.next(), 9);
  const ctime = parseTime(fields.next(), 9);
  const inode = parseInteger(fields.next());
  const mode = Number.parseInt(fields.next() ?? '', 8);
  const digest = fields.next();
  if (size === undefined || mtime === undefined || ctime === undefined || inode === undefined)
    return undefined;
  if (Number.isNaN(mode) || digest === undefined) return undefined;
  return { type: 'file', size, mtime, ctime, inode, mode, digest: digest === '-' ? undefined : digest };
}

function parseInteger(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

/** Seconds with a fraction of exactly `digits` digits. Times before 1970 have a minus sign. */
function formatTime(ticks: bigint, digits: number): string {
  const sign = ticks < 0n ? '-' : '';
  const text = (ticks < 0n ? -ticks : ticks).toString().padStart(digits + 1, '0');
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

function parseTime(text: string | undefined, digits: number): bigint | undefined {
  if (text === undefined || !/^-?\d+\.\d+$/.test(text)) return undefined;
  const dot = text.indexOf('.');
  if (text.length - dot - 1 !== digits) return undefined;
  return BigInt(text.slice(0, dot) + text.slice(dot + 1));
}

function escapeText(text: string): string {
  return /[\\\n]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : text;
}

function unescapeText(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\([\\n])/g, (_, letter) => (letter === 'n' ? '\n' : '\\'))
    : text;
}
