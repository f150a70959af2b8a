import { describe, expect, test } from '@jest/globals';
import {
  comparedEnvironment,
  ignoredVariables,
  recordedEnvironment,
  volatileVariables,
} from './volatile-variables.js';

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
    'npm_config_script_shell',
    'COLOR',
    'EDITOR',
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

  const some = { PATH: '/bin', TERM: 'xterm', MY_A: '1', MY_B: '2', OODATE_MODE: 'mtime' };

  test.each([
    ['a name', { ignore: ['MY_A'] }, ['MY_B', 'PATH']],
    ['all names that begin so', { ignore: ['MY_*'] }, ['PATH']],
    ['nothing by a part of a name', { ignore: ['MY'] }, ['MY_A', 'MY_B', 'PATH']],
  ])('leaves out %s that is to be ignored', (_, choice, names) => {
    expect([...comparedEnvironment(some, choice).keys()]).toEqual(names);
  });

  test.each([
    ['a volatile name', { require: ['TERM'] }, ['MY_A', 'MY_B', 'PATH', 'TERM']],
    ['one that is to be ignored', { ignore: ['MY_*'], require: ['MY_B'] }, ['MY_B', 'PATH']],
    ['but none that is for oodate itself', { require: ['OODATE_*'] }, ['MY_A', 'MY_B', 'PATH']],
  ])('holds %s if it is required', (_, choice, names) => {
    expect([...comparedEnvironment(some, choice).keys()]).toEqual(names);
  });

  test('is only a part of what is recorded, so that it can be chosen anew', () => {
    expect([...recordedEnvironment(some).keys()]).toEqual(['MY_A', 'MY_B', 'PATH', 'TERM']);
  });

  test('has none of the ignored variables, whatever is chosen', () => {
    expect(ignoredVariables({})).toEqual(expect.arrayContaining(['TERM', 'TERM_*', 'SHLVL']));
    expect(ignoredVariables({})).not.toContain('OODATE_*');
    expect(ignoredVariables({ ignore: ['MINE'] })).toContain('MINE');
    const required = ignoredVariables({ ignore: ['MINE*'], require: ['TERM', 'SSH_TTY', 'MI*', 'XDG_S*'] });
    for (const name of ['TERM', 'SSH_*', 'MINE*', 'XDG_SESSION_*', 'XDG_SEAT'])
      expect(required).not.toContain(name);
    expect(required).toEqual(expect.arrayContaining(['TERM_*', 'XDG_VTNR']));
  });

  test('has of PATH all but the folders that package managers put there for themselves', () => {
    const own = ['/npm/lib/node-gyp-bin', '/tmp/yarn--1795244710882-0.123', '/tmp/xfs-0a1b2c3d'];
    const others = ['/p/node_modules/.bin', '/bin', '/tmp/yarn--x', '/xfs-0a1b2c3d/bin', ''];
    const PATH = [own[0], ...others, own[1], own[2]].join(':');
    expect(comparedEnvironment({ PATH }).get('PATH')).toBe(others.join(':'));
    expect(comparedEnvironment({ MY_PATH: PATH }).get('MY_PATH')).toBe(PATH);
  });

  test('comes in order and without what is not set', () => {
    expect([...comparedEnvironment({ B: '2', A: '1', C: undefined }).keys()]).toEqual(['A', 'B']);
  });
});

test('each variable that is left out has a reason', () => {
  for (const { names, why } of volatileVariables)
    expect([names.length > 0, why.length > 10]).toEqual([true, true]);
});
