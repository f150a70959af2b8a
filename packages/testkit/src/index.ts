export { type ActsOptions, buildActs } from './acts.js';
export { type RemoteCommand, type RemoteProcess, remoteCommand } from './remote-command.js';
export { missingTools, requireTool, type TestTool } from './test-tools.js';
export { until } from './until.js';
export {
  type FileName,
  inWorkspace,
  type Result,
  type Running,
  type RunOptions,
  type Workspace,
  type WorkspaceOptions,
} from './workspace.js';
