import { type CulpritProcess, type CycleLink, changedPaths, groupOf } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { Reason } from '@oodate/planner';

/** A time at which a watched target was found out of date after it had been run. */
export interface Round {
  readonly reasons: readonly Reason[];
  /** Milliseconds since the end of that run. */
  readonly after: number;
}

/** How a watched target comes to be out of date by having run; of `targets` the links lead from it round to it again. */
export type Loop = {
  /** All that are another each time; not empty. */
  readonly paths: readonly AbsolutePath[];
} & (
  | { readonly kind: 'targets'; readonly links: readonly CycleLink[] }
  /** `by` was started by the command, and goes on when it has ended. */
  | { readonly kind: 'left-running'; readonly by: CulpritProcess }
  /** Somebody changes what the command has made, as soon as it has. */
  | { readonly kind: 'output-changed'; readonly by: CulpritProcess | undefined }
  | { readonly kind: 'changed-while-running'; readonly by: CulpritProcess | undefined }
);

/** What is known of how the target came to be out of date this time. */
export interface Surroundings {
  /** How a change of these leads back to the target, if it does. */
  readonly cycleBy: (paths: readonly AbsolutePath[]) => readonly CycleLink[] | undefined;
  /** Who has brought it about; undefined if that is not known. */
  readonly culpritOf: (reason: Reason) => CulpritProcess | undefined;
  /** Whether that was a process that the command has left running. */
  readonly isOwn: (reason: Reason) => boolean;
}

/** The target has been run so often in a row for the same cause, and is out of date for it again. */
export const roundsOfLoop = 4;
/** Milliseconds. A tool that answers to a change needs less, and a person seldom changes what a command makes so soon. */
const soon = 3000;

/**
 * Whether it may be a loop that the target is out of date, by what was found out about it so far, the last time at the end.
 * `known`: the loop that it was found in before; by the same paths once is enough.
 */
export function mayBeLoop(rounds: readonly Round[], known: Loop | undefined): boolean {
  if (isRepeated(rounds)) return true;
  const paths = pathsOf(rounds.at(-1)?.reasons ?? []);
  return known !== undefined && paths?.every((path) => known.paths.includes(path)) === true;
}

/** To be asked where `mayBeLoop`; undefined if nothing shows that it is one, as where a person saves the same file again and again. */
export function findLoop(
  rounds: readonly Round[],
  known: Loop | undefined,
  { cycleBy, culpritOf, isOwn }: Surroundings,
): Loop | undefined {
  const reasons = rounds.at(-1)?.reasons ?? [];
  const [path, ...others] = pathsOf(reasons) ?? [];
  if (path === undefined) return undefined;
  const paths = [path, ...others] as const;
  const links = cycleBy(paths);
  if (links !== undefined) return { kind: 'targets', paths, links };
  const [by] = reasons.map(culpritOf);
  if (by !== undefined && reasons.every(isOwn)) return { kind: 'left-running', paths, by };
  const inRow = isRepeated(rounds) ? rounds.slice(-roundsOfLoop) : [];
  const telling = known?.kind === 'output-changed' ? rounds.slice(-1) : inRow;
  if (telling.length > 0 && telling.every(isOutputChangedSoon)) return { kind: 'output-changed', paths, by };
  // What a person changes again and again while it runs looks the same, so that once is never enough.
  return inRow.length > 0 && inRow.every(isWhileRunning)
    ? { kind: 'changed-while-running', paths, by }
    : undefined;
}

/** Whether both are of the same making, so that it need not be told again. */
export function isSameLoop(one: Loop, other: Loop | undefined): boolean {
  return one.kind === other?.kind && one.paths.every((path) => other.paths.includes(path));
}

function isRepeated(rounds: readonly Round[]): boolean {
  const last = rounds.slice(-roundsOfLoop);
  if (last.length < roundsOfLoop) return false;
  // What writes a log writes another one each time.
  if (last.every(isWhileRunning)) return true;
  const [cause, ...others] = last.map(({ reasons }) => pathsOf(reasons)?.toSorted().join('\0'));
  return cause !== undefined && others.every((other) => other === cause);
}

function pathsOf(reasons: readonly Reason[]): AbsolutePath[] | undefined {
  const paths = reasons.map(changedPaths);
  return paths.every((some) => some !== undefined) ? paths.flat() : undefined;
}

function isOutputChangedSoon({ reasons, after }: Round): boolean {
  return after <= soon && reasons.every((reason) => groupOf(reason) === 'outputs');
}

function isWhileRunning({ reasons }: Round): boolean {
  return reasons.every(({ kind }) => kind === 'changed-while-running');
}
