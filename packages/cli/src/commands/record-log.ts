import { type AbsolutePath, isWithin, joinPath } from '@oodate/filemon';
import { metaFolderOf } from '@oodate/meta-file';
import { type JournalEvent, presentJournal } from '@oodate/monitor';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { recorderPlace } from '../recorder-place.js';
import { damagedLinesWords, journalLine } from '../recorder-words.js';
import type { Terminal } from '../terminal.js';

/** Writes what the journal of the project holds, of these paths and what is in them, or all. */
export async function showJournal(
  paths: readonly string[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const { root, folder } = recorderPlace('journal');
  const journal = await presentJournal(folder);
  if (journal === undefined)
    throw new CliError(
      'NO_RECORDER',
      `there is no journal of ${root}`,
      'one is kept while a recorder runs: oodate monitor record start',
    );
  const cwd = process.cwd() as AbsolutePath;
  const wanted = paths.map((path) => joinPath(cwd, path));
  const events = journal
    .events()
    .filter(({ path }) => metaFolderOf(path) === undefined)
    .filter((event) => wanted.length === 0 || wanted.some((path) => isAbout(event, path)));
  for (const event of events) writeOut(1, `${json ? JSON.stringify(event) : journalLine(event, cwd)}\n`);
  const damaged = journal.damaged();
  if (damaged > 0) terminal.say(damagedLinesWords(folder, damaged));
  return 0;
}

function isAbout({ path, entry }: JournalEvent, wanted: AbsolutePath): boolean {
  return isWithin(path, wanted) || (entry !== undefined && isWithin(joinPath(path, entry), wanted));
}
