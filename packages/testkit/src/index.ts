export { sumUp } from './access-model.js';
export { type Act, type Prediction, predict } from './act-model.js';
export { describeFolder, inFolder, onDisk } from './act-workspace.js';
export { type ActsOptions, buildActs } from './acts.js';
export {
  type ActsCase,
  arbitraryActs,
  arbitraryBranches,
  arbitraryChanges,
  type BranchesCase,
  type ChangesCase,
} from './arbitrary-acts.js';
export { arbitraryArguments } from './arbitrary-arguments.js';
export { arbitraryBmakeTree, type BmakeTreeCase } from './arbitrary-bmake-tree.js';
export {
  askBmake,
  type BmakeAnswer,
  type BmakeCase,
  bmakeCases,
  bmakeLog,
  bmakeVersion,
  type CaseFile,
  caseEnvironment,
  layOut,
  placeIn,
  reasonIn,
} from './bmake-cases.js';
export { buildChanger } from './changer.js';
export { type Dice, dice, rounds } from './dice.js';
export { type MonitorLine, type MonitorProcess, monitorProcess } from './monitor-process.js';
export { damaged, spliced } from './mutation.js';
export { type PackageRegistry, packageRegistry } from './package-registry.js';
export { childrenOf, processesWith } from './processes.js';
export { checkAtRandom, type RandomCheck, timeForRounds } from './random-checks.js';
export { buildReader, type ReaderOptions } from './reader.js';
export { type RemoteCommand, type RemoteProcess, remoteCommand } from './remote-command.js';
export { buildRing } from './ring.js';
export { findFuzzer } from './sanitized-probe.js';
export { shownRecords } from './shown-records.js';
export { buildSituation } from './situation.js';
export { openTerminal, type Terminal, type TerminalEnd, type TerminalOptions } from './terminal.js';
export { findTool, missingTools, requireTool, type TestTool } from './test-tools.js';
export { traceEventFaults } from './trace-event-faults.js';
export { changeOnDisk, outdates, type TreeChange } from './tree-change.js';
export { until } from './until.js';
export {
  type FileName,
  type Files,
  oodate,
  type Result,
  type Running,
  type StartOptions,
  scripts,
  Workspace,
  type WorkspaceOptions,
  workspace,
} from './workspace.js';
export { buildWriter } from './writer.js';
