import type { DecisionOptions, Reason } from '@oodate/planner';
import type { Counts } from '../counts.js';
import { judge, recordedRun } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeOut } from '../output-streams.js';
import { metaReportOf, printJson, reportOf } from '../report.js';
import { isoMoment, nearResult } from '../result-store.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';
import { coloursFor, type Terminal } from '../terminal.js';
import {
  groupWords,
  nearResultWords,
  noNewerWords,
  outOfDateWords,
  processWords,
  reasonGroups,
  reasonWords,
  upToDateWords,
  wasRestoredWords,
} from '../words.js';

/** Says on stdout why the target is out of date, with every reason, and what the store knows. */
export async function why(
  target: NamedTarget,
  options: DecisionOptions & { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const judgement = judge(target, options);
  const reasons = [...judgement.reasons];
  const last = recordedRun(judgement);
  if (reasons.length === 0) {
    if (options.json) printJson({ ...reportOf(judgement, 'up to date', []), known: null });
    else if (judgement.counts !== undefined && judgement.took !== undefined)
      writeOut(1, upToDateLines(target.name, judgement.counts, judgement.took, last?.restored));
    return 0;
  }
  const near = await nearResult(target, last, { json: options.json, output: 'none' }, terminal);
  if (options.json) {
    const known = near && { made: isoMoment(near.made), differs: near.differs };
    printJson({ ...reportOf(judgement, 'out of date', reasons), known: known ?? null });
  } else {
    writeOut(1, explanation(target.name, reasons));
    if (near !== undefined) writeOut(1, `\n  ${nearResultWords(near, process.cwd())}\n`);
  }
  return 0;
}

function upToDateLines(name: string, counts: Counts, took: number, restored: bigint | undefined): string {
  const line = `${upToDateWords(name, counts, took)}\n`;
  return restored === undefined ? line : `${line}  ${wasRestoredWords(restored)}\n`;
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
