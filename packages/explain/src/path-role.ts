import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RunRecord, Use } from '@oodate/meta-file';

/** How a run used a path. */
export type PathRole = Use | 'listed';

/** undefined if it did not. Who lists a directory has looked at it before. */
export function roleOf(path: AbsolutePath, run: RunRecord): PathRole | undefined {
  const file = recordOf(path, run);
  const isListed =
    (file?.use ?? 'looked') === 'looked' && run.listings.some((listing) => listing.path === path);
  return isListed ? 'listed' : file?.use;
}

/** A link and what it leads to can have one path; the second says more. */
export function recordOf(path: AbsolutePath, run: RunRecord): RecordedFile | undefined {
  const records = run.files.filter((file) => file.path === path);
  return records.find(({ state }) => state.type !== 'link') ?? records[0];
}
