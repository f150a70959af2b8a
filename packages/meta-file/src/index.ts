export {
  type Depfile,
  type DepfileFormat,
  type DepfileOptions,
  type DepfileRule,
  depfileRule,
  formatDepfile,
} from './depfile.js';
export {
  filemonSection,
  formatMetaFile,
  type MetaFile,
  type ParsedMetaFile,
  parseMetaFile,
} from './meta-file.js';
export { checkFile, type MetaFileProblemCode, metaFileProblems } from './meta-file-check.js';
export { MetaFileError, type MetaFileErrorCode } from './meta-file-error.js';
export {
  bmakeMetaFile,
  commandMetaFile,
  metaFolder,
  metaFolderOf,
  proofFile,
  scriptMetaFile,
  scriptPartMetaFile,
} from './meta-file-names.js';
export { forgetPlainScript, isPlainScript, notePlainScript } from './plain-script.js';
export { isRunning, ownProcess } from './process-identity.js';
export { lockRun } from './run-lock.js';
export {
  type FollowedState,
  mostOfCause,
  type RecordedContent,
  type RecordedFile,
  type RecordedListing,
  type RecordedOutput,
  type RecordedState,
  type RecordedVariable,
  type RunCause,
  type RunRecord,
  type SparedInput,
  type StoredReason,
  type Use,
} from './run-record.js';
export { isRecordedValue, recordedVariable, SecretsCover } from './secret-variables.js';
export {
  type Attempt,
  invalidateMetaFile,
  isUnderWay,
  noteAttempt,
  type ReadRecord,
  type RunMark,
  readMetaFile,
  wasAlone,
  writeMetaFile,
} from './stored-meta-file.js';
export {
  type ConvertedFile,
  convertFiles,
  logOf,
  type MergeRefusal,
  parseTracedFile,
  type TracedFile,
} from './traced-file.js';
