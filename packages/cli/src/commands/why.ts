import { groupOf, processesOfReasons, type ReasonProcess, reasonGroups } from '@oodate/explain';
import type { DecisionOptions, Reason } from '@oodate/planner';
import type { Counts } from '../counts.js';
import { judge, recordedRun } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeOut } from '../output-streams.js';
import { metaReportOf, printJson, reportOf } from '../report.js';
import { isoMoment, nearResult } from '../result-store.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';
import { coloursFor, stdoutColumns, type Terminal } from '../terminal.js';
import {
  nearResultWords,
  noNewerWords,
  outOfDateWords,
  processLines,
  processWords,
  reasonWords,
  upToDateWords,
  wasRestoredWords,
} from '../words.js';

export type WhyOptions = DecisionOptions & { readonly json: boolean; readonly verbose: boolean };

/** Says on stdout why the target is out of date, with every reason, and what the store knows. */
export async function why(target: NamedTarget, options: WhyOptions, terminal: Terminal): Promise<number> {
  const judgement = judge(target, options);
  const reasons = [...judgement.reasons];
  const last = recordedRun(judgement);
  if (reasons.length === 0) {
    if (options.json) printJson({ ...reportOf(judgement, 'up to date', []), known: null });
    else if (judgement.counts !== undefined && judgement.took !== undefined)
      writeOut(1, upToDateLines(target.name, judgement.counts, judgement.took, last?.restored));
    return 0;
  }
  const { record } = judgement;
  const processes = processesOfReasons(reasons, record.kind === 'good' ? record.meta : undefined);
  const near = await nearResult(target, last, { json: options.json, output: 'none' }, terminal);
  if (options.json) {
    const known = near && { made: isoMoment(near.made), differs: near.differs };
    printJson({
      ...reportOf(judgement, 'out of date', withProcesses(reasons, processes)),
      known: known ?? null,
    });
  } else {
    writeOut(1, explanation(target.name, reasons, processes, options.verbose));
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
  options: WhyOptions,
  flags: SettingFlags,
): Promise<number> {
  const judged = [];
  for (const metaFile of metaFiles) {
    const judgement = await judgeMetaFile(metaFile, options, flags);
    const reasons = [...judgement.reasons];
    judged.push({ ...judgement, reasons, processes: processesOfReasons(reasons, judgement.meta) });
  }
  if (options.json) {
    printJson(
      metaReportOf(judged.map((one) => ({ ...one, reasons: withProcesses(one.reasons, one.processes) }))),
    );
    return 0;
  }
  for (const { name, reasons, processes, counts, took } of judged) {
    if (reasons.length > 0) writeOut(1, explanation(name, reasons, processes, options.verbose));
    else if (counts !== undefined)
      writeOut(1, `${took === undefined ? noNewerWords(name, counts) : upToDateWords(name, counts, took)}\n`);
  }
  return 0;
}

type Processes = ReadonlyMap<Reason, ReasonProcess | null>;

function withProcesses(reasons: readonly Reason[], processes: Processes): Reason[] {
  return reasons.map((reason) =>
    'path' in reason ? { ...reason, process: processes.get(reason) ?? null } : reason,
  );
}

function explanation(
  name: string,
  reasons: readonly Reason[],
  processes: Processes,
  verbose: boolean,
): string {
  const cwd = process.cwd();
  const { bold, dim } = coloursFor(1);
  const columns = stdoutColumns();
  const lines = [outOfDateWords(name, reasons.length)];
  for (const group of reasonGroups) {
    const members = reasons.filter((reason) => groupOf(reason) === group);
    if (members.length > 0) lines.push('', `  ${bold(group)}`);
    for (const reason of members) {
      const line = `    ${reasonWords(reason, cwd)}`;
      const by = processes.get(reason) ?? null;
      const short = verbose ? '' : processWords(by, cwd, columns - line.length - 2);
      lines.push(`${line}${short === '' ? '' : dim(`; ${short}`)}`);
      if (verbose && by !== null) lines.push(...processLines(by, cwd).map((text) => `      ${dim(text)}`));
    }
  }
  return `${lines.join('\n')}\n`;
}
