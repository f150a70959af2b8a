import { type AbsolutePath, decodePath } from '@oodate/filemon';

import { type TraceOptions, trace } from './trace.js';

/** A meta file that a bmake wrote under the probe, and what became of its filemon section. */
export interface MetaSection {
  readonly path: AbsolutePath;
  /** Why it has none, as a clause; undefined if it has one. */
  readonly objection: string | undefined;
}

export interface BmakeRun {
  /** Exit status as a shell has it. */
  readonly status: number;
  readonly sections: readonly MetaSection[];
}

/**
 * Runs a bmake (its words, the program first) as `trace` does. Each meta file that
 * it writes gets the filemon section that a bmake with filemon would have written.
 */
export async function traceBmake(
  words: readonly string[],
  options: Pick<TraceOptions, 'start'> = {},
): Promise<BmakeRun> {
  const { status, log } = await trace(words, { ...options, backend: 'notify', bmake: true });
  return { status, sections: sectionsIn(decodePath(log)) };
}

function sectionsIn(log: string): MetaSection[] {
  const lines = log.matchAll(/^# (?:Section (?<made>.*)|No section (?<unmade>.*\.meta): (?<why>.*))$/gm);
  return [...lines].map(({ groups: { made, unmade, why } = {} }) => ({
    path: (made ?? unmade) as AbsolutePath,
    objection: why,
  }));
}
