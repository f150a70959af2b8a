import { describe, expect, test } from '@jest/globals';

import { compareRecords } from './differences.mjs';
import { explanations } from './explanations.mjs';

interface Case {
  /** `kind: letter data` */
  readonly expected?: readonly string[];
  /** `letter data` */
  readonly recorded?: readonly string[];
  readonly explained?: readonly string[];
  /** `side letter data` */
  readonly unexplained?: readonly string[];
}

function check({ expected = [], recorded = [], explained = [], unexplained = [] }: Case): void {
  const result = compareRecords(
    expected.map((line) => ({ kind: line.split(': ')[0] ?? '', ...parse(line.split(': ')[1] ?? '') })),
    recorded.map(parse),
    explanations,
    [[/\/cc\w{6}/g, '/ccXXXXXX']],
  );
  expect([...result.explained.keys()]).toEqual(explained);
  expect(result.unexplained.map(({ side, letter, data }) => `${side} ${letter} ${data}`)).toEqual(
    unexplained,
  );
}

function parse(line: string): { letter: string; data: string } {
  return { letter: line.slice(0, 1), data: line.slice(2) };
}

test.each<Case>([
  { expected: ['read: R /s/a'], recorded: ['R /s/a'] },
  { expected: ['read: R /s/a'], recorded: ['R /s/a', 'R /s/a'] },
  { expected: ['written: W /s/ccAAAAAA.o'], recorded: ['W /s/ccBBBBBB.o'] },
  { expected: ['read: R /s/a'], unexplained: ['missing R /s/a'] },
  { recorded: ['R /s/a'], unexplained: ['extra R /s/a'] },
  { expected: ['looked at: S /s/a'], recorded: ['R /s/a'], unexplained: ['missing S /s/a', 'extra R /s/a'] },
])('$expected against $recorded', check);

describe('explained is only', () => {
  test.each<Case & { readonly what: string }>([
    {
      what: 'what moved with a folder',
      expected: ['renamed: W /s/a b'],
      recorded: ['W /s/a b', 'W /s/a b/c'],
      explained: ['below a renamed folder'],
    },
    {
      what: 'what moved with a folder',
      expected: ['renamed: W /s/ab'],
      recorded: ['W /s/ab', 'W /s/ab/c'],
      unexplained: ['extra W /s/ab/c'],
    },
    {
      what: 'a race to a folder that is made',
      expected: ['made directory: W /s/d', 'written: W /s/d/a', 'missing: N /s/d/a'],
      recorded: ['W /s/d', 'S /s/d', 'W /s/d/a'],
      explained: ['folder just being made'],
    },
    {
      what: 'a device that its driver refuses',
      expected: ['looked at: S /dev/tty'],
      recorded: ['R /dev/tty', 'W /dev/tty'],
      explained: ['device not opened'],
    },
    {
      what: 'a device that its driver refuses',
      expected: ['looked at: S /s/tty'],
      recorded: ['R /s/tty'],
      unexplained: ['missing S /s/tty', 'extra R /s/tty'],
    },
    {
      what: 'what Node reads of itself',
      expected: ['executed: E /bin/node', 'executed: E /bin/sh'],
      recorded: ['E /bin/node', 'E /bin/sh', 'R /bin/node', 'R /bin/sh', 'R /lib/node'],
      explained: ['code of Node'],
      unexplained: ['extra R /bin/sh', 'extra R /lib/node'],
    },
    {
      what: 'what malloc asks for threads',
      recorded: [
        'R /sys/devices/system/cpu/online',
        'R /proc/sys/vm/overcommit_memory',
        'R /sys/devices/system/cpu/possible',
      ],
      explained: ['memory of threads'],
      unexplained: ['extra R /sys/devices/system/cpu/possible'],
    },
    {
      what: 'a race to a folder that is made',
      expected: ['missing: N /s/d/a', 'written: W /s/d/a'],
      recorded: ['W /s/d/a'],
      unexplained: ['missing N /s/d/a'],
    },
  ])('$what', check);
});
