export { type Digest, digestOf } from './digest.js';
export { DiskStore } from './disk-store.js';
export {
  type Action,
  type ActionResult,
  actionKey,
  decodeActionResult,
  encodeActionResult,
} from './remote-execution.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
