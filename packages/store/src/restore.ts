import { lstatSync, symlinkSync, utimesSync } from 'node:fs';
import { type AbsolutePath, fsPath, parentOf } from '@oodate/filemon';
import type { DiskStore } from './disk-store.js';
import type { OutputDirectory } from './output-directories.js';
import { RestoreError, restoreErrorOf, shownPath } from './restore-error.js';
import { type Placed, planRestore, type RestorePlan } from './restore-plan.js';
import { Staging } from './staging.js';
import { errnoOf } from './store-error.js';
import { TreeChanges } from './tree-changes.js';
import type { WantedOutput } from './wanted-output.js';

export interface RestoreOptions {
  /** Nothing outside of these directories is ever written or removed. */
  readonly roots: readonly AbsolutePath[];
  /** Folders with this name and more may be made and are removed again; on the outputs' file system where possible. */
  readonly staging: AbsolutePath;
  /** It is there already as wanted: only its times are made new. Not asked for what is to be absent. */
  readonly isThere: (wanted: WantedOutput) => boolean;
}

/** Numbers of outputs. */
export interface Restored {
  readonly written: number;
  /** Were there already. */
  readonly kept: number;
  readonly removed: number;
  /** Those that were written and are no links, by the paths they were wanted at. */
  readonly files: ReadonlyMap<AbsolutePath, RestoredFile>;
}

/** A file as it was put into its place. Whoever writes to it gives it another time. */
export interface RestoredFile {
  readonly inode: bigint;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
}

type Objects = Pick<DiskStore, 'copyTo'>;

/**
 * All or nothing: throws a RestoreError, and then the tree is as it was. Whatever ends the process,
 * each output is as it was, as wanted, or missing in between.
 *
 * First everything is checked, then all files are copied beside the tree, and only then is the tree changed.
 */
export async function restoreOutputs(
  wanted: readonly WantedOutput[],
  objects: Objects,
  { roots, staging, isThere }: RestoreOptions,
): Promise<Restored> {
  const plan = planRestore(wanted, roots, isThere);
  const files = new Map<AbsolutePath, RestoredFile>();
  try {
    await carryOut(plan, objects, files, (changes) => new Staging(staging, false, changes));
  } catch (error) {
    if (!isAcrossFileSystems(error)) throw error;
    await carryOut(plan, objects, files, (changes) => new Staging(staging, true, changes));
  }
  return {
    files,
    written: plan.directories.length + plan.files.length + plan.links.length,
    kept: plan.kept.length,
    removed: plan.removals.length,
  };
}

/** One device can be mounted in two places, and renames do not go from one to the other. */
function isAcrossFileSystems(error: unknown): boolean {
  return error instanceof RestoreError && error.cause !== undefined && errnoOf(error.cause) === 'EXDEV';
}

async function carryOut(
  plan: RestorePlan,
  objects: Objects,
  files: Map<AbsolutePath, RestoredFile>,
  stagingFor: (changes: TreeChanges) => Staging,
): Promise<void> {
  const changes = new TreeChanges();
  const staging = stagingFor(changes);
  try {
    const staged = await stageAll([...plan.files, ...plan.links], objects, staging);
    for (const placed of plan.files)
      files.set(placed.output.path, markTime(placed, staged.get(placed) as AbsolutePath));
    commit(plan, staged, staging, changes);
    for (const kept of plan.kept) await renew(kept, objects, staging, changes);
  } catch (error) {
    const [lost] = changes.takeBack();
    if (lost !== undefined) throw notPutBack(lost, staging, error);
    staging.remove();
    staging.removeAbove();
    changes.takeBackTimes();
    throw error;
  }
  staging.remove();
}

function notPutBack(place: AbsolutePath, staging: Staging, cause: unknown): RestoreError {
  const folders = staging.keep().map(shownPath).join(', ');
  const message = `${shownPath(place)} could not be put back as it was: what is missing is in ${folders}`;
  return new RestoreError('NOT_PUT_BACK', place, message, { cause });
}

/** Where each is staged. */
type Staged = ReadonlyMap<Placed, AbsolutePath>;

async function stageAll(outputs: readonly Placed[], objects: Objects, staging: Staging): Promise<Staged> {
  const staged = new Map<Placed, AbsolutePath>();
  await forEachOf(outputs, async (placed) => {
    staged.set(placed, await stage(placed, objects, staging));
  });
  return staged;
}

async function stage(
  { output, directory }: Placed,
  objects: Objects,
  staging: Staging,
): Promise<AbsolutePath> {
  try {
    const name = staging.newName(directory.nearest);
    if (output.type === 'file') await objects.copyTo(output.digest, name, output.mode & 0o777);
    else if (output.type === 'link') symlinkSync(fsPath(output.target), fsPath(name));
    return name;
  } catch (error) {
    throw restoreErrorOf(error, output.path);
  }
}

/** Now, to the microsecond: the kernel's own times are to the nanosecond. */
function markTime(placed: Placed, staged: AbsolutePath): RestoredFile {
  try {
    const now = (performance.timeOrigin + performance.now()) / 1000;
    utimesSync(fsPath(staged), now, now);
    const { ino, mtimeNs } = lstatSync(fsPath(staged), { bigint: true });
    return { inode: ino, mtime: mtimeNs };
  } catch (error) {
    throw restoreErrorOf(error, placed.output.path);
  }
}

/** Synchronous, and so short that it is seldom interrupted; awaiting each call would take several times as long. */
function commit(plan: RestorePlan, staged: Staged, staging: Staging, changes: TreeChanges): void {
  const made = new Set<AbsolutePath>();
  const backup = ({ directory }: Placed) => staging.newName(directory.nearest);
  for (const placed of plan.removals) step(placed, () => changes.moveAway(placed.place, backup(placed)));
  for (const placed of plan.directories)
    step(placed, () => {
      if (placed.isOccupied) changes.moveAway(placed.place, backup(placed));
      makeDirectories({ ...placed.directory, path: placed.place, isThere: false }, made, changes);
    });
  for (const placed of [...plan.files, ...plan.links])
    step(placed, () => {
      makeDirectories(placed.directory, made, changes);
      const from = staged.get(placed) as AbsolutePath;
      if (!placed.isOccupied) changes.putIn(from, placed.place);
      else changes.replace(from, placed.place, backup(placed));
    });
}

function step({ output }: Placed, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw restoreErrorOf(error, output.path);
  }
}

function makeDirectories(
  { path, isThere, nearest }: OutputDirectory,
  made: Set<AbsolutePath>,
  changes: TreeChanges,
): void {
  if (isThere || path === nearest.path || made.has(path)) return;
  makeDirectories({ path: parentOf(path), isThere, nearest }, made, changes);
  changes.makeDirectory(path);
  made.add(path);
}

/** Only who owns a file can set its times; another's is replaced by a copy. A directory's stay, if it must be so. */
async function renew(
  placed: Placed,
  objects: Objects,
  staging: Staging,
  changes: TreeChanges,
): Promise<void> {
  try {
    changes.touch(placed.place);
  } catch {
    if (placed.output.type === 'directory') return;
    const staged = await stage(placed, objects, staging);
    step(placed, () => changes.replace(staged, placed.place, staging.newName(placed.directory.nearest)));
  }
}

/** Several at once. After a failure no other is begun, and those under way are waited for. */
async function forEachOf<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of left) {
      if (failed) return;
      try {
        await act(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

const atOnce = 8;
