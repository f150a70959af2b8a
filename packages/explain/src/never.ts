import {
  type AbsolutePath,
  directoriesAbove,
  filemonRecords,
  isAbsolutePath,
  isBelow,
  isKernelPath,
  type LeftRunning,
  leftRunning,
  nameOf,
  parentOf,
} from '@oodate/filemon';
import type { MetaFile, ReadRecord, RunRecord, Use } from '@oodate/meta-file';
import {
  type DecisionOptions,
  type FileState,
  type FileStates,
  PathWalk,
  type Reason,
  reasonsToRun,
  type Target,
  UncountedPaths,
} from '@oodate/planner';
import { ImaginedStates } from './imagined-states.js';
import { type PathRole, recordOf, rolesOf } from './path-role.js';
import { nearestProcess, type ReasonProcess, usersIn } from './reason-process.js';
import { reasonsIf } from './what-if.js';

/** Why a path is no input of a target, or how it is one after all. As `why --never --json` prints it, and kept stable. */
export type NeverFinding = {
  readonly path: AbsolutePath;
  /** What is there now, symbolic links followed. */
  readonly is: FileState['type'];
  /** Whether the target would be out of date with another content there; and if it went, or came to be. */
  readonly counts: { readonly content: boolean; readonly presence: boolean };
} /** It is one. `link`: as a symbolic link, and not as what that leads to. */ & (
  | {
      readonly kind: 'used-path';
      readonly use: PathRole;
      readonly link: boolean;
      readonly process: ReasonProcess | null;
    }
  /**
   * The command made, wrote or removed it: what counts is what it left. `before`: what it made of what it found there,
   * 'unseen' if it never looked. `usedAfter`: it read or executed it when it had written it.
   */
  | {
      readonly kind: 'own-output';
      readonly use: 'output' | 'removed';
      readonly before: 'unseen' | 'looked' | 'used';
      readonly usedAfter: boolean;
      readonly process: ReasonProcess | null;
    }
  /** The settings leave it out. `use`: how the last run used it; null if it did not, or if that is not known. */
  | ({ readonly kind: 'ignored-path'; readonly use: PathRole | null } & IgnoringRule)
  /** The kernel makes it up. `leadsTo`: where a symbolic link at the path leads. */
  | { readonly kind: 'kernel-path'; readonly leadsTo: AbsolutePath | null }
  /** oodate itself keeps it. */
  | { readonly kind: 'oodate-path' }
  /** A tool keeps its own books there, which say nothing about what a build should do. */
  | { readonly kind: 'bookkeeping-path' }
  /** The command made it, and removed it or gave it another name. */
  | { readonly kind: 'temporary-path'; readonly process: ReasonProcess | null }
  /** It is there, and the command never came to it. */
  | { readonly kind: 'never-opened'; readonly nearest: readonly NearPath[] }
  /** It is not there, and the command never looked for it. */
  | { readonly kind: 'not-there'; readonly nearest: readonly NearPath[] }
  /** There is nothing that could tell. `reason`: the one for which the target is out of date. */
  | { readonly kind: 'no-good-record'; readonly reason: Reason }
);

/** What a run did that is nearest to using a path. */
export type NearPath =
  /** A directory above was listed, and the name in it is one that the path needs. */
  | { readonly kind: 'listed-directory'; readonly path: AbsolutePath; readonly process: ReasonProcess | null }
  /** The same file was used by this name. `link`: the symbolic link that leads there; null for a hard link. */
  | {
      readonly kind: 'other-name';
      readonly path: AbsolutePath;
      readonly link: AbsolutePath | null;
      readonly use: Use;
      readonly process: ReasonProcess | null;
    }
  /** This directory above was looked for, and was not there. */
  | {
      readonly kind: 'missing-directory';
      readonly path: AbsolutePath;
      readonly process: ReasonProcess | null;
    }
  /** It is a directory, and so many paths below it were used; one of them is `path`. */
  | { readonly kind: 'used-below'; readonly path: AbsolutePath; readonly use: Use; readonly number: number }
  /** These went on when the command had ended, and what they used since is not known. */
  | { readonly kind: 'left-running'; readonly processes: readonly LeftRunning[] };

/** The pattern of a setting that leaves a path out, and where the setting stands. */
export interface IgnoringRule {
  readonly pattern: string;
  readonly from: { readonly kind: string; readonly [field: string]: string };
}

export interface NeverQuestion {
  readonly target: Target;
  readonly record: ReadRecord;
  readonly files: FileStates;
  readonly options?: DecisionOptions;
  /** The rule by which `options.isIgnored` leaves a path out. */
  readonly ignoringRule?: (path: AbsolutePath) => IgnoringRule | undefined;
  /** Whether the settings would make an input of a file that is not there yet. */
  readonly isExtraInput?: (path: AbsolutePath) => boolean;
}

/** Nothing is decided here: what counts is asked of the record, of what made it, and of the decision. */
export function whyNever(path: AbsolutePath, question: NeverQuestion): NeverFinding {
  const counts = {
    content: isNoticed(path, 'content', question),
    presence: isNoticed(path, 'presence', question),
  };
  const is = question.files.state(path).type;
  return { path, is, ...findingOf(path, question), counts };
}

function isNoticed(path: AbsolutePath, of: 'content' | 'presence', question: NeverQuestion): boolean {
  return reasonsIf(question, new ImaginedStates(question.files, [{ path, of }])).length > 0;
}

type Finding<Kind = NeverFinding> = Kind extends NeverFinding ? Omit<Kind, 'path' | 'is' | 'counts'> : never;

function findingOf(path: AbsolutePath, question: NeverQuestion): Finding {
  const { target, record, files, options = {} } = question;
  const walk = new PathWalk(files);
  const uncounted = uncountedKind(path, question, walk);
  if (uncounted !== undefined) return uncounted;
  const rule = question.ignoringRule?.(path);
  if (rule !== undefined) {
    const use = record.kind === 'good' ? rolesOf(record.run).get(path) : undefined;
    return { kind: 'ignored-path', use: use ?? null, ...rule };
  }
  if (record.kind !== 'good') {
    const [reason] = reasonsToRun(target, record, files, { ...options, force: false });
    if (reason === undefined) throw new Error('a record that is no good one gives no reason');
    return { kind: 'no-good-record', reason };
  }
  return usedFinding(path, record) ?? unusedFinding(path, record, files, walk);
}

function uncountedKind(
  path: AbsolutePath,
  { target, record }: NeverQuestion,
  walk: PathWalk,
): Finding | undefined {
  const environment =
    record.kind === 'good'
      ? Object.fromEntries(record.run.environment.map(({ name, value }) => [name, value]))
      : target.environment;
  const own = [record.metaFile, `${record.metaFile}.last`].filter((file) => isAbsolutePath(file));
  switch (new UncountedPaths(own, environment, [path], walk).kindOf(path)) {
    case 'kernel':
      return { kind: 'kernel-path', leadsTo: null };
    case 'own':
      return { kind: 'oodate-path' };
    case 'volatile':
      return { kind: 'bookkeeping-path' };
    case undefined:
      return undefined;
  }
}

type GoodRecord = Extract<ReadRecord, { kind: 'good' }>;

function usedFinding(path: AbsolutePath, { run, meta }: GoodRecord): Finding | undefined {
  const file = recordOf(path, run);
  const role = rolesOf(run).get(path);
  if (role === undefined) return undefined;
  const users = usersIn(meta, [path], [path]).get(path) ?? [];
  if (file === undefined || (file.use !== 'output' && file.use !== 'removed'))
    return {
      kind: 'used-path',
      use: role,
      link: file?.state.type === 'link',
      process: nearestProcess(users, 'input', file?.by),
    };
  const { use, before, by } = file;
  return {
    kind: 'own-output',
    use,
    before: before === undefined ? 'unseen' : before === 'looked' ? 'looked' : 'used',
    usedAfter:
      before === undefined && users.some(({ how }) => how.includes('read') || how.includes('executed')),
    process: nearestProcess(users, use, by),
  };
}

function unusedFinding(
  path: AbsolutePath,
  { run, meta }: GoodRecord,
  files: FileStates,
  walk: PathWalk,
): Finding {
  const users = usersIn(meta, [path]).get(path) ?? [];
  const did = new Set(users.flatMap(({ how }) => how));
  if (did.has('written') && did.has('removed'))
    return { kind: 'temporary-path', process: nearestProcess(users, 'output') };
  const { real, state } = walk.walk(path);
  if (isKernelPath(real)) return { kind: 'kernel-path', leadsTo: real };
  const nearest = nearestOf(path, run, meta, files, walk);
  return { kind: state.type === 'absent' ? 'not-there' : 'never-opened', nearest };
}

function nearestOf(
  path: AbsolutePath,
  run: RunRecord,
  meta: MetaFile,
  files: FileStates,
  walk: PathWalk,
): NearPath[] {
  const above = [...directoriesAbove(path)];
  const other = otherName(path, run, files, walk);
  const listed = listedAbove(path, run, files, walk);
  const missing = above.find((directory) =>
    run.files.some(({ path, use }) => use === 'missing' && path === directory),
  );
  const below = run.files.filter((file) => isBelow(file.path, path));
  const concerned = [other?.path, listed, missing].filter((found) => found !== undefined);
  const users = usersIn(meta, concerned);
  const processOf = (used: AbsolutePath) => nearestProcess(users.get(used) ?? [], 'input');
  const left = meta.filemon === undefined ? [] : leftRunning(filemonRecords([meta.filemon]));
  const nearest: NearPath[] = [];
  if (other !== undefined) nearest.push({ ...other, process: processOf(other.path) });
  if (listed !== undefined)
    nearest.push({ kind: 'listed-directory', path: listed, process: processOf(listed) });
  if (missing !== undefined)
    nearest.push({ kind: 'missing-directory', path: missing, process: processOf(missing) });
  const [first] = below;
  if (first !== undefined) {
    const number = new Set(below.map((file) => file.path)).size;
    nearest.push({ kind: 'used-below', path: first.path, use: first.use, number });
  }
  if (left.length > 0) nearest.push({ kind: 'left-running', processes: left });
  return nearest;
}

type OtherName = Omit<Extract<NearPath, { kind: 'other-name' }>, 'process'>;

function otherName(
  path: AbsolutePath,
  run: RunRecord,
  files: FileStates,
  walk: PathWalk,
): OtherName | undefined {
  const { real, state: place } = walk.walk(path);
  if (place.type === 'absent') return undefined;
  const now = files.state(path);
  for (const { path: used, use, state } of run.files) {
    if (state.type === 'absent' || state.type === 'link') continue;
    if (walk.walk(used).real === real) {
      const [link = null] = [...walk.linksOn(used), ...walk.linksOn(path)];
      return { kind: 'other-name', path: used, link, use };
    }
    // Numbers of inodes are used again, and are so for each file system; with the same time of change that is no other file.
    if (
      state.type === 'file' &&
      now.type === 'file' &&
      state.inode === now.inode &&
      state.ctime === now.ctime
    )
      return { kind: 'other-name', path: used, link: null, use };
  }
  return undefined;
}

/** The nearest directory above that is there, if it was listed and the command does not itself make the name in it. */
function listedAbove(
  path: AbsolutePath,
  run: RunRecord,
  files: FileStates,
  walk: PathWalk,
): AbsolutePath | undefined {
  for (let at = path; at !== '/'; at = parentOf(at)) {
    const directory = parentOf(at);
    const { real } = walk.walk(directory);
    const listing = run.listings.find(
      (listed) => listed.path === directory || walk.walk(listed.path).real === real,
    );
    if (listing !== undefined) return listing.own.includes(nameOf(at)) ? undefined : listing.path;
    if (files.linkState(directory).type !== 'absent') return undefined;
  }
  return undefined;
}
