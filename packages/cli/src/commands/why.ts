import type { DecisionOptions, Reason } from '@oodate/planner';
import { judge } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeOut } from '../output-streams.js';
import { metaReportOf, printJson, reportOf } from '../report.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';
import { coloursFor } from '../terminal.js';
import {
  groupWords,
  noNewerWords,
  outOfDateWords,
  processWords,
  reasonGroups,
  reasonWords,
  upToDateWords,
} from '../words.js';

/** Says on stdout why the target is out of date, with every reason. */
export function why(target: NamedTarget, options: DecisionOptions & { readonly json: boolean }): number {
  const judgement = judge(target, options);
  const reasons = [...judgement.reasons];
  const verdict = reasons.length === 0 ? 'up to date' : 'out of date';
  if (options.json) printJson(reportOf(judgement, verdict, reasons));
  else if (reasons.length > 0) writeOut(1, explanation(target.name, reasons));
  else if (judgement.counts !== undefined && judgement.took !== undefined)
    writeOut(1, `${upToDateWords(target.name, judgement.counts, judgement.took)}\n`);
  return 0;
}

/** The same of the targets of these meta files. */
export async function whyMetaFiles(
  metaFiles: readonly string[],
  options: DecisionOptions & { readonly json: boolean },
  flags: SettingFlags,
): Promise<number> {
  const judged = [];
  for (const metaFile of metaFiles) {
    const judgement = await judgeMetaFile(metaFile, options, flags);
    judged.push({ ...judgement, reasons: [...judgement.reasons] });
  }
  if (options.json) {
    printJson(metaReportOf(judged));
    return 0;
  }
  for (const { name, reasons, counts, took } of judged) {
    if (reasons.length > 0) writeOut(1, explanation(name, reasons));
    else if (counts !== undefined)
      writeOut(1, `${took === undefined ? noNewerWords(name, counts) : upToDateWords(name, counts, took)}\n`);
  }
  return 0;
}

function explanation(name: string, reasons: readonly Reason[]): string {
  const cwd = process.cwd();
  const { bold, dim } = coloursFor(1);
  const lines = [outOfDateWords(name, reasons.length)];
  for (const group of reasonGroups) {
    const members = reasons.filter((reason) => groupWords(reason) === group);
    if (members.length > 0) lines.push('', `  ${bold(group)}`);
    for (const reason of members) {
      const by = processWords(reason, cwd);
      lines.push(`    ${reasonWords(reason, cwd)}${by === '' ? '' : dim(`; ${by}`)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
