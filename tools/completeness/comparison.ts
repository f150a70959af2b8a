import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { requireTool } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';
import { parseDocument, renderDocument } from './document.js';
import { tryWay } from './trial.js';
import { type Outcome, type WayGroup, wayUnder } from './way.js';
import { wayGroups } from './ways.js';

// Set by `npm run completeness`: then what the runs give is written, and not compared.
export const writes = process.env.OODATE_COMPLETENESS === 'write';

const file = new URL('../../docs/completeness.md', import.meta.url);
const published = parseDocument(readPublished());

const working = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

/** Tests that tell of each way what the published table tells of it. */
export function compareWays(groups: readonly WayGroup[]): void {
  const ways = groups.flatMap((group) => group.ways);
  describe.each(working)('%s', (backend) => {
    const found = new Map<string, Outcome>();

    for (const way of ways) {
      const isHere = way.needs === undefined || requireTool(way.needs);
      (isHere ? test : test.skip)(`${way.on}: the published table tells what really runs`, async () => {
        const tried = wayUnder(way, backend);
        const outcome = await (tried.trial ?? tryWay)(tried, backend);
        // The table says why wherever the answer is not yes, and only there.
        const isGood = outcome.noticed === 'yes' && outcome.skipped === 'yes';
        expect({ outcome, isExplained: tried.short !== undefined }).toEqual({
          outcome,
          isExplained: !isGood,
        });
        found.set(way.on, outcome);
        if (!writes) expect(outcome).toEqual(published.get(backend)?.get(way.on));
      });
    }

    if (writes)
      afterAll(() => {
        // Of a backend that does not work here the page goes on telling what it did where it works.
        const outcomes = parseDocument(readPublished());
        const all = new Map([...(outcomes.get(backend) ?? []), ...found]);
        writeFileSync(file, renderDocument(wayGroups, new Map([...outcomes, [backend, all]])));
      });
  });
}

/** The text of docs/completeness.md; empty before it is first written. */
export function readPublished(): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
