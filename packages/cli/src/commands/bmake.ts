import { existsSync } from 'node:fs';
import { encodePath } from '@oodate/filemon';
import type { BmakeFinding } from '@oodate/planner';
import {
  type BmakeJudgement,
  type BmakeOptions,
  judgeAlonePaths,
  judgeMetaFiles,
  judgeTree,
} from '../bmake-judgement.js';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import { bmakeReasonWords, bmakeTellsWords, outOfDateWords } from '../words.js';

/** A question for bmake's verdict, asked in the present directory. */
export interface BmakeRequest {
  /** Meta files, or targets. */
  readonly names: readonly string[];
  /** The user's own words for bmake. */
  readonly rest: readonly string[];
  readonly options: BmakeOptions;
  readonly format: string | undefined;
  readonly json: boolean;
}

/** Exit status 0 if bmake would make nothing, else 1. Says why only if it was told in which format. */
export function bmakeCheck(request: BmakeRequest): number {
  const judgements = judge(request);
  const isOutOfDate = judgements.some(({ reasons }) => reasons.length > 0);
  if (request.json) printReport(judgements);
  else if (request.format !== undefined) print(judgements, request.format);
  return isOutOfDate ? 1 : 0;
}

/** Says on stdout what bmake would make, and why. */
export function bmakeWhy(request: BmakeRequest): number {
  const judgements = judge(request);
  if (request.json) printReport(judgements);
  else print(judgements, request.format ?? 'oodate');
  return 0;
}

function judge({ names, rest, options }: BmakeRequest): readonly BmakeJudgement[] {
  const metaFiles = names.filter(isMetaFile);
  if (metaFiles.length === names.length && names.length > 0) return judgeMetaFiles(names, options);
  if (metaFiles[0] !== undefined)
    throw new CliError(
      'USAGE',
      `${metaFiles[0]} is a meta file, and others are not`,
      'name meta files or targets',
    );
  if (rest.length > 0 || ['makefile', 'Makefile', 'BSDmakefile'].some((name) => existsSync(name)))
    return judgeTree(names, rest, options);
  if (names.length === 0)
    throw new CliError('USAGE', 'there is nothing to judge', 'name a meta file or a target');
  return judgeAlonePaths(names, options);
}

function isMetaFile(name: string): boolean {
  return name.endsWith('.meta');
}

function print(judgements: readonly BmakeJudgement[], format: string): void {
  writeOut(1, format === 'bmake' ? encodePath(bmakeText(judgements)) : ownText(judgements));
}

/** All that bmake would write. Of a meta file that it does not use it tells only as it makes the target, but for sub-makes. */
export function bmakeText(judgements: readonly BmakeJudgement[]): string {
  const isTold = (finding: BmakeFinding) => finding.kind !== 'meta-file-unused' || finding.why === '.SUBMAKE';
  const lines = judgements.flatMap(({ name, findings }) =>
    findings.filter(isTold).map((finding) => bmakeTellsWords(finding, name)),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function ownText(judgements: readonly BmakeJudgement[]): string {
  const cwd = process.cwd();
  const outOfDate = judgements.filter(({ reasons }) => reasons.length > 0);
  if (outOfDate.length === 0) return 'up to date, as bmake decides\n';
  return outOfDate
    .map(({ name, reasons }) => {
      const lines = reasons.map((reason) => `  ${bmakeReasonWords(reason, cwd)}\n`);
      return `${outOfDateWords(name, reasons.length)}\n${lines.join('')}`;
    })
    .join('');
}

function printReport(judgements: readonly BmakeJudgement[]): void {
  const targets = judgements.map(({ name, metaFile, reasons, remarks }) => ({
    name,
    metaFile: metaFile ?? null,
    verdict: reasons.length === 0 ? 'up to date' : 'out of date',
    reasons,
    remarks,
  }));
  const verdict = targets.every((target) => target.verdict === 'up to date') ? 'up to date' : 'out of date';
  printJson({ verdict, targets });
}
