import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkFilemonLog } from './log-check.js';

const good = [
  '# filemon version 5',
  '# Target pid 1',
  '# Start 1790000000.000001',
  'V 5',
  'E 1 /bin/sh',
  'F 1 2',
  'R 2 /a',
  'X 2 0 0',
  'X 1 0 0',
  '# Stop 1790000000.250000',
  '# Bye bye',
];

const timed = ['T 1 10', 'E 1 /bin/sh', 'T 1 20', 'F 1 2', 'R 2 /a', 'T 2 20', 'X 2 0 0'];

function check(lines: readonly string[], end = '\n'): string[] {
  return checkFilemonLog(Buffer.from(lines.join('\n') + end)).map(({ line, code }) => `${line}: ${code}`);
}

/** The good log with `lines` in the place of `count` lines from the one with this number. */
function changed(number: number, count: number, ...lines: string[]): string[] {
  return [...good.slice(0, number - 1), ...lines, ...good.slice(number - 1 + count)];
}

describe('a log', () => {
  test('without a fault has no problems', () => {
    expect(check(good)).toEqual([]);
  });

  test.each<[string, string[], string[]]>([
    ['without a version', changed(4, 1), ['4: no-version']],
    ['of an unknown version', changed(4, 1, 'V 6'), ['4: unknown-version']],
    ['with another version than its title', changed(4, 1, 'V 4'), ['4: versions-differ']],
    ['without its target', changed(2, 1), ['1: no-target-pid']],
    ['with a damaged target', changed(2, 1, '# Target pid x'), ['2: bad-comment']],
    ['with a damaged time', changed(3, 1, '# Start 17.5'), ['3: bad-comment']],
    ['that ends before it starts', changed(10, 1, '# Stop 1789999999.000000'), ['10: stop-before-start']],
    ['without its end', changed(11, 1), ['10: no-end']],
    ['with a record after its end', [...good, 'R 1 /late'], ['12: after-end', '12: no-exit']],
    ['with comments after its end', [...good, '# oodate record 1'], []],
    ['with a process that nobody forked', changed(6, 1), ['6: unknown-process']],
    ['whose fork record comes late', changed(6, 2, 'R 2 /a', 'F 1 2'), []],
    ['with a process after its exit', changed(9, 0, 'R 2 /a', 'X 2 0 0'), ['9: after-exit']],
    ['with a process that is forked twice', changed(7, 0, 'F 1 2'), ['7: repeated-fork']],
    [
      'with a process whose fork record comes late and twice',
      changed(6, 2, 'R 2 /a', 'F 1 2', 'F 1 2'),
      ['8: repeated-fork'],
    ],
    ['with a process that does not end', changed(8, 1), ['6: no-exit']],
    ['with a process that was left running', changed(8, 1, '# Left running 2 sleep'), []],
    ['with a program that is not known', changed(5, 1, 'E 1 <unknown>'), ['5: unknown-program']],
    ['with the times of a fork, an exec and an exit', changed(5, 4, ...timed), []],
    ['with a time of nothing', changed(7, 0, 'T 2 5'), ['7: lone-time']],
    ['with a time of another process', changed(8, 0, 'T 1 5'), ['8: lone-time']],
    ['with two times', changed(8, 0, 'T 2 5', 'T 2 6'), ['8: lone-time']],
    [
      'with a time before what is missing',
      changed(7, 0, 'T 2 5', 'Q 2 lost'),
      ['7: lone-time', '8: incomplete'],
    ],
    ['with a time at its end', changed(10, 0, 'T 1 5'), ['10: lone-time', '10: no-exit']],
    ['with a damaged time of a process', changed(8, 0, 'T 2 soon'), ['8: bad-time']],
    ['that is incomplete', changed(7, 0, 'Q 0 it overflowed'), ['7: incomplete']],
    ['with a line that is no record', changed(7, 0, '', 'R 2 '), ['7: empty-line', '8: no-data']],
    ['of several commands', changed(10, 0, 'E 3 /bin/sh', 'X 3 0 0'), []],
    ['without a record', ['# filemon version 5', '# Target pid 1', '# Bye bye'], ['3: empty-log']],
  ])('%s', (_, lines, problems) => {
    expect(check(lines)).toEqual(problems);
  });

  test('tells the reason for being incomplete', () => {
    expect(checkFilemonLog(Buffer.from(`${changed(7, 0, 'Q 0 it overflowed').join('\n')}\n`))).toEqual([
      { code: 'incomplete', line: 7, message: 'from here the trace is incomplete: it overflowed' },
    ]);
  });

  test('cut anywhere has a problem', () => {
    const log = `${good.join('\n')}\n`;
    for (let length = 0; length < log.length; length += 1)
      if (check([log.slice(0, length)], '').length === 0) throw new Error(`none when cut at byte ${length}`);
    expect(check([log], '')).toEqual([]);
  });

  test('with very many problems tells the first hundred, and that there are more', () => {
    const problems = check([...good, ...Array.from({ length: 150 }, () => 'R 1 /late')]);
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toMatch(/: more-problems$/);
  });

  const folder = new URL('../../../fixtures/filemon-logs/', import.meta.url);
  test.each(
    readdirSync(folder).filter((file) =>
      /^(?:freebsd-(?:5|9)|netbsd|oodate-(?:cc|renamed|times)).*\.log$/.test(file),
    ),
  )('like %s has no problems', (file) => {
    expect(checkFilemonLog(readFileSync(new URL(file, folder)))).toEqual([]);
  });
});
