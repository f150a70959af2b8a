import { type Culprit, rankReasons } from '@oodate/explain';
import type { RunRecord } from '@oodate/meta-file';
import type { Reason, RunOccasion } from '@oodate/planner';
import { projectRoot } from '@oodate/store';
import { type Judgement, recordedRun } from './judgement.js';

/** Why a target is to be made now. */
export interface Occasion extends RunOccasion {
  /** Of the last run, if it is known what that used. */
  readonly last: RunRecord | undefined;
  /** Who has changed what the reasons are about; if not there, who asks for that finds out. */
  readonly culprit?: Culprit | undefined;
}

/** `reasons`: of the judgement, at least one. */
export function occasionOf(judgement: Judgement, reasons: readonly Reason[]): Occasion {
  const { target, record } = judgement;
  return {
    reasons: rankReasons(reasons, { root: projectRoot(target.cwd) ?? target.cwd }),
    last: recordedRun(judgement),
    former: record.kind === 'good' ? { run: record.run, output: record.meta.output } : undefined,
  };
}
