export { groupOf, type ReasonGroup, reasonGroups } from './reason-group.js';
export { processesOfReasons, type ReasonProcess } from './reason-process.js';
export { rankReasons, type Surroundings } from './reason-rank.js';
