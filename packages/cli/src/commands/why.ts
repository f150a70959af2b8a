import { type Cause, isoTime, reasonGroups } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { DecisionOptions, Reason } from '@oodate/planner';
import { Causes, type OutOfDateMaker } from '../causes.js';
import type { Counts } from '../counts.js';
import { judge, recordedRun } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeOut } from '../output-streams.js';
import { causeReport, metaReportOf, printJson, reportOf } from '../report.js';
import { nearResult } from '../result-store.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';
import { coloursFor, stdoutColumns, type Terminal } from '../terminal.js';
import {
  causeDetails,
  differenceLines,
  moreCausesWords,
  nearResultWords,
  noNewerWords,
  outOfDateMakerWords,
  outOfDateWords,
  processLines,
  processWords,
  reasonWords,
  upToDateWords,
  wasRestoredWords,
} from '../words.js';
import { wrapped } from '../wrapped-text.js';

export type WhyOptions = DecisionOptions & {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Settings given on the command line. */
  readonly flags: SettingFlags;
};

/** Of what `--json` prints; see docs/formats/why.schema.json. */
const version = 1;

/** Says on stdout why the target is out of date, with every reason, and what the store knows. */
export async function why(target: NamedTarget, options: WhyOptions, terminal: Terminal): Promise<number> {
  const judgement = judge(target, options);
  const reasons = [...judgement.reasons];
  const last = recordedRun(judgement);
  const known = new Causes(options.flags);
  const makers = await known.outOfDateMakersOf(target);
  if (reasons.length === 0) {
    if (options.json) printJson({ version, ...reportOf(judgement, 'up to date', []), known: null, makers });
    else if (judgement.counts !== undefined && judgement.took !== undefined)
      writeOut(1, upToDateLines(target.name, judgement.counts, judgement.took, last?.restored));
    if (!options.json) sayMakers(makers, []);
    return 0;
  }
  const { record } = judgement;
  const { cwd, metaFile, settings } = target;
  const meta = record.kind === 'good' ? record.meta : undefined;
  const causes = await known.of({ metaFile, meta, cwd, reasons, settings });
  const near = await nearResult(target, last, { json: options.json, output: 'none' }, terminal);
  if (options.json) {
    const nearest = near && { made: isoTime(near.made), differs: near.differs };
    const report = reportOf(judgement, 'out of date', causes.map(causeReport));
    printJson({ version, ...report, known: nearest ?? null, makers });
  } else {
    writeOut(1, explanation(target.name, causes, options.verbose));
    if (near !== undefined && !isOfSameDifference(near.differs, reasons)) {
      const lines = wrapped(nearResultWords(near, process.cwd()), stdoutColumns(), 2);
      writeOut(1, `\n${lines.join('\n')}\n`);
    }
    sayMakers(makers, causes);
  }
  return 0;
}

/** Those of which the causes do not tell already. */
function sayMakers(makers: readonly OutOfDateMaker[], causes: readonly Cause[]): void {
  const told = new Set(causes.map(({ writer }) => writer?.metaFile));
  const lines = makers
    .filter(({ metaFile }) => !told.has(metaFile))
    .flatMap((maker) => wrapped(outOfDateMakerWords(maker, process.cwd()), stdoutColumns(), 2));
  if (lines.length > 0) writeOut(1, `\n${lines.join('\n')}\n`);
}

/** The nearest known result is the last run itself, or one that tells nothing more. */
function isOfSameDifference(differs: readonly Reason[], reasons: readonly Reason[]): boolean {
  const subject = (reason: Reason) =>
    [reason.kind, 'path' in reason ? reason.path : 'name' in reason ? reason.name : ''].join(' ');
  const told = new Set(reasons.map(subject));
  return differs.length === reasons.length && differs.every((reason) => told.has(subject(reason)));
}

function upToDateLines(name: string, counts: Counts, took: number, restored: bigint | undefined): string {
  const line = `${upToDateWords(name, counts, took)}\n`;
  return restored === undefined ? line : `${line}  ${wasRestoredWords(restored)}\n`;
}

/** The same of the targets of these meta files. */
export async function whyMetaFiles(metaFiles: readonly string[], options: WhyOptions): Promise<number> {
  const known = new Causes(options.flags);
  const judged = [];
  for (const word of metaFiles) {
    const judgement = await judgeMetaFile(word, options, options.flags);
    const reasons = [...judgement.reasons];
    const { metaFile, meta, settings } = judgement;
    const cwd = meta?.run?.cwd ?? (process.cwd() as AbsolutePath);
    const causes = await known.of({ metaFile, meta, cwd, reasons, settings });
    judged.push({ ...judgement, causes });
  }
  if (options.json) {
    const reports = judged.map((one) => ({ ...one, reasons: one.causes.map(causeReport) }));
    printJson({ version, ...metaReportOf(reports) });
    return 0;
  }
  for (const { name, causes, counts, took } of judged) {
    if (causes.length > 0) writeOut(1, explanation(name, causes, options.verbose));
    else if (counts !== undefined)
      writeOut(1, `${took === undefined ? noNewerWords(name, counts) : upToDateWords(name, counts, took)}\n`);
  }
  return 0;
}

/** Without -v: of each group, and of those with a difference, and of the lines of that. */
const most = { causes: 10, differences: 3, lines: 8 };

function explanation(name: string, causes: readonly Cause[], verbose: boolean): string {
  const { bold, dim } = coloursFor(1);
  const lines = [outOfDateWords(name, causes.length)];
  const withDifference = causes.filter(({ difference }) => difference !== null);
  const differing = new Set(verbose ? withDifference : withDifference.slice(0, most.differences));
  for (const group of reasonGroups) {
    const members = causes.filter((cause) => cause.group === group);
    const shown = verbose ? members : members.slice(0, most.causes);
    if (members.length > 0) lines.push('', `  ${bold(group)}`);
    for (const cause of shown) {
      lines.push(...causeLines(cause, verbose));
      if (differing.has(cause)) lines.push(...shownDifference(cause, verbose));
    }
    if (shown.length < members.length)
      lines.push(`    ${dim(moreCausesWords(members.length - shown.length))}`);
  }
  return `${lines.join('\n')}\n`;
}

function causeLines(cause: Cause, verbose: boolean): string[] {
  const cwd = process.cwd();
  const { dim } = coloursFor(1);
  const columns = stdoutColumns();
  const detail = verbose ? 'all' : 'times';
  const lines = wrapped(reasonWords(cause.reason, cwd, detail), columns, 4);
  const details = causeDetails(cause, cwd, detail).flatMap((text) => wrapped(text, columns, 6));
  if (verbose) {
    // Command lines stay in one piece, so that they can be pasted.
    const process = cause.process === null ? [] : processLines(cause.process, cwd);
    return [...lines, ...[...process.map((text) => `      ${text}`), ...details].map(dim)];
  }
  const last = lines.at(-1) ?? '';
  const short = processWords(cause.process, cwd, columns - last.length - 2);
  if (short === '') return [...lines, ...details.map(dim)];
  const fits = last.length + 2 + short.length <= columns;
  const withProcess = fits
    ? [...lines.slice(0, -1), `${last}${dim(`; ${short}`)}`]
    : [...lines, dim(`      ${processWords(cause.process, cwd, columns - 6)}`)];
  return [...withProcess, ...details.map(dim)];
}

function shownDifference({ difference }: Cause, verbose: boolean): string[] {
  if (difference === null) return [];
  const { dim, red, green } = coloursFor(1);
  const columns = stdoutColumns();
  return differenceLines(difference, verbose ? Number.POSITIVE_INFINITY : most.lines).map((line) => {
    const text = line.replaceAll('\t', '  ');
    const cut = text.length + 6 <= columns ? text : `${text.slice(0, columns - 7)}…`;
    const colour = line.startsWith('-') ? red : line.startsWith('+') ? green : dim;
    return colour(`      ${cut}`);
  });
}
