export { graphPicture } from './graph-picture.js';
export { type GraphOptions, graphText } from './graph-text.js';
export { reportPage } from './page.js';
export type {
  PathRole,
  ReportAccesses,
  ReportCause,
  ReportData,
  ReportPath,
  ReportProcess,
  ReportTarget,
  ReportTargets,
} from './report-data.js';
export { type TargetsSource, targetsReport } from './targets-report.js';
export {
  type LaneName,
  type ProcessFacts,
  type ProcessSpan,
  type TracedRun,
  type TraceView,
  traceView,
} from './trace-view.js';
export { type CauseUser, type ReportSource, type SourceCause, tracedReport } from './traced-report.js';
