import type { Reason } from '@oodate/planner';
import type { Counts } from './counts.js';
import type { Judgement } from './judgement.js';
import type { MetaJudgement } from './meta-judgement.js';
import { writeOut } from './output-streams.js';

/** What `--json` prints: described in docs/guide/commands.md, and kept stable. */
export interface Report {
  readonly target: {
    readonly kind: 'script' | 'command';
    readonly name: string;
    readonly commands: readonly (readonly string[])[];
    readonly directory: string;
    readonly metaFile: string;
  };
  /** null if it was not asked for: `run --untraced`. */
  readonly verdict: 'up to date' | 'out of date' | null;
  readonly reasons: readonly Reason[];
  /** Of the last good run; after a run that was kept, of that one. */
  readonly counts: Counts | null;
  /** null if nothing was run. */
  readonly run: RunReport | null;
}

export interface RunReport {
  readonly status: number;
  readonly milliseconds: number;
  readonly kept: boolean;
  /** When the result was made that has been brought back from the store (ISO 8601); the command did not run. */
  readonly restored?: string;
  /** Why nothing was kept, or why what was kept is out of date at once. */
  readonly notes: readonly string[];
}

export function reportOf(
  { target, counts }: Pick<Judgement, 'target' | 'counts'>,
  verdict: Report['verdict'],
  reasons: readonly Reason[],
  run: RunReport | null = null,
): Report {
  return {
    target: {
      kind: target.kind,
      name: target.name,
      commands: target.commands,
      directory: target.cwd,
      metaFile: target.metaFile,
    },
    verdict,
    reasons,
    counts: counts ?? null,
    run,
  };
}

/** What `--json` prints of meta files that were named. */
export function metaReportOf(
  judged: readonly (Omit<MetaJudgement, 'reasons'> & { readonly reasons: readonly Reason[] })[],
) {
  const targets = judged.map(({ name, metaFile, reasons, counts }) => ({
    name,
    metaFile,
    verdict: reasons.length === 0 ? 'up to date' : 'out of date',
    reasons,
    counts: counts ?? null,
  }));
  const verdict = targets.every((target) => target.verdict === 'up to date') ? 'up to date' : 'out of date';
  return { verdict, targets };
}

/** A cause as `--json` prints it: the reason with what belongs to it. */
export function causeReport<Rest extends object>({ reason, ...rest }: Rest & { readonly reason: Reason }) {
  return { ...reason, ...rest };
}

/** One object and a newline. 64-bit numbers (sizes, times, inodes) are strings. */
export function printJson(value: unknown): void {
  const text = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? item.toString() : item), 2);
  writeOut(1, `${text}\n`);
}
