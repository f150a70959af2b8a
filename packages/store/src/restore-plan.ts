import { readdirSync, type Stats } from 'node:fs';
import { type AbsolutePath, childOf, decodePath, fsPath, nameOf, parentOf } from '@oodate/filemon';
import { OutputDirectories, type OutputDirectory, statsAt } from './output-directories.js';
import { RestoreError, restoreErrorOf, shownPath } from './restore-error.js';
import { badPath, isSameOutput, outputsByPath, type WantedOutput } from './wanted-output.js';

/** An output, and where it has to be. */
export interface Placed<Output extends WantedOutput = WantedOutput> {
  readonly output: Output;
  /** No symbolic link is on the way to it. */
  readonly place: AbsolutePath;
  readonly directory: OutputDirectory;
  /** Something is there, and makes way. */
  readonly isOccupied: boolean;
}

/** What there is to do. All of it has been checked against the tree, in which nothing has been changed. */
export interface RestorePlan {
  /** What is in a directory comes before the directory. */
  readonly removals: readonly Placed[];
  /** A directory comes before what is in it. Those above outputs are not among them. */
  readonly directories: readonly Placed[];
  readonly files: readonly Placed<Extract<WantedOutput, { type: 'file' }>>[];
  readonly links: readonly Placed<Extract<WantedOutput, { type: 'link' }>>[];
  /** They are there already. */
  readonly kept: readonly Placed<Exclude<WantedOutput, { type: 'absent' }>>[];
}

/** Throws a RestoreError if the outputs cannot or must not be put into the tree. */
export function planRestore(
  wanted: readonly WantedOutput[],
  roots: readonly AbsolutePath[],
  isThere: (output: WantedOutput) => boolean,
): RestorePlan {
  const placed = placeOutputs(wanted, roots);
  const plan = { removals: [], directories: [], files: [], links: [], kept: [] } as {
    [Kind in keyof RestorePlan]: RestorePlan[Kind][number][];
  };
  for (const { output, place, directory } of placed.values()) {
    const base = { place, directory };
    if (output.type === 'absent') {
      if (isRemoved(place, directory, placed)) plan.removals.push({ ...base, output, isOccupied: true });
    } else if (directory.isThere && isThere(output)) plan.kept.push({ ...base, output, isOccupied: true });
    else {
      const stats = directory.isThere ? statsAt(place) : undefined;
      const isOccupied = stats !== undefined;
      if (output.type === 'directory') {
        if (stats?.isDirectory()) plan.kept.push({ ...base, output, isOccupied });
        else plan.directories.push({ ...base, output, isOccupied });
      } else if (output.type === 'file') plan.files.push({ ...base, output, isOccupied });
      else plan.links.push({ ...base, output, isOccupied });
      if (stats !== undefined) checkMakesWay(output, place, stats, placed);
    }
  }
  plan.removals.sort((one, other) => other.place.length - one.place.length);
  plan.directories.sort((one, other) => one.place.length - other.place.length);
  return plan;
}

type Unchecked = Pick<Placed, 'output' | 'place' | 'directory'>;

/** By place. */
function placeOutputs(
  wanted: readonly WantedOutput[],
  roots: readonly AbsolutePath[],
): Map<AbsolutePath, Unchecked> {
  const outputs = outputsByPath(wanted, roots);
  const directories = new OutputDirectories(roots, (path) => outputs.has(path));
  const placed = new Map<AbsolutePath, Unchecked>();
  for (const output of outputs.values()) {
    const directory = directories.at(parentOf(output.path));
    if ('blockedBy' in directory) {
      if (output.type === 'absent') continue;
      throw inTheWay(output.path, `${shownPath(directory.blockedBy)} is no directory`);
    }
    const place = childOf(directory.path, nameOf(output.path));
    const other = placed.get(place)?.output;
    // One file is two outputs where the command wrote it on two ways, one of them over a link.
    if (other !== undefined && !isSameOutput(output, other))
      throw badPath(output.path, `and ${shownPath(other.path)} are different outputs in one place`);
    if (other === undefined) placed.set(place, { output, place, directory });
  }
  checkNesting(placed);
  return placed;
}

/** Only below a directory can something be. Nothing is written below a link that is an output itself. */
function checkNesting(placed: ReadonlyMap<AbsolutePath, Unchecked>): void {
  const passed = new Set<AbsolutePath>(['/' as AbsolutePath]);
  for (const { output, directory } of placed.values()) {
    if (output.type === 'absent') continue;
    for (let above = directory.path; !passed.has(above); above = parentOf(above)) {
      const other = placed.get(above)?.output;
      if (other !== undefined && other.type !== 'directory')
        throw badPath(
          output.path,
          `cannot be below the output ${shownPath(other.path)}, which is no directory`,
        );
      passed.add(above);
    }
  }
}

function isRemoved(
  place: AbsolutePath,
  directory: OutputDirectory,
  placed: ReadonlyMap<AbsolutePath, Unchecked>,
): boolean {
  const stats = directory.isThere ? statsAt(place) : undefined;
  return stats !== undefined && (!stats.isDirectory() || willBeEmpty(place, placed));
}

function checkMakesWay(
  { path, type }: WantedOutput,
  place: AbsolutePath,
  stats: Stats,
  placed: ReadonlyMap<AbsolutePath, Unchecked>,
): void {
  if (stats.isFile() || stats.isSymbolicLink()) return;
  if (!stats.isDirectory()) throw inTheWay(path, 'there is a special file');
  if (type !== 'directory' && !willBeEmpty(place, placed))
    throw inTheWay(path, 'there is a directory that is not empty');
}

/** Once the removals are done. */
function willBeEmpty(directory: AbsolutePath, placed: ReadonlyMap<AbsolutePath, Unchecked>): boolean {
  return entriesOf(directory).every(({ name, isDirectory }) => {
    const place = childOf(directory, name);
    return placed.get(place)?.output.type === 'absent' && (!isDirectory || willBeEmpty(place, placed));
  });
}

function entriesOf(directory: AbsolutePath): { name: string; isDirectory: boolean }[] {
  try {
    const entries = readdirSync(fsPath(directory), { encoding: 'buffer', withFileTypes: true });
    return entries.map((entry) => ({ name: decodePath(entry.name), isDirectory: entry.isDirectory() }));
  } catch (error) {
    throw restoreErrorOf(error, directory);
  }
}

function inTheWay(path: string, what: string): RestoreError {
  return new RestoreError('IN_THE_WAY', path, `${shownPath(path)} cannot be restored: ${what}`);
}
