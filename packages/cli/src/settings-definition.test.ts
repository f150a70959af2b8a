import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { toJsonSchema } from '@valibot/to-json-schema';
import { settingKeys } from './settings.js';
import { settingsDefinition } from './settings-definition.js';

// The schema in the package is made from the definition. OODATE_ACCEPT=1 writes it anew; read the difference.
const file = new URL('../oodate.schema.json', import.meta.url);

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
}

test('the schema in the package is that of the definition', () => {
  const made = toJsonSchema(settingsDefinition);
  if (process.env.OODATE_ACCEPT === '1') writeFileSync(file, JSON.stringify(made, null, 2));
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
});

test('the schema has every setting and no more', () => {
  const leaves = ({ properties = {} }: Schema, prefix = ''): string[] =>
    Object.entries(properties).flatMap(([name, schema]) =>
      schema.type === 'object' ? leaves(schema, `${prefix}${name}.`) : [`${prefix}${name}`],
    );
  const names = leaves(JSON.parse(readFileSync(file, 'utf8')) as Schema);
  expect(names.filter((name) => name !== '$schema')).toEqual(settingKeys);
});

test('the package holds the schema', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(manifest.files).toContain('oodate.schema.json');
  expect(manifest.exports).toHaveProperty(['./oodate.schema.json'], './oodate.schema.json');
});
