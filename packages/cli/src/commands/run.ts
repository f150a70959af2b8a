import { dirname } from 'node:path';
import type { AbsolutePath, ProcessExit } from '@oodate/filemon';
import {
  type Attempt,
  filemonSection,
  invalidateMetaFile,
  MetaFileError,
  noteAttempt,
  type RunMark,
  type RunRecord,
  wasAlone,
  writeMetaFile,
} from '@oodate/meta-file';
import { type DecisionOptions, diskFileStates, type Reason, recordRun, settledClock } from '@oodate/planner';
import type { Trace } from '@oodate/tracer';
import { type Counts, countUses } from '../counts.js';
import { startByFront } from '../front.js';
import { firstOf, isTraced, type Judgement, judge } from '../judgement.js';
import { readStreams, replayOutput } from '../output-streams.js';
import { runPlainly } from '../plain-run.js';
import { printJson, type RunReport, reportOf } from '../report.js';
import type { NamedTarget } from '../target.js';
import type { Terminal } from '../terminal.js';
import {
  disturbedWords,
  errorWords,
  failedWords,
  incompleteWords,
  keptWords,
  noteWords,
  plainRunWords,
  reasonWords,
  runningWords,
  upToDateWords,
  wouldRunWords,
} from '../words.js';

export interface RunOptions extends DecisionOptions {
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly untraced: boolean;
  readonly backend: string | undefined;
  /** The user chose the place of the meta file: other files may lie beside it. */
  readonly ownPlace: boolean;
}

/** Runs the target if it is out of date, and keeps what was seen. Gives the exit status. */
export async function run(target: NamedTarget, options: RunOptions, terminal: Terminal): Promise<number> {
  if (options.untraced) return runUntraced(target, options, terminal);
  const judgement = judge(target, { ...options, replay: readStreams(options.json) });
  if (options.dryRun) return tellPlan(judgement, options, terminal);
  const reason = firstOf(judgement.reasons);
  if (reason === undefined) return skip(judgement, options, terminal);
  terminal.say(runningWords(target.name, reasonWords(reason, process.cwd())));
  const done = await execute(target, options, terminal);
  if (options.json)
    printJson(
      reportOf(
        { ...judgement, counts: done.counts ?? judgement.counts },
        'out of date',
        [reason],
        done.report,
      ),
    );
  return done.report.status;
}

interface Done {
  readonly report: RunReport;
  readonly counts?: Counts;
}

async function runUntraced(target: NamedTarget, options: RunOptions, terminal: Terminal): Promise<number> {
  const { report } = await executePlainly(target, options, terminal, '--untraced was given');
  if (options.json) printJson(reportOf({ target, counts: undefined }, null, [], report));
  return report.status;
}

function tellPlan(judgement: Judgement, options: RunOptions, terminal: Terminal): number {
  const { target } = judgement;
  const reasons = [...judgement.reasons];
  const verdict = reasons.length === 0 ? 'up to date' : 'out of date';
  if (options.json) printJson(reportOf(judgement, verdict, reasons));
  else if (reasons.length === 0) sayUpToDate(judgement, terminal);
  for (const reason of reasons) terminal.say(wouldRunWords(target.name, reasonWords(reason, process.cwd())));
  return 0;
}

function skip(judgement: Judgement, options: RunOptions, terminal: Terminal): number {
  const { record } = judgement;
  if (record.kind === 'good') replayOutput(record.meta, record.run, options.json);
  sayUpToDate(judgement, terminal);
  if (options.json) printJson(reportOf(judgement, 'up to date', []));
  return 0;
}

function sayUpToDate({ target, counts }: Judgement, terminal: Terminal): void {
  if (counts !== undefined) terminal.say(upToDateWords(target.name, counts));
}

async function execute(target: NamedTarget, options: RunOptions, terminal: Terminal): Promise<Done> {
  const mark = invalidate(target);
  if (typeof mark === 'string') return executePlainly(target, options, terminal, mark);
  const begun = Date.now();
  const start = performance.now();
  const trace = await traceTarget(target, options);
  if (typeof trace === 'string') return executePlainly(target, options, terminal, trace);
  const milliseconds = Math.round(performance.now() - start);
  for (const note of trace.accesses.notes) terminal.say(noteWords(note));
  const exit: ProcessExit = trace.accesses.exit ?? { status: trace.status, signal: 0 };
  if (trace.status !== 0) return fail(target, trace.status, exit, milliseconds, terminal);
  return keep(target, trace, mark, begun, options, milliseconds, terminal);
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
async function traceTarget(target: NamedTarget, options: RunOptions): Promise<Trace | string> {
  // Only here, since most runs find the target up to date and need no tracer.
  const { trace, TraceError } = await import('@oodate/tracer');
  try {
    return await trace(target.words, {
      cwd: target.cwd,
      env: target.environment,
      captureOutput: true,
      // In a folder of our own nothing shows to a command that lists the system's temporary one.
      ...(!options.ownPlace && { folder: dirname(target.metaFile) }),
      stdoutToStderr: options.json,
      ...(startByFront !== undefined && { start: startByFront }),
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

function fail(
  target: NamedTarget,
  status: number,
  exit: ProcessExit,
  milliseconds: number,
  terminal: Terminal,
): Done {
  note(target, { kind: 'failed', exit });
  const line = failedWords(target.name, exit);
  terminal.say(line);
  return { report: { status, milliseconds, kept: false, notes: [line] } };
}

function keep(
  target: NamedTarget,
  trace: Trace,
  mark: RunMark,
  begun: number,
  options: RunOptions,
  milliseconds: number,
  terminal: Terminal,
): Done {
  const { name, metaFile } = target;
  const { accesses, output } = trace;
  const stopped = accesses.stopped ?? Date.now() * 1000;
  const recorded = recordRun({
    accesses,
    commands: target.commands,
    cwd: target.cwd,
    logicalCwd: target.logicalCwd,
    stdin: target.stdin,
    environment: target.environment,
    started: accesses.started ?? begun * 1000,
    recorded: settledClock(dirname(metaFile), BigInt(stopped) * 1000n),
    files: diskFileStates(),
    ignored: ownPaths(target, options),
  });
  const { record } = recorded;
  const causes = [...recorded.causes];
  const done = (kept: boolean, line: string, notes: readonly string[]): Done => {
    terminal.say(line);
    return { report: { status: 0, milliseconds, kept, notes }, counts: countUses(record) };
  };
  if (!wasAlone(metaFile, mark)) causes.push('another run of it was under way at the same time');
  if (causes.length > 0) {
    note(target, { kind: 'incomplete', causes });
    return done(false, incompleteWords(name, milliseconds, causes), causes);
  }
  try {
    writeMetaFile(metaFile, {
      path: metaFile,
      commands: target.texts,
      cwd: target.cwd,
      target: name,
      output: output?.bytes ?? new Uint8Array(),
      filemon: filemonSection(trace.log),
      run:
        output === undefined
          ? record
          : { ...record, output: { streams: output.streams, chunks: output.chunks } },
    });
  } catch (error) {
    if (!(error instanceof MetaFileError)) throw error;
    const why = errorWords(error.message, error.hint);
    return done(false, plainRunWords(name, milliseconds, why), [why]);
  }
  const disturbance = firstDisturbance(record);
  if (disturbance === undefined) return done(true, keptWords(name, milliseconds, countUses(record)), []);
  const clause = reasonWords(disturbance, process.cwd());
  return done(true, disturbedWords(name, milliseconds, clause), [clause]);
}

/** What this program itself writes while the command runs. */
function ownPaths({ metaFile }: NamedTarget, { ownPlace }: RunOptions): AbsolutePath[] {
  if (!ownPlace) return [dirname(metaFile) as AbsolutePath];
  return [metaFile, `${metaFile}.last` as AbsolutePath];
}

function firstDisturbance({ files, listings }: RunRecord): Reason | undefined {
  const disturbed = [...files, ...listings].find((used) => used.disturbed);
  return disturbed && { kind: 'changed-while-running', path: disturbed.path, by: disturbed.by };
}

async function executePlainly(
  target: NamedTarget,
  options: RunOptions,
  terminal: Terminal,
  why: string,
): Promise<Done> {
  const start = performance.now();
  const status = await runPlainly(target, { stdoutToStderr: options.json });
  const milliseconds = Math.round(performance.now() - start);
  if (status === 0) terminal.say(plainRunWords(target.name, milliseconds, why));
  else terminal.say(failedWords(target.name, { status, signal: 0 }));
  return { report: { status, milliseconds, kept: false, notes: [why] } };
}
