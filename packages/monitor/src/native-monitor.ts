import { type ChildProcess, spawn } from 'node:child_process';
import { type AbsolutePath, encodePath } from '@oodate/filemon';
import { findProbe, TraceError } from '@oodate/tracer';
import { EventQueue } from './event-queue.js';
import { LineSplitter } from './line-splitter.js';
import type { BackendName, Monitor, MonitorOptions } from './monitor.js';
import { MonitorError } from './monitor-error.js';
import {
  type FileState,
  type FileSystemKind,
  type InterestKind,
  isTelling,
  type MonitorEvent,
  type MonitorMessage,
  parseMonitorLine,
  type Refusal,
  type Telling,
} from './monitor-event.js';
import { shortened } from './shortened.js';
import { withoutLinks } from './without-links.js';

type Greeting = Extract<MonitorMessage, { monitor: 1 }>;
type Answer = Extract<MonitorMessage, { answer: unknown }>;

interface Request {
  readonly path: AbsolutePath;
  resolve(state: FileState | null | undefined): void;
  reject(error: MonitorError): void;
}

/** By a program of its own. Throws a MonitorError if there is none, or its backend does not work. */
export async function openNativeMonitor(options: MonitorOptions): Promise<Monitor> {
  const { backend, stacks = false, queue = 16_384 } = options;
  const words = [
    '--monitor',
    ...(backend === undefined ? [] : ['--backend', backend]),
    ...(stacks ? ['--stacks'] : []),
  ];
  // In a session of its own: Ctrl-C in the terminal is for who started it, and its end ends the program.
  const child = spawn(probeFile(), words, { stdio: 'pipe', detached: true });
  const monitor = new NativeMonitor(child, queue);
  await monitor.greeted();
  return monitor;
}

function probeFile(): string {
  try {
    return findProbe();
  } catch (cause) {
    if (!(cause instanceof TraceError)) throw cause;
    throw new MonitorError(cause.code, cause.message, cause.hint, { cause });
  }
}

class NativeMonitor implements Monitor {
  readonly #child: ChildProcess;
  readonly #limit: number;
  readonly #queue = new EventQueue(() => this.#regulate());
  readonly #requests = new Map<string, Request>();
  readonly #greeted: Promise<void>;
  readonly #ended: Promise<void>;
  #greeting: Greeting | undefined;
  #welcome: (error?: MonitorError) => void = () => {};
  #number = 0;
  #complaint = '';
  readonly #lines = new LineSplitter();
  #end: MonitorError | undefined;

  constructor(child: ChildProcess, limit: number) {
    this.#child = child;
    this.#limit = limit;
    this.#greeted = new Promise((resolve, reject) => {
      this.#welcome = (error) => (error === undefined ? resolve() : reject(error));
    });
    child.stdout?.on('data', (bytes: Buffer) => this.#read(bytes));
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#complaint = `${this.#complaint}${bytes}`.slice(-1000);
    });
    // Its end is told by `close`.
    child.stdin?.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      child.on('error', (cause) => {
        this.#fail(
          new MonitorError(
            'MONITOR_FAILED',
            `the monitor could not be started (${cause.message})`,
            undefined,
            {
              cause,
            },
          ),
        );
        resolve();
      });
      child.on('close', (status, signal) => {
        this.#fail(endError(status, signal, this.#complaint));
        resolve();
      });
    });
  }

  get backend(): BackendName {
    return this.#known.backend;
  }

  get tells(): ReadonlySet<Telling> {
    return new Set(this.#known.tells.filter(isTelling));
  }

  [Symbol.asyncIterator](): AsyncIterator<MonitorEvent> {
    return this.#queue[Symbol.asyncIterator]();
  }

  greeted(): Promise<void> {
    return this.#greeted;
  }

  async express(path: AbsolutePath, mask: readonly InterestKind[]): Promise<FileState> {
    const state = await this.#ask('express', mask.join(','), path);
    if (state === undefined || state === null) throw new MonitorError('NOT_THERE', `${path} is not there`);
    return state;
  }

  async revoke(path: AbsolutePath, mask: readonly InterestKind[]): Promise<void> {
    await this.#ask('revoke', mask.join(','), path);
  }

  async watchFileSystem(path: AbsolutePath, kinds: readonly FileSystemKind[]): Promise<void> {
    await this.#ask('file-system', kinds.join(','), path);
  }

  pending(): number {
    return this.#queue.size;
  }

  onEvent(listener: (event: MonitorEvent) => void, failed?: (error: Error) => void): () => void {
    return this.#queue.listen(listener, failed);
  }

  async close(): Promise<void> {
    this.#queue.end();
    this.#end ??= new MonitorError('CLOSED', 'the monitor is closed');
    this.#child.stdin?.end();
    this.#child.stdout?.destroy();
    this.#child.kill('SIGTERM');
    await this.#ended;
  }

  get #known(): Greeting {
    if (this.#greeting === undefined) throw new Error('the monitor is used before it has begun');
    return this.#greeting;
  }

  #ask(request: string, kinds: string, path: AbsolutePath): Promise<FileState | null | undefined> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    this.#number += 1;
    const id = String(this.#number);
    return new Promise((resolve, reject) => {
      this.#requests.set(id, { path, resolve, reject });
      this.#regulate();
      this.#child.stdin?.write(Buffer.concat([encodePath(`${request} ${id} ${kinds} ${path}`), nul]));
    });
  }

  /**
   * Reads no more while too much waits here, so that what is too much is dropped, and told, in one place: the program.
   * While an answer is awaited all is read, as it comes after the events before it.
   */
  #regulate(): void {
    const { stdout } = this.#child;
    if (stdout === null || stdout.destroyed) return;
    if (this.#requests.size === 0 && this.#queue.size >= this.#limit) stdout.pause();
    else if (stdout.isPaused() && (this.#requests.size > 0 || this.#queue.size <= this.#limit / 2))
      stdout.resume();
  }

  #read(bytes: Buffer): void {
    for (const line of this.#lines.take(bytes)) this.#take(line);
    this.#regulate();
  }

  #take(line: Buffer): void {
    if (this.#end !== undefined) return;
    let message: MonitorMessage;
    try {
      message = parseMonitorLine(line);
    } catch (cause) {
      this.#fail(
        new MonitorError(
          'MONITOR_FAILED',
          `the monitor wrote what is none of its lines: ${line.subarray(0, 80)}`,
          undefined,
          { cause },
        ),
      );
      this.#child.kill('SIGTERM');
      return;
    }
    if ('event' in message) this.#queue.put(message);
    else if ('answer' in message) this.#answer(message);
    else if ('monitor' in message) {
      this.#greeting = message;
      this.#welcome();
    } else this.#fail(refusalError(message.refusal));
  }

  #answer({ answer, state, refusal }: Answer): void {
    const id = String(answer);
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    if (refusal === undefined) request?.resolve(state);
    else request?.reject(refusalError(refusal, request.path));
  }

  /** The first end is the one that counts. */
  #fail(error: MonitorError): void {
    this.#queue.end(this.#end === undefined ? error : undefined);
    this.#end ??= error;
    this.#welcome(this.#end);
    for (const { reject } of this.#requests.values()) reject(this.#end);
    this.#requests.clear();
  }
}

const nul = Buffer.alloc(1);

function refusalError({ code, sentence, remedy }: Refusal, path?: AbsolutePath): MonitorError {
  const message = path === undefined ? sentence : `${shortened(path)} cannot be monitored: ${sentence}`;
  return new MonitorError(code, message, (code === 'THROUGH_LINK' && wayAround(path)) || remedy || undefined);
}

function wayAround(path: AbsolutePath | undefined): string | undefined {
  try {
    return path && `give ${withoutLinks(path)} instead`;
  } catch {
    return undefined;
  }
}

function endError(status: number | null, signal: NodeJS.Signals | null, complaint: string): MonitorError {
  const how = signal === null ? `with exit status ${status}` : `by ${signal}`;
  const said = complaint.trim().split('\n').at(-1);
  return new MonitorError(
    'MONITOR_ENDED',
    `the program that monitors has ended ${how}${said ? ` (${said})` : ''}; what has happened since is not known`,
  );
}
