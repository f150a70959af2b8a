import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { ProgramEnd, ProgramStart } from '@oodate/tracer';
import type { OutputStream } from './output-streams.js';

export interface ChildOptions {
  /** Default: this process's own standard input. 'ignore': an empty one. */
  readonly stdin?: 'inherit' | 'ignore';
  /** Is given what the program writes to stdout and stderr; default: these are this process's own. */
  readonly heard?: (stream: OutputStream, bytes: Uint8Array) => void;
  /** When it is aborted the program is told to end, by SIGTERM. */
  readonly stop?: AbortSignal;
  /** The program is the probe, which knows a signal that the terminal has sent to all from one that is passed on. */
  readonly isProbe?: boolean;
}

/** In which what a program wrote before its end is read. */
const restMilliseconds = 500;

/** Starts programs as children of this process, to which it passes on the signals that would end it. */
export function childStart({
  stdin = 'inherit',
  heard,
  stop,
  isProbe = false,
}: ChildOptions = {}): ProgramStart {
  return async ([program = '', ...args], { cwd, env, stdoutToStderr }) => {
    // Before the start, since a signal can come as soon as the command speaks.
    const signals = holdSignals(isProbe);
    const child = spawn(program, args, {
      cwd,
      env,
      stdio:
        heard === undefined ? [stdin, stdoutToStderr ? 2 : 'inherit', 'inherit'] : [stdin, 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (bytes: Uint8Array) => heard?.(1, bytes));
    child.stderr?.on('data', (bytes: Uint8Array) => heard?.(2, bytes));
    signals.passTo(child);
    const end = () => child.kill('SIGTERM');
    stop?.addEventListener('abort', end);
    try {
      return await new Promise<ProgramEnd>((resolve) => {
        child.on('error', ({ code = 'EIO' }: NodeJS.ErrnoException) =>
          resolve({ kind: 'not-started', code }),
        );
        child.on('exit', (status, signal) => {
          const end: ProgramEnd =
            signal === null
              ? { kind: 'exited', status: status ?? 0 }
              : { kind: 'killed', signal: constants.signals[signal] };
          // What it has written is to be read first. Who else still holds the pipe is not waited for.
          child.on('close', () => resolve(end));
          setTimeout(resolve, restMilliseconds, end).unref();
        });
      });
    } finally {
      stop?.removeEventListener('abort', end);
      signals.release();
    }
  };
}

interface HeldSignals {
  passTo(child: ChildProcess): void;
  release(): void;
}

/** Handlers run only once the present code has ended, so that none of them finds itself without a child. */
function holdSignals(isProbe: boolean): HeldSignals {
  let child: ChildProcess | undefined;
  const fromTerminal: readonly NodeJS.Signals[] = !isProbe && hasTerminal() ? ['SIGINT', 'SIGQUIT'] : [];
  const handlers = (['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const handler = () => {
      // A terminal sends to the whole process group: the command has it already, and this process must outlive it.
      if (!fromTerminal.includes(signal)) child?.kill(signal);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return {
    passTo(started) {
      child = started;
    },
    release() {
      for (const { signal, handler } of handlers) process.off(signal, handler);
    },
  };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
