import { type KnownTarget, TargetGraph } from '@oodate/explain';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { type ReadRecord, readMetaFile } from '@oodate/meta-file';
import {
  type DecisionOptions,
  diskFileStates,
  type FileStates,
  type Reason,
  reasonsToRun,
  type Target,
} from '@oodate/planner';
import { CliError } from './cli-error.js';
import { decisionNow } from './judgement.js';
import { presentTarget } from './known-judgement.js';
import { fileMatcher } from './path-patterns.js';
import { findProject } from './project-targets.js';
import { loadSettings, type SettingFlags } from './settings.js';
import { type SettingsEffect, settingsEffect } from './settings-effect.js';
import { resolveTarget, type TargetName } from './target.js';
import { metaFilesAmong } from './traced-files.js';
import { nameWords, pathWords } from './words.js';

/** A target with what is known of it, whichever way the user named it. */
export interface AskedTarget {
  /** As the user knows it. */
  readonly name: string;
  readonly metaFile: AbsolutePath;
  readonly target: Target;
  readonly record: ReadRecord;
  readonly settings: SettingsEffect;
}

/** The target that is named, or those of the meta files that are; where nothing is named, those that the project has. Throws a CliError. */
export async function askedTargets(name: TargetName): Promise<AskedTarget[]> {
  if (isUnnamed(name)) {
    const found = await knownTargetsHere(name);
    if (found.length > 0) return found;
    throw new CliError(
      'NO_META_FILE',
      'nothing is known of any target of this project',
      'run one once with: oodate run',
    );
  }
  const metaFiles = metaFilesAmong(name);
  if (metaFiles.length > 0)
    return Promise.all(
      metaFiles.map((file) => targetOfMetaFile(joinPath(process.cwd() as AbsolutePath, file), name)),
    );
  const target = await resolveTarget(name, process.env);
  const { title, metaFile, settings } = target;
  return [{ name: title, metaFile, target, record: readMetaFile(metaFile), settings }];
}

/** Every reason for which it would run now. */
export function reasonsNow(
  { target, record, settings }: AskedTarget,
  options: Pick<DecisionOptions, 'force'> = {},
  files: FileStates = diskFileStates(),
): Iterable<Reason> {
  return reasonsToRun(target, record, files, decisionNow(settings.decision, options));
}

/** For what can be told only of what a run has used. Throws a CliError. */
export function withGoodRecord(asked: AskedTarget): {
  readonly asked: AskedTarget;
  readonly known: KnownTarget;
} {
  const { name, metaFile, record } = asked;
  if (record.kind !== 'good')
    throw new CliError(
      'NO_META_FILE',
      `${nameWords(name)} is out of date, and nothing tells what it uses`,
      'run it once with: oodate run',
    );
  return { asked, known: { name, metaFile, meta: record.meta, run: record.run } };
}

/** Whether the settings would make an input of a file that is not there yet. */
export function isExtraInput({ settings }: AskedTarget): (path: AbsolutePath) => boolean {
  const { inputs } = settings.settings;
  return inputs.value.length === 0 ? () => false : fileMatcher(inputs);
}

/** Of these, by the settings of the current directory. Throws a CliError. */
export async function graphOf(
  known: readonly KnownTarget[],
  flags: SettingFlags | undefined,
): Promise<TargetGraph> {
  const settings = await loadSettings(process.cwd() as AbsolutePath, process.env, flags);
  return new TargetGraph(known, (await settingsEffect(settings)).decision.isIgnored);
}

export function isUnnamed({ names, rest, meta }: TargetName): boolean {
  return names.length === 0 && rest === undefined && meta === undefined;
}

/** Those of the project whose last run was a good one, each as it would be run again. Throws a CliError. */
export async function knownTargetsHere({ flags }: Pick<TargetName, 'flags'>): Promise<AskedTarget[]> {
  const { targets: known } = await findProject(process.cwd() as AbsolutePath, process.env, flags);
  return Promise.all(known.map((one) => asRunAgain(one, flags)));
}

/** A known target as it would be run again. Throws a CliError. */
export async function asRunAgain(known: KnownTarget, flags: SettingFlags | undefined): Promise<AskedTarget> {
  const { name, meta, run } = known;
  const metaFile = known.metaFile as AbsolutePath;
  const record = { kind: 'good', metaFile, meta, run } as const;
  return { name, metaFile, record, ...(await presentTarget(known, process.env, flags)) };
}

/** As if its command were run again from here. */
async function targetOfMetaFile(
  metaFile: AbsolutePath,
  { flags }: Pick<TargetName, 'flags'>,
): Promise<AskedTarget> {
  const record = readMetaFile(metaFile);
  if (record.kind === 'none')
    throw new CliError('NO_META_FILE', `there is no meta file ${pathWords(metaFile, process.cwd())}`);
  const { commands, cwd, logicalCwd } = record.kind === 'good' ? record.run : nothing;
  const name = 'meta' in record ? record.meta.target : pathWords(metaFile, process.cwd());
  const settings = await settingsEffect(await loadSettings(cwd, process.env, flags), name);
  const extraInputs = settings.findExtraInputs?.().paths;
  const target = {
    commands,
    cwd,
    environment: process.env,
    ...(logicalCwd !== undefined && { logicalCwd }),
    ...(extraInputs !== undefined && { extraInputs }),
  };
  return { name, metaFile, target, record, settings };
}

const nothing = { commands: [], cwd: '/' as AbsolutePath, logicalCwd: undefined };
