import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { isLearned } from './script-choice.js';
import type { Setting } from './settings.js';

function setting<Value>(value: Value): Setting<Value> {
  return { value, from: { kind: 'default', directory: '/' as AbsolutePath } };
}

function learned(script: string | undefined, include?: string[], exclude: string[] = []): boolean {
  return isLearned(script, { 'scripts.include': setting(include), 'scripts.exclude': setting(exclude) });
}

describe('without settings', () => {
  test.each([
    'build',
    'test',
    'lint',
    'build:watcher',
    'prebuild',
    'postbuild',
    'generate',
    'starter',
    'predict',
    'compile:dev-tools',
  ])('%s is learned', (script) => {
    expect(learned(script)).toBe(true);
  });

  test.each([
    'dev',
    'dev:web',
    'predev',
    'start',
    'poststart',
    'build:watch',
    'serve',
    'deploy',
    'install',
    'preinstall',
    'postinstall',
    'prepare',
    'prepack',
    'postpublish',
    'prepublishOnly',
    'version',
    'npx',
    '_explore',
    '',
    undefined,
  ])('%s runs plainly', (script) => {
    expect(learned(script)).toBe(false);
  });
});

test.each<[string, string[] | undefined, string[], boolean]>([
  ['dev', ['dev'], [], true],
  ['build', ['test'], [], false],
  ['test:unit', ['test:*'], [], true],
  ['test', ['test:*'], [], false],
  ['build', undefined, ['build'], false],
  ['build:a', ['build:*'], ['*:a'], false],
  ['aXb', ['a.b'], [], false],
])('%s with %j to include and %j to leave out: %s', (script, include, exclude, expected) => {
  expect(learned(script, include, exclude)).toBe(expected);
});
