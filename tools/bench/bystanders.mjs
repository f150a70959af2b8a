import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ToolError } from '../programs.mjs';
import { median } from './pairs.mjs';
import { backends, buildCalls, traced } from './tracing.mjs';

const COUNT = 1_000_000;

/** What a call costs a process that is not traced, while a trace runs elsewhere. */
export function benchBystanders({ root, work, runs }) {
  const calls = buildCalls(work);
  const ways = [undefined, ...backends];
  const rows = ['getppid', 'stat'].map((name) => {
    const times = ways.map(() => []);
    for (let run = 0; run < runs; run += 1)
      for (const [index, backend] of ways.entries())
        times[index].push(beside(root, work, backend, () => nanoseconds([calls, name, COUNT, calls])));
    return [name, ...times.map((list) => `${median(list)} ns`)];
  });
  return { head: ['call', 'no trace', ...backends.map((backend) => `beside ${backend}`)], rows };
}

function nanoseconds([program, ...words]) {
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new ToolError('FAILED', `${program} failed`);
  return Number(stdout);
}

/** Does the work while a trace runs of something that sleeps. */
function beside(root, work, backend, measure) {
  if (backend === undefined) return measure();
  const ready = join(work, 'ready');
  rmSync(ready, { force: true });
  const script = `: >'${ready}'; exec sleep 600`;
  const [probe, ...words] = [...traced(root, join(work, 'log'), backend), 'sh', '-c', script];
  const other = spawn(probe, words, { stdio: 'ignore' });
  const idle = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(ready)) Atomics.wait(idle, 0, 0, 5);
  try {
    return measure();
  } finally {
    other.kill();
  }
}
