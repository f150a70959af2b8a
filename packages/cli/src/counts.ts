import type { Accesses } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';

/** How many paths a run used, by the manner in which it used them. */
export interface Counts {
  /** Read, executed, or looked at and there. */
  readonly inputs: number;
  /** Looked for and not there. */
  readonly missing: number;
  /** Directories whose names were listed. */
  readonly listings: number;
  /** Written, made or removed. */
  readonly outputs: number;
}

export function countUses(run: RunRecord): Counts {
  const inputs = new Set<string>();
  const missing = new Set<string>();
  const outputs = new Set<string>();
  for (const { path, use } of run.files) {
    if (use === 'output' || use === 'removed') outputs.add(path);
    else if (use === 'missing') missing.add(path);
    else inputs.add(path);
  }
  return { inputs: inputs.size, missing: missing.size, listings: run.listings.length, outputs: outputs.size };
}

/** The same of a log that stands in a meta file without a record. */
export function countAccesses({ paths }: Accesses): Counts {
  const counts = { inputs: 0, missing: 0, listings: 0, outputs: 0 };
  for (const { change, read, looked, missing, listed } of paths.values()) {
    if (change !== 'none') counts.outputs += 1;
    else if (read || looked) counts.inputs += 1;
    else if (missing) counts.missing += 1;
    if (listed) counts.listings += 1;
  }
  return counts;
}
