import { type Cause, rankReasons } from '@oodate/explain';
import { type AbsolutePath, isAbsolutePath } from '@oodate/filemon';
import type { MetaFile, RunRecord } from '@oodate/meta-file';
import { countedRun, type DecisionOptions, type Reason } from '@oodate/planner';
import {
  type PathRole,
  type ReportTargets,
  reportPage,
  type SourceCause,
  targetsReport,
  tracedReport,
} from '@oodate/report';
import { graphOf, knownTargetsHere, reasonsNow, withGoodRecord } from '../asked-targets.js';
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
  differenceLines,
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
    targets: await targetsOf(metaFile, causes, flags),
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
  const { group, reason, difference } = cause;
  return {
    group,
    words: reasonWords(reason, cwd, 'all'),
    details: causeDetails(cause, cwd, 'all'),
    difference: difference === null ? [] : differenceLines(difference, Number.POSITIVE_INFINITY),
    ...('path' in reason && { path: reason.path, user: cause.process ?? undefined }),
  };
}

/** A larger graph tells less than the part of it that leads to the target. */
const mostTargets = 60;

/** undefined if no other is known, or there is something wrong with the settings of one: that is told where it is run. */
async function targetsOf(
  own: string,
  causes: readonly Cause[],
  flags: SettingFlags,
): Promise<ReportTargets | undefined> {
  try {
    const all = (await knownTargetsHere({ flags })).map(withGoodRecord);
    if (!all.some(({ known }) => known.metaFile !== own)) return undefined;
    const cwd = process.cwd() as AbsolutePath;
    const graph = await graphOf(
      all.map(({ known }) => known),
      flags,
    );
    const words = all.map(({ known, asked }) => {
      const reasons =
        known.metaFile === own
          ? causes.map(({ reason }) => reason)
          : rankReasons([...reasonsNow(asked)], { root: cwd });
      return [known.metaFile, reasons.map((reason) => reasonWords(reason, cwd))] as const;
    });
    const shown = all.length > mostTargets ? { shown: [own] } : {};
    return await targetsReport({ graph, own, causes: new Map(words), directory: cwd, ...shown });
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function rolesOf({ files, listings }: RunRecord): Map<string, PathRole> {
  const roles = new Map<string, PathRole>(listings.map(({ path }) => [path, 'input']));
  for (const { path, use } of files)
    roles.set(path, use === 'output' || use === 'removed' ? 'output' : 'input');
  return roles;
}
