import { describe, expect, test } from '@jest/globals';
import { comparedEnvironment, volatileVariables } from './volatile-variables.js';

describe('the compared environment', () => {
  test.each([
    'PWD',
    'OLDPWD',
    'SHLVL',
    '_',
    'TERM',
    'TERM_PROGRAM',
    'COLUMNS',
    'LINES',
    'COLORTERM',
    'SSH_AUTH_SOCK',
    'DISPLAY',
    'XDG_SESSION_ID',
    'DBUS_SESSION_BUS_ADDRESS',
    'WINDOWID',
    'INIT_CWD',
    'npm_lifecycle_script',
    'npm_command',
    'npm_config_user_agent',
    'npm_package_json',
    'NODE_PATH',
    'OODATE_PROBE',
  ])('leaves out %s', (name) => {
    expect(comparedEnvironment({ [name]: 'x' }).size).toBe(0);
  });

  test.each([
    'PATH',
    'HOME',
    'NODE_ENV',
    'NODE_OPTIONS',
    'CC',
    'CFLAGS',
    'CI',
    'FORCE_COLOR',
    'NO_COLOR',
    'LANG',
    'LC_ALL',
    'TZ',
    'npm_lifecycle_event',
    'npm_package_version',
    'npm_config_arch',
    'TERMINAL',
    'MAKEFLAGS',
    'pwd',
    '__',
  ])('holds %s', (name) => {
    expect([...comparedEnvironment({ [name]: 'x' })]).toEqual([[name, 'x']]);
  });

  test('comes in order and without what is not set', () => {
    expect([...comparedEnvironment({ B: '2', A: '1', C: undefined }).keys()]).toEqual(['A', 'B']);
  });
});

test('each variable that is left out has a reason', () => {
  for (const { names, why } of volatileVariables)
    expect([names.length > 0, why.length > 10]).toEqual([true, true]);
});
