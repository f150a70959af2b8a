export { type ImaginedChange, ImaginedStates } from './imagined-states.js';
export { type KnownTarget, knownTargets } from './known-targets.js';
export { type IgnoringRule, type NearPath, type NeverFinding, type PathRole, whyNever } from './never.js';
export { groupOf, type ReasonGroup, reasonGroups } from './reason-group.js';
export { processesOfReasons, type ReasonProcess } from './reason-process.js';
export { rankReasons, type Surroundings } from './reason-rank.js';
export { type TargetEdge, TargetGraph, type TargetUse } from './target-graph.js';
export { ToolVersions, type VersionChange, versionChanges, withVersions } from './tool-versions.js';
export { causesIf, type ImaginedCause } from './what-if.js';
