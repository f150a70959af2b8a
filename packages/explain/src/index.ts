export { type KnownTarget, knownTargets } from './known-targets.js';
export { groupOf, type ReasonGroup, reasonGroups } from './reason-group.js';
export { processesOfReasons, type ReasonProcess } from './reason-process.js';
export { rankReasons, type Surroundings } from './reason-rank.js';
export { type TargetEdge, TargetGraph, type TargetUse } from './target-graph.js';
