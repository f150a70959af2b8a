import {
  type AbsolutePath,
  type Access,
  type Accesses,
  childOf,
  isKernelPath,
  nameOf,
  parentOf,
} from '@oodate/filemon';
import {
  type FollowedState,
  type RecordedFile,
  type RecordedListing,
  type RecordedState,
  type RunRecord,
  recordedVariable,
  type Use,
} from '@oodate/meta-file';
import { presentState } from './differences.js';
import type { FileState, FileStates, PresentDirectory } from './file-states.js';
import { clockTick } from './file-system-clock.js';
import { plainName } from './listed-name.js';
import { OwnChanges } from './own-changes.js';
import { PathWalk, type WalkedPath } from './path-walk.js';
import { UncountedPaths } from './uncounted-paths.js';
import { recordedEnvironment } from './volatile-variables.js';

/** A run that has ended, and all that must be known to write it down. */
export interface FinishedRun {
  readonly accesses: Accesses;
  readonly commands: readonly (readonly string[])[];
  readonly cwd: AbsolutePath;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  /** As of the target, before or after the run: one that has gone meanwhile was changed by someone. */
  readonly extraInputs?: readonly AbsolutePath[] | undefined;
  /** As of the target. */
  readonly logicalCwd?: AbsolutePath | undefined;
  readonly stdin?: string | undefined;
  /** Microseconds since the epoch. */
  readonly started: number;
  /**
   * Nanoseconds by the clock of the file system, read after the run had ended and
   * before `recordRun` is called: what `settledClock` returns.
   */
  readonly recorded: bigint;
  readonly files: FileStates;
  /** What `statesBeforeRun` gave, if there was a record to ask by. */
  readonly statesBefore?: ReadonlyMap<AbsolutePath, FollowedState>;
  /** Paths that the caller itself writes while the command runs; they and all below them are left out. */
  readonly ignored?: readonly AbsolutePath[];
}

export interface RecordedRun {
  readonly record: RunRecord;
  /** Why the record must not be trusted, as sentences without an end; none if it may be. */
  readonly causes: readonly string[];
}

/**
 * Takes down what the run used and left, as it is now that it has ended. The
 * record is the truth about the run only if nobody else changed one of these
 * files meanwhile: what has a later ctime than the start, and was not written by
 * the run, is marked `disturbed`.
 */
export function recordRun(run: FinishedRun): RecordedRun {
  const recorder = new Recorder(run);
  recorder.takeOwnChanges();
  for (const access of run.accesses.paths.values()) recorder.takeAccess(access);
  for (const path of run.extraInputs ?? []) recorder.takeExtraInput(path);
  const record: RunRecord = {
    version: 2,
    commands: run.commands,
    cwd: run.cwd,
    ...(run.logicalCwd !== undefined && { logicalCwd: run.logicalCwd }),
    ...(run.stdin !== undefined && mayHaveRead(run.stdin, run.accesses) && { stdin: run.stdin }),
    ...(run.accesses.network.length > 0 && { network: run.accesses.network }),
    environment: [...recordedEnvironment(run.environment)].map(([name, value]) =>
      recordedVariable(name, value),
    ),
    started: run.started,
    recorded: run.recorded,
    files: recorder.recordedFiles(),
    listings: recorder.listings,
  };
  return { record, causes: causesOfDistrust(run.accesses) };
}

/** Of a file it is not known; a pipe or terminal that was read makes the trace incomplete. */
function mayHaveRead(stdin: string, accesses: Accesses): boolean {
  return stdin.startsWith('file ') || (stdin === 'null' && accesses.readsStdin);
}

/** As sentences without an end; none if the trace shows everything. */
export function causesOfDistrust({ incomplete, ended }: Accesses): string[] {
  const causes = incomplete.map(({ reason }) => reason);
  if (!ended) causes.push('the trace breaks off before its end');
  return [...new Set(causes)];
}

class Recorder {
  readonly listings: RecordedListing[] = [];
  readonly #links: RecordedFile[] = [];
  readonly #inputs: RecordedFile[] = [];
  readonly #outputs: RecordedFile[] = [];
  readonly #accesses: Accesses;
  readonly #files: FileStates;
  readonly #walk: PathWalk;
  readonly #own = new OwnChanges();
  readonly #ownInodes = new Set<string>();
  readonly #statesBefore: ReadonlyMap<AbsolutePath, FollowedState>;
  readonly #uncounted: UncountedPaths;
  readonly #extra = new Set<AbsolutePath>();
  readonly #linksTaken = new Set<AbsolutePath>();
  readonly #directoriesMoved = new Map<AbsolutePath, boolean>();
  /** Nanoseconds. The clock of file times can be behind by a tick, so a change right after the start can seem to be before it. */
  readonly #earliestChange: bigint;

  constructor(run: FinishedRun) {
    this.#accesses = run.accesses;
    this.#files = run.files;
    this.#walk = new PathWalk(run.files);
    this.#statesBefore = run.statesBefore ?? new Map();
    this.#uncounted = new UncountedPaths(
      run.ignored ?? [],
      run.environment,
      run.accesses.paths.keys(),
      this.#walk,
    );
    this.#earliestChange = BigInt(run.started) * 1000n - clockTick;
  }

  recordedFiles(): RecordedFile[] {
    return [...this.#links, ...this.#inputs, ...this.#outputs];
  }

  takeOwnChanges(): void {
    for (const path of this.#uncounted.folders) this.#own.addAbove(path);
    for (const { path, change } of this.#accesses.paths.values()) {
      if (change === 'none' || this.#isNoInput(path)) continue;
      const { place, real, state } = this.#walk.walk(path);
      this.#own.add(place, change);
      this.#noteInode(state);
      if (real === place) continue;
      // Written through a link, unless it was the link alone that the run made.
      const behind = this.#files.state(real);
      if ((behind.type !== 'file' && behind.type !== 'directory') || !this.#isLate(behind)) continue;
      this.#own.add(real, 'written');
      this.#noteInode(behind);
    }
  }

  takeAccess(access: Access): void {
    const { path, by } = access;
    if (this.#isNoInput(path)) return;
    const walked = this.#walk.walk(path);
    for (const link of this.#walk.linksOn(path)) this.#takeLink(link, by);
    if (isKernelPath(walked.real)) return;
    if (this.#isOwn(access, walked)) this.#takeOutput(access, walked);
    else this.#takeInput(access, walked);
    if (access.listed || hasMadeDirectory(access, walked)) this.#takeListing(access, walked);
  }

  /** As if the command had read it. What it was seen to do with it says more. */
  takeExtraInput(path: AbsolutePath): void {
    if (this.#accesses.paths.has(path) || this.#extra.has(path)) return;
    this.#extra.add(path);
    const unused = { executed: false, looked: false, missing: false, listed: false, kept: false } as const;
    this.takeAccess({ path, ...unused, read: true, change: 'none', by: undefined });
  }

  #takeLink(place: AbsolutePath, by: string | undefined): void {
    if (this.#linksTaken.has(place)) return;
    this.#linksTaken.add(place);
    const walked = this.#walk.walk(place);
    const link = walked.state;
    if (link.type !== 'link') return;
    const state = { type: 'link', target: link.target } as const;
    // A link that is older than the run was not made by it, but only written through.
    if (this.#own.wrote(place) && this.#isLate(link)) {
      const access = this.#accesses.paths.get(place);
      const found = access && this.#found(access, walked);
      this.#outputs.push({ path: place, use: 'output', state, by, disturbed: false, ...found });
    } else {
      const disturbed =
        (this.#isLate(link) && !this.#isOwnInode(link)) || this.#isMovedBelow(parentOf(place));
      this.#links.push({ path: place, use: 'looked', state, by, disturbed });
    }
  }

  /** The run made, wrote or removed it, under this or another of its names. */
  #isOwn({ change, missing }: Access, { place, real, state }: WalkedPath): boolean {
    if (change !== 'none' || this.#own.changed(place) || this.#own.changed(real)) return true;
    return state.type === 'absent' && !missing && this.#own.removedAbove(place);
  }

  #takeOutput(access: Access, walked: WalkedPath): void {
    const { path, change, listed, by } = access;
    const { place, real, state } = walked;
    const found = this.#found(access, walked);
    const wrote = change === 'written' || this.#own.wrote(place) || this.#own.wrote(real);
    const removed = change === 'removed' || this.#own.removed(place) || this.#own.removedAbove(place);
    if (state.type === 'absent') {
      // Written and then not there, though the run did not remove it: someone else has.
      const disturbed = !removed;
      this.#outputs.push({
        path,
        use: disturbed ? 'output' : 'removed',
        state: { type: 'absent' },
        by,
        disturbed,
        ...found,
      });
      return;
    }
    if (!wrote && change === 'removed') {
      const returned = !this.#own.wroteAbove(place);
      if (returned)
        this.#outputs.push({
          path,
          use: 'removed',
          state: { type: 'absent' },
          by,
          disturbed: true,
          ...found,
        });
      else this.#outputs.push({ path, by, ...this.#taken(path, 'output'), ...found });
      return;
    }
    // A link that the run made to a file it did not write: the link is recorded by itself, and that is all.
    if (state.type === 'link' && !this.#own.wrote(real)) {
      if (listed) this.#inputs.push({ path, by, ...this.#taken(path, 'looked') });
      return;
    }
    this.#outputs.push({ path, by, ...this.#taken(path, 'output'), ...found });
  }

  /** What the run made of what it found at the path. */
  #found(
    { path, read, looked, missing, kept }: Access,
    { real, state }: WalkedPath,
  ): Pick<RecordedFile, 'before'> {
    // A link that leads nowhere is missing, and can be moved all the same.
    if (!kept && (missing || !read)) return missing || looked ? { before: 'looked' } : {};
    // Of its mode, owner and times no record tells, and what is in it stands for itself.
    if (kept === 'in place' && state.type === 'directory') return { before: 'looked' };
    const isWrittenThrough = state.type === 'link' && !this.#isLate(state);
    return { before: this.#statesBefore.get(isWrittenThrough ? real : path) ?? 'unknown' };
  }

  #takeInput({ path, missing, read, executed, looked, listed, by }: Access, walked: WalkedPath): void {
    const { real, state } = walked;
    const isExtra = this.#extra.has(path);
    const seen = read || looked || listed;
    if (state.type === 'absent') {
      this.#inputs.push({
        path,
        use: isExtra ? 'extra' : seen ? 'looked' : 'missing',
        state: { type: 'absent' },
        by,
        disturbed: seen,
      });
      return;
    }
    const use = isExtra ? 'extra' : executed ? 'executed' : read ? 'read' : 'looked';
    const taken = this.#taken(path, use);
    const now = this.#files.state(path);
    const changed =
      now.type === 'directory'
        ? (missing && this.#isNew(real, now)) || this.#isMovedBelow(real)
        : (this.#isLate(now) && !this.#isOwnInode(now)) || this.#isMovedBelow(parentOf(real));
    const lost = read && now.type === 'absent';
    this.#inputs.push({ path, by, ...taken, disturbed: taken.disturbed || changed || lost });
  }

  /** The state now, with the content of a file. */
  #taken(path: AbsolutePath, use: Use): { use: Use; state: RecordedState; disturbed: boolean } {
    const now = this.#files.state(path);
    if (now.type !== 'file') return { use, state: presentState(now), disturbed: false };
    const found = this.#files.digest(path);
    // An output's times are late anyway, so they do not show a change by someone else at this moment; two looks do.
    if ('digest' in found)
      return {
        use,
        state: { ...found.file, digest: found.digest },
        disturbed: found.file.ctime !== now.ctime,
      };
    // A program that may be executed but not read has its state only; otherwise it changes under our eyes.
    return { use, state: presentState(now), disturbed: found.errno !== 'EACCES' };
  }

  #takeListing({ path, by }: Access, { real }: WalkedPath): void {
    const present = this.#files.list(path);
    if (present === undefined) return;
    const own = new Set(this.#own.namesIn(real));
    for (const path of this.#uncounted.folders) if (parentOf(path) === real) own.add(nameOf(path));
    const names = present.filter((name) => !own.has(plainName(name)));
    const disturbed = this.#isListingDisturbed(real, names);
    this.listings.push({ path, names, own: [...own].sort(), by, disturbed });
  }

  #isListingDisturbed(dir: AbsolutePath, names: readonly string[]): boolean {
    const now = this.#files.state(dir);
    if (now.type !== 'directory' || !this.#isLate(now)) return false;
    if (!this.#own.changedBelow(dir) && !this.#own.changed(dir)) return true;
    return names.some((name) => this.#hasArrived(childOf(dir, plainName(name))));
  }

  /** Someone else may have made it, or moved it there, while the command ran. */
  #hasArrived(place: AbsolutePath): boolean {
    const now = this.#files.linkState(place);
    if (now.type !== 'directory') return this.#isLate(now) && !this.#isOwnInode(now);
    return this.#isNew(place, now);
  }

  #isNew(place: AbsolutePath, now: PresentDirectory): boolean {
    return (now.made >= this.#earliestChange && !this.#own.changed(place)) || this.#isMoved(place, now);
  }

  #isMovedBelow(dir: AbsolutePath): boolean {
    const known = this.#directoriesMoved.get(dir);
    if (known !== undefined) return known;
    const now = this.#walk.directories.get(dir);
    const moved =
      (now !== undefined && this.#isMoved(dir, now)) || (dir !== '/' && this.#isMovedBelow(parentOf(dir)));
    this.#directoriesMoved.set(dir, moved);
    return moved;
  }

  /**
   * A directory that someone else put in the place of another shows it in its
   * ctime alone; a new or lost entry changes its mtime as well. Nothing is said of
   * directories that the run changed something in: copying up in an overlay looks the same.
   */
  #isMoved(dir: AbsolutePath, { mtime, ctime }: PresentDirectory): boolean {
    return (
      ctime >= this.#earliestChange &&
      mtime !== ctime &&
      !this.#own.changed(dir) &&
      !this.#own.changedBelow(dir)
    );
  }

  #isLate(state: FileState): boolean {
    return 'ctime' in state && state.ctime >= this.#earliestChange;
  }

  /** A hard link to a file that the run wrote under another name. */
  #isOwnInode(state: FileState): boolean {
    return (state.type === 'file' || state.type === 'link') && this.#ownInodes.has(inodeKey(state));
  }

  #noteInode(state: FileState): void {
    if (state.type === 'file' || state.type === 'link') this.#ownInodes.add(inodeKey(state));
  }

  #isNoInput(path: AbsolutePath): boolean {
    return this.#uncounted.kindOf(path) !== undefined;
  }
}

/** Inodes of two file systems can have one number; not with the same ctime to the nanosecond. A link's text stands for its inode. */
function inodeKey(
  state: { readonly ctime: bigint } & ({ readonly inode: bigint } | { readonly target: string }),
): string {
  return `${'inode' in state ? state.inode : state.target}:${state.ctime}`;
}

/**
 * Looked for in vain, and then made: `rm -rf dist`, which found nothing to list, and a build into it. What is there
 * besides when that is done again counts as if dist had been listed, and found empty.
 */
function hasMadeDirectory({ missing, change }: Access, { state }: WalkedPath): boolean {
  return missing && change === 'written' && state.type === 'directory';
}
