import type { RunRecord } from '@oodate/meta-file';
import type { Reason } from '@oodate/planner';
import { type Done, type ExecutionOptions, execute } from './execution.js';
import { bringBack } from './result-store.js';
import type { NamedTarget } from './target.js';
import type { Terminal } from './terminal.js';
import { reasonWords, runningWords } from './words.js';

/**
 * Brings a target up to date that is not, for `reason`: by a result that is known, or by running it. `last`: the
 * record of its last good run, if there is one.
 */
export async function make(
  target: NamedTarget,
  reason: Reason,
  options: ExecutionOptions,
  terminal: Terminal,
  last: RunRecord | undefined,
): Promise<Done> {
  const known =
    reason.kind === 'forced' ? undefined : await bringBack(target, reason, last, options, terminal);
  if (known !== undefined) return known;
  terminal.say(runningWords(target.title, reasonWords(reason, process.cwd())));
  return execute(target, options, terminal, last);
}
