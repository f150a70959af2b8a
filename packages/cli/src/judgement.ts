import { type ReadRecord, type RunRecord, readMetaFile } from '@oodate/meta-file';
import {
  countedRun,
  type DecisionOptions,
  diskFileStates,
  type FileStates,
  type Reason,
  reasonsToRun,
} from '@oodate/planner';
import { type Counts, countUses } from './counts.js';
import type { NamedTarget } from './target.js';

/** What is known of a target. `run`, `why` and `check` all ask here, so that they cannot disagree. */
export interface Judgement {
  readonly target: NamedTarget;
  readonly record: ReadRecord;
  /** Of the last good run; undefined if there is no record of one. */
  readonly counts: Counts | undefined;
  /** How long that run took, in milliseconds. */
  readonly took: number | undefined;
  /** In the order in which they are found; none if the target is up to date. */
  readonly reasons: Iterable<Reason>;
}

/** `options`: beyond what the settings of the target say. */
export function judge(
  target: NamedTarget,
  options: DecisionOptions,
  files: FileStates = diskFileStates(),
): Judgement {
  const record = readMetaFile(target.metaFile);
  const { decision } = target.settings;
  return {
    target,
    record,
    counts: record.kind === 'good' ? countUses(countedRun(record.run, decision)) : undefined,
    took: record.kind === 'good' ? durationOf(record.run) : undefined,
    reasons: reasonsToRun(target, record, files, decisionNow(decision, options)),
  };
}

/** How a target is decided about that has these settings. `options`: beyond them. */
export function decisionNow(decision: DecisionOptions, options: DecisionOptions = {}): DecisionOptions {
  // Under an outer trace the inputs must be seen to be read, or the outer target would not depend on them.
  return { ...decision, ...options, digestAll: isTraced() };
}

/** The last run, if it was a good one. */
export function recordedRun({ record }: Judgement): RunRecord | undefined {
  return record.kind === 'good' ? record.run : undefined;
}

/** How long the run took, in milliseconds. The states are taken as soon as the command has ended. */
export function durationOf({ started, recorded }: RunRecord): number {
  return Math.max(0, Number(recorded / 1000n) - started) / 1000;
}

/** Whether this process runs inside a traced command; the probe tells by this variable. */
export function isTraced(): boolean {
  return process.env.OODATE_PROBE !== undefined;
}

export function firstOf<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item;
  return undefined;
}
