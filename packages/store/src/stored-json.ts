import * as v from 'valibot';
import { StoreError } from './store-error.js';

/** What `bytes` hold as JSON. Throws StoreError('ENTRY_DAMAGED') if that is not `what` it should be. */
export function parseStored<Schema extends v.GenericSchema>(
  definition: Schema,
  bytes: Uint8Array,
  what: string,
): v.InferOutput<Schema> {
  try {
    return v.parse(definition, JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new StoreError('ENTRY_DAMAGED', `${what} in the store cannot be understood`, undefined, { cause });
  }
}
