import { type AbsolutePath, parentOf } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import { findRecorder } from '@oodate/monitor';
import type { NamedTarget } from './target.js';

/**
 * Tells the project's recorder, if one runs, what the target uses now. Trouble with it is none of the run's.
 * `proof`: of the call that has ended, if there is one.
 */
export async function tellRecorder(
  { cwd, metaFile, settings }: NamedTarget,
  run: RunRecord | undefined,
  proof?: AbsolutePath | undefined,
): Promise<void> {
  const folder = findRecorder(parentOf(metaFile), 'socket') ?? findRecorder(cwd, 'socket');
  if (folder === undefined || run === undefined) return;
  const { tellOfRun } = await import('./recorder-interests.js');
  await tellOfRun(folder, run, proof === undefined ? [] : [proof], settings.decision);
}
