import { type Done, type ExecutionOptions, execute } from './execution.js';
import { culpritsAt } from './known-culprits.js';
import type { Occasion } from './occasion.js';
import { bringBack } from './result-store.js';
import type { NamedTarget } from './target.js';
import type { Terminal } from './terminal.js';
import { reasonsWords, runningWords } from './words.js';

/** Brings a target up to date that is not: by a result that is known, or by running it. */
export async function make(
  target: NamedTarget,
  occasion: Occasion,
  options: ExecutionOptions,
  terminal: Terminal,
): Promise<Done> {
  const { reasons } = occasion;
  const isForced = reasons.some(({ kind }) => kind === 'forced');
  const known = isForced ? undefined : await bringBack(target, occasion, options, terminal);
  if (known !== undefined) return known;
  terminal.say(runningWords(target.title, await clauseOf(target, occasion)));
  return execute(target, occasion, options, terminal);
}

async function clauseOf({ cwd }: NamedTarget, occasion: Occasion): Promise<string> {
  const { reasons, last } = occasion;
  const [first] = reasons;
  const here = process.cwd();
  if ('culprit' in occasion) return reasonsWords(reasons, here, occasion.culprit);
  if (first === undefined || !('path' in first) || last === undefined) return reasonsWords(reasons, here);
  const culprit = (await culpritsAt(cwd))?.of(first, last);
  return reasonsWords(reasons, here, culprit);
}
