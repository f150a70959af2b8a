import { assertWordsIntact } from '../argument-words.js';
import { runPlainly } from '../plain-run.js';

/** Runs the shell with these arguments, as oodate-sh is asked to by package managers. Gives its exit status. */
export function runShell(args: readonly string[]): Promise<number> {
  assertWordsIntact(args);
  return runPlainly({ words: ['sh', ...args], cwd: process.cwd(), environment: process.env });
}
