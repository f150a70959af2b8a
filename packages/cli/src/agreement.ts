import { createInterface } from 'node:readline/promises';
import { isatty } from 'node:tty';
import { CliError } from './cli-error.js';

/** Asks the user, who has seen what is to be done. Throws a CliError where nobody can be asked. */
export async function isAgreed(question: string): Promise<boolean> {
  if (!isatty(0))
    throw new CliError('NOT_AGREED', 'nothing was changed, as nobody can be asked', 'give --yes');
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question(`${question} [y/N] `);
  asked.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
