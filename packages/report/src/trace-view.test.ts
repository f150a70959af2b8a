import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, encodePath } from '@oodate/filemon';
import { traceEventFaults } from '@oodate/testkit';
import { type ProcessSpan, type TraceView, traceView } from './trace-view.js';

function view(lines: readonly string[], target = 'build'): TraceView | undefined {
  const log = encodePath(`${lines.join('\n')}\n`);
  const found = traceView({ target, log, cwd: '/home/ann' as AbsolutePath });
  if (found !== undefined) expect(traceEventFaults(JSON.stringify(found))).toEqual([]);
  return found;
}

const spansOf = (of: TraceView | undefined): ProcessSpan[] =>
  (of?.traceEvents ?? []).filter((event) => event.ph === 'X');

/** Of each process: lane, times and name. */
const shown = (...lines: string[]): string[] =>
  spansOf(view(lines)).map(({ tid, ts, dur, name }) => `${tid}: ${ts}+${dur} ${name}`);

const generated = [
  '# Start 1790000000.000001',
  ...['T 1 1000', 'E 1 /home/ann/generate', 'E 1 /bin/sh', 'P 1 ./generate all', 'R 1 /home/ann/settings'],
  ...['T 1 2000', 'F 1 2', 'T 2 2100', 'E 2 /usr/bin/m4', 'P 2 m4 main.m4'],
  ...['R 2 /home/ann/main.m4', 'R 2 /home/ann/main.m4', 'N 2 /home/ann/none', 'W 2 /home/ann/main.c'],
  ...['T 2 4000', 'X 2 0 0', 'T 1 4500', 'F 1 3', 'R 3 /home/ann/main.c', 'T 3 4600', 'X 3 0 15'],
  ...['T 1 5000', 'E 1 /usr/bin/true', 'P 1 true', 'T 1 5100', 'X 1 3 0'],
];

describe('the view of a run', () => {
  test('has each process with its times, below the one that made it', () => {
    expect(shown(...generated)).toEqual([
      '1: 1000+4100 generate all',
      '1: 2000+2000 m4 main.m4',
      '1: 4500+100 generate all (fork)',
    ]);
  });

  test('has the facts of each process', () => {
    expect(spansOf(view(generated)).map(({ args }) => args)).toEqual([
      {
        pid: 1,
        command: './generate all',
        executable: '/home/ann/generate',
        interpreter: '/bin/sh',
        programs: [
          { at: 1000, command: './generate all' },
          { at: 5000, command: 'true' },
        ],
        exitStatus: 3,
        filesRead: 4,
        filesWritten: 0,
      },
      {
        pid: 2,
        parent: 1,
        command: 'm4 main.m4',
        executable: '/usr/bin/m4',
        exitStatus: 0,
        filesRead: 2,
        filesWritten: 1,
      },
      { pid: 3, parent: 1, signal: 15, filesRead: 1, filesWritten: 0 },
    ]);
  });

  test('has the last of several programs whose times are not known', () => {
    const lines = ['T 1 0', 'F 1 2', 'E 2 /a', 'P 2 a x', 'E 2 /b', 'P 2 b x', 'T 2 9', 'X 2 0 0'];
    expect(spansOf(view(lines))).toMatchObject([
      { name: 'b x', args: { executable: '/b', programs: [{ command: 'a x' }, { command: 'b x' }] } },
    ]);
  });

  test('says what it is of, and names the lanes', () => {
    const of = view(['T 1 0', 'E 1 /a', 'T 1 1', 'F 1 2', 'T 1 2', 'F 1 3', 'T 3 4', 'X 3 0 0'], 'x:build');
    expect(of?.otherData).toEqual({ target: 'x:build', directory: '/home/ann' });
    expect(view(generated)?.otherData.started).toBe('2026-09-21T14:13:20.000Z');
    expect(of?.traceEvents.filter(({ ph }) => ph === 'M')).toEqual([
      { ph: 'M', name: 'process_name', pid: 1, tid: 1, args: { name: 'x:build' } },
      { ph: 'M', name: 'thread_name', pid: 1, tid: 1, args: { name: 'x:build' } },
      { ph: 'M', name: 'thread_sort_index', pid: 1, tid: 1, args: { sort_index: 1 } },
      { ph: 'M', name: 'thread_name', pid: 1, tid: 2, args: { name: 'at the same time (2)' } },
      { ph: 'M', name: 'thread_sort_index', pid: 1, tid: 2, args: { sort_index: 2 } },
    ]);
  });

  test('has what runs at the same time in lanes of its own, which are used again', () => {
    expect(
      shown(
        ...['T 1 0', 'E 1 /make', 'T 1 1', 'F 1 2', 'T 1 2', 'F 1 3', 'T 3 3', 'E 3 /b', 'T 3 4', 'F 3 4'],
        ...['T 4 5', 'X 4 0 0', 'T 2 6', 'X 2 0 0', 'T 3 7', 'X 3 0 0', 'T 1 8', 'F 1 5', 'T 5 9', 'X 5 0 0'],
        ...['T 1 9', 'X 1 0 0'],
      ),
    ).toEqual(['1: 0+9 make', '1: 1+5 make (fork)', '2: 2+5 b', '2: 4+1 b (fork)', '1: 8+1 make (fork)']);
  });

  test.each<[string, string[], string[]]>([
    [
      'is not known lasts to the last time',
      ['T 1 1', 'E 1 /a', 'T 1 2', 'F 1 2', 'T 2 9', 'X 2 0 0'],
      ['1: 1+8 a', '1: 2+7 a (fork)'],
    ],
    ['has no time lasts to the last time', ['T 1 1', 'E 1 /a', 'X 1 0 0'], ['1: 1+0 a']],
  ])('of a process whose end %s', (_, lines, expected) => {
    expect(shown(...lines)).toEqual(expected);
    expect(spansOf(view(lines))[0]?.args).toMatchObject(
      lines.includes('X 1 0 0') ? { exitStatus: 0 } : { end: 'not known' },
    );
  });

  test.each<[string, string[]]>([
    ['no record', ['V 5']],
    ['no times', ['E 1 /a', 'F 1 2', 'X 2 0 0', 'X 1 0 0']],
    ['ends alone', ['E 1 /a', 'T 1 5', 'X 1 0 0']],
  ])('is none of a log with %s', (_, lines) => {
    expect(view(lines)).toBeUndefined();
  });

  test('leaves out a process without a time, and keeps what that made', () => {
    expect(shown('T 1 0', 'E 1 /a', 'F 1 2', 'T 2 3', 'F 2 3', 'T 3 5', 'X 3 0 0')).toEqual([
      '1: 0+5 a',
      '2: 3+2 a (fork)',
    ]);
  });
});

describe('the name of a process', () => {
  test.each<[string, string[], string]>([
    ['is that of the program without a command line', ['T 1 0', 'E 1 /usr/bin/cc'], 'cc'],
    ['has no directory', ['T 1 0', 'E 1 /usr/bin/cc', 'P 1 /usr/bin/cc -o a/b c/d'], 'cc -o a/b c/d'],
    ['keeps a first word in quotes', ['T 1 0', 'E 1 /a', "P 1 '/a b/c' d"], "'/a b/c' d"],
    ['is cut', ['T 1 0', 'E 1 /a', `P 1 ${'x'.repeat(61)}`], `${'x'.repeat(59)}…`],
    ['of 60 characters is not', ['T 1 0', 'E 1 /a', `P 1 ${'\u{1f600}'.repeat(60)}`], '\u{1f600}'.repeat(60)],
    ['can be shown, whatever it holds', ['T 1 0', 'E 1 /a', 'P 1 a \udcff'], 'a \ufffd'],
    [
      'is of the program that ran longest',
      ['T 1 0', 'E 1 /a', 'T 1 5', 'E 1 /b', 'T 1 12', 'E 1 /c', 'T 1 15', 'X 1 0 0'],
      'b',
    ],
    ['is not known where nothing was executed', ['T 1 0', 'F 1 2', 'T 1 3', 'X 1 0 0'], 'process (fork)'],
  ])('%s', (_, lines, name) => {
    expect(spansOf(view(lines))[0]?.name).toBe(name);
  });
});
