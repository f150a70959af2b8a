import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { scripts, type Workspace, workspace } from '@oodate/testkit';
import { contentDifferences } from '../content-differences.js';
import { judge } from '../judgement.js';
import { resolveTarget } from '../target.js';

let store: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  store = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-store-')));
  env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: store };
});
afterEach(() => rmSync(store, { recursive: true, force: true }));

/** The lines that have changed, by the names of the files. */
async function differences(
  space: Workspace,
  more: NodeJS.ProcessEnv = {},
  folder = '.',
): Promise<Record<string, string[]>> {
  const environment = { PATH: process.env.PATH, OODATE_STORE: store, ...more };
  const target = await resolveTarget(
    { names: ['build'], rest: [], directory: space.path(folder), flags: {} },
    environment,
  );
  const differenceOf = await contentDifferences(target.metaFile, target.settings, environment);
  const found: Record<string, string[]> = {};
  for (const reason of judge(target, {}).reasons) {
    const lines = differenceOf(reason)?.hunks.flatMap((hunk) => hunk.lines);
    if (lines !== undefined && 'path' in reason)
      found[reason.path.slice(space.path(folder).length + 1)] = lines;
  }
  return found;
}

const files = {
  'package.json': scripts({ build: 'cat src/a src/b .env > out' }),
  'src/a': 'one\ntwo\n',
  'src/b': 'same\n',
  '.env': 'password\n',
};
const changes = { 'src/a': 'one\nthree\n', '.env': 'other\n', out: 'one\nby hand\n' };

test('of a small text that changed the store knows what was in it, also of an output', async () => {
  const space = workspace(files);
  await space.kept(['build'], '', { env });
  space.write(changes);
  expect(await differences(space)).toEqual({
    'src/a': [' one', '-two', '+three'],
    out: [' one', '-two', '-same', '-password', '+by hand'],
  });
});

test('nothing is known without a store, or where the settings keep no inputs in it', async () => {
  const space = workspace(files);
  await space.kept(['build'], '', { env: { ...env, OODATE_STORE_INPUTS: 'false' } });
  space.write(changes);
  expect(Object.keys(await differences(space))).toEqual(['out']);
  expect(await differences(space, { OODATE_STORE_ENABLED: 'false' })).toEqual({});
});

test('what is kept brings nothing else back, and is removed like all else', async () => {
  const space = workspace(files);
  await space.kept(['build'], '', { env });
  await space.oodateWith({ env }, 'cache', 'clear');
  space.write(changes);
  expect(await differences(space)).toEqual({});
});

test('it is known too where the result is not kept', async () => {
  const space = workspace({
    'p/package.json': scripts({ build: 'cat a > ../outside' }),
    'p/a': 'one\n',
  });
  const { stderr } = await space.oodateWith({ env, cwd: 'p' }, 'run', 'build');
  expect(stderr).toContain('the result of build is not kept in the store');
  space.write({ 'p/a': 'two\n' });
  expect(await differences(space, {}, 'p')).toEqual({ a: ['-one', '+two'] });
});

test('a store that cannot be used is complained of once at most', async () => {
  const space = workspace({
    'p/package.json': scripts({ inside: 'cat a > out', outside: 'cat a > ../outside' }),
    'p/a': 'one\n',
  });
  writeFileSync(join(store, 'foreign'), '');
  const complaints = async (script: string) => {
    const { stderr } = await space.oodateWith({ env, cwd: 'p' }, 'run', '--refresh', script);
    return stderr.match(/is not a store of oodate/g)?.length ?? 0;
  };
  expect([await complaints('inside'), await complaints('outside')]).toEqual([1, 0]);
});

test('secrets of the environment are covered', async () => {
  const space = workspace({ ...files, 'src/a': 'key: hunter2hunter2\n' });
  await space.kept(['build'], '', { env });
  space.write({ 'src/a': 'key: hunter2hunter2 # new\n' });
  const found = await differences(space, { API_TOKEN: 'hunter2hunter2' });
  expect(found['src/a']).toEqual(['-key: ***', '+key: *** # new']);
});
