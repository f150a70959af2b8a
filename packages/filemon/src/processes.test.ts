import { expect, test } from '@jest/globals';
import type { AbsolutePath } from './path-text.js';
import { isExit, ProcessTable, parseChild, parseExit } from './processes.js';

test.each([
  ['FreeBSD 11, exit code', '3 0', 5, { status: 3, signal: 0 }],
  ['FreeBSD 11, signal', '0 15', 5, { status: 0, signal: 15 }],
  ['a signal next to a status', '-1 9', 5, { status: 0, signal: 9 }],
  ['an end that is not known', '-1 0', 5, undefined],
  ['FreeBSD 10.4, packed exit code', '512', 5, { status: 2, signal: 0 }],
  ['FreeBSD 10.4, packed signal with core dump', '139', 5, { status: 0, signal: 11 }],
  ['FreeBSD 9 and NetBSD, exit code', '3', 4, { status: 3, signal: 0 }],
  ['NetBSD, exit(-1)', '-1', 4, { status: 255, signal: 0 }],
  ['no version', '0', undefined, { status: 0, signal: 0 }],
  ['damage', '0 0 0', 5, undefined],
])('exit data of %s', (_, data, version, exit) => {
  expect(parseExit(data, version)).toEqual(exit);
});

test('damaged exit data is told from an end that is not known', () => {
  expect(['-1 0', '0', '0 0'].every(isExit)).toBe(true);
  expect(['', 'x', '0 x', '0 0 0', ' 0'].some(isExit)).toBe(false);
});

test('the child of a fork is a positive number and nothing else', () => {
  expect(parseChild('12')).toBe(12);
  expect(['0', '-1', '12 ', '', 'x', '99999999999'].map(parseChild)).toEqual(Array(6).fill(undefined));
});

test('a pid that is used again is another process', () => {
  const table = new ProcessTable('/start' as AbsolutePath);
  const shell = table.get(1);
  shell.executable = '/bin/sh';
  shell.directory = '/elsewhere' as AbsolutePath;
  table.fork(shell, 2);
  expect(table.get(2)).toMatchObject({ directory: '/elsewhere', executable: '/bin/sh' });
  table.exit(2, { status: 0, signal: 0 });
  expect(table.get(2)).toMatchObject({ directory: '/start', executable: undefined });
  expect(table.count).toBe(3);
});

test('a fork told after the first records of the child still hands its directory on', () => {
  const table = new ProcessTable('/start' as AbsolutePath);
  const shell = table.get(1);
  shell.directory = '/elsewhere' as AbsolutePath;
  table.get(2).executable = '/bin/cc';
  table.fork(shell, 2);
  expect(table.get(2)).toMatchObject({ directory: '/elsewhere', executable: '/bin/cc' });
  expect([...table.origins.keys()]).toEqual([1]);
  expect(table.count).toBe(2);

  const moved = table.get(3);
  Object.assign(moved, { directory: '/own', moved: true });
  table.fork(shell, 3);
  expect(moved.directory).toBe('/own');
});
