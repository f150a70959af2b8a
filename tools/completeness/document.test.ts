import { expect, test } from '@jest/globals';
import { readPublished, writes } from './comparison.js';
import { parseDocument, renderDocument } from './document.js';
import { wayGroups } from './ways.js';

(writes ? test.skip : test)('the published table has exactly the ways that are tried', () => {
  const document = readPublished();
  expect(document).toBe(renderDocument(wayGroups, parseDocument(document)));
});

test('every way has a name of its own', () => {
  const names = wayGroups.flatMap(({ ways }) => ways.map(({ on }) => on));
  expect(new Set(names).size).toBe(names.length);
});
