import { expect, test } from '@jest/globals';
import { originOf } from './origin.js';

const pids = (names: readonly string[]) => names.map((name, at) => ({ pid: 100 - at, name }));

test.each<[string, string[], string | undefined]>([
  ['its parent', ['code', 'systemd'], 'code'],
  ['what has a shell run it', ['sh', 'make', 'bash'], 'make'],
  ['what is above every shell', ['env', 'dash', 'bash', 'zsh', 'fish', 'ksh', 'busybox', 'tmux'], 'tmux'],
  ['nobody where there are shells alone', ['sh', 'bash'], undefined],
  ['nobody where nothing is known', [], undefined],
])('a process works for %s', (_, names, origin) => {
  expect(originOf({ ancestors: pids(names) })?.name).toBe(origin);
});

test('a process works for nobody where only init is above it', () => {
  const above = [
    { pid: 9, name: 'bash' },
    { pid: 1, name: 'systemd' },
  ];
  expect(originOf({ ancestors: above })).toBeUndefined();
  expect(originOf({})).toBeUndefined();
});
