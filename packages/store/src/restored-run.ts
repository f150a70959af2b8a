import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RunRecord } from '@oodate/meta-file';
import type { FileStates } from '@oodate/planner';
import type { KnownResult } from './known-results.js';
import { linkFollower } from './outputs.js';
import type { RestoredFile } from './restore.js';

/** When the present states were taken, by the clock of the file system, in nanoseconds. */
interface Moments {
  /** Before the first look at an input. */
  readonly begun: bigint;
  /** After everything was brought back. */
  readonly recorded: bigint;
}

/**
 * The record of a result that has been brought back, with the states that its files have now. undefined if an input
 * or an output has been changed meanwhile.
 */
export function restoredRun(
  { run, seen }: Pick<KnownResult, 'run' | 'seen'>,
  disk: FileStates,
  outputs: ReadonlyMap<AbsolutePath, RestoredFile>,
  { begun, recorded }: Moments,
): RunRecord | undefined {
  const placeOf = linkFollower(run);
  const files: RecordedFile[] = [];
  for (const file of run.files) {
    const { path, state } = file;
    if (state.type !== 'file') {
      files.push(file);
      continue;
    }
    const output = file.use === 'output' ? outputs.get(placeOf(path) ?? path) : undefined;
    const now = (file.use === 'output' ? disk : seen).state(path);
    if (now.type !== 'file' || now.size !== state.size) return undefined;
    if (output !== undefined && (now.inode !== output.inode || now.mtime !== output.mtime)) return undefined;
    if (output === undefined && (file.use === 'output' || now.ctime >= begun)) {
      // It may have been changed after it was seen, within one tick of the clock.
      const found = disk.digest(path);
      if (!('digest' in found) || found.digest !== state.digest) return undefined;
      files.push({ ...file, state: { ...found.file, digest: found.digest } });
      continue;
    }
    files.push({ ...file, state: { ...now, digest: state.digest } });
  }
  const took = run.recorded - BigInt(run.started) * 1000n;
  return {
    ...run,
    started: Number((recorded - took) / 1000n),
    recorded,
    restored: run.restored ?? run.recorded,
    files,
  };
}
