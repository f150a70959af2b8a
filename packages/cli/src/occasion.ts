import type { RunRecord } from '@oodate/meta-file';
import type { RunOccasion } from '@oodate/planner';
import { type Judgement, recordedRun } from './judgement.js';

/** Why a target is to be made now. */
export interface Occasion extends RunOccasion {
  /** Of the last run, if it is known what that used. */
  readonly last: RunRecord | undefined;
}

/** `reasons`: of the judgement, at least one. */
export function occasionOf(judgement: Judgement, reasons: Occasion['reasons']): Occasion {
  const { record } = judgement;
  return {
    reasons,
    last: recordedRun(judgement),
    former: record.kind === 'good' ? { run: record.run, output: record.meta.output } : undefined,
  };
}
