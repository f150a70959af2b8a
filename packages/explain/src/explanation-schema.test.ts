import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { toJsonSchema } from '@valibot/to-json-schema';
import { whyDefinitions, whySchema } from './explanation-schema.js';
import { whyAfterSchema } from './last-run-schema.js';
import { neverDefinitions, neverSchema } from './never-schema.js';
import { whatIfDefinitions, whatIfSchema } from './what-if-schema.js';

// The schemas that are published are made from the definitions. OODATE_ACCEPT=1 writes them anew; read the difference.
test.each([
  ['why', whySchema, whyDefinitions],
  ['why-after', whyAfterSchema, whyDefinitions],
  ['why-never', neverSchema, neverDefinitions],
  ['why-if-changed', whatIfSchema, whatIfDefinitions],
])('the published schema of %s --json is that of the definition', (name, schema, definitions) => {
  const file = new URL(`../../../docs/formats/${name}.schema.json`, import.meta.url);
  const made = toJsonSchema(schema, { definitions });
  if (process.env.OODATE_ACCEPT === '1') writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
});
