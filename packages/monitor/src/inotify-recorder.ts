import {
  chmodSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type AbsolutePath, childOf, decodePath, encodePath, isAbsolutePath } from '@oodate/filemon';
import { timeNow } from './event-time.js';
import { openInotifyMonitor } from './inotify-monitor.js';
import { JournalWriter } from './journal-writer.js';
import type { Monitor } from './monitor.js';
import { MonitorError } from './monitor-error.js';
import { type InterestKind, interestKinds, type MonitorEvent } from './monitor-event.js';
import { makeRecorderFolder, RecorderClient } from './recorder.js';
import { recordsAlready } from './recorder-start.js';

/*
 * A recorder for where the native one has no backend that works. It has the same folder, journal and words, and
 * knows no processes. It watches what is expressed; to proofs it has nothing to say.
 */

interface Request {
  readonly word: string;
  readonly id: string;
  readonly rest: string;
}

/** Records until it is told to stop. `begun` is given the line that a native recorder would write. Throws a MonitorError. */
export async function recordByInotify(folder: AbsolutePath, begun: (line: string) => void): Promise<void> {
  await makeRecorderFolder(folder);
  // By this the names in the folder are short enough for a socket.
  const place = `/proc/self/fd/${openSync(encodePath(folder), 'r')}`;
  const monitor = await openInotifyMonitor({});
  const recorder = new InotifyRecorder(folder, monitor);
  const server = createServer((socket) => recorder.serve(socket));
  await listen(server, folder, place);
  writeFileSync(`${place}/pid`, `${process.pid}\n`, { mode: 0o600 });
  begun(recorder.greeting);
  // A project that is removed has no use for it, and the one of another recorder is not this one's.
  const leftAlone = watch(`${place}/socket`, (kind) => kind === 'rename' && recorder.end());
  await recorder.ended;
  leftAlone.close();
  for (const name of ['socket', 'pid']) rmSync(`${place}/${name}`, { force: true });
  server.close();
  await monitor.close();
  recorder.close();
}

/** The socket gets its name only once it answers, and only if no other has that: so it is the lock too. */
async function listen(server: Server, folder: AbsolutePath, place: string): Promise<void> {
  const own = `${place}/socket.${process.pid}`;
  const name = `${place}/socket`;
  rmSync(own, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(own, resolve);
  });
  chmodSync(own, 0o600);
  try {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      if (isLinked(own, name)) return;
      const other = await RecorderClient.connect(folder);
      other?.close();
      if (other !== undefined) throw recordsAlready(other.greeting.pid);
      removeLeft(name);
    }
  } catch (error) {
    server.close();
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function isLinked(own: string, name: string): boolean {
  try {
    linkSync(own, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** What a recorder left that was killed; unless another has put its own in that place just now. */
function removeLeft(name: string): void {
  const left = lstatSync(name, { throwIfNoEntry: false });
  if (left === undefined) return;
  const aside = `${name}.left.${process.pid}`;
  try {
    renameSync(name, aside);
    if (statSync(aside).ino !== left.ino) linkSync(aside, name);
  } catch {
    // Another one has done it.
  }
  rmSync(aside, { force: true });
}

class InotifyRecorder {
  readonly greeting: string;
  readonly ended: Promise<void>;
  readonly #folder: AbsolutePath;
  readonly #monitor: Monitor;
  readonly #journal: JournalWriter;
  readonly #since = timeNow();
  readonly #interests = new Map<AbsolutePath, readonly InterestKind[]>();
  readonly #sockets = new Set<Socket>();
  #events = 0;
  #lost = 0;
  /** Has it end. */
  end: () => void = () => {};

  constructor(folder: AbsolutePath, monitor: Monitor) {
    this.#folder = folder;
    this.#monitor = monitor;
    this.#journal = new JournalWriter(folder, monitor.backend, this.#since);
    const { backend, tells } = monitor;
    this.greeting = `${JSON.stringify({ monitor: 1, backend, pid: process.pid, tells: [...tells] })}\n`;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.end());
    monitor.onEvent((event) => this.#note(event));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#journal.close();
  }

  serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(this.greeting);
    let rest = Buffer.alloc(0);
    // One after the other, as the native one does.
    let before = Promise.resolve();
    socket.on('data', (bytes: Buffer) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        const request = parseRequest(decodePath(rest.subarray(0, end)));
        rest = rest.subarray(end + 1);
        before = before.then(async () => {
          const answer = await this.#answer(request);
          if (!socket.destroyed) socket.write(`${JSON.stringify({ answer: request.id, ...answer })}\n`);
          if (request.word === 'stop') socket.end(() => this.end());
        });
      }
      if (rest.length > longestRequest) socket.destroy();
    });
  }

  async #answer({ word, rest }: Request): Promise<object> {
    try {
      if (word === 'stop') return {};
      if (word === 'status') return { status: this.#status() };
      if (word === 'express') return { state: await this.#express(rest) };
      throw new MonitorError('NOT_TOLD', `the backend ${this.#monitor.backend} cannot do that`);
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
      const { code, message, hint = '' } = error;
      return { refusal: { code, sentence: message, remedy: hint } };
    }
  }

  #status(): object {
    return {
      since: this.#since,
      paths: this.#interests.size,
      sets: 0,
      events: this.#events,
      lost: this.#lost,
      journal: this.#journal.size + sizeOf(childOf(this.#folder, 'journal.1')),
    };
  }

  #express(words: string): Promise<object> {
    const [, mask = '', path = ''] = /^(\S+) (.*)$/s.exec(words) ?? [];
    const kinds = interestKinds.filter((kind) => mask.split(',').includes(kind));
    if (kinds.length === 0 || !isAbsolutePath(path))
      throw new MonitorError('BAD_REQUEST', `${words} is nothing to express`);
    const state = this.#monitor.express(path, kinds);
    this.#interests.set(path, kinds);
    return state;
  }

  #note(event: MonitorEvent): void {
    const { event: kind, path, entry, lost, time } = event;
    if (kind === 'STATE') return;
    if (kind === 'OVER') {
      this.#lost += lost ?? 1;
      this.#journal.write({ gap: time });
      return;
    }
    this.#events += 1;
    this.#journal.write(event);
    // Interest ends with the file; what comes in its place is as interesting.
    if (path === undefined) return;
    this.#takeUp(path);
    if (entry !== undefined) this.#takeUp(childOf(path, entry));
  }

  #takeUp(path: AbsolutePath): void {
    const kinds = this.#interests.get(path);
    if (kinds === undefined) return;
    // Only when the monitor has let go of what was there. It may be gone, and come later.
    setImmediate(() => this.#monitor.express(path, kinds).catch(() => {}));
  }
}

const longestRequest = 64 * 1024;

function parseRequest(text: string): Request {
  const [, word = '', id = '', rest = ''] = /^(\S*) ?(\S*) ?(.*)$/s.exec(text) ?? [];
  return { word, id, rest };
}

function sizeOf(path: AbsolutePath): number {
  return statSync(encodePath(path), { throwIfNoEntry: false })?.size ?? 0;
}
