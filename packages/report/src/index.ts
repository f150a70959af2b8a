export { embeddedJson } from './embedded-json.js';
export type {
  ReportAccess,
  ReportCause,
  ReportData,
  ReportProcess,
  ReportProgram,
} from './report-data.js';
export {
  type LaneName,
  type ProcessFacts,
  type ProcessSpan,
  type TracedRun,
  type TraceView,
  traceView,
} from './trace-view.js';
