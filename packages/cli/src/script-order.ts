import type { RunRecord } from '@oodate/meta-file';

/** A script of a package, one of several that shall run, and what is known of its last run. */
export interface OrderedScript {
  /** Its package's directory. */
  readonly directory: string;
  /** Directories of the packages that this one needs, by their manifests. */
  readonly needs: ReadonlySet<string>;
  /** Place among the names of the scripts that the user gave. */
  readonly place: number;
  readonly run: RunRecord | undefined;
}

/** For each script, by its place, those that must have ended before it begins. */
export type ScriptOrder = readonly ReadonlySet<number>[];

/**
 * The order of two scripts is learned: who used what another one wrote comes
 * after it. Where one of them has no record, it is that of their packages: a script
 * comes after those of the same name, or named before it, in the packages that its own
 * one needs, and after those named before it in its own. Of two that would
 * have to wait for each other the one that stands first in `scripts` does not wait.
 */
export function scriptOrder(scripts: readonly OrderedScript[]): ScriptOrder {
  const writers = writersOf(scripts);
  const order = scripts.map((script, at) => {
    const learned = learnedBefore(script, writers);
    const isAfter = (other: OrderedScript, place: number) =>
      script.run !== undefined && other.run !== undefined
        ? learned.has(place)
        : isDeclaredAfter(script, other);
    return new Set(scripts.flatMap((other, place) => (place !== at && isAfter(other, place) ? [place] : [])));
  });
  for (const [at, before] of order.entries())
    for (const other of before) if (other > at && order[other]?.has(at) === true) before.delete(other);
  return order;
}

/** The scripts at these places, and all that come after one of them. */
export function withFollowers(places: readonly number[], order: ScriptOrder): Set<number> {
  const found = new Set(places);
  for (const place of found) for (const [at, before] of order.entries()) if (before.has(place)) found.add(at);
  return found;
}

function isDeclaredAfter(script: OrderedScript, other: OrderedScript): boolean {
  return script.directory === other.directory
    ? other.place < script.place
    : script.needs.has(other.directory) && other.place <= script.place;
}

/** Places of scripts. */
interface Writers {
  readonly of: ReadonlyMap<string, readonly number[]>;
  /** By directories in which they made or removed a name. */
  readonly inside: ReadonlyMap<string, readonly number[]>;
}

function writersOf(scripts: readonly OrderedScript[]): Writers {
  const of = new Map<string, number[]>();
  const inside = new Map<string, number[]>();
  for (const [at, { run }] of scripts.entries())
    for (const { path, use } of run?.files ?? []) {
      if (use !== 'output' && use !== 'removed') continue;
      add(of, path, at);
      add(inside, path.slice(0, path.lastIndexOf('/')), at);
    }
  return { of, inside };
}

function add(lists: Map<string, number[]>, key: string, item: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** Who writes what the script uses; also what both write, since they must not do so at once. */
function learnedBefore({ run }: OrderedScript, writers: Writers): Set<number> {
  const found = new Set<number>();
  for (const { path } of run?.files ?? []) for (const writer of writers.of.get(path) ?? []) found.add(writer);
  for (const { path } of run?.listings ?? [])
    for (const writer of writers.inside.get(path) ?? []) found.add(writer);
  return found;
}
