import type { AbsolutePath } from '@oodate/filemon';
import {
  type DecisionOptions,
  type InputReason,
  type KnownRecord,
  reasonsToRun,
  type Target,
} from '@oodate/planner';
import type { ImaginedStates } from './imagined-states.js';

/** One way in which imagined changes would make a target out of date. */
export interface ImaginedCause {
  readonly reason: InputReason;
  /** The changes that do it, by their paths. */
  readonly changes: ReadonlySet<AbsolutePath>;
}

/** All of them, by the decision itself: what is out of date for another reason is left out. */
export function causesIf(
  target: Target,
  record: KnownRecord,
  imagined: ImaginedStates,
  options: DecisionOptions = {},
): ImaginedCause[] {
  const causes: ImaginedCause[] = [];
  for (const reason of reasonsToRun(target, record, imagined, options)) {
    const changes = 'path' in reason ? imagined.changesAt(reason.path) : noChanges;
    if ('path' in reason && changes.size > 0) causes.push({ reason, changes });
  }
  return causes;
}

const noChanges: ReadonlySet<AbsolutePath> = new Set();
