import { type AbsolutePath, childOf, parentOf } from '@oodate/filemon';
import {
  isRecordedValue,
  type ReadRecord,
  type RecordedFile,
  type RecordedListing,
  type RecordedState,
  type RunRecord,
  recordedVariable,
} from '@oodate/meta-file';
import { difference, presentState } from './differences.js';
import type { FileState, FileStates } from './file-states.js';
import { keptStreams } from './kept-streams.js';
import { plainName } from './listed-name.js';
import { PathWalk } from './path-walk.js';
import type { InputReason, Reason, VariableValue } from './reason.js';
import type { Target } from './target.js';
import {
  comparedEnvironment,
  comparedValue,
  comparedVariables,
  type VariableChoice,
} from './volatile-variables.js';

export interface DecisionOptions {
  /** What makes a file that was read or written another one: its content (the default), or its time and size. */
  readonly mode?: 'content' | 'mtime';
  /** Run in any case. */
  readonly force?: boolean;
  /**
   * Read every input, also where its state shows that it has not changed. A
   * decision that is itself traced shows the outer trace in this way what it
   * depends on.
   */
  readonly digestAll?: boolean;
  /** Those of stdout (1) and stderr (2) that somebody reads as data, so that an up-to-date run must write its output again. */
  readonly replay?: readonly (1 | 2)[];
  /**
   * Paths that never count, neither as inputs nor as outputs. They are left out here and
   * not of the record, so that it holds for every choice of them, as for every choice of variables.
   */
  readonly isIgnored?: (path: AbsolutePath) => boolean;
  readonly variables?: VariableChoice;
  /** The result does not depend on what came over the network, if anything did. */
  readonly ignoresNetwork?: boolean;
}

/** As `readMetaFile` gives it. Of a good one the run alone counts, wherever it is kept. */
export type KnownRecord =
  | Exclude<ReadRecord, { kind: 'good' }>
  | { readonly kind: 'good'; readonly run: RunRecord };

/**
 * Every reason to run the target's commands; none if it is up to date. A
 * generator: who wants to know only whether to run takes the first and stops.
 * What is known without looking at the disk comes first.
 */
export function* reasonsToRun(
  target: Target,
  record: KnownRecord,
  files: FileStates,
  options: DecisionOptions = {},
): Generator<Reason, void, undefined> {
  if (options.force === true) yield { kind: 'forced' };
  if (record.kind !== 'good') {
    yield noGoodRecord(record);
    return;
  }
  const { run } = record;
  yield* changedCommands(target, run);
  yield* changedDirectory(target, run);
  yield* changedVariables(target, run, options);
  yield* changedStdin(target, run);
  yield* usedNetwork(run, options);
  yield* outputNotKept(run, options);
  const counted = countedRun(run, options);
  yield* changedWhileRunning(counted);
  yield* newExtraInputs(target, run, options);
  const present = new PresentStates(run, files);
  const extraInputs = new Set(target.extraInputs);
  for (const file of counted.files) {
    if (file.disturbed || isExtraNoMore(file, extraInputs, files)) continue;
    yield* changedFile(file, run, present, options);
  }
  for (const listing of counted.listings)
    if (!listing.disturbed) yield* changedListing(listing, files, options);
}

/** The record without the paths that never count. */
export function countedRun(run: RunRecord, { isIgnored }: Pick<DecisionOptions, 'isIgnored'>): RunRecord {
  if (isIgnored === undefined) return run;
  return {
    ...run,
    files: run.files.filter(({ path }) => !isIgnored(path)),
    listings: run.listings.filter(({ path }) => !isIgnored(path)),
  };
}

function noGoodRecord(record: Exclude<KnownRecord, { kind: 'good' }>): Reason {
  const { metaFile } = record;
  switch (record.kind) {
    case 'none':
      return { kind: 'no-record', metaFile };
    case 'damaged':
      return { kind: 'record-damaged', metaFile, message: record.message };
    case 'foreign':
      return { kind: 'record-foreign', metaFile, version: record.version };
    case 'former':
      if (record.attempt === undefined) return { kind: 'last-run-unfinished' };
      return record.attempt.kind === 'failed'
        ? { kind: 'last-run-failed', exit: record.attempt.exit }
        : { kind: 'last-run-incomplete', causes: record.attempt.causes };
  }
}

function* changedCommands(target: Target, run: RunRecord): Generator<Reason> {
  if (JSON.stringify(target.commands) !== JSON.stringify(run.commands))
    yield { kind: 'command-changed', was: run.commands, is: target.commands };
}

function* changedDirectory(target: Target, run: RunRecord): Generator<Reason> {
  const was = run.logicalCwd ?? run.cwd;
  const is = target.logicalCwd ?? target.cwd;
  if (target.cwd !== run.cwd || is !== was) yield { kind: 'directory-changed', was, is };
}

function* changedVariables(
  target: Target,
  run: RunRecord,
  { variables = {} }: DecisionOptions,
): Generator<Reason> {
  const present = comparedEnvironment(target.environment, variables);
  const isCompared = comparedVariables(variables);
  for (const recorded of run.environment) {
    const { name, hidden } = recorded;
    if (!isCompared(name)) continue;
    const value = present.get(name);
    present.delete(name);
    const recordedThen = hidden ? recorded : { ...recorded, value: comparedValue(name, recorded.value) };
    if (value !== undefined && isRecordedValue(recordedThen, value)) continue;
    const was = { value: hidden ? '' : recordedThen.value, hidden };
    yield { kind: 'variable-changed', name, was, is: value === undefined ? undefined : shown(name, value) };
  }
  for (const [name, value] of present)
    yield { kind: 'variable-changed', name, was: undefined, is: shown(name, value) };
}

function shown(name: string, value: string): VariableValue {
  const { hidden } = recordedVariable(name, value);
  return { value: hidden ? '' : value, hidden };
}

function* changedStdin({ stdin }: Target, run: RunRecord): Generator<Reason> {
  if (run.stdin !== undefined && stdin !== undefined && stdin !== run.stdin)
    yield { kind: 'standard-input-changed', was: run.stdin, is: stdin };
}

function* usedNetwork({ network: uses }: RunRecord, { ignoresNetwork }: DecisionOptions): Generator<Reason> {
  if (uses !== undefined && ignoresNetwork !== true) yield { kind: 'network-used', uses };
}

function* outputNotKept(run: RunRecord, { replay = [] }: DecisionOptions): Generator<Reason> {
  const kept = keptStreams(run.output);
  const streams = replay.filter((stream) => !kept.includes(stream));
  if (streams.length > 0) yield { kind: 'output-not-recorded', streams };
}

function* changedWhileRunning(run: RunRecord): Generator<Reason> {
  for (const { path, by, disturbed } of [...run.files, ...run.listings])
    if (disturbed) yield { kind: 'changed-while-running', path, by };
}

function* newExtraInputs(
  { extraInputs = [] }: Target,
  run: RunRecord,
  { isIgnored = () => false }: DecisionOptions,
): Generator<InputReason> {
  if (extraInputs.length === 0) return;
  const known = new Set(run.files.map(({ path }) => path));
  for (const path of extraInputs)
    if (!known.has(path) && !isIgnored(path)) yield { kind: 'extra-input-new', path, by: undefined };
}

/** It is still there, so that it is not the file but the user's mind that has changed. */
function isExtraNoMore(
  { use, path }: RecordedFile,
  extraInputs: ReadonlySet<AbsolutePath>,
  files: FileStates,
): boolean {
  return use === 'extra' && !extraInputs.has(path) && files.state(path).type === 'file';
}

/** The states to compare with those of a record. */
class PresentStates {
  readonly files: FileStates;
  readonly #walk: PathWalk;
  /** The links that the run met, by their places; each has a record of its own. */
  readonly #links: ReadonlyMap<AbsolutePath, string>;
  readonly #told = new Set<AbsolutePath>();
  readonly #ownLinks = new Set<AbsolutePath>();
  readonly #plain = new Map<AbsolutePath, boolean>([['/' as AbsolutePath, true]]);

  constructor(run: RunRecord, files: FileStates) {
    this.files = files;
    this.#walk = new PathWalk(files);
    this.#links = new Map(
      run.files.flatMap(({ path, state }) => (state.type === 'link' ? [[path, state.target] as const] : [])),
    );
  }

  of({ path, state }: RecordedFile): FileState {
    const now = this.files.linkState(path);
    if (state.type === 'link' || now.type !== 'link') return now;
    this.#ownLinks.add(path);
    // A link that leads nowhere is there for who does not follow it, unless it was before.
    const isFollowed = state.type !== 'absent' || this.#links.has(this.#walk.walk(path).place);
    return isFollowed ? this.files.state(path) : now;
  }

  /**
   * To be asked after `of`. A link on the way to what seems unchanged, where there was none: who asks
   * where a path really leads gets another answer. Each is given once, and none
   * behind a known link that leads elsewhere now, which is told by its record.
   */
  newLink({
    path,
    state,
  }: RecordedFile): { place: AbsolutePath; isEnd: boolean; link: FileState } | undefined {
    if (state.type === 'absent' || state.type === 'link') return undefined;
    // Nearly all ways have no link at all, and walking one costs more than finding that out.
    if (!this.#ownLinks.has(path) && this.#isPlain(parentOf(path))) return undefined;
    for (const place of this.#walk.linksOn(path)) {
      const { state: link } = this.#walk.walk(place);
      const target = this.#links.get(place);
      if (target !== undefined && link.type === 'link' && link.target === target) continue;
      if (target !== undefined || this.#told.has(place)) return undefined;
      this.#told.add(place);
      return { place, isEnd: place === this.#walk.walk(path).place, link };
    }
    return undefined;
  }

  /** There is no link on the way to the directory. */
  #isPlain(dir: AbsolutePath): boolean {
    const known = this.#plain.get(dir);
    if (known !== undefined) return known;
    const isPlain = this.#isPlain(parentOf(dir)) && this.files.linkState(dir).type !== 'link';
    this.#plain.set(dir, isPlain);
    return isPlain;
  }
}

function* changedFile(
  file: RecordedFile,
  run: RunRecord,
  present: PresentStates,
  options: DecisionOptions,
): Generator<InputReason> {
  const { path, by } = file;
  const now = present.of(file);
  const change = difference(file, now, run.recorded, present.files, options);
  if (change === 'none') {
    yield* newLinkOn(file, present, options);
    return;
  }
  if (typeof change === 'object') {
    yield { kind: 'input-unreadable', path, by, errno: change.errno };
    return;
  }
  yield changeReason(file, presentState(now));
}

function* newLinkOn(
  file: RecordedFile,
  present: PresentStates,
  { isIgnored = () => false }: DecisionOptions,
): Generator<InputReason> {
  const found = present.newLink(file);
  if (found === undefined || isIgnored(found.place)) return;
  const { place, isEnd, link } = found;
  if (isEnd) yield changeReason(file, presentState(link));
  else {
    const isDirectory = present.files.state(place).type === 'directory';
    const was = isDirectory ? ({ type: 'directory' } as const) : file.state;
    yield { kind: 'looked-at-changed', path: place, by: file.by, was, is: presentState(link) };
  }
}

function changeReason({ path, by, use, state: was }: RecordedFile, is: RecordedState): InputReason {
  const gone = is.type === 'absent';
  switch (use) {
    case 'output':
      return gone ? { kind: 'output-gone', path, by } : { kind: 'output-changed', path, by, was, is };
    case 'removed':
      return { kind: 'removed-came-back', path, by, is };
    case 'missing':
    case 'looked':
    case 'read':
    case 'executed':
    case 'extra':
      if (was.type === 'link') return { kind: 'link-changed', path, by, was: was.target, is };
      if (was.type === 'absent') return { kind: 'input-appeared', path, by, is };
      if (gone) return { kind: 'input-gone', path, by, was };
      return { kind: use === 'looked' ? 'looked-at-changed' : 'input-changed', path, by, was, is };
  }
}

function* changedListing(
  listing: RecordedListing,
  files: FileStates,
  { isIgnored = () => false }: DecisionOptions,
): Generator<InputReason> {
  const { path, by, own, names } = listing;
  const present = files.list(path);
  if (present === undefined) {
    // What is no longer there, or no directory, is told by the record of the path itself.
    if (files.state(path).type === 'directory') yield { kind: 'input-unreadable', path, by, errno: 'EACCES' };
    return;
  }
  const was = new Set(names);
  const is = new Set(present);
  const ownNames = new Set(own);
  const counts = (name: string) => !isIgnored(childOf(path, plainName(name)));
  const gained = [...is].filter((name) => !was.has(name) && !ownNames.has(plainName(name)) && counts(name));
  const lost = names.filter((name) => !is.has(name) && counts(name));
  if (gained.length > 0 || lost.length > 0) yield { kind: 'listing-changed', path, by, gained, lost };
}
