import { assertWordsIntact } from '../argument-words.js';
import { startByFront } from '../front.js';
import type { Terminal } from '../terminal.js';
import { noSectionWords } from '../words.js';

/** What leaves a meta file without a section as a matter of course, and has been said by bmake itself. */
const ordinary: ReadonlySet<string> = new Set(['the target failed', 'bmake ended before it had closed it']);

/** Runs the system's bmake with these arguments, its meta files with filemon sections. Gives its exit status. */
export async function runBmake(args: readonly string[], terminal: Terminal): Promise<number> {
  assertWordsIntact(args);
  const { traceBmake } = await import('@oodate/tracer');
  const { status, sections } = await traceBmake(
    ['bmake', ...args],
    startByFront === undefined ? {} : { start: startByFront },
  );
  for (const { path, objection } of sections)
    if (objection !== undefined && !ordinary.has(objection)) terminal.say(noSectionWords(path, objection));
  return status;
}
