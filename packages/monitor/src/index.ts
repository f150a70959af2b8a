export { type AhafsLevel, formatAhafs } from './ahafs.js';
export { recordByInotify } from './inotify-recorder.js';
export { Journal, type JournalEvent, momentOf } from './journal.js';
export { type BackendName, backendNames, type Monitor, type MonitorOptions } from './monitor.js';
export { type MonitorBackendReport, monitorBackends } from './monitor-backends.js';
export { MonitorError } from './monitor-error.js';
export {
  type ContentReason,
  contentReasons,
  type EventKind,
  eventKinds,
  type FileState,
  type FileSystemKind,
  fileSystemKinds,
  type InterestKind,
  interestKinds,
  type MonitorEvent,
  monitorEvent,
  type ProcessFacts,
  parseMonitorEvent,
  type Telling,
} from './monitor-event.js';
export { openMonitor } from './open-monitor.js';
export { originOf } from './origin.js';
export { type FollowReport, type Outcome, PathFollower } from './path-follower.js';
export { presentJournal, RecorderClient, type RecorderGreeting, type RecorderStatus } from './recorder.js';
export { findRecorder, recorderFolder } from './recorder-place.js';
export {
  nativeRecorder,
  type RecorderProgram,
  type StartedRecorder,
  startRecorder,
} from './recorder-start.js';
