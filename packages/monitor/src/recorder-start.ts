import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AbsolutePath } from '@oodate/filemon';
import { findProbe, TraceError } from '@oodate/tracer';
import { MonitorError } from './monitor-error.js';
import {
  LineReader,
  makeRecorderFolder,
  parseGreeting,
  RecorderClient,
  type RecorderGreeting,
} from './recorder.js';

/** A program that records, and the words for it. */
export interface RecorderProgram {
  readonly file: string;
  readonly words: readonly string[];
}

/** Milliseconds until it must have said whether it can record: it may have to load programs into the kernel. */
const patience = 20_000;

/** The native one. Throws a MonitorError if there is none. */
export function nativeRecorder(folder: AbsolutePath, backend?: 'bpf' | 'fanotify'): RecorderProgram {
  try {
    const words = ['--monitor', ...(backend === undefined ? [] : ['--backend', backend]), '--record', folder];
    return { file: findProbe(), words };
  } catch (error) {
    if (error instanceof TraceError) throw new MonitorError(error.code, error.message, error.hint);
    throw error;
  }
}

/** One that records now. */
export interface StartedRecorder {
  readonly greeting: RecorderGreeting;
  /** Its exit status, if it was started in the foreground; else never. */
  readonly ended: Promise<number>;
}

/**
 * Starts a recorder with this folder, which outlives this process and keeps nothing of it: neither its session, nor its
 * directory, descriptors or environment. `foreground`: it is a child, which is told to end as this process is. Resolves once
 * it records. Throws a MonitorError.
 */
export async function startRecorder(
  folder: AbsolutePath,
  { file, words }: RecorderProgram,
  foreground = false,
): Promise<StartedRecorder> {
  const running = await RecorderClient.connect(folder);
  running?.close();
  if (running !== undefined) throw recordsAlready(running.greeting.pid);
  await makeRecorderFolder(folder);
  const child = spawn(file, words, {
    detached: !foreground,
    cwd: '/',
    env: {},
    stdio: ['ignore', 'pipe', foreground ? 'inherit' : 'ignore'],
  });
  const ended = new Promise<number>((resolve) => child.once('exit', (status) => resolve(status ?? 0)));
  if (foreground)
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill());
  try {
    await once(child, 'spawn');
    const said = await new LineReader(child.stdout).first(patience);
    const greeting = parseGreeting(said ?? '');
    if (greeting instanceof MonitorError) throw greeting;
    if (greeting === undefined) {
      child.kill();
      throw new MonitorError('RECORDER_FAILED', 'the recorder has ended before it began');
    }
    return { greeting, ended };
  } catch (error) {
    if (error instanceof MonitorError) throw error;
    throw new MonitorError(
      'RECORDER_FAILED',
      `the recorder could not be started: ${(error as Error).message}`,
    );
  } finally {
    child.stdout.destroy();
    if (!foreground) child.unref();
  }
}

export function recordsAlready(pid: number): MonitorError {
  return new MonitorError(
    'RECORDS_ALREADY',
    `a recorder runs for this project already (pid ${pid})`,
    'end it with: oodate monitor record stop',
  );
}
