import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { isRunning, ownProcess } from './process-identity.js';

test('this process runs, and is told from another that has had its number', () => {
  const [pid, start] = ownProcess().split(' ');
  expect(isRunning(ownProcess())).toBe(true);
  expect(isRunning(`${pid} ${Number(start) - 1}`)).toBe(false);
});

test('a process that has ended does not run', () => {
  // The shell's own, as field 22 of its stat.
  const { stdout } = spawnSync('sh', ['-c', 'read -r stat < /proc/$$/stat; echo "$stat"'], {
    encoding: 'utf8',
  });
  const fields = stdout.split(' ');
  expect(Number(fields[21])).toBeGreaterThan(0);
  expect(isRunning(`${fields[0]} ${fields[21]}`)).toBe(false);
});

test.each(['', '1', 'x y', '-1 -', '99999999 5'])('%j is no process', (identity) => {
  expect(isRunning(identity)).toBe(false);
});
