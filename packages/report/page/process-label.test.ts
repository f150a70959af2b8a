import { expect, test } from '@jest/globals';
import { processLabels } from './process-label.js';

const life = { pid: 1, depth: 0, exit: null, started: null, ended: null };

test.each<[string, string[], (string | null)[], string, string]>([
  ['its command line', ['/usr/bin/cc'], ['/usr/bin/cc -c a.c'], 'cc', 'cc -c a.c'],
  ['what it executed last', ['/bin/sh', '/usr/bin/node'], ['sh -c x', 'node x.js'], 'node', 'node x.js'],
  ['a program without a command line', ['/p/run.sh', '/bin/sh'], [null, null], 'sh', 'sh'],
  ['words in quotes', ["/p/my dir/it's"], ["'/p/my dir/it'\\''s' a"], "it's", "'/p/my dir/it'\\''s' a"],
  ['a command line that was cut', ['/bin/cc'], ['cc -o \\'], 'cc', 'cc -o …'],
  ['odd characters', ['/bin/a\udcff'], ['a\udcff\n<b>'], 'a\\xff', 'a\\xff\\n<b>'],
])('a process is called by %s', (_, executables, commandLines, program, line) => {
  expect(processLabels([{ ...life, parent: null, executables, commandLines }])).toEqual([{ program, line }]);
});

test('a process that executed nothing is called after the one that made it', () => {
  const forked = { ...life, executables: [], commandLines: [] };
  const labels = processLabels([
    { ...life, parent: null, executables: ['/bin/sh'], commandLines: ['sh -c x'] },
    { ...forked, parent: 0 },
    { ...forked, parent: 1 },
    { ...forked, parent: null },
  ]);
  expect(labels.map(({ line }) => line)).toEqual([
    'sh -c x',
    'sh (forked)',
    'sh (forked)',
    'a process (forked)',
  ]);
});
