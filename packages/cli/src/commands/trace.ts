import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { assertWordsIntact } from '../argument-words.js';
import { CliError } from '../cli-error.js';
import { startByFront } from '../front.js';
import type { Terminal } from '../terminal.js';
import { logIncompleteWords, logNotWrittenWords } from '../words.js';

export interface LogOptions {
  readonly log: string;
  readonly backend: string | undefined;
}

/** Runs the command and writes its filemon log. Gives the exit status of the command. */
export async function traceCommand(
  words: readonly string[] | undefined,
  { log, backend }: LogOptions,
  terminal: Terminal,
): Promise<number> {
  if (words?.[0] === undefined)
    throw new CliError(
      'USAGE',
      'there is nothing to trace',
      'give a command after --, as in: oodate trace -o log -- make',
    );
  assertWordsIntact(words);
  // Opened before the command runs, as the shell opens what it writes to.
  const pipe = isOtherThanFile(log) ? openLog(log) : undefined;
  const { trace } = await import('@oodate/tracer');
  const {
    status,
    accesses,
    log: bytes,
  } = await trace(words, {
    ...(pipe === undefined && { log: resolve(log) }),
    ...(startByFront !== undefined && { start: startByFront }),
    ...(backend !== undefined && { backend }),
  });
  if (pipe !== undefined) writeLog(pipe, bytes, log, terminal);
  if (accesses.incomplete.length > 0)
    terminal.say(logIncompleteWords(accesses.incomplete.map(({ reason }) => reason)));
  return status;
}

function openLog(pipe: string): number {
  try {
    return openSync(pipe, 'w');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliError('LOG_NOT_WRITABLE', logNotWrittenWords(pipe, code ?? ''), undefined, { cause });
  }
}

function isOtherThanFile(path: string): boolean {
  // In bigint, since Node's realpath stops half-way after a plain stat of a pipe, and the next import fails.
  return statSync(path, { throwIfNoEntry: false, bigint: true })?.isFile() === false;
}

/** To a pipe or terminal. That nobody reads there is no reason to hide how the command ended. */
function writeLog(pipe: number, bytes: Uint8Array, name: string, terminal: Terminal): void {
  try {
    writeFileSync(pipe, bytes);
  } catch (error) {
    terminal.complain(logNotWrittenWords(name, (error as NodeJS.ErrnoException).code ?? String(error)));
  } finally {
    closeSync(pipe);
  }
}
