import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RunRecord, Use } from '@oodate/meta-file';

/** How a run used a path. */
export type PathRole = Use | 'listed';

/** Of all paths that it used. */
export function rolesOf(run: RunRecord): Map<AbsolutePath, PathRole> {
  const roles = new Map<AbsolutePath, PathRole>();
  for (const [path, { use }] of recordsByPath(run)) roles.set(path, use);
  // Who lists a directory has looked at it before.
  for (const { path } of run.listings)
    if ((roles.get(path) ?? 'looked') === 'looked') roles.set(path, 'listed');
  return roles;
}

export function recordOf(path: AbsolutePath, run: RunRecord): RecordedFile | undefined {
  return recordsByPath(run).get(path);
}

/** A link and what it leads to can have one path; the second says more. */
function recordsByPath(run: RunRecord): Map<AbsolutePath, RecordedFile> {
  const records = new Map<AbsolutePath, RecordedFile>();
  for (const file of run.files)
    if (file.state.type !== 'link' || !records.has(file.path)) records.set(file.path, file);
  return records;
}
