import { rankReasons } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import { graphPicture, graphText } from '@oodate/report';
import {
  askedTargets,
  graphOf,
  isUnnamed,
  knownTargetsHere,
  reasonsNow,
  withGoodRecord,
} from '../asked-targets.js';
import { writeOut } from '../output-streams.js';
import type { TargetName } from '../target.js';
import { reasonWords } from '../words.js';

/** Writes the graph of the project's targets on stdout; where one is named, that of all that leads to it. */
export async function whyGraph(name: TargetName, form: 'dot' | 'svg', force: boolean): Promise<number> {
  const asked = (await askedTargets(name)).map(withGoodRecord);
  const others = isUnnamed(name) ? [] : (await knownTargetsHere(name)).map(withGoodRecord);
  const all = new Map([...others, ...asked].map((one) => [one.known.metaFile, one]));
  const directory = process.cwd() as AbsolutePath;
  const known = [...all.values()].map((one) => one.known);
  const isAsked = new Set(asked.map((one) => one.known.metaFile));
  const outOfDate = new Map<string, string>();
  for (const { known, asked: target } of all.values()) {
    const reasons = [...reasonsNow(target, { force: force && isAsked.has(known.metaFile) })];
    const [first] = rankReasons(reasons, { root: directory });
    if (first !== undefined) outOfDate.set(known.metaFile, reasonWords(first, directory));
  }
  const text = graphText(await graphOf(known, name.flags), {
    outOfDate,
    directory,
    ...(!isUnnamed(name) && { shown: isAsked }),
  });
  writeOut(1, form === 'dot' ? text : await graphPicture(text));
  return 0;
}
