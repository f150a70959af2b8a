import type { Cause } from '@oodate/explain';
import { type AbsolutePath, isAbsolutePath } from '@oodate/filemon';
import type { MetaFile, RunRecord } from '@oodate/meta-file';
import { countedRun, type DecisionOptions, type Reason } from '@oodate/planner';
import { type PathRole, reportPage, type SourceCause, tracedReport } from '@oodate/report';
import { Causes, type JudgedTarget } from '../causes.js';
import { CliError } from '../cli-error.js';
import type { Counts } from '../counts.js';
import { judge } from '../judgement.js';
import { judgeMetaFile } from '../meta-judgement.js';
import { writeResultFile } from '../result-file.js';
import type { SettingFlags } from '../settings.js';
import type { NamedTarget } from '../target.js';
import {
  causeDetails,
  noNewerWords,
  nothingToShowWords,
  outOfDateWords,
  reasonWords,
  upToDateWords,
  wasRestoredWords,
} from '../words.js';

export type PageOptions = DecisionOptions & {
  /** Where the page goes; `-` is stdout. */
  readonly file: string;
  /** Settings given on the command line. */
  readonly flags: SettingFlags;
};

/** Writes why the target is out of date, and all that its last good run did, as a page for a browser. */
export function whyPage(target: NamedTarget, options: PageOptions): Promise<number> {
  const judgement = judge(target, options);
  const { record } = judgement;
  const meta = record.kind === 'good' ? record.meta : undefined;
  const { name, metaFile, settings } = target;
  return writePage({ ...judgement, name, metaFile, meta, settings }, options);
}

/** The same of the target of a meta file. */
export async function whyMetaFilePage(metaFiles: readonly string[], options: PageOptions): Promise<number> {
  const [metaFile, other] = metaFiles;
  if (metaFile === undefined || other !== undefined)
    throw new CliError('USAGE', 'a page shows one target, and several are named', 'name one meta file');
  return writePage(await judgeMetaFile(metaFile, options, options.flags), options);
}

interface Judged {
  readonly name: string;
  readonly metaFile: string;
  readonly meta: MetaFile | undefined;
  readonly reasons: Iterable<Reason>;
  readonly counts: Counts | undefined;
  readonly took: number | undefined;
  readonly settings: JudgedTarget['settings'];
}

async function writePage(judged: Judged, { file, flags }: PageOptions): Promise<number> {
  const { name, metaFile, meta, settings } = judged;
  if (meta?.filemon === undefined)
    throw new CliError('NOTHING_TO_SHOW', nothingToShowWords(name), 'run it once with: oodate run');
  const cwd = isAbsolutePath(meta.cwd) ? meta.cwd : ('/' as AbsolutePath);
  const reasons = [...judged.reasons];
  const causes = await new Causes(flags).of({ metaFile, meta, cwd, reasons, settings });
  const report = tracedReport({
    target: name,
    isUpToDate: reasons.length === 0,
    verdict: verdictOf(judged, reasons.length),
    log: meta.filemon,
    cwd,
    directory: cwd,
    ...(meta.run !== undefined && { roles: rolesOf(countedRun(meta.run, settings.decision)) }),
    causes: causes.map(sourceCause),
  });
  writeResultFile(file, reportPage(report));
  return 0;
}

function verdictOf({ name, counts, took, meta }: Judged, reasons: number): string {
  if (reasons > 0 || counts === undefined) return outOfDateWords(name, reasons);
  if (took === undefined) return noNewerWords(name, counts);
  const restored = meta?.run?.restored;
  return [
    upToDateWords(name, counts, took),
    ...(restored === undefined ? [] : [wasRestoredWords(restored)]),
  ].join('; ');
}

function sourceCause(cause: Cause): SourceCause {
  const cwd = process.cwd();
  const { group, reason } = cause;
  return {
    group,
    words: reasonWords(reason, cwd, 'all'),
    details: causeDetails(cause, cwd, 'all'),
    ...('path' in reason && { path: reason.path, user: cause.process ?? undefined }),
  };
}

function rolesOf({ files, listings }: RunRecord): Map<string, PathRole> {
  const roles = new Map<string, PathRole>(listings.map(({ path }) => [path, 'input']));
  for (const { path, use } of files)
    roles.set(path, use === 'output' || use === 'removed' ? 'output' : 'input');
  return roles;
}
