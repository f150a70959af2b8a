export {
  type BmakeAttribute,
  type BmakeCommand,
  type BmakeExpressions,
  BmakeRun,
  type BmakeTarget,
} from './bmake-decision.js';
export { type BmakeFileState, type BmakeFiles, diskBmakeFiles } from './bmake-files.js';
export {
  type BmakeFinding,
  type BmakeReason,
  type BmakeRemark,
  type BmakeRuleReason,
  isBmakeReason,
  type UnusedMetaFile,
} from './bmake-reason.js';
export {
  type BmakeMode,
  type BmakeSettings,
  type BmakeVariables,
  parseBmakeMode,
  resolveBmakeSettings,
} from './bmake-settings.js';
export { diskFileStates } from './disk-file-states.js';
export type { DigestedFile, FileState, FileStates, PresentDirectory, PresentFile } from './file-states.js';
export { settledClock } from './file-system-clock.js';
export { FileWitness, type Identity, identityOf, type Look, type Sight } from './file-witness.js';
export { listedName, plainName } from './listed-name.js';
export { PathWalk, type WalkedPath } from './path-walk.js';
export { formatProof, type Proof } from './proof.js';
export type { InputReason, Reason, VariableValue } from './reason.js';
export { accessesOfMeta, reasonsToMake, type TracedTarget } from './reasons-to-make.js';
export { countedRun, type DecisionOptions, type KnownRecord, reasonsToRun } from './reasons-to-run.js';
export { type FinishedRun, type RecordedRun, recordRun } from './record-run.js';
export { changedInputs, type RunOccasion, type RunResult, runCause } from './run-cause.js';
export { snapshotStates } from './snapshot-states.js';
export { statesBeforeRun } from './states-before-run.js';
export { isShortened, reasonOfStored, storedReasons } from './stored-reason.js';
export type { Target } from './target.js';
export { type UncountedKind, UncountedPaths } from './uncounted-paths.js';
export {
  comparedEnvironment,
  ignoredVariables,
  type VariableChoice,
  volatileVariables,
} from './volatile-variables.js';
