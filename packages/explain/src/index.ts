export type { Culprit, CulpritAct, CulpritProcess } from './culprit.js';
export {
  type Cause,
  type ChainStep,
  type Circumstances,
  explain,
  type Writer,
} from './explanation.js';
export { reasonFields, whyDefinitions, whySchema } from './explanation-schema.js';
export { type ImaginedChange, ImaginedStates } from './imagined-states.js';
export { isoTime } from './iso-time.js';
export { type KnownTarget, knownTargets } from './known-targets.js';
export { type Advice, type LastCause, type LastRun, lastRun, type SparedPath } from './last-run.js';
export { whyAfterSchema } from './last-run-schema.js';
export { type IgnoringRule, type NearPath, type NeverFinding, whyNever } from './never.js';
export { findingFields, neverSchema } from './never-schema.js';
export type { PathRole } from './path-role.js';
export { groupOf, type ReasonGroup, reasonGroups } from './reason-group.js';
export { processesOfReasons, type ReasonProcess } from './reason-process.js';
export { rankReasons, type Surroundings } from './reason-rank.js';
export { type Search, searchesFor } from './searches.js';
export { type CycleLink, changedPaths, targetCycle } from './target-cycle.js';
export { type TargetEdge, TargetGraph, type TargetUse, type TargetWrite } from './target-graph.js';
export { longestText, type TextDifference, type TextHunk, textDifference } from './text-difference.js';
export { ToolVersions, type VersionChange, versionChanges, withVersions } from './tool-versions.js';
export { type ImaginedCause, type JudgedTarget, type WhatIf, whatIf } from './what-if.js';
export { whatIfSchema } from './what-if-schema.js';
