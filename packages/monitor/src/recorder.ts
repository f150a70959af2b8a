import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { type AbsolutePath, decodePath, encodePath } from '@oodate/filemon';
import * as v from 'valibot';
import { type Journal, readJournal } from './journal.js';
import { LineSplitter } from './line-splitter.js';
import { MonitorError } from './monitor-error.js';
import { eventTime, refusal } from './monitor-event.js';

/*
 * A recorder is a process that keeps the journal of a project, in a folder of the project's root: `socket`, on which it
 * is asked, `pid`, and the journal. The folder belongs to one user and is open to nobody else.
 */

/** Makes the folder of a recorder. Throws a MonitorError if it is not this user's alone. */
export async function makeRecorderFolder(folder: AbsolutePath): Promise<void> {
  try {
    await mkdir(encodePath(folder), { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new MonitorError('FOLDER_NOT_WRITABLE', `${folder} cannot be made (${code})`);
  }
  await checkFolder(folder);
}

async function checkFolder(folder: AbsolutePath): Promise<void> {
  const stats = await lstat(encodePath(folder));
  if (!stats.isDirectory()) throw new MonitorError('FOLDER_NOT_OURS', `${folder} is no directory`);
  if (stats.uid !== process.geteuid?.())
    throw new MonitorError(
      'FOLDER_NOT_OURS',
      `${folder} belongs to another user (${stats.uid})`,
      'a project is recorded by the user who works on it; remove that folder if it is of no use any more',
    );
  if ((stats.mode & 0o77) !== 0)
    throw new MonitorError(
      'FOLDER_NOT_OURS',
      `${folder} is open to others`,
      `close it with: chmod 700 ${folder}`,
    );
}

const greeting = v.object({
  monitor: v.literal(1),
  backend: v.picklist(['bpf', 'fanotify', 'inotify']),
  pid: v.number(),
  tells: v.array(v.string()),
});

const statusOfRecorder = v.object({
  since: eventTime,
  /** Paths that were expressed. */
  paths: v.number(),
  /** Proofs whose inputs are watched; of them, those whose state must be looked at again, and those that hold no more. */
  sets: v.number(),
  doubtful: v.optional(v.number(), 0),
  over: v.optional(v.number(), 0),
  /** Files of the sets. */
  inputs: v.optional(v.number(), 0),
  events: v.number(),
  lost: v.optional(v.number(), 0),
  /** Bytes of both files. */
  journal: v.number(),
});

const answer = v.object({
  answer: v.union([v.number(), v.string()]),
  refusal: v.optional(refusal),
  status: v.optional(statusOfRecorder),
});

export type RecorderGreeting = v.InferOutput<typeof greeting>;
export type RecorderStatus = v.InferOutput<typeof statusOfRecorder>;
type Answer = v.InferOutput<typeof answer>;

/** What a program says first that may refuse to record. */
export function parseGreeting(line: string): RecorderGreeting | MonitorError | undefined {
  const read = v.safeParse(v.union([greeting, v.object({ refusal })]), parsed(line));
  if (!read.success) return undefined;
  if (!('refusal' in read.output)) return read.output;
  const { code, sentence, remedy } = read.output.refusal;
  return new MonitorError(code, sentence, remedy === '' ? undefined : remedy);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Changes of a path that make an entry in the journal. */
const mask = 'content,attribute,delete';

/** Milliseconds in which a recorder that is there says so. */
const defaultPatience = 5_000;

/** A connection to a recorder that runs. Requests may be made one behind the other, without waiting. */
export class RecorderClient {
  readonly greeting: RecorderGreeting;
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (answer: Answer | undefined) => void>();
  #last = 0;

  private constructor(socket: Socket, lines: LineReader, greeting: RecorderGreeting) {
    this.#socket = socket;
    this.greeting = greeting;
    lines.each((line) => this.#take(line));
    socket.on('close', () => {
      for (const done of this.#waiting.values()) done(undefined);
      this.#waiting.clear();
    });
  }

  /** undefined if none runs there; a socket that a recorder has left behind when it was killed is none. */
  static async connect(
    folder: AbsolutePath,
    patience = defaultPatience,
  ): Promise<RecorderClient | undefined> {
    let held: FileHandle | undefined;
    try {
      await checkFolder(folder);
      // The name of a socket must be short, and this one is.
      held = await open(encodePath(folder), 'r');
      const socket = await connected(`/proc/self/fd/${held.fd}/socket`);
      if (socket === undefined) return undefined;
      const lines = new LineReader(socket);
      const first = parseGreeting((await lines.first(patience)) ?? '');
      if (first !== undefined && !(first instanceof MonitorError))
        return new RecorderClient(socket, lines, first);
      socket.destroy();
      return undefined;
    } catch {
      return undefined;
    } finally {
      await held?.close();
    }
  }

  /** undefined if the recorder has ended meanwhile. */
  async status(): Promise<RecorderStatus | undefined> {
    return (await this.#ask('status'))?.status;
  }

  /** Resolves once it has ended. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    await this.#ask('stop');
    await closed;
  }

  /** Has the changes of this path written down from now on. False if that cannot be. */
  async express(path: AbsolutePath): Promise<boolean> {
    const answer = await this.#ask('express', `${mask} ${path}`);
    return answer !== undefined && answer.refusal === undefined;
  }

  /** Has all inputs and outputs of a proof watched. False if this recorder cannot do that. */
  async set(proof: AbsolutePath): Promise<boolean> {
    const answer = await this.#ask('set', proof);
    return answer !== undefined && answer.refusal === undefined;
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(word: string, rest?: string): Promise<Answer | undefined> {
    if (this.#socket.destroyed) return Promise.resolve(undefined);
    this.#last += 1;
    const id = String(this.#last);
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.write(encodePath(`${word} ${id}${rest === undefined ? '' : ` ${rest}`}\0`));
    });
  }

  #take(line: string): void {
    const read = v.safeParse(answer, parsed(line));
    if (!read.success) return;
    const id = String(read.output.answer);
    this.#waiting.get(id)?.(read.output);
    this.#waiting.delete(id);
  }
}

/** Milliseconds that a reader of the journal gives a recorder to write down what it knows. */
const shortPatience = 250;

/** The journal in the folder of a recorder with all that has happened until now, if that runs. undefined as of `readJournal`. */
export async function presentJournal(folder: AbsolutePath): Promise<Journal | undefined> {
  const client = await RecorderClient.connect(folder, shortPatience);
  if (client !== undefined) {
    const timer = setTimeout(() => client.close(), shortPatience);
    // Before it answers this it writes.
    await client.status();
    clearTimeout(timer);
    client.close();
  }
  return readJournal(folder);
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.on('error', () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

/** The lines that come in, as bytes of paths are read. */
export class LineReader {
  readonly #splitter = new LineSplitter();
  #heard: ((line: string) => void) | undefined;
  readonly #source: NodeJS.ReadableStream;
  readonly #lines: string[] = [];

  constructor(source: NodeJS.ReadableStream) {
    this.#source = source;
    source.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** The first line; undefined if there is none in so many milliseconds, or none comes any more. */
  first(milliseconds: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      const end = () => done(undefined);
      const timer = setTimeout(end, milliseconds);
      const done = (line: string | undefined) => {
        clearTimeout(timer);
        this.#source.off('close', end);
        this.#heard = undefined;
        resolve(line);
      };
      const known = this.#lines.shift();
      if (known !== undefined) return done(known);
      this.#source.on('close', end);
      this.#heard = done;
    });
  }

  /** From now on. */
  each(heard: (line: string) => void): void {
    for (const line of this.#lines.splice(0)) heard(line);
    this.#heard = heard;
  }

  #take(bytes: Buffer): void {
    for (const bytesOfLine of this.#splitter.take(bytes)) {
      const line = decodePath(bytesOfLine);
      if (this.#heard === undefined) this.#lines.push(line);
      else this.#heard(line);
    }
  }
}
