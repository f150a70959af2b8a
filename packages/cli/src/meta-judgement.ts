import { dirname } from 'node:path';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { type MetaFile, readMetaFile } from '@oodate/meta-file';
import {
  accessesOfMeta,
  countedRun,
  type DecisionOptions,
  diskBmakeFiles,
  diskFileStates,
  type Reason,
  reasonsToMake,
  reasonsToRun,
} from '@oodate/planner';
import { CliError } from './cli-error.js';
import { type Counts, countAccesses, countUses } from './counts.js';
import { decisionNow, durationOf } from './judgement.js';
import { loadSettings, type SettingFlags } from './settings.js';
import { type SettingsEffect, settingsEffect } from './settings-effect.js';
import { pathWords } from './words.js';

/** What a meta file by itself tells of its target. */
export interface MetaJudgement {
  readonly name: string;
  /** Absolute. */
  readonly metaFile: string;
  readonly counts: Counts | undefined;
  /** undefined if nothing in it holds. */
  readonly meta: MetaFile | undefined;
  /** How long the recorded run took, in milliseconds; undefined if no record was good. */
  readonly took: number | undefined;
  /** In the order in which they are found; none if the target is up to date. */
  readonly reasons: Iterable<Reason>;
  /** Those of its directory; none of a file that tells no directory. */
  readonly settings: Pick<SettingsEffect, 'decision' | 'store'>;
}

/**
 * One that oodate wrote is judged by its record, as if its command were run again from
 * here, with the settings of its directory; of any other, as bmake's, the log alone. Throws a CliError if there is none.
 */
export async function judgeMetaFile(
  word: string,
  options: DecisionOptions,
  flags: SettingFlags,
): Promise<MetaJudgement> {
  const metaFile = joinPath(process.cwd() as AbsolutePath, word);
  const record = readMetaFile(metaFile);
  const files = diskFileStates();
  if (record.kind === 'none')
    throw new CliError('NO_META_FILE', `there is no meta file ${pathWords(metaFile, process.cwd())}`);
  if (record.kind === 'foreign' && record.version === undefined) {
    const { meta } = record;
    const directory = diskBmakeFiles().realPath(dirname(metaFile)) as AbsolutePath;
    return {
      name: meta.target,
      metaFile,
      counts: countAccesses(accessesOfMeta(meta)),
      meta,
      took: undefined,
      reasons: options.force === true ? [{ kind: 'forced' }] : reasonsToMake({ meta, directory }, files),
      settings: { decision: {}, store: undefined },
    };
  }
  if (record.kind !== 'good') {
    const nothing = { commands: [], cwd: '/' as AbsolutePath, environment: {} };
    const reasons = reasonsToRun(nothing, record, files, options);
    return {
      name: pathWords(metaFile, process.cwd()),
      metaFile,
      counts: undefined,
      meta: undefined,
      took: undefined,
      reasons,
      settings: { decision: {}, store: undefined },
    };
  }
  const { commands, cwd, logicalCwd } = record.run;
  const settings = await settingsEffect(await loadSettings(cwd, process.env, flags), record.meta.target);
  const { decision, findExtraInputs } = settings;
  const target = {
    commands,
    cwd,
    environment: process.env,
    ...(logicalCwd !== undefined && { logicalCwd }),
    ...(findExtraInputs !== undefined && { extraInputs: findExtraInputs().paths }),
  };
  return {
    name: record.meta.target,
    metaFile,
    counts: countUses(countedRun(record.run, decision)),
    meta: record.meta,
    took: durationOf(record.run),
    reasons: reasonsToRun(target, record, files, decisionNow(decision, options)),
    settings,
  };
}
