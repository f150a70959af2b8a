import { readdirSync } from 'node:fs';
import { type AbsolutePath, childOf, decodePath, fsPath, isBelow } from '@oodate/filemon';
import { fileStateAt } from './file-state.js';
import type { Monitor } from './monitor.js';
import { MonitorError } from './monitor-error.js';
import type { FileState, InterestKind, MonitorEvent } from './monitor-event.js';

/*
 * A monitor knows files, by device and inode. People mean paths: a directory and all below it, and what is at a path
 * also after an editor has put another file there.
 */

/**
 * What became of the path of an event: of a directory's entry whether it is new, was followed before, or is not there;
 * of a file that has lost a name whether it is at its path all the same, or another one is, which is followed now.
 */
export type Outcome = 'made' | 'known' | 'absent' | 'replaced' | 'gone';

export interface FollowReport {
  /** Another file is at a path by now, and is told of from here on. `isLate`: for some time there was none. */
  followed(path: AbsolutePath, state: FileState, isLate: boolean): void;
  /** Nothing has come back to a path that was named. */
  gone(path: AbsolutePath): void;
  /** Nothing of what was named is left. */
  over(): void;
  /** Something below a directory cannot be told of. */
  refused(error: MonitorError): void;
}

/** How long a path that was named may be empty: who saves a file may remove it first. In milliseconds. */
const patience = 1000;
const pollInterval = 20;

/** How many requests are under way at once. */
const batch = 256;

/** Left out below a directory, unless they are named themselves. */
const leftOutNames: ReadonlySet<string> = new Set(['.git', 'node_modules']);

export class PathFollower {
  readonly #monitor: Monitor;
  readonly #mask: readonly InterestKind[];
  readonly #report: FollowReport;
  /** What was named and is not gone. */
  readonly #named = new Set<AbsolutePath>();
  readonly #known = new Map<AbsolutePath, { readonly key: string; readonly isDirectory: boolean }>();
  #isClosed = false;

  constructor(monitor: Monitor, mask: readonly InterestKind[], report: FollowReport) {
    this.#monitor = monitor;
    this.#mask = mask;
    this.#report = report;
  }

  /** How many files and directories are told of. */
  get size(): number {
    return this.#known.size;
  }

  /** A directory with all below it. Throws a MonitorError if the path itself cannot be monitored. */
  async add(path: AbsolutePath): Promise<void> {
    const state = await this.#express(path);
    this.#named.add(path);
    if (state.type === 'directory') await this.#addBelow(path);
  }

  /** Takes note of an event, each in its turn, before the next one is taken from the monitor. */
  async follow(event: MonitorEvent): Promise<Outcome | undefined> {
    const { path, reason } = event;
    const known = path === undefined ? undefined : this.#known.get(path);
    if (path === undefined || known === undefined) return undefined;
    if (known.key !== keyOf(event)) return undefined;
    if (event.event === 'STATE') return this.#restate(path, event);
    if (reason === 'ENTRY') return this.#visit(path, event.entry);
    const isLeft =
      event.event === 'DELETE' || ['REMOVE', 'RENAME', 'OVERMOUNT', 'UNMOUNT'].includes(reason ?? '');
    if (!isLeft) return undefined;
    // It may have been another of its names.
    if (event.event !== 'DELETE' && reason !== 'UNMOUNT' && keyAt(path) === known.key) return 'known';
    await this.#forget(path, event.event === 'DELETE' || reason === 'REMOVE' || reason === 'UNMOUNT');
    return this.#lookAgain(path);
  }

  /** From now on nothing is reported. */
  close(): void {
    this.#isClosed = true;
  }

  async #express(path: AbsolutePath): Promise<FileState> {
    const mask = isDirectory(path) ? [...new Set<InterestKind>([...this.#mask, 'content'])] : this.#mask;
    const state = await this.#monitor.express(path, mask);
    this.#known.set(path, { key: keyOf(state), isDirectory: state.type === 'directory' });
    return state;
  }

  async #addBelow(directory: AbsolutePath): Promise<void> {
    const names = namesIn(directory).filter((name) => !leftOutNames.has(name));
    const below: AbsolutePath[] = [];
    for (let at = 0; at < names.length; at += batch)
      await Promise.all(
        names.slice(at, at + batch).map(async (name) => {
          const path = childOf(directory, name);
          if ((await this.#tryToExpress(path))?.type === 'directory') below.push(path);
        }),
      );
    for (const path of below) await this.#addBelow(path);
  }

  async #tryToExpress(path: AbsolutePath): Promise<FileState | undefined> {
    try {
      return await this.#express(path);
    } catch (error) {
      if (!(error instanceof MonitorError) || error.code === 'MONITOR_ENDED') throw error;
      if (error.code !== 'NOT_THERE' && error.code !== 'CLOSED') this.#report.refused(error);
      return undefined;
    }
  }

  /** `name`: in which something has changed; undefined if that is not known. */
  async #visit(directory: AbsolutePath, name: string | undefined): Promise<Outcome | undefined> {
    if (name === undefined) {
      await this.#visitAll(directory);
      return undefined;
    }
    if (leftOutNames.has(name)) return 'known';
    const path = childOf(directory, name);
    // What becomes of one that is known is told by itself.
    if (this.#known.has(path)) return 'known';
    const state = await this.#tryToExpress(path);
    if (state?.type === 'directory') await this.#addBelow(path);
    return state === undefined ? 'absent' : 'made';
  }

  async #visitAll(directory: AbsolutePath): Promise<void> {
    for (const name of namesIn(directory)) await this.#visit(directory, name);
  }

  /** After a loss: a change of names may be among what was lost. */
  async #restate(path: AbsolutePath, { state, ended }: MonitorEvent): Promise<Outcome | undefined> {
    const known = this.#known.get(path);
    if (state !== null && state !== undefined && ended !== true && known?.key === keyOf(state)) {
      if (known.isDirectory) await this.#visitAll(path);
      return undefined;
    }
    await this.#forget(path, ended === true);
    return this.#lookAgain(path);
  }

  /** `isOver`: its interest ends, or has ended, by itself. */
  async #forget(path: AbsolutePath, isOver: boolean): Promise<void> {
    const known = this.#known.get(path);
    this.#known.delete(path);
    if (!isOver) await this.#revoke(path);
    if (known?.isDirectory !== true) return;
    // What was below a directory that has moved is not at these paths any more.
    for (const below of [...this.#known.keys()])
      if (isBelow(below, path) && !this.#named.has(below)) {
        this.#known.delete(below);
        await this.#revoke(below);
      }
  }

  async #revoke(path: AbsolutePath): Promise<void> {
    try {
      await this.#monitor.revoke(
        path,
        this.#mask.includes('content') ? this.#mask : [...this.#mask, 'content'],
      );
    } catch (error) {
      if (!(error instanceof MonitorError) || error.code === 'MONITOR_ENDED') throw error;
    }
  }

  async #lookAgain(path: AbsolutePath): Promise<Outcome> {
    const state = await this.#tryToExpress(path);
    if (state !== undefined) {
      if (state.type === 'directory') await this.#addBelow(path);
      this.#report.followed(path, state, false);
      return 'replaced';
    }
    if (this.#named.has(path)) this.#await(path, Date.now() + patience);
    return 'gone';
  }

  #await(path: AbsolutePath, deadline: number): void {
    setTimeout(async () => {
      if (this.#isClosed || this.#known.has(path)) return;
      const state = await this.#tryToExpress(path).catch(() => undefined);
      if (this.#isClosed) return;
      if (state !== undefined) {
        if (state.type === 'directory') await this.#addBelow(path);
        this.#report.followed(path, state, true);
      } else if (Date.now() < deadline) this.#await(path, deadline);
      else {
        this.#named.delete(path);
        this.#report.gone(path);
        if (this.#named.size === 0) this.#report.over();
      }
    }, pollInterval);
  }
}

function keyOf({
  device,
  inode,
}: {
  readonly device?: string | undefined;
  readonly inode?: string | undefined;
}): string {
  return `${device} ${inode}`;
}

function isDirectory(path: AbsolutePath): boolean {
  return stateAt(path)?.type === 'directory';
}

function keyAt(path: AbsolutePath): string | undefined {
  const state = stateAt(path);
  return state && keyOf(state);
}

function stateAt(path: AbsolutePath): FileState | undefined {
  try {
    return fileStateAt(path);
  } catch {
    // It cannot be reached, which is said when interest in it is expressed.
    return undefined;
  }
}

function namesIn(directory: AbsolutePath): string[] {
  try {
    return readdirSync(fsPath(directory), { encoding: 'buffer' }).map(decodePath);
  } catch {
    // It is gone again, which its own events tell, or may not be listed.
    return [];
  }
}
