import { resolve } from 'node:path';
import { assertWordsIntact } from '../argument-words.js';
import { CliError } from '../cli-error.js';
import type { Terminal } from '../terminal.js';
import { logIncompleteWords } from '../words.js';

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
  const { trace } = await import('@oodate/tracer');
  const { status, accesses } = await trace(words, {
    log: resolve(log),
    ...(backend !== undefined && { backend }),
  });
  if (accesses.incomplete.length > 0)
    terminal.say(logIncompleteWords(accesses.incomplete.map(({ reason }) => reason)));
  return status;
}
