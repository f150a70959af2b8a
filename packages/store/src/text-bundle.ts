import { gunzipSync, gzipSync } from 'node:zlib';
import * as v from 'valibot';
import { type Digest, digestOf } from './digest.js';
import type { DiskStore } from './disk-store.js';
import { actionKey } from './remote-execution.js';
import { StoreError } from './store-error.js';
import { parseStored } from './stored-json.js';

/** A text under its digest. */
export interface KeptText {
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/** The longest objects that are read, in bytes; `whole` is before compression. */
const longest = { names: 1 << 17, packed: 8 << 20, whole: 8 << 20 } as const;

const definition = v.pipe(
  v.array(
    v.object({
      hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
      size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
  v.maxLength(1000),
);

/**
 * Many texts in two objects and one entry: `names.json`, the digests of the texts, and `texts`, all of them one after the
 * other, compressed. What is damaged counts as not there.
 */
export class TextBundle {
  readonly #store: DiskStore;
  readonly #key: string;
  /** Of the last look: why asks for one text after the other. */
  #unpacked: { readonly hash: string; readonly whole: Buffer } | undefined;

  /** `metaFile`: of the target to which the texts belong. */
  constructor(store: DiskStore, metaFile: string) {
    this.#store = store;
    this.#key = actionKey({
      arguments: [metaFile],
      environment: [],
      directory: '',
      inputRoot: digestOf(new Uint8Array()),
      salt: 'oodate texts 1',
    });
  }

  /** Of the texts that seem to be there; they count as used now. */
  names(): ReadonlySet<string> {
    const { names, packed } = this.#read();
    const isThere = packed !== undefined && unlessDamaged(() => this.#store.hasToUse(packed));
    return new Set(isThere ? names.map(({ hash }) => hash) : []);
  }

  /** Those of these names that are there. */
  texts(hashes: ReadonlySet<string>): KeptText[] {
    const { names, packed } = this.#read();
    if (packed === undefined || !names.some(({ hash }) => hashes.has(hash))) return [];
    const whole = unlessDamaged(() => this.#unpack(packed));
    if (whole === undefined) return [];
    let at = 0;
    return names.flatMap((digest) => {
      const bytes = whole.subarray(at, at + digest.size);
      at += digest.size;
      return hashes.has(digest.hash) && digestOf(bytes).hash === digest.hash ? [{ digest, bytes }] : [];
    });
  }

  /** Throws a StoreError if the store cannot be written. */
  replace(texts: readonly KeptText[]): void {
    const names = this.#store.putBytes(Buffer.from(JSON.stringify(texts.map(({ digest }) => digest))));
    const whole = Buffer.concat(texts.map(({ bytes }) => bytes));
    const packed = this.#store.putBytes(gzipSync(whole, { level: 1 }));
    this.#store.writeEntry(this.#key, {
      outputFiles: [
        { path: 'names.json', digest: names, mode: 0o444 },
        { path: 'texts', digest: packed, mode: 0o444 },
      ],
      outputSymlinks: [],
      outputDirectories: [],
    });
  }

  #unpack(packed: Digest): Buffer {
    if (this.#unpacked?.hash !== packed.hash)
      this.#unpacked = { hash: packed.hash, whole: unpacked(this.#store.read(packed, longest.packed)) };
    return this.#unpacked.whole;
  }

  #read(): { readonly names: readonly Digest[]; readonly packed: Digest | undefined } {
    const found = unlessDamaged(() => {
      const [list, packed] = this.#store.readEntry(this.#key)?.outputFiles ?? [];
      if (list === undefined || packed === undefined) return undefined;
      const bytes = this.#store.read(list.digest, longest.names);
      return { names: parseStored(definition, bytes, 'the list of texts'), packed: packed.digest };
    });
    return found ?? { names: [], packed: undefined };
  }
}

function unpacked(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed, { maxOutputLength: longest.whole });
  } catch (cause) {
    throw new StoreError('OBJECT_DAMAGED', 'texts in the store cannot be unpacked', undefined, { cause });
  }
}

/** undefined if what is read in the store is missing or damaged. */
export function unlessDamaged<Found>(read: () => Found): Found | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
