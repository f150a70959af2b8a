import { gunzipSync, gzipSync } from 'node:zlib';
import { formatMetaFile, type MetaFile, parseMetaFile, type RunRecord } from '@oodate/meta-file';
import { StoreError } from './store-error.js';

/** The longest objects of each kind that are kept or read, in bytes. Meta files are compressed; `whole` is before that. */
export const longest = { index: 1 << 20, set: 64 << 20, meta: 64 << 20, whole: 256 << 20 } as const;

/**
 * The object that a meta file is kept as; undefined if it is too long. Why that run was made is left out: who brings
 * the result back has reasons of its own, and nothing to do with those of others.
 */
export function packMeta({ run, ...meta }: MetaFile): Buffer | undefined {
  const bytes = formatMetaFile(run === undefined ? meta : { ...meta, run: withoutCause(run) });
  const packed = gzipSync(bytes, { level: 1 });
  return bytes.length > longest.whole || packed.length > longest.meta ? undefined : packed;
}

/** Throws StoreError('ENTRY_DAMAGED'). */
export function unpackMeta(packed: Uint8Array): { readonly meta: MetaFile; readonly run: RunRecord } {
  const { run, ...meta } = parseMetaFile(unzipped(packed)).meta;
  if (run === undefined) throw damaged();
  return { meta, run: withoutCause(run) };
}

function withoutCause({ because: _, ...run }: RunRecord): RunRecord {
  return run;
}

function unzipped(packed: Uint8Array): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: longest.whole });
  } catch (cause) {
    throw damaged({ cause });
  }
}

function damaged(options?: ErrorOptions): StoreError {
  return new StoreError(
    'ENTRY_DAMAGED',
    'the record of a result in the store is damaged',
    undefined,
    options,
  );
}
