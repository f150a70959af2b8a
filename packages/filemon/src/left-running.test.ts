import { expect, test } from '@jest/globals';
import { leftRunning } from './left-running.js';
import { filemonRecords } from './log-text.js';

test('the processes left running are those of the comments that are whole', () => {
  const log = 'V 5\n# Left running 12 sleep\n# Left running x sleep\n# Left running 13 a b\nX 7 0 0\n';
  expect(leftRunning(filemonRecords([Buffer.from(log)]))).toEqual([
    { pid: 12, name: 'sleep' },
    { pid: 13, name: 'a b' },
  ]);
});
