import { type OpenFile, readWhole } from './open-file.js';
import { damagedEntry } from './store-error.js';

/** The outputs that an entry may have fit in. */
export const maxEntryBytes = 64 << 20;

/** Its bytes. Throws a StoreError, before they are read, if there are more than `limit`. */
export function readEntryIn({ file, size }: OpenFile, limit: number): Buffer {
  if (size > limit) throw damagedEntry(`it has ${size} bytes, more than ${limit}`);
  return readWhole(file, size);
}
