import { gunzipSync, gzipSync } from 'node:zlib';
import { formatMetaFile, type MetaFile, parseMetaFile, type RunRecord } from '@oodate/meta-file';
import { StoreError } from './store-error.js';

/** The longest objects of each kind that are kept or read, in bytes. Meta files are compressed; `whole` is before that. */
export const longest = { index: 1 << 20, set: 64 << 20, meta: 64 << 20, whole: 256 << 20 } as const;

/** The object that a meta file is kept as; undefined if it is too long. */
export function packMeta(meta: MetaFile): Buffer | undefined {
  const bytes = formatMetaFile(meta);
  const packed = gzipSync(bytes, { level: 1 });
  return bytes.length > longest.whole || packed.length > longest.meta ? undefined : packed;
}

/** Throws StoreError('ENTRY_DAMAGED'). */
export function unpackMeta(packed: Uint8Array): { readonly meta: MetaFile; readonly run: RunRecord } {
  const { run, ...meta } = parseMetaFile(unzipped(packed)).meta;
  if (run === undefined) throw damaged();
  return { meta, run };
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
