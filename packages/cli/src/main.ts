// First, since it takes its variable out of the environment that commands are given.
import './front.js';
import { parsePlainArguments } from './plain-arguments.js';
import { targetCommands } from './target-commands.js';
import { openTerminal } from './terminal.js';
import { errorWords } from './words.js';

/** The program: `args` are the words after its name. Sets the exit status of this process. */
export async function main(args: readonly string[]): Promise<void> {
  // Who reads the help may stop reading it; that is no failure.
  process.on('uncaughtException', ignoreClosedPipe);
  try {
    process.exitCode = await run(args);
  } catch (error) {
    openTerminal(false).complain(troubleWords(error));
    if (process.env.OODATE_DEBUG) console.error(error);
    process.exitCode = troubleStatus(args[0], error);
  }
}

async function run(args: readonly string[]): Promise<number> {
  // Not for people, who have a shell of their own.
  if (args[0] === 'sh') return (await import('./commands/sh.js')).runShell(args.slice(1));
  const plain = parsePlainArguments(args);
  if (plain?.command === 'run') return targetCommands.run(plain.argv, plain.rest);
  if (plain !== undefined) return targetCommands[plain.command](plain.argv, plain.rest);
  const { runCommandLine } = await import('./command-line.js');
  return runCommandLine(args);
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** Errors of ours are sentences; anything else is a fault in oodate. */
function troubleWords(error: unknown): string {
  const { name, message, code, hint } = error as Error & { code?: string; hint?: string };
  if (expectedErrors.has(name)) return errorWords(message, hint);
  return errorWords(
    `internal error: ${message}${code === undefined ? '' : ` (${code})`}`,
    'set OODATE_DEBUG=1 to see where',
  );
}

// By name, since importing the classes would load the tracer where it is not needed.
const expectedErrors = new Set(['CliError', 'MetaFileError', 'MonitorError', 'StoreError', 'TraceError']);

/** For what runs a command as in env(1), so that it is told from an exit status of the command; 2 for the others. */
function troubleStatus(command: string | undefined, error: unknown): number {
  if (!runners.has(command)) return 2;
  const { code } = error as { code?: string };
  return code === 'COMMAND_NOT_FOUND' ? 127 : code === 'CANNOT_EXECUTE' ? 126 : 125;
}

const runners: ReadonlySet<string | undefined> = new Set(['run', 'watch', 'trace', 'bmake', 'sh']);
