import {
  type AbsolutePath,
  filemonRecords,
  isAbsolutePath,
  type PathUse,
  type PathUser,
  usersOfPaths,
} from '@oodate/filemon';
import type { MetaFile } from '@oodate/meta-file';
import type { InputReason, Reason } from '@oodate/planner';

/** The process through which a path matters. As `why --json` prints it: described in docs/guide/commands.md, and kept stable. */
export interface ReasonProcess {
  /** Absolute; of a script its interpreter; null if it is not known. */
  readonly executable: string | null;
  /** Its command line as one types it in sh; null if it is not known. */
  readonly words: string | null;
  /** How it used the path, what matters most first; empty if that is not known. */
  readonly how: readonly PathUse[];
  /** What executed it, the nearest first, up to the target's own command. */
  readonly parents: readonly Pick<ReasonProcess, 'executable' | 'words'>[];
}

/**
 * For each reason with a path the first process that used it in the way that matters, from the log of the last run;
 * null if none is known. Without a log it is the program that the record of the run names.
 */
export function processesOfReasons(
  reasons: readonly Reason[],
  meta: MetaFile | undefined,
): Map<Reason, ReasonProcess | null> {
  const concerned = reasons.filter((reason) => 'path' in reason);
  const links = concerned.filter(({ kind }) => kind === 'link-changed');
  const users = usersIn(
    meta,
    concerned.map(({ path }) => path),
    links.map(({ path }) => path),
  );
  return new Map(
    concerned.map((reason) => [
      reason,
      nearestProcess(users.get(reason.path) ?? [], purposeOf(reason), reason.by),
    ]),
  );
}

/** The users of these paths, from the log of the last run; `links` are symbolic links among them, as in `usersOfPaths`. */
export function usersIn(
  meta: MetaFile | undefined,
  paths: readonly AbsolutePath[],
  links: readonly AbsolutePath[] = [],
): Map<AbsolutePath, PathUser[]> {
  if (meta?.filemon === undefined || paths.length === 0) return new Map();
  const cwd = isAbsolutePath(meta.cwd) ? meta.cwd : ('/' as AbsolutePath);
  return usersOfPaths(filemonRecords([meta.filemon]), cwd, { paths, links });
}

/** What a path is to the target. */
export type Purpose = 'input' | 'output' | 'removed';

/** The first of them that used the path in the way that matters; else the program `by`, if one is known. */
export function nearestProcess(
  users: readonly PathUser[],
  purpose: Purpose,
  by?: string | undefined,
): ReasonProcess | null {
  const ranks = ranksOf[purpose];
  const rank = ({ how }: PathUser) => Math.min(...how.map((use) => ranks[use]));
  const [user] = users.toSorted((one, other) => rank(one) - rank(other));
  if (user === undefined)
    return by === undefined ? null : { executable: by, words: null, how: [], parents: [] };
  return {
    ...shown(user),
    how: user.how.toSorted((one, other) => ranks[one] - ranks[other]),
    parents: user.parents.map(shown),
  };
}

function shown({ executable, words }: Pick<PathUser, 'executable' | 'words'>) {
  return { executable: executable ?? null, words: words ?? null };
}

const asInput = { executed: 0, read: 0, listed: 1, looked: 2, missing: 3, written: 4, removed: 5 };

/** Which use of the path is more to the point, the lowest first. */
const ranksOf: Readonly<Record<Purpose, Readonly<Record<PathUse, number>>>> = {
  input: asInput,
  output: { ...asInput, written: -1 },
  removed: { ...asInput, removed: -1 },
};

function purposeOf({ kind }: InputReason): Purpose {
  switch (kind) {
    case 'output-changed':
    case 'output-gone':
      return 'output';
    case 'removed-came-back':
      return 'removed';
    default:
      return 'input';
  }
}
