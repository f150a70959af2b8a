import { type OpenFile, readWhole } from './open-file.js';
import { type ActionResult, decodeActionResult } from './remote-execution.js';
import { damagedEntry } from './store-error.js';

/** The outputs that an entry may have fit in. */
export const maxEntryBytes = 64 << 20;

/** Throws a StoreError if it is damaged, and also, before it is read, if it has more than `limit` bytes. */
export function readEntryIn({ file, size }: OpenFile, limit: number): ActionResult {
  if (size > limit) throw damagedEntry(`it has ${size} bytes, more than ${limit}`);
  return decodeActionResult(readWhole(file, size));
}
