import * as v from 'valibot';
import { parseStored } from './stored-json.js';

const digest = v.object({
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
});

/** How many of each are kept. */
const most = 50;

const definition = v.object({
  sets: v.pipe(v.array(v.object({ digest, root: v.string() })), v.maxLength(most)),
  results: v.pipe(
    v.array(v.object({ key: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), root: v.string() })),
    v.maxLength(most),
  ),
});

/**
 * What is known of a question: which accesses its runs made, and their results; the latest first. `root` is that
 * of the project where it holds for no other, else empty.
 */
export type KnownIndex = v.InferOutput<typeof definition>;
export type KnownSet = KnownIndex['sets'][number];
export type KnownEntry = KnownIndex['results'][number];

export const noIndex: KnownIndex = { sets: [], results: [] };

/** Those that are added come first, and count once. */
export function withKnown(index: KnownIndex, set: KnownSet, result: KnownEntry): KnownIndex {
  const sets = index.sets.filter((known) => !isSameSet(known, set));
  const results = index.results.filter(({ key }) => key !== result.key);
  return { sets: [set, ...sets].slice(0, most), results: [result, ...results].slice(0, most) };
}

export function holds(index: KnownIndex, set: KnownSet, result: KnownEntry): boolean {
  return (
    index.sets.some((known) => isSameSet(known, set)) && index.results.some(({ key }) => key === result.key)
  );
}

function isSameSet(one: KnownSet, other: KnownSet): boolean {
  return one.digest.hash === other.digest.hash && one.root === other.root;
}

export function formatIndex(index: KnownIndex): Buffer {
  return Buffer.from(JSON.stringify(index));
}

/** Throws StoreError('ENTRY_DAMAGED'). */
export function parseIndex(bytes: Uint8Array): KnownIndex {
  return parseStored(definition, bytes, 'the list of known results');
}
