export { type Digest, digestOf } from './digest.js';
export { DiskStore } from './disk-store.js';
export {
  type Action,
  type ActionResult,
  actionKey,
  decodeActionResult,
  encodeActionResult,
} from './remote-execution.js';
export { type Restored, type RestoreOptions, restoreOutputs } from './restore.js';
export { RestoreError, type RestoreErrorCode } from './restore-error.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
export type { WantedOutput } from './wanted-output.js';
