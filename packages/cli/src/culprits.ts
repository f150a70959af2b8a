import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { type Culprit, type CulpritAct, type CulpritProcess, isoTime } from '@oodate/explain';
import {
  type AbsolutePath,
  childOf,
  decodePath,
  encodePath,
  filemonRecords,
  nameOf,
  parentOf,
} from '@oodate/filemon';
import type { MetaFile, RunRecord } from '@oodate/meta-file';
import {
  type Journal,
  type JournalEvent,
  momentOf,
  originOf,
  type ProcessFacts,
  presentJournal,
} from '@oodate/monitor';
import { type InputReason, plainName, type Reason } from '@oodate/planner';

/**
 * Nanoseconds by which the time of an event may be before that of the file: they are of different clocks, and the one of
 * files goes in steps of up to 10 ms.
 */
const clockSteps = 25_000_000n;

/** Who has changed what reasons are about, by the journal of the project's recorder. What that cannot know is not claimed. */
export class Culprits {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** By the journal in the folder of a recorder; undefined if there is none to be trusted. */
  static async in(folder: AbsolutePath): Promise<Culprits | undefined> {
    const journal = await presentJournal(folder);
    return journal && new Culprits(journal);
  }

  /** `run`: the last good one; `log`: of that, if it is at hand. */
  of(reason: Reason, run: RunRecord | undefined, log?: MetaFile['filemon']): Culprit | undefined {
    const change = this.#changeOf(reason, run, log);
    return change && culprit(change);
  }

  /** The process that did it, with all that is known of it. */
  processOf(reason: Reason, run: RunRecord | undefined, log?: MetaFile['filemon']): ProcessFacts | undefined {
    return this.#changeOf(reason, run, log)?.event.process;
  }

  #changeOf(
    reason: Reason,
    run: RunRecord | undefined,
    log: MetaFile['filemon'] | undefined,
  ): Change | undefined {
    if (!('path' in reason) || run === undefined) return undefined;
    if (reason.kind === 'changed-while-running') return log && this.#intrusion(reason.path, run, log);
    const changes = questionsOf(reason).flatMap((question) => this.#lastOf(question, run.recorded) ?? []);
    return changes.toSorted((one, other) => Number(momentOf(other.event.time) - momentOf(one.event.time)))[0];
  }

  /** By somebody else than the run itself. */
  #intrusion(path: AbsolutePath, run: RunRecord, log: NonNullable<MetaFile['filemon']>): Change | undefined {
    const own = new Set<number>();
    for (const record of filemonRecords([log])) if ('pid' in record) own.add(record.pid);
    for (const event of this.#journal.changes(realPath(path), BigInt(run.started) * 1000n))
      if (momentOf(event.time) <= run.recorded && event.process !== undefined && !own.has(event.process.pid))
        return { path, did: 'changed', event };
    return undefined;
  }

  #lastOf({ path, did, isMeant, isLink }: Question, after: bigint): Change | undefined {
    const place = (isLink === true ? undefined : leadsTo(path)) ?? realPath(path);
    const changes = [...this.#journal.changes(place, after)];
    const [last] = changes;
    if (last === undefined || !this.#isUpToNow(last, place, did)) return undefined;
    const event = changes.find(isMeant);
    return event && { path, did, event };
  }

  /** Nothing has happened to the path since that is not in the journal. */
  #isUpToNow(last: JournalEvent, place: AbsolutePath, did: CulpritAct): boolean {
    const moment = momentOf(last.time);
    const isNameless = last.reason === 'ENTRY' && last.entry === undefined;
    const present = did === 'removed' && isNameless ? stateOf(parentOf(place)) : stateOf(place);
    if (did === 'removed' && !isNameless) return present === undefined && !this.#journal.hasGapAfter(moment);
    if (present === undefined) return false;
    // A nameless change of a directory is one of this name only if it is of that very moment.
    const isThen = moment <= present.ctimeNs + clockSteps;
    return present.ctimeNs <= moment + clockSteps && (!isNameless || isThen);
  }
}

interface Change {
  readonly path: AbsolutePath;
  readonly did: CulpritAct;
  readonly event: JournalEvent;
}

/** Which changes of what path would be the cause. */
interface Question {
  readonly path: AbsolutePath;
  readonly did: CulpritAct;
  readonly isMeant: (event: JournalEvent) => boolean;
  /** It is about the link, and not what that leads to. */
  readonly isLink?: boolean;
}

function questionsOf(reason: InputReason): Question[] {
  const { path } = reason;
  switch (reason.kind) {
    case 'input-gone':
    case 'output-gone':
      return [{ path, did: 'removed', isMeant: isOfName }];
    case 'input-appeared':
    case 'removed-came-back':
      return [{ path, did: 'made', isMeant: isOfContent }];
    case 'listing-changed':
      return [
        ...reason.gained.map(
          (name) => ({ path: childOf(path, plainName(name)), did: 'made', isMeant: isOfContent }) as const,
        ),
        ...reason.lost.map(
          (name) => ({ path: childOf(path, plainName(name)), did: 'removed', isMeant: isOfName }) as const,
        ),
      ];
    case 'input-unreadable':
      return [{ path, did: 'changed', isMeant: () => true }];
    case 'extra-input-new':
      return [];
    case 'link-changed':
      return [{ path, did: 'changed', isMeant: isOfContent, isLink: true }];
    default:
      return [
        { path, did: 'changed', isMeant: 'was' in reason && isOfMode(reason) ? () => true : isOfContent },
      ];
  }
}

/** Of a file whose content may well be the same. */
function isOfMode(reason: InputReason): boolean {
  if (!('was' in reason && 'is' in reason)) return false;
  const { was, is } = reason;
  if (typeof was !== 'object' || was.type !== 'file' || is.type !== 'file') return false;
  return was.size === is.size && was.mtime === is.mtime && was.mode !== is.mode;
}

function isOfContent({ event }: JournalEvent): boolean {
  return event === 'CONTENT' || event === 'DELETE';
}

/** By which a name can have gone. */
function isOfName({ event, reason }: JournalEvent): boolean {
  return event === 'DELETE' || (event === 'CONTENT' && reason !== undefined && namesChange.has(reason));
}

const namesChange: ReadonlySet<JournalEvent['reason']> = new Set([
  'ENTRY',
  'REMOVE',
  'RENAME',
  'UNMOUNT',
  'OVERMOUNT',
]);

function culprit({ path, did, event }: Change): Culprit {
  const { time, process: actor } = event;
  return { path, did, time: isoTime(momentOf(time)), process: culpritProcess(actor) };
}

/** null if it is not known. */
function culpritProcess(actor: JournalEvent['process']): CulpritProcess | null {
  if (actor === undefined) return null;
  const { pid, uid = null, name = null, executable = null, words = null } = actor;
  return { pid, uid, name, executable, words, of: originOf(actor) ?? null };
}

/** As the journal has it: links on the way followed, and at the end none. */
function realPath(path: AbsolutePath): AbsolutePath {
  const parent = leadsTo(parentOf(path));
  return parent === undefined ? path : childOf(parent, nameOf(path));
}

/** All links followed; undefined if there is nothing at their end. */
function leadsTo(path: AbsolutePath): AbsolutePath | undefined {
  try {
    return decodePath(realpathSync.native(encodePath(path), 'buffer')) as AbsolutePath;
  } catch {
    return undefined;
  }
}

function stateOf(path: AbsolutePath): BigIntStats | undefined {
  try {
    return lstatSync(encodePath(path), { bigint: true });
  } catch {
    return undefined;
  }
}
