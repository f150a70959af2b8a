import type { AbsolutePath } from '@oodate/filemon';
import { lockRun } from '@oodate/meta-file';
import { assertWordsIntact } from '../argument-words.js';
import { isTraced } from '../judgement.js';
import { isLeftAlone } from '../left-alone.js';
import { runPlainly } from '../plain-run.js';
import { isLearned } from '../script-choice.js';
import { loadSettings } from '../settings.js';
import { type NamedTarget, resolveShellTarget } from '../target.js';
import { openTerminal } from '../terminal.js';
import { errorWords, waitingWords } from '../words.js';
import { run } from './run.js';

/**
 * Runs the shell with these arguments, as oodate-sh is asked to by package managers: a script that
 * is learned only if it is out of date, all else plainly. Gives the exit status.
 */
export async function runShell(args: readonly string[]): Promise<number> {
  assertWordsIntact(args);
  const terminal = openTerminal(isTraced());
  const target = await learnedTarget(args).catch((error: Error & { hint?: string }) => {
    terminal.complain(errorWords(error.message, error.hint));
    return undefined;
  });
  if (target === undefined)
    return runPlainly({ words: ['sh', ...args], cwd: process.cwd(), environment: process.env });
  const [, text = ''] = args;
  const options = {
    json: false,
    dryRun: false,
    untraced: false,
    backend: undefined,
    ownPlace: false,
    store: 'use',
    output: 'full',
    quiet: isTraced(),
  } as const;
  const resolve = (look: (path: string) => void) => resolveShellTarget(text, process.env, look);
  // Within a traced command the one around it may have the lock.
  if (isTraced()) return run(target, options, terminal, resolve);
  const unlock = await lockRun(target.metaFile, () => terminal.say(waitingWords(target.title)));
  try {
    return await run(target, options, terminal, resolve);
  } catch (error) {
    // Where commands cannot be traced, and nothing has run, the script is not to suffer.
    if (!(error instanceof Error) || error.name !== 'TraceError') throw error;
    terminal.complain(errorWords(error.message, undefined));
    return runPlainly(target);
  } finally {
    unlock();
  }
}

/** undefined for what is to run plainly. Throws a CliError. */
async function learnedTarget([option, text, ...more]: readonly string[]): Promise<NamedTarget | undefined> {
  if (option !== '-c' || text === undefined || more.length > 0) return undefined;
  const settings = await loadSettings(process.cwd() as AbsolutePath, process.env);
  if (!isLearned(process.env.npm_lifecycle_event, settings)) return undefined;
  const target = await resolveShellTarget(text, process.env);
  return isLeftAlone(target) ? undefined : target;
}
