export { embeddedJson } from './embedded-json.js';
export type {
  ReportAccess,
  ReportCause,
  ReportData,
  ReportProcess,
  ReportProgram,
} from './report-data.js';
