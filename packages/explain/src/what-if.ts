import type { AbsolutePath } from '@oodate/filemon';
import {
  type DecisionOptions,
  type FileStates,
  type InputReason,
  type KnownRecord,
  type Reason,
  reasonsToRun,
  type Target,
} from '@oodate/planner';
import { type ImaginedChange, ImaginedStates } from './imagined-states.js';
import type { KnownTarget } from './known-targets.js';
import { type PathRole, rolesOf } from './path-role.js';
import { processesOfReasons, type ReasonProcess } from './reason-process.js';
import type { TargetGraph } from './target-graph.js';

/** A known target as it would be run now. */
export interface JudgedTarget {
  readonly known: KnownTarget;
  readonly target: Target;
  readonly options?: DecisionOptions;
  /** Whether the settings would make an input of a file that is not there yet. */
  readonly isExtraInput?: (path: AbsolutePath) => boolean;
}

/** What imagined changes would do to a target. */
export interface WhatIf {
  readonly known: KnownTarget;
  /** It is out of date as it is, with these changes or without. */
  readonly outOfDate: boolean;
  /** The changes themselves would make it so. */
  readonly causes: readonly ImaginedCause[];
  /** It uses what these targets make, which would be made anew. */
  readonly after: readonly { readonly known: KnownTarget; readonly paths: readonly AbsolutePath[] }[];
}

/** A path that the target uses and that would be another. */
export interface ImaginedCause {
  readonly path: AbsolutePath;
  readonly use: PathRole;
  /** The changes that do it, by their paths. */
  readonly changes: readonly AbsolutePath[];
  readonly process: ReasonProcess | null;
}

/**
 * What the changes would do to each of the targets, in their order. By the decision itself, which is made of the files as they are
 * and of the imagined ones: so it does not matter whether a record is from before a change that has been made already.
 */
export function whatIf(
  targets: readonly JudgedTarget[],
  changes: readonly ImaginedChange[],
  files: FileStates,
  graph: TargetGraph,
): WhatIf[] {
  const imagined = new ImaginedStates(files, changes);
  const found = new Map(targets.map((judged) => [judged.known.metaFile, whatIfOne(judged, imagined, files)]));
  const edges = graph.edges();
  const open = [...found].filter(([, { causes }]) => causes.length > 0).map(([metaFile]) => metaFile);
  const made = new Set(open);
  for (let metaFile = open.shift(); metaFile !== undefined; metaFile = open.shift()) {
    for (const { from, to, paths } of edges) {
      if (from.metaFile !== metaFile) continue;
      found.get(to.metaFile)?.after.push({ known: from, paths });
      if (!made.has(to.metaFile)) open.push(to.metaFile);
      made.add(to.metaFile);
    }
  }
  return [...found.values()];
}

function whatIfOne(judged: JudgedTarget, imagined: ImaginedStates, files: FileStates) {
  const { known, target, options } = judged;
  const record = { kind: 'good', run: known.run } as const;
  const reasons = [...reasonsToRun(target, record, files, options)];
  const all = [...reasonsIf({ ...judged, record }, imagined), ...concerning(reasons, imagined)];
  const byPath = new Map(all.map((reason) => [reason.path, reason]));
  const roles = rolesOf(known.run);
  const processes = processesOfReasons([...byPath.values()], known.meta);
  const causes = [...byPath].map(
    ([path, reason]): ImaginedCause => ({
      path,
      use: roles.get(path) ?? 'extra',
      changes: [...imagined.changesAt(path)],
      process: processes.get(reason) ?? null,
    }),
  );
  const after: { known: KnownTarget; paths: readonly AbsolutePath[] }[] = [];
  return { known, outOfDate: reasons.length > 0, causes, after };
}

/** The reasons for which it would be out of date by the changes; what is so for another reason is left out. */
export function reasonsIf(
  {
    target,
    record,
    options,
    isExtraInput = () => false,
  }: Omit<JudgedTarget, 'known'> & { readonly record: KnownRecord },
  imagined: ImaginedStates,
): InputReason[] {
  const extraInputs = [...(target.extraInputs ?? []), ...imagined.addedFiles().filter(isExtraInput)];
  return concerning(reasonsToRun({ ...target, extraInputs }, record, imagined, options), imagined);
}

function concerning(reasons: Iterable<Reason>, imagined: ImaginedStates): InputReason[] {
  const found: InputReason[] = [];
  for (const reason of reasons)
    if ('path' in reason && imagined.changesAt(reason.path).size > 0) found.push(reason);
  return found;
}
