import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { toJsonSchema } from '@valibot/to-json-schema';
import { whyDefinitions, whySchema } from './explanation-schema.js';

// The schema that is published is made from the definition. OODATE_ACCEPT=1 writes it anew; read the difference.
const file = new URL('../../../docs/formats/why.schema.json', import.meta.url);

test('the published schema of why --json is that of the definition', () => {
  const made = toJsonSchema(whySchema, { definitions: whyDefinitions });
  if (process.env.OODATE_ACCEPT === '1') writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
});
