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
