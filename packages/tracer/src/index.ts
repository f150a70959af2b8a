export {
  type BackendLimit,
  type BackendReport,
  type CheckLine,
  checkLines,
  probeBackends,
} from './backends.js';
export { type BmakeRun, type MetaSection, traceBmake } from './bmake.js';
export type { CapturedOutput, OutputChunk, OutputStream } from './captured-output.js';
export { findLoader, findProbe } from './probe.js';
export type { ProgramEnd, ProgramOptions, ProgramStart } from './program-start.js';
export { type Trace, type TraceOptions, trace } from './trace.js';
export { TraceError } from './trace-error.js';
