import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { reasonFields, whySchema } from '@oodate/explain';
import { oodate, requireTool, type Workspace, workspace } from '@oodate/testkit';
import { parse } from 'valibot';
import { withoutPlaces } from './plain-places.js';
import { type Question, situations } from './why-situations.js';

/*
 * What `why` says when something has become out of date for real: its text, with -v and without, and its JSON, beside
 * those in fixtures/why. OODATE_ACCEPT=1 writes these anew; read the difference.
 */

const fixtures = fileURLToPath(new URL('../../../../fixtures/why/', import.meta.url));

describe('why tells as it should of', () => {
  for (const { name, tool, inCheckout = false, make } of situations)
    (tool === undefined || requireTool(tool) ? test : test.skip)(name, async () => {
      const space = workspace({}, { inCheckout });
      const question = await make(space);
      const short = await answer(space, question, []);
      const long = await answer(space, question, ['-v']);
      const json = JSON.parse(await answer(space, question, ['--json']));
      // What is not in the schema is left out of what parsing gives.
      expect(parse(whySchema, json)).toEqual(json);
      compare(`${name}.txt`, plainText(space, `$ oodate why ${short}\n$ oodate why -v ${long}`));
      compare(`${name}.json`, `${JSON.stringify(plainJson(space, json), null, 2)}\n`);
    });
});

test('no kind of reason is left out, and no file is left over', () => {
  const names = situations.flatMap(({ name }) => [`${name}.json`, `${name}.txt`]);
  expect(readdirSync(fixtures).sort()).toEqual(names.sort());
  const kinds = names
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => [...readFileSync(`${fixtures}${name}`, 'utf8').matchAll(/"kind": "([a-z-]+)"/g)])
    .map(([, kind]) => kind);
  expect(Object.keys(reasonFields).filter((kind) => !kinds.includes(kind))).toEqual([]);
});

test('a line has no more than 80 columns, but for those of command lines that -v shows in one piece', () => {
  const texts = situations.map(({ name }) => readFileSync(`${fixtures}${name}.txt`, 'utf8'));
  const long = texts.flatMap((text) => text.split('\n')).filter((line) => line.length > 80);
  expect(long.filter((line) => !/^ {6}(?:\w+(?: and \w+)* by|started by|executed as) /.test(line))).toEqual(
    [],
  );
});

async function answer(space: Workspace, question: Question, options: readonly string[]): Promise<string> {
  const { words, cwd = '.', env = {}, under = [], stdin = '/dev/null' } = question;
  // Times are told in the zone of who asks, which must not be a reason.
  const command = [...under, oodate, 'why', '--env-ignore', 'TZ', ...options, ...words];
  const { stdout, stderr, status } = await space.run(['sh', '-c', `exec "$@" < ${stdin}`, 'sh', ...command], {
    cwd,
    env: { TZ: 'UTC', ...env },
  });
  if (status !== 0 || stderr !== '') space.fail('why could not tell');
  return options.includes('--json') ? stdout : `${words.join(' ')}\n${stdout}`;
}

/** Without what differs between machines and moments. */
function plainText(space: Workspace, text: string): string {
  return withoutPlaces(space, text)
    .replaceAll(/ (at|from) \d{4}-\d\d-\d\d \d\d:\d\d/g, ' $1 DAY TIME')
    .replaceAll(/\(line \d+\)/g, '(line SOME)')
    .replaceAll(/~[0-9a-f]{16}/g, '~DIGEST')
    .replaceAll(/\(\d+ inputs unchanged; ran in [\d.]+ s/g, '(SOME inputs unchanged; ran in SOME s');
}

const moments = new Set(['mtime', 'ctime', 'inode', 'mode', 'digest', 'ran', 'made']);
const counted = new Set(['inputs', 'missing', 'listings', 'outputs']);

function plainJson(space: Workspace, json: unknown): unknown {
  return JSON.parse(JSON.stringify(json), (key, value) => {
    if (moments.has(key)) return key.toUpperCase();
    if (counted.has(key) && typeof value === 'number') return 'SOME';
    return typeof value === 'string' ? plainText(space, value) : value;
  });
}

function compare(name: string, text: string): void {
  if (process.env.OODATE_ACCEPT === '1') writeFileSync(`${fixtures}${name}`, text);
  expect(text).toBe(readFileSync(`${fixtures}${name}`, 'utf8'));
}
