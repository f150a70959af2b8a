export type { AccessSet } from './access-set.js';
export type { Collection } from './collection.js';
export { type Digest, digestOf } from './digest.js';
export { DiskStore, type StoreStatus } from './disk-store.js';
export { InputTexts } from './input-texts.js';
export { keepResult } from './keep-result.js';
export { type Asker, findKnownResult, type KnownResult, nearestKnownResult } from './known-results.js';
export { type Hindrance, wantedOutputs } from './outputs.js';
export { projectRoot } from './project-root.js';
export {
  type Action,
  type ActionResult,
  actionKey,
  decodeActionResult,
  encodeActionResult,
} from './remote-execution.js';
export { type Restored, type RestoredFile, type RestoreOptions, restoreOutputs } from './restore.js';
export { RestoreError, type RestoreErrorCode } from './restore-error.js';
export { restoredRun } from './restored-run.js';
export { StoreError, type StoreErrorCode } from './store-error.js';
export type { DamagedFile, Verification } from './verification.js';
export type { WantedOutput } from './wanted-output.js';
