import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { type ReadRecord, readMetaFile } from '@oodate/meta-file';
import type { Target } from '@oodate/planner';
import { CliError } from './cli-error.js';
import { loadSettings } from './settings.js';
import { type SettingsEffect, settingsEffect } from './settings-effect.js';
import { resolveTarget, type TargetName } from './target.js';
import { metaFilesAmong } from './traced-files.js';
import { pathWords } from './words.js';

/** A target with what is known of it, whichever way the user named it. */
export interface AskedTarget {
  /** As the user knows it. */
  readonly name: string;
  readonly metaFile: AbsolutePath;
  readonly target: Target;
  readonly record: ReadRecord;
  readonly settings: SettingsEffect;
}

/** The target that is named, or those of the meta files that are. Throws a CliError. */
export async function askedTargets(name: TargetName): Promise<AskedTarget[]> {
  const metaFiles = metaFilesAmong(name);
  if (metaFiles.length > 0)
    return Promise.all(
      metaFiles.map((file) => targetOfMetaFile(joinPath(process.cwd() as AbsolutePath, file), name)),
    );
  const target = await resolveTarget(name, process.env);
  const { title, metaFile, settings } = target;
  return [{ name: title, metaFile, target, record: readMetaFile(metaFile), settings }];
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
