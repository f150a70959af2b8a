import {
  type AbsolutePath,
  type Access,
  type Accesses,
  filemonRecords,
  isAbsolutePath,
  isKernelPath,
  joinPath,
  summarizeAccesses,
} from '@oodate/filemon';
import type { MetaFile } from '@oodate/meta-file';
import { presentState } from './differences.js';
import type { FileState, FileStates } from './file-states.js';
import { PathWalk } from './path-walk.js';
import type { InputReason, Reason } from './reason.js';
import { causesOfDistrust } from './record-run.js';

/** A target of which a `.meta` file with no record of ours tells: one that bmake wrote. */
export interface TracedTarget {
  readonly meta: MetaFile;
  /** Where the meta file lies, symbolic links resolved: bmake runs the commands there. */
  readonly directory: AbsolutePath;
}

/**
 * The reasons to make the target again, as far as its log can tell them. It holds
 * no content: so files that were read are compared by time with the target, as bmake does;
 * for all other uses it counts whether the path is there.
 */
export function* reasonsToMake(
  { meta, directory }: TracedTarget,
  files: FileStates,
): Generator<Reason, void, undefined> {
  if (meta.cwd !== directory) {
    yield { kind: 'directory-changed', was: meta.cwd as AbsolutePath, is: directory };
    return;
  }
  const status = /^(\d+)$/.exec(meta.error ?? '')?.[1];
  if (status !== undefined) yield { kind: 'last-run-failed', exit: { status: Number(status), signal: 0 } };
  if (meta.filemon === undefined) {
    if (status === undefined)
      yield { kind: 'last-run-incomplete', causes: ['the meta file has no filemon section'] };
    return;
  }
  const accesses = accessesOfMeta(meta);
  const causes = causesOfDistrust(accesses);
  if (causes.length > 0) yield { kind: 'last-run-incomplete', causes };
  yield* changedPaths(joinPath(directory, meta.target), accesses, files);
}

/** What the commands accessed; empty without a log. */
export function accessesOfMeta({ cwd, filemon = new Uint8Array() }: MetaFile): Accesses {
  return summarizeAccesses(filemonRecords([filemon]), isAbsolutePath(cwd) ? cwd : ('/' as AbsolutePath));
}

function* changedPaths(path: AbsolutePath, accesses: Accesses, files: FileStates): Generator<InputReason> {
  const target = files.state(path);
  if (target.type === 'absent') {
    yield { kind: 'output-gone', path, by: accesses.paths.get(path)?.by };
    return;
  }
  const made = 'mtime' in target ? target.mtime : undefined;
  const walk = new PathWalk(files);
  const own = new Set<AbsolutePath>();
  for (const { path, change } of accesses.paths.values())
    if (change !== 'none') own.add(walk.walk(path).place).add(walk.walk(path).real);
  for (const access of accesses.paths.values()) {
    const { place, real } = walk.walk(access.path);
    if (isKernelPath(access.path) || isKernelPath(real)) continue;
    if (access.change !== 'none') yield* changedOutput(access, files);
    else if (!own.has(place) && !own.has(real)) yield* changedInput(access, made, files);
  }
}

function* changedOutput({ path, by, change }: Access, files: FileStates): Generator<InputReason> {
  const now = files.linkState(path);
  if (change === 'written' && now.type === 'absent') yield { kind: 'output-gone', path, by };
  if (change === 'removed' && now.type !== 'absent')
    yield { kind: 'removed-came-back', path, by, is: presentState(now) };
}

/** `made`: modification time of the target, in nanoseconds since the epoch; undefined if it has none. */
function* changedInput(
  { path, by, missing, read }: Access,
  made: bigint | undefined,
  files: FileStates,
): Generator<InputReason> {
  const now = files.state(path);
  if (now.type === 'unreadable') {
    yield { kind: 'input-unreadable', path, by, errno: now.errno };
    return;
  }
  if (missing) {
    const is = appeared(path, now, made, files);
    if (is !== undefined) yield { kind: 'input-appeared', path, by, is: presentState(is) };
  } else if (now.type === 'absent') yield { kind: 'input-gone', path, by };
  else if (read && now.type === 'file' && made !== undefined && seconds(now.mtime) > seconds(made))
    yield { kind: 'input-newer', path, by };
}

/** What is there now. A link that leads nowhere, and is no younger than the target, was there before. */
function appeared(
  path: AbsolutePath,
  now: FileState,
  made: bigint | undefined,
  files: FileStates,
): FileState | undefined {
  if (now.type !== 'absent') return now;
  const link = files.linkState(path);
  return link.type === 'link' && (made === undefined || link.ctime > made) ? link : undefined;
}

/** bmake compares whole seconds. */
function seconds(time: bigint): bigint {
  return time / 1_000_000_000n;
}
