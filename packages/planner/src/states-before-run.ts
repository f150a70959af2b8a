import type { AbsolutePath } from '@oodate/filemon';
import type { FollowedState, RunRecord } from '@oodate/meta-file';
import { presentState } from './differences.js';
import type { FileStates } from './file-states.js';
import { PathWalk } from './path-walk.js';
import { snapshotStates } from './snapshot-states.js';

/**
 * What there is now of all that the last run changed, so that the record of the next one can say what it
 * found there: it may read what the last one has made. To be called right before that begins. By path; where that is a symbolic link, by
 * the path that it leads to. Directories are left out, as all that is in one cannot be told.
 */
export function statesBeforeRun(last: RunRecord, files: FileStates): Map<AbsolutePath, FollowedState> {
  const states = new Map<AbsolutePath, FollowedState>();
  const now = snapshotStates(files, last);
  const walk = new PathWalk(now);
  for (const { path, use } of last.files) {
    if (use !== 'output' && use !== 'removed') continue;
    const { real, state } = walk.walk(path);
    const place = state.type === 'link' ? real : path;
    const found = stateWithDigest(place, now);
    if (found !== undefined) states.set(place, found);
  }
  return states;
}

/** undefined for a directory, and if the content cannot be told. */
function stateWithDigest(path: AbsolutePath, files: FileStates): FollowedState | undefined {
  const now = presentState(files.state(path));
  if (now.type === 'link' || now.type === 'directory') return undefined;
  if (now.type !== 'file') return now;
  const found = files.digest(path);
  return 'digest' in found ? { ...found.file, digest: found.digest } : undefined;
}
