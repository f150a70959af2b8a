import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import type { ProgramEnd, ProgramStart } from '@oodate/tracer';
import { CliError } from './cli-error.js';
import { startByFront } from './front.js';
import { signalStatus } from './signals.js';
import type { NamedTarget } from './target.js';

/**
 * Runs the target's command without a trace, with this process's stdin, stdout
 * and stderr, and gives its exit status as a shell has it. Throws a CliError if
 * it cannot be started.
 */
export async function runPlainly(target: NamedTarget, { stdoutToStderr = false } = {}): Promise<number> {
  const start = startByFront ?? startAsChild;
  const end = await start(target.words, { cwd: target.cwd, env: target.environment, stdoutToStderr });
  if (end.kind === 'not-started') throw notStarted(target.words[0] ?? '', end.code);
  return end.kind === 'exited' ? end.status : signalStatus(end.signal);
}

const startAsChild: ProgramStart = async ([program = '', ...args], { cwd, env, stdoutToStderr }) => {
  // Before the start, since a signal can come as soon as the command speaks.
  const signals = holdSignals();
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['inherit', stdoutToStderr ? 2 : 'inherit', 'inherit'],
  });
  signals.passTo(child);
  try {
    return await new Promise<ProgramEnd>((resolve) => {
      child.on('error', ({ code = 'EIO' }: NodeJS.ErrnoException) => resolve({ kind: 'not-started', code }));
      child.on('exit', (status, signal) =>
        resolve(
          signal === null
            ? { kind: 'exited', status: status ?? 0 }
            : { kind: 'killed', signal: constants.signals[signal] },
        ),
      );
    });
  } finally {
    signals.release();
  }
};

interface HeldSignals {
  passTo(child: ChildProcess): void;
  release(): void;
}

/** Handlers run only once the present code has ended, so that none of them finds itself without a child. */
function holdSignals(): HeldSignals {
  let child: ChildProcess | undefined;
  const fromTerminal: readonly NodeJS.Signals[] = hasTerminal() ? ['SIGINT', 'SIGQUIT'] : [];
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

function notStarted(program: string, code: string): CliError {
  if (code === 'ENOENT') return new CliError('COMMAND_NOT_FOUND', `${program}: command not found`);
  return new CliError('CANNOT_EXECUTE', `${program}: cannot be executed (${code})`);
}
