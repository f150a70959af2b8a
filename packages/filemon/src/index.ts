export {
  type Access,
  type Accesses,
  type Incompleteness,
  type NetworkUse,
  summarizeAccesses,
} from './accesses.js';
export { condenseRecords } from './condensed-records.js';
export { type LeftRunning, leftRunning } from './left-running.js';
export { checkFilemonLog, type LogProblemCode, logProblems } from './log-check.js';
export {
  type ConversionLosses,
  type ConvertedLog,
  convertLog,
  type LogFormat,
  logFormats,
  mergeLogs,
} from './log-formats.js';
export {
  type FilemonProblemCode,
  filemonProblems,
  filemonRecords,
  formatFilemonLog,
  formatRecord,
} from './log-text.js';
export { type NamePair, parseNamePair } from './name-pair.js';
export { childOf, directoriesAbove, isBelow, isWithin, nameOf, parentOf } from './path-parts.js';
export {
  type AbsolutePath,
  decodePath,
  encodePath,
  fsPath,
  isAbsolutePath,
  isKernelPath,
  joinPath,
  normalizePath,
} from './path-text.js';
export { type PathUse, pathUses } from './path-use.js';
export { type AskedPaths, type PathUser, usersOfPaths } from './path-users.js';
export { type ProcessAccess, type ProcessAccesses, processAccesses } from './process-accesses.js';
export { type ProcessLife, processTree } from './process-tree.js';
export type { ProcessExit } from './processes.js';
export { type ProgramRun, ProgramRuns } from './program-runs.js';
export type {
  CommentRecord,
  FilemonRecord,
  Problem,
  ProcessRecord,
  UnreadableRecord,
  VersionRecord,
} from './record.js';
