import { type AbsolutePath, isWithin } from '@oodate/filemon';
import type { MetaFile, RunRecord, SparedInput } from '@oodate/meta-file';
import { type DecisionOptions, isShortened, type Reason, reasonOfStored } from '@oodate/planner';
import { isoTime } from './iso-time.js';
import { recordOf } from './path-role.js';
import { groupOf, type ReasonGroup } from './reason-group.js';
import { processesOfReasons, type ReasonProcess } from './reason-process.js';

/**
 * Why the last good run of a target was made, what came of it, and what could have been spared. As
 * `why --after --json` prints it, and kept stable.
 */
export interface LastRun {
  /** When the command was started: ISO 8601. Of a result that was brought back that is not known. */
  readonly started: string | null;
  /** How long the command ran. */
  readonly milliseconds: number;
  /** When the result was made that was brought back (ISO 8601); null if the command ran. */
  readonly restored: string | null;
  /** The most telling reasons; null if they were not recorded. */
  readonly causes: readonly LastCause[] | null;
  /** How many more there were. */
  readonly more: number;
  /** Whether it left the same as the run before; null if there was none to compare with. */
  readonly outputs: 'same' | 'changed' | null;
  /** Nothing would be missing now had the command not run: it left the same, and no output had been lost. */
  readonly isAvoidable: boolean;
  /** Inputs that have changed without showing in the outputs. */
  readonly spared: readonly SparedPath[];
  /** Settings by which what has not shown so far would count no more. */
  readonly advice: readonly Advice[];
}

export interface LastCause {
  readonly reason: Reason;
  readonly group: ReasonGroup;
  /** The first process of this run that used the path in the way that matters; null if none is known. */
  readonly process: ReasonProcess | null;
  /** Only the beginning of its lists and texts was recorded. */
  readonly shortened: boolean;
}

export interface SparedPath extends SparedInput {
  /** It was a reason for this run. */
  readonly now: boolean;
}

export interface Advice {
  readonly setting: 'ignore';
  /** What it would name. */
  readonly value: string;
}

/** So often in a row an input must not have shown before it is worth a setting: comments in a source do not show either. */
const oftenEnough = 5;

export function lastRun(
  meta: MetaFile & { readonly run: RunRecord },
  { isIgnored = () => false }: Pick<DecisionOptions, 'isIgnored'> = {},
): LastRun {
  const { run } = meta;
  const { because } = run;
  const causes = because === undefined ? null : lastCauses(because.reasons, meta);
  const reasons = causes?.map(({ reason }) => reason) ?? [];
  const now = new Set(reasons.flatMap((reason) => ('path' in reason ? [reason.path] : [])));
  const spared = (because?.spared ?? [])
    .filter(({ path }) => !isIgnored(path))
    .map((input) => ({ ...input, now: because?.outputs === 'same' && now.has(input.path) }));
  const more = because === undefined ? 0 : because.more + because.reasons.length - reasons.length;
  const took = run.recorded - BigInt(run.started) * 1000n;
  return {
    started: run.restored === undefined ? isoTime(BigInt(run.started) * 1000n) : null,
    milliseconds: Math.max(0, Math.round(Number(took / 1000n) / 1000)),
    restored: run.restored === undefined ? null : isoTime(run.restored),
    causes,
    more,
    outputs: because?.outputs ?? null,
    isAvoidable: run.restored === undefined && because?.outputs === 'same' && hadAllOutputs(causes, more),
    spared,
    advice: spared
      .filter((input) => isWorthIgnoring(input, run))
      .map(({ path }) => ({ setting: 'ignore', value: patternOf(path, run.cwd) })),
  };
}

function lastCauses(stored: NonNullable<RunRecord['because']>['reasons'], meta: MetaFile): LastCause[] {
  const known = stored.flatMap((one) => {
    const reason = reasonOfStored(one);
    return reason === undefined ? [] : [{ reason, shortened: isShortened(one) }];
  });
  const processes = processesOfReasons(
    known.map(({ reason }) => reason),
    meta,
  );
  return known.map(({ reason, shortened }) => ({
    reason,
    group: groupOf(reason),
    process: processes.get(reason) ?? null,
    shortened,
  }));
}

/** Those reasons come last, so that all have to be known. */
function hadAllOutputs(causes: readonly LastCause[] | null, more: number): boolean {
  return causes !== null && more === 0 && causes.every(({ group }) => group !== 'outputs');
}

/** A file of the user's own. What ignores a directory ignores all in it. */
function isWorthIgnoring({ path, runs }: SparedInput, run: RunRecord): boolean {
  if (runs < oftenEnough || !isWithin(path, run.cwd) || path.includes('/node_modules/')) return false;
  const file = recordOf(path, run);
  return (
    (file?.use === 'read' || file?.use === 'looked' || file?.use === 'missing') &&
    file.state.type !== 'directory'
  );
}

/** As the setting ignore takes it, in the directory of the command. */
function patternOf(path: AbsolutePath, directory: AbsolutePath): string {
  return path.slice(directory === '/' ? 1 : directory.length + 1).replace(/[\\*?[\](){}!+@|]/g, '\\$&');
}
