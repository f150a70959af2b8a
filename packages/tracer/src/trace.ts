import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type AbsolutePath,
  type Accesses,
  decodePath,
  filemonRecords,
  summarizeAccesses,
} from '@oodate/filemon';

import { type CapturedOutput, parseCapturedOutput } from './captured-output.js';
import { findProbe } from './probe.js';
import { type ProgramEnd, type ProgramStart, startAsChild } from './program-start.js';
import { TraceError } from './trace-error.js';

export interface TraceOptions {
  readonly cwd?: string;
  /** The whole environment of the command; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Name of a backend; default: the best one that works here. */
  readonly backend?: string;
  /** The file that the filemon log goes to; default: a temporary file, removed afterwards. */
  readonly log?: string;
  /** Where a folder for working files is made while the command runs; default: the system's temporary one. */
  readonly folder?: string;
  /** Keep a copy of what goes to stdout and stderr where those are pipes, files or terminals. */
  readonly captureOutput?: boolean;
  /** The command's stdout goes to this process's stderr. */
  readonly stdoutToStderr?: boolean;
  /** By whom the probe is started; default: by this process. */
  readonly start?: ProgramStart;
  /** The command is a bmake: its meta files get filemon sections, and the log tells of those alone. */
  readonly bmake?: boolean;
}

/** One run of a command under the probe. */
export interface Trace {
  /** Exit status as a shell has it: the code, or 128 + the signal's number. */
  readonly status: number;
  readonly accesses: Accesses;
  /** The filemon log, to the byte. */
  readonly log: Uint8Array;
  /** undefined if it was not asked for, or was too much to keep. */
  readonly output: CapturedOutput | undefined;
}

/**
 * Runs a command under the probe, with this process's stdin, stdout and stderr,
 * and waits for it. Signals that would end this process go to the command.
 * Throws a TraceError if the command could not be run or not be traced.
 */
export async function trace(command: readonly string[], options: TraceOptions = {}): Promise<Trace> {
  const probe = findProbe();
  const folder = orNotWritable('the log', () => mkdtempSync(join(options.folder ?? tmpdir(), 'oodate-')));
  const opened: OpenedFile[] = [];
  const open = (path: string): OpenedFile => {
    const file = { path, descriptor: orNotWritable(path, () => openSync(path, 'w+')) };
    opened.push(file);
    return file;
  };
  try {
    const logFile = open(options.log ?? join(folder, 'log'));
    const copyFile = options.captureOutput ? open(join(folder, 'output')) : undefined;
    const words = ['--quiet', '-o', logFile.path];
    if (copyFile !== undefined) words.push('--output', copyFile.path);
    if (options.backend !== undefined) words.push('--backend', options.backend);
    if (options.bmake === true) words.push('--bmake');
    if (options.start !== undefined) words.push('--caller', String(process.pid));
    const end = await (options.start ?? startAsChild)([probe, ...words, '--', ...command], {
      cwd: options.cwd ?? process.cwd(),
      env: options.env ?? process.env,
      stdoutToStderr: options.stdoutToStderr === true,
    });

    const log = readFileSync(logFile.descriptor);
    const failure = findFailure(log);
    if (failure !== undefined) throw new TraceError(failure.code, failure.sentence, statusOf(end));
    const cwd = decodePath(Buffer.from(options.cwd ?? process.cwd())) as AbsolutePath;
    const accesses = summarizeAccesses(filemonRecords([log]), cwd);
    if (end.kind === 'killed' && !isOfCommand(end.signal, accesses)) throw probeFailed(end);
    return {
      status: statusOf(end),
      accesses,
      log,
      output: copyFile && parseCapturedOutput(readFileSync(copyFile.descriptor)),
    };
  } finally {
    for (const { descriptor } of opened) closeSync(descriptor);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Held open, so that it can be read also after the command has removed it, as a clean-up may. */
interface OpenedFile {
  readonly path: string;
  readonly descriptor: number;
}

function orNotWritable<Made>(what: string, make: () => Made): Made {
  try {
    return make();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new TraceError('LOG_NOT_WRITABLE', `${what} cannot be written (${code})`, 125, undefined, {
      cause,
    });
  }
}

/**
 * The probe ends by the signal that ended the command; or by one of its own, and then the log knows
 * better. That of a bmake does not tell how it ended, but has an end once it has.
 */
function isOfCommand(signal: number, { exit, incomplete, ended }: Accesses): boolean {
  return exit === undefined ? incomplete.length > 0 || ended : exit.signal === signal;
}

function statusOf(end: ProgramEnd): number {
  if (end.kind === 'not-started') throw probeFailed(end);
  return end.kind === 'exited' ? end.status : 128 + end.signal;
}

function probeFailed(end: ProgramEnd, cause?: unknown): TraceError {
  return new TraceError('PROBE_FAILED', `the probe ${endWords(end)}`, 125, undefined, { cause });
}

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

function endWords(end: ProgramEnd): string {
  switch (end.kind) {
    case 'exited':
      return `ended with exit status ${end.status} and without a log`;
    case 'killed':
      return `was ended by ${signalNames.get(end.signal) ?? `signal ${end.signal}`}`;
    case 'not-started':
      return `could not be started (${end.code})`;
  }
}

/** The probe's last word on why the command did not run. */
function findFailure(log: Buffer): { code: string; sentence: string } | undefined {
  const tail = log.toString('utf8', Math.max(0, log.length - 1024));
  const match = /^# Failed (\w+) (.*)$/m.exec(tail);
  return match === null ? undefined : { code: match[1] ?? '', sentence: match[2] ?? '' };
}
