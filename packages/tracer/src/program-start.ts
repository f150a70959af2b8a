import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a program ended. `code` is that of the system's error, as ENOENT. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: number }
  | { readonly kind: 'not-started'; readonly code: string };

export interface ProgramOptions {
  readonly cwd: string;
  /** The whole environment of the program. */
  readonly env: NodeJS.ProcessEnv;
  /** What it writes to stdout goes to this process's stderr. */
  readonly stdoutToStderr: boolean;
}

/**
 * Runs a program with this process's stdin, stdout and stderr to its end. Signals
 * that would end this process go to the program.
 */
export type ProgramStart = (words: readonly string[], options: ProgramOptions) => Promise<ProgramEnd>;

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const;

/** As a child of this process, to which it passes on signals. */
export const startAsChild: ProgramStart = async ([program = '', ...args], { cwd, env, stdoutToStderr }) => {
  const started: { child?: ChildProcess } = {};
  const passOn = (signal: NodeJS.Signals) => started.child?.kill(signal);
  // Before the start, since a signal can come as soon as the command speaks.
  for (const signal of passedOn) process.on(signal, passOn);
  try {
    const stdio: StdioOptions = ['inherit', stdoutToStderr ? 2 : 'inherit', 'inherit'];
    const child = spawn(program, args, { cwd, env, stdio });
    started.child = child;
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
    for (const signal of passedOn) process.off(signal, passOn);
  }
};
