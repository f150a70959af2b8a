import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import { requireTool } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';
import { parseDocument, renderDocument } from './document.js';
import { tryWay } from './trial.js';
import type { Outcome } from './way.js';
import { wayGroups } from './ways.js';

// Set by `npm run completeness`: then what the runs give is written, and not compared.
const writes = process.env.OODATE_COMPLETENESS === 'write';

const file = new URL('../../docs/completeness.md', import.meta.url);
const document = readPublished();
const published = parseDocument(document);

const working = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);
const ways = wayGroups.flatMap((group) => group.ways);

describe.each(working)('%s', (backend) => {
  const found = new Map<string, Outcome>();

  for (const way of ways) {
    const isHere = way.needs === undefined || requireTool(way.needs);
    (isHere ? test : test.skip)(`${way.on}: the published table tells what really runs`, async () => {
      const outcome = await (way.trial ?? tryWay)(way, backend);
      // The table says why wherever the answer is not yes, and only there.
      const isGood = outcome.noticed === 'yes' && outcome.skipped === 'yes';
      expect({ outcome, isExplained: way.short !== undefined }).toEqual({ outcome, isExplained: !isGood });
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

function readPublished(): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

if (!writes)
  test('the published table has exactly the ways that are tried', () => {
    expect(document).toBe(renderDocument(wayGroups, published));
  });

test('every way has a name of its own', () => {
  expect(new Set(ways.map(({ on }) => on)).size).toBe(ways.length);
});
