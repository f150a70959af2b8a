import type { DecisionOptions } from '@oodate/planner';
import { firstOf, judge } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { metaReportOf, printJson, reportOf } from '../report.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';

/** Says by the exit status alone whether the target is up to date: 0, or 1 if it is not. */
export function check(target: NamedTarget, options: DecisionOptions & { readonly json: boolean }): number {
  const judgement = judge(target, options);
  const reason = firstOf(judgement.reasons);
  if (options.json)
    printJson(reportOf(judgement, reason ? 'out of date' : 'up to date', reason ? [reason] : []));
  return reason === undefined ? 0 : 1;
}

/** The same of the targets of these meta files. */
export async function checkMetaFiles(
  metaFiles: readonly string[],
  options: DecisionOptions & { readonly json: boolean },
  flags: SettingFlags,
): Promise<number> {
  const judged = [];
  for (const metaFile of metaFiles) {
    const judgement = await judgeMetaFile(metaFile, options, flags);
    const reason = firstOf(judgement.reasons);
    judged.push({ ...judgement, reasons: reason ? [reason] : [] });
  }
  if (options.json) printJson(metaReportOf(judged));
  return judged.every(({ reasons }) => reasons.length === 0) ? 0 : 1;
}
