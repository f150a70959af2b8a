import { type AbsolutePath, childOf } from '@oodate/filemon';
import { plainName, type Reason, reasonOfStored } from '@oodate/planner';
import type { KnownTarget } from './known-targets.js';
import { RecordedLinks } from './recorded-links.js';
import type { TargetGraph } from './target-graph.js';

/** A path that one target makes, or removes, and for which another one runs. */
export interface CycleLink {
  readonly maker: string;
  readonly path: AbsolutePath;
  readonly user: string;
}

/** A target as it ran last, whether or not there is a good record of that. */
export type CyclingTarget = Pick<KnownTarget, 'name' | 'metaFile' | 'run'>;

/**
 * Whether these paths are another than the target knows them for nothing but what it wrote itself: then the links that lead from
 * it round to it again, by the first of the paths. For each there must be another target that makes it, and has run since
 * the target began to, for no reason that does not lead back in the same way.
 */
export function targetCycle(
  graph: TargetGraph,
  target: CyclingTarget,
  paths: readonly AbsolutePath[],
): readonly CycleLink[] | undefined {
  const links = new RecordedLinks(target.run);
  const written = new Set(
    target.run.files.flatMap(({ path, use }) =>
      use === 'output' || use === 'removed' ? [links.real(path), links.place(path)] : [],
    ),
  );
  const begun = BigInt(target.run.started) * 1000n;
  const isAnswer = ({ metaFile, run }: KnownTarget) => metaFile !== target.metaFile && run.recorded > begun;

  const everyWay = (
    found: readonly AbsolutePath[],
    user: string,
    passed: readonly KnownTarget[],
  ): readonly CycleLink[] | undefined => {
    const ways = found.map((path) => wayTo(path, user, passed));
    return ways.every((way) => way !== undefined) ? ways[0] : undefined;
  };

  const wayTo = (
    path: AbsolutePath,
    user: string,
    passed: readonly KnownTarget[],
  ): readonly CycleLink[] | undefined => {
    if (passed.length > 0 && written.has(path)) return [{ maker: target.name, path, user }];
    for (const maker of graph.writersOf(path)) {
      if (!isAnswer(maker) || passed.includes(maker)) continue;
      const way = everyWay(causesOf(maker), maker.name, [...passed, maker]);
      if (way !== undefined) return [...way, { maker: maker.name, path, user }];
    }
    return undefined;
  };

  return everyWay(
    paths.map((path) => links.real(path)),
    target.name,
    [],
  );
}

/** The paths for which the target ran last; none if it ran for anything else, too, or that is not known. */
function causesOf({ run }: KnownTarget): AbsolutePath[] {
  const { because } = run;
  if (because === undefined || because.more > 0) return [];
  const links = new RecordedLinks(run);
  const paths = because.reasons.map((stored) => {
    const reason = reasonOfStored(stored);
    return reason && changedPaths(reason)?.map((path) => links.real(path));
  });
  return paths.every((some) => some !== undefined) ? paths.flat() : [];
}

/** The paths that a reason is about, in a listed directory those that came or went; undefined if it is about none. */
export function changedPaths(reason: Reason): readonly AbsolutePath[] | undefined {
  if (!('path' in reason)) return undefined;
  if (reason.kind !== 'listing-changed') return [reason.path];
  const names = [...reason.gained, ...reason.lost];
  return names.length === 0 ? undefined : names.map((name) => childOf(reason.path, plainName(name)));
}
