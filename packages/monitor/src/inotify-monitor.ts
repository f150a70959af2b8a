import { lstatSync, readFileSync } from 'node:fs';
import { type AbsolutePath, encodePath, fsPath, isAbsolutePath, nameOf, parentOf } from '@oodate/filemon';
import { FSWatcher } from 'chokidar';
import { EventQueue } from './event-queue.js';
import { timeNow } from './event-time.js';
import { fileStateAt } from './file-state.js';
import { unheardFileSystem } from './file-systems.js';
import type { Monitor, MonitorOptions } from './monitor.js';
import { MonitorError } from './monitor-error.js';
import type { FileState, InterestKind, MonitorEvent } from './monitor-event.js';
import { shortened } from './shortened.js';
import { withoutLinks } from './without-links.js';

/*
 * Without any privilege: the system's inotify, through chokidar. It tells that something has happened to a file, and
 * not what: that is found by looking at the file each time and comparing. So it knows no process, and a change that is
 * followed at once by its reversal may look like none.
 */

interface Interest {
  readonly path: AbsolutePath;
  readonly kinds: Set<InterestKind>;
  /** Nanoseconds since the epoch: where the number of a removed file is given to the next, this tells them apart. */
  readonly born: bigint | undefined;
  state: FileState;
  /** Milliseconds since the epoch, when the state was looked at. */
  lookedAt: number;
  /** How often it was heard of after its name had gone. */
  goings: number;
}

/** What is watched: a file or directory, or for a symbolic link, which inotify follows, the directory that it is in. */
interface Place {
  readonly watcher: FSWatcher;
  readonly interests: Set<Interest>;
}

const told: ReadonlySet<string> = new Set(['content', 'attribute', 'delete']);

/** Times of files come from a clock that goes on in such steps, before Linux 6.13. */
const clockStep = 20;

const expressAttempts = 8;

/** In bytes, without the NUL at the end. (Source: linux/limits.h.) */
const longestPath = 4095;
const longestName = 255;

/** Throws a MonitorError where there is no inotify. */
export async function openInotifyMonitor(options: MonitorOptions): Promise<Monitor> {
  if (process.platform !== 'linux')
    throw new MonitorError(
      'UNSUPPORTED_PLATFORM',
      `files can be monitored on Linux only, and this is ${process.platform}`,
    );
  return new InotifyMonitor(options.queue ?? 16_384);
}

class InotifyMonitor implements Monitor {
  readonly backend = 'inotify';
  readonly tells: Monitor['tells'] = new Set();
  readonly #interests = new Map<AbsolutePath, Interest>();
  readonly #places = new Map<AbsolutePath, Place>();
  readonly #queue = new EventQueue(() => this.#restate());
  readonly #limit: number;
  readonly #burst = eventsInQueue();
  #sequence = 0;
  #heardAtOnce = 0;
  #lost = 0;
  /** After a loss: those whose state is still to be told. */
  #unstated: Set<Interest> | undefined;
  #isClosed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  [Symbol.asyncIterator](): AsyncIterator<MonitorEvent> {
    return this.#queue[Symbol.asyncIterator]();
  }

  async express(path: AbsolutePath, mask: readonly InterestKind[]): Promise<FileState> {
    for (const kind of mask)
      if (!told.has(kind))
        throw new MonitorError(
          'NOT_TOLD',
          `inotify cannot tell who executes ${path}`,
          'run it as root, or see "oodate doctor"',
        );
    const known = this.#interests.get(path);
    if (known !== undefined) {
      for (const kind of mask) known.kinds.add(kind);
      return known.state;
    }
    for (let attempt = 0; attempt < expressAttempts; attempt += 1) {
      const state = watchableState(path);
      const interest: Interest = {
        path,
        kinds: new Set(mask),
        born: bornAt(path),
        state,
        lookedAt: Date.now(),
        goings: 0,
      };
      await this.#watch(placeOf(interest), interest);
      const now = look(path);
      if (now !== undefined && isOf(interest, now)) {
        interest.state = now;
        interest.lookedAt = Date.now();
        this.#interests.set(path, interest);
        return now;
      }
      await this.#unwatch(interest);
    }
    throw new MonitorError(
      'CHANGES_TOO_FAST',
      `${path} is replaced so fast that it cannot be monitored`,
      'monitor the directory that it is in',
    );
  }

  async revoke(path: AbsolutePath, mask: readonly InterestKind[]): Promise<void> {
    const interest = this.#interests.get(path);
    if (interest === undefined) throw new MonitorError('NOT_EXPRESSED', `${path} is not monitored`);
    for (const kind of mask) interest.kinds.delete(kind);
    if (interest.kinds.size === 0) await this.#unwatch(interest);
  }

  async watchFileSystem(path: AbsolutePath): Promise<void> {
    throw new MonitorError(
      'NOT_TOLD',
      `inotify cannot tell of all files of the file system of ${path}`,
      'run it as root, or see "oodate doctor"',
    );
  }

  pending(): number {
    return this.#queue.size;
  }

  onEvent(listener: (event: MonitorEvent) => void, failed?: (error: Error) => void): () => void {
    return this.#queue.listen(listener, failed);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.end();
    await Promise.all([...this.#interests.values()].map((interest) => this.#unwatch(interest)));
  }

  async #watch(place: AbsolutePath, interest: Interest): Promise<void> {
    if (this.#isClosed) throw new MonitorError('CLOSED', 'the monitor is closed');
    const known = this.#places.get(place);
    if (known !== undefined) {
      known.interests.add(interest);
      return;
    }
    const watcher = new FSWatcher({
      ignored: (path) => path !== place,
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
      atomic: false,
      usePolling: false,
    });
    this.#places.set(place, { watcher, interests: new Set([interest]) });
    watcher.on('raw', (kind, name: string | null) => this.#hear(place, kind, name));
    try {
      await new Promise<void>((resolve, reject) => {
        watcher.on('ready', resolve);
        watcher.on('error', (error) => {
          reject(refused(place, error as NodeJS.ErrnoException));
          this.#lose(1);
        });
        watcher.add(place);
      });
    } catch (error) {
      await this.#unwatch(interest);
      throw error;
    }
  }

  async #unwatch(interest: Interest): Promise<void> {
    const { path } = interest;
    if (this.#interests.get(path) === interest) this.#interests.delete(path);
    this.#unstated?.delete(interest);
    const name = placeOf(interest);
    const place = this.#places.get(name);
    if (place === undefined || !place.interests.delete(interest) || place.interests.size > 0) return;
    this.#places.delete(name);
    await place.watcher.close();
  }

  /** `kind`: what Node makes of inotify's bits: `change` for content and attributes, `rename` for all about names. */
  #hear(place: AbsolutePath, kind: string, name: string | null): void {
    this.#countBurst();
    for (const interest of [...(this.#places.get(place)?.interests ?? [])]) {
      // Until express() has its state there is nothing to compare with, and it looks again.
      if (this.#interests.get(interest.path) !== interest) continue;
      if (interest.path !== place && name !== null && name !== nameOf(interest.path)) continue;
      this.#compare(interest, kind, name);
    }
  }

  /** Neither Node nor chokidar tells that inotify's queue was full. As much at once as it holds means that it may have been. */
  #countBurst(): void {
    if (this.#heardAtOnce === 0)
      setImmediate(() => {
        this.#heardAtOnce = 0;
      });
    this.#heardAtOnce += 1;
    if (this.#heardAtOnce === this.#burst) setImmediate(() => this.#lose(undefined));
  }

  #compare(interest: Interest, kind: string, name: string | null): void {
    const { path, state: was, lookedAt } = interest;
    const is = look(path);
    if (is === undefined || !isOf(interest, is)) {
      // One that is removed or replaced has one link less, of which is heard first.
      if (kind === 'rename') this.#decideLater(interest);
      else this.#leave(interest, 'REMOVE');
      return;
    }
    interest.state = is;
    interest.lookedAt = Date.now();
    const isDirectory = is.type === 'directory';
    const hasContent = is.mtime !== was.mtime || is.size !== was.size;
    if (isDirectory && kind === 'rename') {
      const isOwn = name === null || name === nameOf(path);
      if (!isOwn || hasContent)
        this.#tell(interest, 'content', {
          event: 'CONTENT',
          reason: 'ENTRY',
          ...(name !== null && { entry: name }),
        });
    }
    // An equal state may hide a change after the last look, in the same step of the clock.
    const isUncertain = is.ctime === was.ctime && lookedAt - millisecondsOf(was.ctime) < clockStep;
    if (!isDirectory && (hasContent || isUncertain)) this.#tell(interest, 'content', { event: 'CONTENT' });
    const hasOwner = is.mode !== was.mode || is.uid !== was.uid || is.gid !== was.gid;
    if (hasOwner || (!isDirectory && is.links !== was.links) || (is.ctime !== was.ctime && !hasContent))
      this.#tell(interest, 'attribute', { event: 'ATTRIBUTE' });
  }

  /** A file that is gone for good tells it twice in one go, one that was moved once. */
  #decideLater(interest: Interest): void {
    interest.goings += 1;
    if (interest.goings === 1)
      setImmediate(() => {
        if (this.#interests.get(interest.path) !== interest) return;
        this.#leave(interest, interest.goings > 1 ? 'REMOVE' : 'RENAME');
      });
  }

  /** Nothing more is heard of a file whose name is another's or nobody's: chokidar lets it go. */
  #leave(interest: Interest, reason: 'REMOVE' | 'RENAME'): void {
    const { type, links } = interest.state;
    // What became of a link cannot be told: inotify follows it, so that its directory alone is listened to.
    const isOver = reason === 'REMOVE' && (type === 'directory' || (type !== 'link' && links <= 1));
    this.#tell(interest, 'content', { event: 'CONTENT', reason: type === 'link' ? 'REMOVE' : reason });
    if (isOver) this.#tell(interest, 'delete', { event: 'DELETE' });
    void this.#unwatch(interest);
  }

  #tell({ path, kinds, state }: Interest, kind: InterestKind, event: MonitorEvent): void {
    if (kinds.has(kind))
      this.#put({ ...event, path, device: state.device, inode: state.inode, time: timeNow() });
  }

  #put(event: MonitorEvent): void {
    if (this.#unstated !== undefined || this.#queue.size >= this.#limit) this.#lose(1);
    else this.#queue.put({ ...event, sequence: this.#next() });
  }

  /** `count`: how many events; undefined if that is not known. */
  #lose(count: number | undefined): void {
    if (this.#isClosed) return;
    this.#lost = count === undefined ? Number.NaN : this.#lost + count;
    this.#unstated = new Set();
    this.#restate();
  }

  /** Says, as far as there is room, that something was lost, and what is true now. */
  #restate(): void {
    if (this.#unstated === undefined || this.#queue.size >= this.#limit / 2) return;
    if (this.#lost !== 0) {
      const lost = this.#lost;
      this.#lost = 0;
      this.#unstated = new Set(this.#interests.values());
      this.#queue.put({
        event: 'OVER',
        ...(Number.isInteger(lost) && { lost }),
        time: timeNow(),
        sequence: this.#next(),
      });
    }
    for (const interest of this.#unstated) {
      if (this.#queue.size >= this.#limit) return;
      this.#unstated.delete(interest);
      this.#queue.put(this.#statement(interest));
    }
    this.#unstated = undefined;
  }

  #statement(interest: Interest): MonitorEvent {
    const is = look(interest.path) ?? null;
    const { device, inode } = interest.state;
    const isOver = is === null || !isOf(interest, is);
    if (isOver) void this.#unwatch(interest);
    else {
      interest.state = is;
      interest.lookedAt = Date.now();
    }
    return {
      event: 'STATE',
      path: interest.path,
      device,
      inode,
      time: timeNow(),
      sequence: this.#next(),
      state: is,
      ...(isOver && { ended: true }),
    };
  }

  #next(): number {
    this.#sequence += 1;
    return this.#sequence;
  }
}

/** Of what the system is asked to tell for its sake. */
function placeOf({ path, state }: Interest): AbsolutePath {
  return state.type === 'link' ? parentOf(path) : path;
}

/** What is at a path that can be monitored. Throws a MonitorError if it cannot. */
function watchableState(path: AbsolutePath): FileState {
  if (!isAbsolutePath(path)) throw new MonitorError('NOT_ABSOLUTE', `${path} is no absolute path`);
  const bytes = encodePath(path);
  if (bytes.length > longestPath || path.split('/').some((name) => encodePath(name).length > longestName))
    throw tooLong(path);
  if (typeof fsPath(path) !== 'string')
    throw new MonitorError(
      'NAME_NOT_UTF8',
      `inotify through Node cannot monitor ${path}, whose name is not UTF-8`,
      'run it as root, or see "oodate doctor"',
    );
  try {
    const real = withoutLinks(path);
    if (real !== path)
      throw new MonitorError('THROUGH_LINK', `${path} leads through a symbolic link`, `give ${real} instead`);
    const state = fileStateAt(path);
    if (state === undefined) throw new MonitorError('NOT_THERE', `${path} is not there`);
    const unheard = unheardFileSystem(state.type === 'link' ? parentOf(path) : path);
    if (unheard !== undefined)
      throw new MonitorError(
        unheard.kind === 'kernel' ? 'KERNEL_FILE_SYSTEM' : 'NETWORK_FILE_SYSTEM',
        unheard.kind === 'kernel'
          ? `${path} is on ${unheard.name}, which the kernel makes up: changes there cannot be told`
          : `${path} is on ${unheard.name}: changes that others make there cannot be told`,
      );
    return state;
  } catch (error) {
    throw error instanceof MonitorError ? error : refused(path, error as NodeJS.ErrnoException);
  }
}

function tooLong(path: string): MonitorError {
  return new MonitorError('NAME_TOO_LONG', `${shortened(path)} is too long a name`);
}

function refused(path: string, cause: NodeJS.ErrnoException): MonitorError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new MonitorError('NOT_THERE', `${path} is not there`, undefined, { cause });
    case 'ENAMETOOLONG':
      return tooLong(path);
    case 'EACCES':
    case 'EPERM':
      return new MonitorError('NOT_REACHABLE', `${path} cannot be reached by this user`, undefined, {
        cause,
      });
    case 'ELOOP':
      return new MonitorError('THROUGH_LINK', `${path} leads through a symbolic link`, undefined, { cause });
    case 'ENOSPC':
    case 'EMFILE':
      return new MonitorError(
        'TOO_MANY',
        `${path} cannot be monitored: inotify watches as many files as this user may have it watch`,
        'raise fs.inotify.max_user_watches with sysctl, or monitor fewer',
        { cause },
      );
    default:
      return new MonitorError(
        'MONITOR_FAILED',
        `${path} cannot be monitored (${cause.code ?? cause.message})`,
        undefined,
        { cause },
      );
  }
}

function look(path: AbsolutePath): FileState | undefined {
  try {
    return fileStateAt(path);
  } catch {
    // It cannot be reached any more, so that nothing of it can be told.
    return undefined;
  }
}

/** Whether what is at the path now is the file of the interest. */
function isOf({ path, state, born }: Interest, is: FileState): boolean {
  return (
    is.device === state.device && is.inode === state.inode && is.type === state.type && bornAt(path) === born
  );
}

function bornAt(path: AbsolutePath): bigint | undefined {
  try {
    return lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false })?.birthtimeNs;
  } catch {
    return undefined;
  }
}

function millisecondsOf(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000_000n);
}

/** How many the kernel keeps before it drops what comes. (Source: inotify(7).) */
function eventsInQueue(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  } catch {
    return 16_384;
  }
}
