import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { summarizeAccesses } from './accesses.js';
import { filemonRecords } from './log-text.js';
import type { AbsolutePath } from './path-text.js';
import { processAccesses } from './process-accesses.js';
import { processTree } from './process-tree.js';

function recordsOf(lines: readonly string[]) {
  return filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
}

/** A line for each access, in order: pid, path and uses. */
function accesses(...lines: string[]): string[] {
  const { processes, accesses } = processAccesses(recordsOf(lines), '/start' as AbsolutePath);
  return processes.flatMap(({ pid }, at) =>
    (accesses[at] ?? []).map(({ path, uses }) => `${pid} ${path} ${uses.join('+')}`),
  );
}

describe('what each process used', () => {
  test.each<[string, string[], string[]]>([
    [
      'is told in every way, what matters most first',
      ['W 1 /f', 'D 1 /f', 'N 1 /f', 'S 1 /f', 'R 1 /f', 'E 1 /f'],
      ['1 /f executed+read+looked+missing+written+removed'],
    ],
    [
      'stands with the process, in the order of the tree',
      ['F 1 2', 'F 1 3', 'R 3 /c', 'R 2 /b', 'R 1 /z', 'R 1 /a'],
      ['1 /z read', '1 /a read', '2 /b read', '3 /c read'],
    ],
    [
      'is kept apart for a pid that is used again',
      ['F 1 2', 'R 2 /a', 'X 2 0 0', 'F 1 2', 'R 2 /b'],
      ['2 /a read', '2 /b read'],
    ],
    [
      'is seen from its directory, also by a child',
      ['C 1 d', 'R 1 ./f', 'F 1 2', 'C 2 ..', 'R 2 g'],
      ['1 /start/d looked', '1 /start/d/f read', '2 /start looked', '2 /start/g read'],
    ],
    ['is a list of names, and a directory that was entered', ['G 1 /d', 'C 1 /d'], ['1 /d listed+looked']],
    ['is written by a link', ["L 1 '/a' '/b'"], ['1 /b written']],
    [
      'is removed and written by a rename',
      ['W 1 /a', "M 2 '/a' '/b'"],
      ['1 /a written', '2 /a removed', '2 /b written'],
    ],
    [
      'moves with a directory, as far as it is there',
      ['F 1 2', 'W 2 /t/a/b', 'N 2 /t/n', 'W 2 /t/x', 'D 2 /t/x', "M 1 '/t' '/u'", "M 1 '/u/a' '/v'"],
      [
        '1 /t removed',
        '1 /u written',
        '1 /t/a/b removed',
        '1 /u/a/b written+removed',
        '1 /u/a removed',
        '1 /v written',
        '1 /v/b written',
        '2 /t/a/b written',
        '2 /t/n missing',
        '2 /t/x written+removed',
      ],
    ],
    ['is not known of a program without a path', ['E 1 <unknown>'], []],
    ['is not known of names that cannot be told apart', ['M 1 /a /b'], []],
    ['is nothing of a Q record', ['Q 1 /a', 'R 1 /b'], ['1 /b read']],
  ])('%s', (_, lines, expected) => {
    expect(accesses(...lines)).toEqual(expected);
  });

  test('goes with the processes as the tree lists them', () => {
    const lines = ['V 5', 'E 1 /sh', 'F 1 2', 'F 1 3', 'F 2 4', 'E 3 /c', 'X 4 256', 'X 3 1 0', 'R 5 /x'];
    const { processes, accesses: used } = processAccesses(recordsOf(lines), '/' as AbsolutePath);
    expect(processes).toEqual(processTree(recordsOf(lines), '/' as AbsolutePath));
    expect(used.map((of) => of.length)).toEqual([1, 0, 0, 1, 1]);
  });

  test('is found in time that grows with the log, many renames of files among it', () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => [
      `W 1 /d/${at}.t`,
      `M 1 '/d/${at}.t' '/d/${at}'`,
    ]);
    expect(accesses(...lines.flat())).toHaveLength(40_000);
  });
});

const fixtures = new URL('../../../fixtures/filemon-logs/', import.meta.url);

test.each(readdirSync(fixtures).filter((name) => name.endsWith('.log')))(
  'all that counts in %s was done by some process',
  (name) => {
    const records = [...filemonRecords([readFileSync(new URL(name, fixtures))])];
    const cwd = '/start' as AbsolutePath;
    const done = new Set(
      processAccesses(records, cwd)
        .accesses.flat()
        .flatMap(({ path, uses }) => uses.map((use) => `${use} ${path}`)),
    );
    const counting = [...summarizeAccesses(records, cwd).paths.values()].flatMap((access) => [
      ...(['executed', 'looked', 'missing', 'listed'] as const)
        .filter((use) => access[use])
        .map((use) => `${use} ${access.path}`),
      ...(access.read && !access.executed ? [`read ${access.path}`] : []),
      ...(access.change === 'none' ? [] : [`${access.change} ${access.path}`]),
    ]);
    expect(counting.length).toBeGreaterThan(0);
    expect(counting.filter((use) => !done.has(use))).toEqual([]);
  },
);
