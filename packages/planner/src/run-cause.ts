import type { AbsolutePath } from '@oodate/filemon';
import {
  mostOfCause,
  type RecordedFile,
  type RecordedState,
  type RunCause,
  type RunRecord,
  type SparedInput,
} from '@oodate/meta-file';
import { difference } from './differences.js';
import type { FileStates } from './file-states.js';
import type { Reason } from './reason.js';
import { countedRun, type DecisionOptions } from './reasons-to-run.js';
import { storedReasons } from './stored-reason.js';

/** What a run left: its record, and the bytes that it printed. */
export interface RunResult {
  readonly run: RunRecord;
  readonly output: Uint8Array;
}

export interface RunOccasion {
  /** All that there were, the most telling first. */
  readonly reasons: readonly Reason[];
  /** What the run before left, if there is a record of that. */
  readonly former: RunResult | undefined;
}

/** Why a run was made, and what came of it. `files`: as they are after the run. */
export function runCause(
  { reasons, former }: RunOccasion,
  made: RunResult,
  files: FileStates,
  options: Pick<DecisionOptions, 'isIgnored'> = {},
): RunCause {
  const stored = storedReasons(reasons);
  if (former === undefined) return { ...stored, spared: [] };
  const isSame = printedTheSame(made, former) && leftTheSame(made.run, former.run, files, options);
  return {
    ...stored,
    outputs: isSame ? 'same' : 'changed',
    spared: sparedInputs(former.run.because?.spared ?? [], changedInputs(reasons), isSame),
  };
}

/** Inputs that were not as the run before had found them. */
export function changedInputs(reasons: readonly Reason[]): Set<AbsolutePath> {
  return new Set(
    reasons.flatMap((reason) => (isChangeOfInput(reason) && 'path' in reason ? [reason.path] : [])),
  );
}

function isChangeOfInput({ kind }: Reason): boolean {
  return (
    kind === 'input-changed' ||
    kind === 'input-gone' ||
    kind === 'input-appeared' ||
    kind === 'looked-at-changed' ||
    kind === 'link-changed' ||
    kind === 'listing-changed'
  );
}

function sparedInputs(
  known: readonly SparedInput[],
  changed: ReadonlySet<AbsolutePath>,
  isSame: boolean,
): SparedInput[] {
  const runs = new Map(known.map((input) => [input.path, input.runs]));
  for (const path of changed)
    if (isSame) runs.set(path, (runs.get(path) ?? 0) + 1);
    else runs.delete(path);
  return [...runs]
    .map(([path, times]) => ({ path, runs: times }))
    .sort((one, other) => other.runs - one.runs)
    .slice(0, mostOfCause.spared);
}

/** To a terminal a command writes something else than to a pipe, so that there is nothing to compare. */
function printedTheSame(made: RunResult, former: RunResult): boolean {
  if (streamsOf(made) !== streamsOf(former)) return true;
  return Buffer.compare(made.output, former.output) === 0;
}

function streamsOf({ run: { output } }: RunResult): string | undefined {
  return output && `${[...output.streams].sort()} ${[...output.terminals].sort()}`;
}

function leftTheSame(
  run: RunRecord,
  former: RunRecord,
  files: FileStates,
  options: Pick<DecisionOptions, 'isIgnored'>,
): boolean {
  const states = statesOf(run);
  const formerStates = statesOf(former);
  const isAsBefore = outputsOf(run, options).every((file) =>
    sameState(formerStates.get(placeKey(file)) ?? { type: 'absent' }, file.state),
  );
  if (!isAsBefore) return false;
  return outputsOf(former, options).every((file) => {
    const state = states.get(placeKey(file));
    if (state !== undefined) return sameState(file.state, state);
    // It did not write again what was as it would have it.
    const now = file.state.type === 'link' ? files.linkState(file.path) : files.state(file.path);
    return difference(file, now, former.recorded, files, {}) === 'none';
  });
}

function statesOf({ files }: RunRecord): ReadonlyMap<string, RecordedState> {
  return new Map(files.map((file) => [placeKey(file), file.state]));
}

/** A link and what it leads to are recorded under one path. */
function placeKey({ path, state }: RecordedFile): string {
  return `${state.type === 'link'}${path}`;
}

function outputsOf(run: RunRecord, options: Pick<DecisionOptions, 'isIgnored'>): readonly RecordedFile[] {
  return countedRun(run, options).files.filter(({ use }) => use === 'output' || use === 'removed');
}

function sameState(was: RecordedState, is: RecordedState): boolean {
  if (was.type === 'link' && is.type === 'link') return was.target === is.target;
  if (was.type === 'file' && is.type === 'file')
    return was.digest !== undefined && was.digest === is.digest && was.mode === is.mode;
  return was.type === is.type;
}
