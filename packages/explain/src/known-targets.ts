import { type MetaFile, type RunRecord, readMetaFile } from '@oodate/meta-file';

/** A target whose last run was a good one. */
export interface KnownTarget {
  /** As users see it. */
  readonly name: string;
  /** Absolute. */
  readonly metaFile: string;
  readonly meta: MetaFile;
  readonly run: RunRecord;
}

/** Those of these meta files that hold a good record. `nameOf` gives a target the name by which users know it. */
export function knownTargets(
  metaFiles: Iterable<string>,
  nameOf: (target: string, run: RunRecord) => string = (target) => target,
): KnownTarget[] {
  return [...metaFiles].flatMap((metaFile) => {
    const record = readMetaFile(metaFile);
    if (record.kind !== 'good') return [];
    const { meta, run } = record;
    return { name: nameOf(meta.target, run), metaFile, meta, run };
  });
}
