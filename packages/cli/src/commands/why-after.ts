import { type LastCause, type LastRun, lastRun, reasonGroups } from '@oodate/explain';
import { askedTargets } from '../asked-targets.js';
import { writeOut } from '../output-streams.js';
import { causeReport, printJson } from '../report.js';
import type { TargetName } from '../target.js';
import { coloursFor, stdoutColumns } from '../terminal.js';
import { noMetaFile } from '../traced-files.js';
import {
  adviceLines,
  lastRunOutcomeWords,
  lastRunWords,
  moreWords,
  processLines,
  processWords,
  reasonWords,
  sparedTitle,
  sparedWords,
} from '../words.js';
import { wrapped } from '../wrapped-text.js';

export interface AfterOptions {
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Says on stdout why the last good run of the target was made, and what could have been spared. */
export async function whyAfter(name: TargetName, { json, verbose }: AfterOptions): Promise<number> {
  const runs = (await askedTargets(name)).map(({ name: title, metaFile, record, settings }) => {
    if (record.kind !== 'good') throw noMetaFile(record);
    return {
      target: { name: title, metaFile },
      ...lastRun({ ...record.meta, run: record.run }, settings.decision),
    };
  });
  if (json)
    printJson({
      version: 1,
      runs: runs.map((run) => ({ ...run, causes: run.causes?.map(causeReport) ?? null })),
    });
  else writeOut(1, runs.map((run) => textOf(run, run.target.name, verbose)).join('\n'));
  return 0;
}

function textOf(run: LastRun, name: string, verbose: boolean): string {
  const { bold, dim } = coloursFor(1);
  const columns = stdoutColumns();
  const cwd = process.cwd();
  const causes = run.causes ?? [];
  const lines = wrapped(lastRunWords(name, run), columns, 0);
  for (const group of reasonGroups) {
    const members = causes.filter((cause) => cause.group === group);
    if (members.length > 0) lines.push('', `  ${bold(group)}`);
    lines.push(...members.flatMap((cause) => causeLines(cause, verbose)));
  }
  if (run.more > 0) lines.push(`    ${dim(moreWords(run.more))}`);
  lines.push('', ...wrapped(lastRunOutcomeWords(run), columns, 2));
  const shown = verbose ? run.spared : run.spared.slice(0, mostSpared);
  if (shown.length > 0) lines.push('', `  ${bold(sparedTitle)}`);
  lines.push(...shown.flatMap((path) => wrapped(sparedWords(path, cwd), columns, 4)));
  if (shown.length < run.spared.length) lines.push(`    ${dim(moreWords(run.spared.length - shown.length))}`);
  const advice = adviceLines(run.advice);
  if (advice.length > 0) lines.push('', ...advice.flatMap((line) => wrapped(line, columns, 2)));
  return `${lines.join('\n')}\n`;
}

/** Unless all are asked for. */
const mostSpared = 10;

function causeLines({ reason, process: by, shortened }: LastCause, verbose: boolean): string[] {
  const cwd = process.cwd();
  const { dim } = coloursFor(1);
  const columns = stdoutColumns();
  const clause = `${reasonWords(reason, cwd, verbose ? 'all' : 'times')}${shortened ? ' …' : ''}`;
  const lines = wrapped(clause, columns, 4);
  if (by === null) return lines;
  if (verbose) return [...lines, ...processLines(by, cwd).map((text) => `      ${dim(text)}`)];
  return [...lines, dim(`      ${processWords(by, cwd, columns - 6)}`)];
}
