import { homedir } from 'node:os';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { workspace } from '@oodate/testkit';
import { pathMatcher } from './path-patterns.js';
import { loadSettings, type Setting } from './settings.js';
import { settingsEffect, storeFolder } from './settings-effect.js';

function setting(value: readonly string[], directory = '/w/p'): Setting<readonly string[]> {
  return { value, from: { kind: 'default', directory: directory as AbsolutePath } };
}

describe('a path that is to be ignored', () => {
  test.each<[string[], string[], string[]]>([
    [['*.log'], ['/w/p/a.log', '/w/p/.log'], ['/w/p/x/a.log', '/w/a.log', '/w/p/a.logs']],
    [['**/*.log'], ['/w/p/a.log', '/w/p/x/y/a.log'], ['/w/a.log']],
    [['tmp'], ['/w/p/tmp', '/w/p/tmp/x/.y'], ['/w/p/tmpx', '/w/tmp', '/w/p/x/tmp']],
    [['tmp/'], ['/w/p/tmp', '/w/p/tmp/x'], ['/w/p/tmpx']],
    [['./tmp'], ['/w/p/tmp/x'], ['/w/p/x']],
    [['../q/*'], ['/w/q/x', '/w/q/x/y'], ['/w/q', '/w/p/q/x']],
    [['..'], ['/w/p/x', '/w/x'], ['/x']],
    [['/etc/*.conf'], ['/etc/a.conf'], ['/w/p/etc/a.conf']],
    [['{a,b}/c'], ['/w/p/a/c', '/w/p/b/c'], ['/w/p/c']],
    [['tmp', '!tmp/keep'], ['/w/p/tmp/x'], ['/w/p/tmp/keep', '/w/p/tmp/keep/x']],
    [['a', 'b'], ['/w/p/a', '/w/p/b'], ['/w/p/c']],
    [['!a'], [], ['/w/p/a', '/w/p/b']],
  ])('by %j', async (patterns, ignored, counted) => {
    const matches = pathMatcher(setting(patterns));
    for (const path of ignored) expect([path, matches(path as AbsolutePath)]).toEqual([path, true]);
    for (const path of counted) expect([path, matches(path as AbsolutePath)]).toEqual([path, false]);
  });

  test('is below a directory whose name has characters of patterns', async () => {
    const matches = pathMatcher(setting(['*.log'], '/w/(a) [b]*{c}!'));
    expect(matches('/w/(a) [b]*{c}!/x.log' as AbsolutePath)).toBe(true);
    expect(matches('/w/(a) [b]x{c}!/x.log' as AbsolutePath)).toBe(false);
  });
});

describe('the store', () => {
  const given = async (flags: Parameters<typeof loadSettings>[2]) =>
    settingsEffect(await loadSettings('/w/p' as AbsolutePath, {}, flags));

  test.each<[Parameters<typeof loadSettings>[2], object | undefined]>([
    [{ 'store.directory': '/s' }, { folder: '/s', maxBytes: 10e9, keepsInputs: true }],
    [
      { 'store.directory': 's/../t', 'store.size': '5 MiB' },
      { folder: `${process.cwd()}/t`, maxBytes: 5 * 2 ** 20 },
    ],
    [{ 'store.directory': '/s', 'store.inputs': false }, { keepsInputs: false }],
    [{ 'store.directory': '/s', 'store.enabled': false }, undefined],
  ])('by %j', async (flags, store) => {
    const effect = await given(flags);
    if (store === undefined) expect(effect.store).toBeUndefined();
    else expect(effect.store).toMatchObject(store);
  });

  test('may be written outside of the project where a pattern allows it', async () => {
    const plain = await given({});
    expect(plain.store?.isAllowed('/out/x' as AbsolutePath)).toBe(false);
    const { store } = await given({ 'store.outside': ['/out', '!/out/not'] });
    expect(['/out/x', '/out/not/x', '/other'].map((path) => store?.isAllowed(path as AbsolutePath))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test.each<[NodeJS.ProcessEnv, string]>([
    [{ XDG_CACHE_HOME: '/c', HOME: '/h' }, '/c/oodate'],
    [{ XDG_CACHE_HOME: 'c', HOME: '/h' }, '/h/.cache/oodate'],
    [{ XDG_CACHE_HOME: '', HOME: '/h' }, '/h/.cache/oodate'],
    [{ HOME: 'h' }, `${homedir()}/.cache/oodate`],
    [{}, `${homedir()}/.cache/oodate`],
  ])('is in the cache of the user: %j', async (environment, folder) => {
    expect(storeFolder(await loadSettings('/w/p' as AbsolutePath, {}), environment)).toBe(folder);
  });
});

describe('extra inputs', () => {
  const files = {
    'conf/a': '',
    'conf/.b': '',
    'conf/deep/c': '',
    other: '',
    '.oodate/build.meta': '',
    'node_modules/.cache/oodate/build.meta': '',
  };

  test.each<[string[], string[], string[]]>([
    [['conf/*'], ['conf/.b', 'conf/a'], []],
    [['conf/**'], ['conf/.b', 'conf/a', 'conf/deep/c'], []],
    [['conf/**', '!conf/deep/**'], ['conf/.b', 'conf/a'], []],
    [['other', 'conf/a'], ['conf/a', 'other'], []],
    [['none', 'other', '*.none'], ['other'], ['none', '*.none']],
    [['**'], ['conf/.b', 'conf/a', 'conf/deep/c', 'other'], []],
    [['.oodate/*'], [], ['.oodate/*']],
    [['/proc/version'], [], ['/proc/version']],
  ])('by %j are files, and none of our own', async (inputs, expected, unmatched) => {
    const space = workspace(files);
    const directory = space.folder as AbsolutePath;
    const given = await settingsEffect({
      ...(await loadSettings(directory, {})),
      inputs: setting(inputs, space.folder),
    });
    expect(given.findExtraInputs?.()).toEqual({ paths: expected.map((name) => space.path(name)), unmatched });
  });

  test('are not looked for if none are asked for', async () => {
    const effect = await settingsEffect(await loadSettings('/' as AbsolutePath, {}));
    expect(effect.findExtraInputs).toBeUndefined();
    expect(effect.decision.isIgnored).toBeUndefined();
  });
});
