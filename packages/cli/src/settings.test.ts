import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { type Files, type Workspace, workspace } from '@oodate/testkit';
import { loadSettings, type SettingFlags, settingKeys } from './settings.js';

const manifest = (oodate: unknown) => JSON.stringify({ name: 'p', oodate });

function load(
  space: Workspace,
  directory: string,
  environment: NodeJS.ProcessEnv = {},
  flags: SettingFlags = {},
) {
  return loadSettings(space.path(directory) as AbsolutePath, environment, flags);
}

/** Those that are set, with their places below the workspace. */
async function set(
  files: Files,
  directory = '.',
  environment: NodeJS.ProcessEnv = {},
  flags: SettingFlags = {},
): Promise<Record<string, unknown>> {
  const space = workspace(files);
  const settings = await load(space, directory, environment, flags);
  const found: Record<string, unknown> = {};
  for (const key of settingKeys) {
    const { value, from } = settings[key];
    if (from.kind === 'default') continue;
    const place = 'file' in from ? from.file : 'variable' in from ? from.variable : from.flag;
    found[key] = [value, place.replace(`${space.folder}/`, '')];
  }
  return found;
}

describe('settings', () => {
  test('are the defaults where nothing is set', async () => {
    const settings = await load(workspace({ 'package.json': '{"name":"p"}' }), '.');
    expect(Object.fromEntries(settingKeys.map((key) => [key, settings[key].value]))).toEqual({
      mode: 'content',
      cache: undefined,
      ignore: [],
      inputs: [],
      'env.ignore': [],
      'env.require': [],
      'network.ignore': [],
      'scripts.include': undefined,
      'scripts.exclude': [],
      'store.enabled': true,
      'store.directory': undefined,
      'store.inputs': true,
      'store.size': '10 GB',
      'store.outside': [],
    });
  });

  test.each<[string, Files, Record<string, unknown>]>([
    [
      'of the key "oodate" in package.json',
      { 'package.json': manifest({ ignore: ['a'] }) },
      { ignore: [['a'], 'package.json'] },
    ],
    [
      'of oodate.config.json, with the name of its schema',
      { 'oodate.config.json': '{"$schema":"x","env":{"ignore":["A"]}}' },
      { 'env.ignore': [['A'], 'oodate.config.json'] },
    ],
    [
      'of both, key by key and that of oodate.config.json first',
      {
        'package.json': manifest({ ignore: ['a'], mode: 'mtime' }),
        'oodate.config.json': '{"ignore":["b"]}',
      },
      { ignore: [['b'], 'oodate.config.json'], mode: ['mtime', 'package.json'] },
    ],
    [
      'of a nearer directory before those of a farther one, key by key',
      {
        'oodate.config.json': '{"ignore":["far"],"env":{"ignore":["FAR"],"require":["R"]}}',
        'a/package.json': manifest({ env: { ignore: ['NEAR'] } }),
        'a/b/package.json': manifest({ mode: 'mtime' }),
        'a/b/c/package.json': '{}',
      },
      {
        mode: ['mtime', 'a/b/package.json'],
        ignore: [['far'], 'oodate.config.json'],
        'env.ignore': [['NEAR'], 'a/package.json'],
        'env.require': [['R'], 'oodate.config.json'],
      },
    ],
  ])('%s are taken', async (_, files, expected) => {
    expect(await set(files, Object.keys(files).at(-1)?.includes('/') ? 'a/b/c' : '.')).toEqual(expected);
  });

  test('of the environment are taken before those of files, lists separated by white space', async () => {
    const files = { 'package.json': manifest({ mode: 'content', ignore: ['a'], inputs: ['i'] }) };
    const environment = {
      OODATE_MODE: 'mtime',
      OODATE_IGNORE: ' b  c\n',
      OODATE_INPUTS: '',
      OODATE_ENV_IGNORE: 'X',
      OODATE_STORE: 'the store',
      OODATE_STORE_SIZE: '1 GB',
      OODATE_STORE_ENABLED: 'false',
      OODATE_STORE_INPUTS: 'false',
    };
    expect(await set(files, '.', environment)).toEqual({
      mode: ['mtime', 'OODATE_MODE'],
      ignore: [['b', 'c'], 'OODATE_IGNORE'],
      inputs: [['i'], 'package.json'],
      'env.ignore': [['X'], 'OODATE_ENV_IGNORE'],
      'store.enabled': [false, 'OODATE_STORE_ENABLED'],
      'store.directory': ['the store', 'OODATE_STORE'],
      'store.inputs': [false, 'OODATE_STORE_INPUTS'],
      'store.size': ['1 GB', 'OODATE_STORE_SIZE'],
    });
  });

  test('of flags are taken before all others', async () => {
    const files = { 'package.json': manifest({ mode: 'content', ignore: ['a'] }) };
    const flags = { mode: 'content', 'env.require': ['Y'] } as const;
    expect(await set(files, '.', { OODATE_MODE: 'mtime' }, flags)).toEqual({
      mode: ['content', '--mode'],
      ignore: [['a'], 'package.json'],
      'env.require': [['Y'], '--env-require'],
    });
  });

  test('are relative to their file, to the directory of what is run, or to the present one', async () => {
    const space = workspace({ 'package.json': manifest({ inputs: ['a'] }), 'sub/package.json': '{}' });
    const settings = await load(space, 'sub', { OODATE_IGNORE: 'b' }, { cache: 'c' });
    expect([settings.inputs, settings.ignore, settings.cache].map(({ from }) => from.directory)).toEqual([
      space.folder,
      space.path('sub'),
      process.cwd(),
    ]);
  });
});

describe('what is wrong with settings is told with its place and what is allowed', () => {
  test.each<[string, Files, NodeJS.ProcessEnv, RegExp, RegExp]>([
    [
      'an unknown key',
      { 'oodate.config.json': '{"ignored":[]}' },
      {},
      /^"ignored" in .*\/oodate.config.json is no setting$/,
      /^did you mean "ignore"\?$/,
    ],
    [
      'an unknown key that resembles none',
      { 'package.json': manifest({ env: { xyzzyxyzzy: 1 } }) },
      {},
      /^"oodate.env.xyzzyxyzzy" in .*\/package.json is no setting$/,
      /^it may be mode, cache, .*env\.ignore/,
    ],
    [
      'a value that is none of those allowed',
      { 'package.json': manifest({ mode: 'fast' }) },
      {},
      /^"oodate.mode" in .*\/package.json is "fast"$/,
      /^it may be "content" or "mtime"$/,
    ],
    [
      'a text where a list is wanted',
      { 'oodate.config.json': '{"env":{"ignore":"X"}}' },
      {},
      /^"env.ignore" in .* is "X"$/,
      /^it is to be a list of texts/,
    ],
    [
      'a number in a list',
      { 'oodate.config.json': '{"ignore":["a",3]}' },
      {},
      /^"ignore\[1\]" in .* is 3$/,
      /^it is to be a text that is not empty$/,
    ],
    [
      'an empty text',
      { 'oodate.config.json': '{"cache":""}' },
      {},
      /^"cache" in .* is ""$/,
      /^it is to be a text that is not empty$/,
    ],
    [
      'a text where an object is wanted',
      { 'oodate.config.json': '{"scripts":"a"}' },
      {},
      /^"scripts" in .* is "a"$/,
      /^it is to be an object with include, exclude$/,
    ],
    [
      'a text where true or false is wanted',
      {},
      { OODATE_STORE_ENABLED: 'no' },
      /^OODATE_STORE_ENABLED is "no"$/,
      /^it may be true or false$/,
    ],
    [
      'a size without its unit',
      { 'oodate.config.json': '{"store":{"size":"10"}}' },
      {},
      /^"store.size" in .* is "10"$/,
      /^it is to be a size, as in "10 GB" or "500 MiB"$/,
    ],
    [
      'a number where a size is wanted',
      { 'oodate.config.json': '{"store":{"size":10}}' },
      {},
      /^"store.size" in .* is 10$/,
      /^it is to be a text that is not empty$/,
    ],
    [
      'a list in the place of all',
      { 'package.json': manifest(['a']) },
      {},
      /^"oodate" in .* is \["a"\]$/,
      /^it is to be an object with mode, /,
    ],
    [
      'an empty file',
      { 'oodate.config.json': '' },
      {},
      /^what .*\/oodate.config.json holds is nothing$/,
      /an object/,
    ],
    [
      'a value of the environment',
      {},
      { OODATE_MODE: 'fast' },
      /^OODATE_MODE is "fast"$/,
      /^it may be "content" or "mtime"$/,
    ],
  ])('%s', async (_, files, environment, message, hint) => {
    await expect(load(workspace(files), '.', environment)).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test('a file that is not JSON', async () => {
    const space = workspace({ 'oodate.config.json': '{\n  "mode" 1\n}' });
    await expect(load(space, '.')).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      message: expect.stringMatching(/oodate\.config\.json:2:10 is not valid JSON/),
    });
  });

  test('but a broken package.json above that sets nothing is for others to tell of', async () => {
    const space = workspace({ 'package.json': '{', 'sub/package.json': '{}' });
    expect((await load(space, 'sub')).mode.value).toBe('content');
    space.write({ 'package.json': '{"oodate": {' });
    await expect(load(space, 'sub')).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
  });
});
