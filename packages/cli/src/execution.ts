import { dirname } from 'node:path';
import { ToolVersions, withVersions } from '@oodate/explain';
import type { AbsolutePath, ProcessExit } from '@oodate/filemon';
import {
  type Attempt,
  filemonSection,
  invalidateMetaFile,
  MetaFileError,
  noteAttempt,
  type RecordedOutput,
  type RunMark,
  type RunRecord,
  wasAlone,
  writeMetaFile,
} from '@oodate/meta-file';
import {
  countedRun,
  diskFileStates,
  type FinishedRun,
  type Reason,
  type RecordedRun,
  recordRun,
  runCause,
  settledClock,
  statesBeforeRun,
} from '@oodate/planner';
import type { CapturedOutput, Trace } from '@oodate/tracer';
import { type ChildOptions, childStart } from './child-program.js';
import { type Counts, countUses } from './counts.js';
import { startByFront } from './front.js';
import { showHashing } from './hashing-progress.js';
import { holdOutput } from './held-output.js';
import { isTraced } from './judgement.js';
import { leaveAlone, leaveAloneNoMore } from './left-alone.js';
import type { Occasion } from './occasion.js';
import { runPlainly } from './plain-run.js';
import type { RunReport } from './report.js';
import { keepInStore, type StoreOptions } from './result-store.js';
import type { NamedTarget } from './target.js';
import type { Terminal } from './terminal.js';
import {
  disturbedWords,
  errorWords,
  failedWords,
  incompleteWords,
  keptWords,
  leftAloneWords,
  networkedWords,
  noteWords,
  plainRunWords,
  reasonWords,
} from './words.js';

export interface ExecutionOptions extends StoreOptions {
  readonly backend: string | undefined;
  /** The user chose the place of the meta file: other files may lie beside it. */
  readonly ownPlace: boolean;
  /** The command is started by this process, in this way, and not by the front. */
  readonly child?: ChildOptions;
}

/** One run that has ended. */
export interface Done {
  readonly report: RunReport;
  readonly counts?: Counts;
  /**
   * What it used, also if it failed or could not be kept; to be called at once, since it
   * looks at the files. undefined if nothing was seen.
   */
  readonly seen?: () => RunRecord;
  /** The filemon log; not there if nothing was seen. */
  readonly log?: Uint8Array;
}

/** For all that this process runs. */
const versions = new ToolVersions();

/** Runs the target, and keeps what was seen if it was a good run and all was seen. */
export async function execute(
  target: NamedTarget,
  occasion: Occasion,
  options: ExecutionOptions,
  terminal: Terminal,
): Promise<Done> {
  const { last } = occasion;
  const mark = invalidate(target);
  if (typeof mark === 'string') return executePlainly(target, options, terminal, mark);
  const hashing = showHashing(diskFileStates(), options.quiet);
  const statesBefore = last && statesBeforeRun(last, hashing.files);
  hashing.end();
  const begun = Date.now();
  const start = performance.now();
  const held = holdOutput(options.output, options.child, options.json);
  const trace = await traceTarget(target, { ...options, ...(held.child && { child: held.child }) });
  if (typeof trace === 'string') return executePlainly(target, options, terminal, trace);
  const milliseconds = Math.round(performance.now() - start);
  held.ended(trace.status);
  for (const note of trace.accesses.notes) terminal.say(noteWords(note));
  const take = () => takeDown(target, trace, { begun, statesBefore }, options);
  const network = networkFinding(target, trace, milliseconds);
  const ended = { trace, mark, milliseconds, take, network, occasion };
  const done =
    trace.status === 0 ? await keep(target, ended, options, terminal) : fail(target, ended, terminal);
  if (network?.isLeft) terminal.say(network.line);
  return { ...done, log: trace.log };
}

interface Ended {
  readonly trace: Trace;
  readonly mark: RunMark;
  readonly milliseconds: number;
  readonly take: () => RecordedRun;
  /** That it used the network, where that counts, and what becomes of it. */
  readonly network: NetworkFinding | undefined;
  readonly occasion: Occasion;
}

interface Beginning {
  /** Milliseconds since the epoch. */
  readonly begun: number;
  readonly statesBefore: FinishedRun['statesBefore'];
}

interface NetworkFinding {
  readonly reason: Reason;
  /** To be said of it, however it ended if it is left alone from now on. */
  readonly line: string;
  readonly isLeft: boolean;
}

function networkFinding(
  target: NamedTarget,
  { accesses: { network: uses } }: Trace,
  milliseconds: number,
): NetworkFinding | undefined {
  if (uses.length === 0 || target.settings.decision.ignoresNetwork === true) return undefined;
  const isLeft = leaveAlone(target);
  const { title } = target;
  const line = isLeft ? leftAloneWords(title, uses) : networkedWords(title, milliseconds, uses);
  return { reason: { kind: 'network-used', uses }, line, isLeft };
}

function fail(target: NamedTarget, { trace, milliseconds, take }: Ended, terminal: Terminal): Done {
  const exit: ProcessExit = trace.accesses.exit ?? { status: trace.status, signal: 0 };
  note(target, { kind: 'failed', exit });
  const line = failedWords(target.title, exit);
  terminal.say(line);
  return {
    report: { status: trace.status, milliseconds, kept: false, notes: [line] },
    seen: () => take().record,
  };
}

/** Or the reason, for people, why nothing can be kept. */
function invalidate({ metaFile }: NamedTarget): RunMark | string {
  try {
    return invalidateMetaFile(metaFile);
  } catch (error) {
    if (error instanceof MetaFileError) return errorWords(error.message, error.hint);
    throw error;
  }
}

/** The trace; or why there can be none now, and then nothing has run. */
async function traceTarget(target: NamedTarget, options: ExecutionOptions): Promise<Trace | string> {
  // Only here, since most runs find the target up to date and need no tracer.
  const { trace, TraceError } = await import('@oodate/tracer');
  const start = options.child === undefined ? startByFront : childStart({ ...options.child, isProbe: true });
  try {
    return await trace(target.words, {
      cwd: target.cwd,
      env: target.environment,
      captureOutput: true,
      // In a folder of our own nothing shows to a command that lists the system's temporary one.
      ...(!options.ownPlace && { folder: dirname(target.metaFile) }),
      stdoutToStderr: options.json,
      ...(start !== undefined && { start }),
      ...(options.backend !== undefined && { backend: options.backend }),
    });
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    if (error.code === 'LOG_NOT_WRITABLE') return errorWords(error.message, error.hint);
    if (error.code === 'SECCOMP_BUSY' && isTraced())
      return 'the probe of the oodate around this one has gone';
    note(target, { kind: 'failed', exit: { status: error.status, signal: 0 } });
    throw error;
  }
}

/** The exit status of the command matters more than how well its failure is remembered: without it, it runs again too. */
function note({ metaFile }: NamedTarget, attempt: Attempt): void {
  try {
    noteAttempt(metaFile, attempt);
  } catch (error) {
    if (!(error instanceof MetaFileError)) throw error;
  }
}

async function keep(
  target: NamedTarget,
  { trace, mark, milliseconds, take, network, occasion }: Ended,
  options: StoreOptions,
  terminal: Terminal,
): Promise<Done> {
  const { title, metaFile } = target;
  const { output } = trace;
  const recorded = take();
  const { record } = recorded;
  const counted = countedRun(record, target.settings.decision);
  const causes = [...recorded.causes];
  const done = (kept: boolean, line: string | undefined, notes: readonly string[]): Done => {
    if (line !== undefined) terminal.say(line);
    return {
      report: { status: 0, milliseconds, kept, notes },
      counts: countUses(counted),
      seen: () => record,
    };
  };
  if (!wasAlone(metaFile, mark)) causes.push('another run of it was under way at the same time');
  if (causes.length > 0) {
    note(target, { kind: 'incomplete', causes });
    return done(false, incompleteWords(title, milliseconds, causes), causes);
  }
  const bytes = output?.bytes ?? new Uint8Array();
  const known = withVersions(record, occasion.last, versions);
  const run = output === undefined ? known : { ...known, output: recordedOutput(output) };
  const meta = {
    path: metaFile,
    commands: target.texts,
    cwd: target.cwd,
    target: target.name,
    output: bytes,
    filemon: filemonSection(trace.log, target.environment),
    run: {
      ...run,
      because: runCause(occasion, { run, output: bytes }, diskFileStates(), target.settings.decision),
    },
  };
  try {
    writeMetaFile(metaFile, meta);
  } catch (error) {
    if (!(error instanceof MetaFileError)) throw error;
    const why = errorWords(error.message, error.hint);
    return done(false, plainRunWords(title, milliseconds, why), [why]);
  }
  if (network !== undefined) {
    const line = network.isLeft ? undefined : network.line;
    return done(true, line, [reasonWords(network.reason, process.cwd())]);
  }
  leaveAloneNoMore(target);
  const disturbance = firstDisturbance(counted);
  if (disturbance === undefined) {
    const kept = done(true, keptWords(title, milliseconds, countUses(counted)), []);
    await keepInStore(target, meta, options, terminal);
    return kept;
  }
  const clause = reasonWords(disturbance, process.cwd());
  return done(true, disturbedWords(title, milliseconds, clause), [clause]);
}

/** The bytes go where bmake has them. */
function recordedOutput({ streams, terminals, chunks }: CapturedOutput): RecordedOutput {
  return { streams, terminals, chunks };
}

/** What the run used and left, as it is now. */
function takeDown(
  target: NamedTarget,
  { accesses }: Trace,
  { begun, statesBefore }: Beginning,
  options: ExecutionOptions,
): RecordedRun {
  const stopped = accesses.stopped ?? Date.now() * 1000;
  const hashing = showHashing(diskFileStates(), options.quiet);
  const recorded = recordRun({
    accesses,
    commands: target.commands,
    cwd: target.cwd,
    logicalCwd: target.logicalCwd,
    stdin: target.stdin,
    environment: target.environment,
    extraInputs: extraInputsOf(target),
    started: accesses.started ?? begun * 1000,
    recorded: settledClock(dirname(target.metaFile), BigInt(stopped) * 1000n),
    files: hashing.files,
    ignored: ownPaths(target, options),
    ...(statesBefore && { statesBefore }),
  });
  hashing.end();
  return recorded;
}

/** Those that were there before the run, and those that are there now. */
function extraInputsOf({ extraInputs = [], settings }: NamedTarget): AbsolutePath[] {
  return [...new Set([...extraInputs, ...(settings.findExtraInputs?.().paths ?? [])])];
}

/** What this program itself writes while the command runs. */
function ownPaths({ metaFile }: NamedTarget, { ownPlace }: ExecutionOptions): AbsolutePath[] {
  if (!ownPlace) return [dirname(metaFile) as AbsolutePath];
  return [metaFile, `${metaFile}.last` as AbsolutePath];
}

function firstDisturbance({ files, listings }: RunRecord): Reason | undefined {
  const disturbed = [...files, ...listings].find((used) => used.disturbed);
  return disturbed && { kind: 'changed-while-running', path: disturbed.path, by: disturbed.by };
}

/** Runs the target without a trace. `why`: the reason, for people, that nothing is kept. */
export async function executePlainly(
  target: NamedTarget,
  options: ExecutionOptions,
  terminal: Terminal,
  why: string,
): Promise<Done> {
  const start = performance.now();
  const held = holdOutput(options.output, options.child, options.json);
  const status = await runPlainly(target, {
    stdoutToStderr: options.json,
    start: held.child && childStart(held.child),
  });
  held.ended(status);
  const milliseconds = Math.round(performance.now() - start);
  if (status === 0) terminal.say(plainRunWords(target.title, milliseconds, why));
  else terminal.say(failedWords(target.title, { status, signal: 0 }));
  return { report: { status, milliseconds, kept: false, notes: [why] } };
}
