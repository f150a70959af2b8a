import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedContent, RunRecord } from '@oodate/meta-file';
import { isSameFile } from './differences.js';
import type { DigestedFile, FileState, FileStates } from './file-states.js';

/**
 * The disk as it is at one moment: no look is made twice, so that many records can be compared with it. A file
 * that `run` has recorded and that has not changed since is not read.
 */
export function snapshotStates(files: FileStates, run?: RunRecord): FileStates {
  const recorded = new Map<AbsolutePath, RecordedContent>();
  for (const { path, state } of run?.files ?? [])
    if (state.type === 'file' && state.digest !== undefined) recorded.set(path, state);
  const state = once((path) => files.state(path));
  return {
    state,
    linkState: once((path): FileState => files.linkState(path)),
    list: once((path) => files.list(path)),
    digest: once((path): DigestedFile | { readonly errno: string } => {
      const was = recorded.get(path);
      const now = state(path);
      if (run !== undefined && was?.digest !== undefined && now.type === 'file')
        if (isSameFile(was, now, run.recorded)) return { digest: was.digest, file: now };
      return files.digest(path);
    }),
  };
}

function once<Found>(look: (path: AbsolutePath) => Found): (path: AbsolutePath) => Found {
  const seen = new Map<AbsolutePath, Found>();
  return (path) => {
    if (seen.has(path)) return seen.get(path) as Found;
    const found = look(path);
    seen.set(path, found);
    return found;
  };
}
