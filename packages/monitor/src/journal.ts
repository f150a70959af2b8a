import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  type AbsolutePath,
  childOf,
  decodePath,
  encodePath,
  isBelow,
  isWithin,
  parentOf,
} from '@oodate/filemon';
import * as v from 'valibot';
import { type MonitorEvent, monitorEvent } from './monitor-event.js';

/*
 * The journal of a recorder: `journal`, and before it `journal.1`, in its folder. Each line is JSON: an event, a line
 * that a recorder has begun ({"journal":1,…}), or one that something was lost ({"gap":…}). Described in
 * docs/formats/journal.md. Nothing is known of what was between the last event of one recorder and the beginning of the next.
 */

/** Bytes that are read of each of the two files, from its end. A recorder writes at most half of that. */
const mostBytes = 4 * 1024 * 1024;

/** An event of a journal: it was of a path, and at a time. */
export type JournalEvent = MonitorEvent & {
  readonly path: AbsolutePath;
  readonly time: NonNullable<MonitorEvent['time']>;
};

type Entry =
  | { readonly kind: 'event'; readonly moment: bigint; readonly event: JournalEvent }
  /** Before that moment something may have happened that is not here. */
  | { readonly kind: 'gap'; readonly moment: bigint }
  | { readonly kind: 'damaged' };

/** What is known of changes, by the lines of a journal. Moments are nanoseconds since the epoch. */
export class Journal {
  /** The newest last; undefined instead of one that has been parsed. */
  readonly #lines: string[];
  /** Those that have been parsed, the newest first: what is asked for is seldom long ago. */
  readonly #entries: Entry[] = [];

  constructor(lines: Iterable<string>) {
    this.#lines = [...lines];
  }

  /** All events, in the order in which they happened. */
  events(): JournalEvent[] {
    return [...this.#newestFirst()]
      .flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []))
      .reverse();
  }

  /** How many lines cannot be understood, as where the power went. */
  damaged(): number {
    return [...this.#newestFirst()].filter(({ kind }) => kind === 'damaged').length;
  }

  /** The changes of what is at the path since `after`, the last one first. */
  *changes(path: AbsolutePath, after: bigint): Generator<JournalEvent, void, undefined> {
    for (const entry of this.#newestFirst()) {
      if (entry.kind !== 'event') continue;
      if (entry.moment < after) return;
      if (concerns(entry.event, path)) yield entry.event;
    }
  }

  /** The last change of what is at the path since `after`; undefined if none was seen. */
  lastChange(path: AbsolutePath, after: bigint): JournalEvent | undefined {
    for (const event of this.changes(path, after)) return event;
    return undefined;
  }

  /** Whether something may have happened later than that which is not here. */
  hasGapAfter(moment: bigint): boolean {
    for (const entry of this.#newestFirst()) {
      if (entry.kind === 'damaged') continue;
      if (entry.moment <= moment) return false;
      if (entry.kind === 'gap') return true;
    }
    return false;
  }

  *#newestFirst(): Generator<Entry, void, undefined> {
    for (let at = 0; ; at += 1) {
      if (at === this.#entries.length) {
        const line = this.#lines.pop();
        if (line === undefined) return;
        this.#entries.push(entryOf(line));
      }
      yield this.#entries[at] as Entry;
    }
  }
}

/** When it happened: nanoseconds since the epoch. */
export function momentOf({ seconds, nanoseconds }: NonNullable<MonitorEvent['time']>): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
}

const moment = v.object({
  seconds: v.pipe(v.number(), v.integer()),
  nanoseconds: v.pipe(v.number(), v.integer()),
});

const line = v.union([
  v.pipe(
    v.object({ gap: moment }),
    v.transform(({ gap }) => gap),
  ),
  // A recorder that begins knows nothing of what was before.
  v.pipe(
    v.object({ journal: v.literal(1), since: moment }),
    v.transform(({ since }) => since),
  ),
  monitorEvent,
]);

function entryOf(text: string): Entry {
  try {
    const said = v.parse(line, JSON.parse(text));
    if (!('event' in said)) return { kind: 'gap', moment: momentOf(said) };
    const { path, time } = said;
    return path === undefined || time === undefined
      ? { kind: 'damaged' }
      : { kind: 'event', moment: momentOf(time), event: { ...said, path, time } };
  } catch {
    return { kind: 'damaged' };
  }
}

/**
 * The journal in the folder of a recorder. undefined if there is none, or none to be trusted: it must belong to this user,
 * and be readable by nobody else.
 */
export async function readJournal(folder: AbsolutePath): Promise<Journal | undefined> {
  // In this order: what is moved from one to the other meanwhile is read twice, and not missed.
  const late = await readLines(childOf(folder, 'journal'));
  const early = await readLines(childOf(folder, 'journal.1'));
  if (late === undefined && early === undefined) return undefined;
  return new Journal(new Set([...(early ?? []), ...(late ?? [])]));
}

async function readLines(path: AbsolutePath): Promise<string[] | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(encodePath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || (stats.mode & 0o77) !== 0) return undefined;
    const start = Math.max(0, stats.size - mostBytes);
    const bytes = Buffer.alloc(stats.size - start);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
    const lines = decodePath(bytes.subarray(0, bytesRead)).split('\n');
    // What stands behind the last newline is being written; and the first line may be cut off.
    return lines.slice(start === 0 ? 0 : 1, -1).filter((text) => text !== '');
  } catch {
    // None has been written, or it cannot be seen.
    return undefined;
  } finally {
    await file?.close();
  }
}

/** What is found at the path is, or may be, another by this. */
function concerns({ event, reason, path: changed, entry }: JournalEvent, path: AbsolutePath): boolean {
  if (!tells.has(event)) return false;
  if (changed === path) return true;
  if (reason === 'ENTRY')
    return entry === undefined ? changed === parentOf(path) : isWithin(path, childOf(changed, entry));
  // With a directory all goes that is in it.
  return reason !== undefined && moves.has(reason) && isBelow(path, changed);
}

const tells: ReadonlySet<MonitorEvent['event']> = new Set(['CONTENT', 'ATTRIBUTE', 'DELETE']);
const moves: ReadonlySet<MonitorEvent['reason']> = new Set(['REMOVE', 'RENAME', 'UNMOUNT', 'OVERMOUNT']);
