import type { DecisionOptions } from '@oodate/planner';
import { firstOf, judge } from '../judgement.js';
import { printJson, reportOf } from '../report.js';
import type { NamedTarget } from '../target.js';

/** Says by the exit status alone whether the target is up to date: 0, or 1 if it is not. */
export function check(target: NamedTarget, options: DecisionOptions & { readonly json: boolean }): number {
  const judgement = judge(target, options);
  const reason = firstOf(judgement.reasons);
  if (options.json)
    printJson(reportOf(judgement, reason ? 'out of date' : 'up to date', reason ? [reason] : []));
  return reason === undefined ? 0 : 1;
}
