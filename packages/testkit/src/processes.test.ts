import { expect, test } from '@jest/globals';
import { childrenOf, processesWith } from './processes.js';
import { until } from './until.js';
import { workspace } from './workspace.js';

test('a program and what it started are found, by their parent and by their environment, until they end', async () => {
  const space = workspace();
  const mark = `MARK=${space.folder}`;
  const started = space.start(['sh', '-c', 'sleep 1000; true'], { env: { MARK: space.folder } });
  await until(() => childrenOf(started.pid).length === 1);
  expect(childrenOf(process.pid)).toContain(started.pid);
  expect(processesWith(mark).sort()).toEqual([started.pid, ...childrenOf(started.pid)].sort());
  for (const pid of [...childrenOf(started.pid), started.pid]) process.kill(pid, 'SIGKILL');
  await started.ended();
  await until(() => processesWith(mark).length === 0);
  expect(childrenOf(started.pid)).toEqual([]);
});
