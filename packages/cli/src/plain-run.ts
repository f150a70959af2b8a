import type { ProgramStart } from '@oodate/tracer';
import { childStart } from './child-program.js';
import { CliError } from './cli-error.js';
import { startByFront } from './front.js';
import { signalStatus } from './signals.js';
import type { NamedTarget } from './target.js';

export interface PlainRunOptions {
  readonly stdoutToStderr?: boolean;
  /** By whom the command is started; default: by the front, or else by this process. */
  readonly start?: ProgramStart | undefined;
}

/**
 * Runs the target's command without a trace, with this process's stdin, stdout
 * and stderr, and gives its exit status as a shell has it. Throws a CliError if
 * it cannot be started.
 */
export async function runPlainly(
  target: Pick<NamedTarget, 'words' | 'environment'> & { readonly cwd: string },
  { stdoutToStderr = false, start = startByFront ?? childStart() }: PlainRunOptions = {},
): Promise<number> {
  const end = await start(target.words, { cwd: target.cwd, env: target.environment, stdoutToStderr });
  if (end.kind === 'not-started') throw notStarted(target.words[0] ?? '', end.code);
  return end.kind === 'exited' ? end.status : signalStatus(end.signal);
}

function notStarted(program: string, code: string): CliError {
  if (code === 'ENOENT') return new CliError('COMMAND_NOT_FOUND', `${program}: command not found`);
  return new CliError('CANNOT_EXECUTE', `${program}: cannot be executed (${code})`);
}
