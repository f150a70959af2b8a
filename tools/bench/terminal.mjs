import { join } from 'node:path';

import { compareEach } from './pairs.mjs';
import { backends, traced, workloads } from './tracing.mjs';

/** What it costs to copy what goes to the terminal: a trace on one with a copy, against one without. */
export function benchTerminal({ root, work, runs, only }) {
  const file = join(work, 'written');
  const dd = ['dd', 'if=/dev/zero', `of=${file}`, 'bs=512', 'count=100000', 'status=none'];
  const all = [...workloads(root, work), { name: '100,000 writes to a file', command: dd }];
  const rows = all
    .filter(({ name }) => /make$|configure|fixture|writes/.test(name) && name.includes(only))
    .map(({ name, command, ...options }) => [
      name,
      ...backends.map((backend) => {
        const words = traced(root, join(work, 'log'), backend);
        const copying = [...words.slice(0, -1), '--output', join(work, 'copy'), '--'];
        const { results } = compareEach(
          [onTerminal([...copying, ...command])],
          onTerminal([...words, ...command]),
          { runs, processors: true, ...options },
        );
        const [{ ratio, processors }] = results;
        return `${ratio.toFixed(2)}; ${processors.toFixed(3)}`;
      }),
    ]);
  return { head: ['command', ...backends], rows };
}

/** By script(1), which runs a line of shell on a pseudo-terminal. */
function onTerminal(words) {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return ['script', '-qec', quoted.join(' '), '/dev/null'];
}
