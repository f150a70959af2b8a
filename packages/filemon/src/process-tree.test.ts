import { describe, expect, test } from '@jest/globals';
import { filemonRecords } from './log-text.js';
import type { AbsolutePath } from './path-text.js';
import { processTree } from './process-tree.js';

/** A line for each process: depth by indentation, pid, programs, status. */
function tree(...lines: string[]): string[] {
  const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
  return processTree(records, '/start' as AbsolutePath).map(({ pid, depth, executables, exit }) => {
    const end = exit === undefined ? '?' : exit.signal > 0 ? `signal ${exit.signal}` : `${exit.status}`;
    return [' '.repeat(depth) + pid, ...executables, end].join(' ');
  });
}

describe('the processes of a log', () => {
  test('stand below the one that made them, in order', () => {
    expect(
      tree(
        'E 1 /sh',
        'F 1 2',
        'F 1 3',
        'F 2 4',
        'E 3 /c',
        'E 2 /b',
        'X 4 0 9',
        'X 3 1 0',
        'X 2 0 0',
        'X 1 0 0',
      ),
    ).toEqual(['1 /sh 0', ' 2 /b 0', '  4 signal 9', ' 3 /c 1']);
  });

  test('keep each program that they executed, as an absolute path', () => {
    expect(tree('E 1 bin/a', 'C 1 sub', 'E 1 ./b', 'E 1 <unknown>')).toEqual([
      '1 /start/bin/a /start/sub/b <unknown> ?',
    ]);
  });

  test('have the command line of each, of a script with its interpreter', () => {
    const lines = ['P 1 lost', 'E 1 /s', 'E 1 /sh', 'P 1 ./s x', 'E 1 /b', 'E 1 /c', 'P 1 c'];
    const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
    const [life] = processTree(records, '/' as AbsolutePath);
    expect(life?.executables).toEqual(['/s', '/sh', '/b', '/c']);
    expect(life?.commandLines).toEqual([undefined, './s x', undefined, 'c']);
  });

  /** Of each process: pid, when it started, when it executed each program, when it ended. */
  function times(...lines: string[]): string[] {
    const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
    return processTree(records, '/' as AbsolutePath).map(
      ({ pid, started, executedAt, ended }) =>
        `${pid}: ${started ?? '?'} [${executedAt.map((at) => at ?? '?').join(' ')}] ${ended ?? '?'}`,
    );
  }

  test('have the times of what they did, the first its first program as its start', () => {
    expect(
      times(
        ...['T 1 0', 'E 1 /sh', 'T 1 5', 'F 1 2', 'R 2 /a', 'T 2 7', 'E 2 /b', 'T 2 8', 'E 2 /c', 'T 2 9'],
        ...['X 2 0 0', 'T 1 12', 'X 1 0 0'],
      ),
    ).toEqual(['1: 0 [0] 12', '2: 5 [7 8] 9']);
  });

  test('have one time for a script and its interpreters, and another for what that executes', () => {
    expect(times('T 1 3', 'E 1 /s', 'E 1 /t', 'E 1 /sh', 'T 1 4', 'E 1 /b', 'T 1 5', 'X 1 0 0')).toEqual([
      '1: 3 [3 3 3 4] 5',
    ]);
  });

  test.each([
    ['is missing', ['E 1 /a', 'F 1 2', 'X 2 0 0', 'X 1 0 0']],
    ['is of another process', ['T 2 1', 'E 1 /a', 'T 2 1', 'F 1 2', 'T 1 1', 'X 2 0 0', 'T 2 1', 'X 1 0 0']],
    ['is of another record', ['T 1 1', 'S 1 /', 'E 1 /a', 'T 1 1', 'Q 1 x', 'F 1 2', 'X 2 0 0', 'X 1 0 0']],
    ['is damaged', ['T 1 x', 'E 1 /a', 'T 1 -1', 'F 1 2', 'T 2 1.5', 'X 2 0 0', 'T 1 01', 'X 1 0 0']],
  ])('have no time where it %s', (_, lines) => {
    expect(times(...lines)).toEqual(['1: ? [?] ?', '2: ? [] ?']);
  });

  test('have no time of one program for another', () => {
    expect(times('T 1 1', 'E 1 /a', 'R 1 /x', 'E 1 /b')).toEqual(['1: 1 [1 ?] ?']);
    expect(times('E 1 /a', 'P 1 a', 'T 1 4', 'E 1 /b')).toEqual(['1: ? [? 4] ?']);
  });

  test('are not made by a time', () => {
    expect(times('T 1 1', 'E 1 /a', 'T 9 2')).toEqual(['1: 1 [1] ?']);
  });

  test('with a pid that is used again are two', () => {
    expect(tree('F 1 2', 'E 2 /a', 'X 2 3 0', 'F 1 2', 'E 2 /b', 'X 2 0 0')).toEqual([
      '1 ?',
      ' 2 /a 3',
      ' 2 /b 0',
    ]);
  });

  test('of several commands stand side by side', () => {
    expect(tree('E 1 /a', 'X 1 0 0', 'E 2 /b', 'X 2 0 0')).toEqual(['1 /a 0', '2 /b 0']);
  });

  test('are found by a fork record that comes late', () => {
    expect(tree('E 1 /a', 'E 2 /b', 'F 1 2')).toEqual(['1 /a ?', ' 2 /b ?']);
  });

  test('are no circle where a damaged log makes one', () => {
    expect(tree('S 1 /', 'S 2 /', 'F 1 2', 'F 2 1')).toEqual(['1 ?', ' 2 ?']);
  });

  test('may be a chain of any length', () => {
    const forks = Array.from({ length: 20_000 }, (_, at) => `F ${at + 1} ${at + 2}`);
    const lives = processTree(filemonRecords([Buffer.from(`${forks.join('\n')}\n`)]), '/' as AbsolutePath);
    expect(lives.at(-1)).toMatchObject({ pid: 20_001, depth: 20_000, parent: 19_999 });
  });

  test.each([
    ['V 4', 'X 1 3', '1 3'],
    ['V 5', 'X 1 768', '1 3'],
    ['V 5', 'X 1 9', '1 signal 9'],
    ['V 5', 'X 1 -1 0', '1 ?'],
  ])('end as version and record say: %s, %s', (version, exit, line) => {
    expect(tree(version, exit)).toEqual([line]);
  });
});
