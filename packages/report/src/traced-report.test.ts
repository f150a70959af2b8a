import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, pathUses } from '@oodate/filemon';
import { reportUses } from './report-data.js';
import { type ReportSource, type SourceCause, tracedReport } from './traced-report.js';

const lines = [
  '# Start 1700000000.000000',
  'V 5',
  'E 1 /bin/sh',
  'P 1 sh -c "cc a.c"',
  'F 1 2',
  'E 2 /bin/cc',
  'P 2 cc a.c',
  'R 2 /p/a.c',
  'N 2 /p/a.h',
  'W 2 /p/t/x',
  'D 2 /p/t/x',
  'W 2 /p/a.o',
  'R 1 /p/a.o',
  'X 2 1 0',
  '# Stop 1700000002.500000',
];

function report(over: Partial<ReportSource> = {}) {
  return tracedReport({
    target: 'build',
    isUpToDate: false,
    verdict: 'build is out of date',
    log: Buffer.from(`${lines.join('\n')}\n`),
    cwd: '/p' as AbsolutePath,
    directory: '/p',
    causes: [],
    ...over,
  });
}

function causeOf(path: string, user?: SourceCause['user']) {
  const cause = {
    group: 'inputs',
    words: 'it changed',
    details: [],
    difference: [],
    path: path as AbsolutePath,
    user,
  };
  const { causes, paths } = report({ causes: [cause] });
  const [{ path: place, process } = { path: null, process: null }] = causes;
  return [place === null ? null : paths[place]?.[0], process];
}

test('uses have the same bits as filemon has names', () => {
  expect(reportUses).toEqual(pathUses);
});

test('processes, paths and accesses are told by their places', () => {
  const { processes, paths, accesses, ran, took } = report();
  expect({ ran, took }).toEqual({ ran: '2023-11-14T22:13:20.000Z', took: 2_500_000 });
  expect(processes).toMatchObject([
    { pid: 1, parent: null, executables: ['/bin/sh'], commandLines: ['sh -c "cc a.c"'], exit: null },
    { pid: 2, parent: 0, depth: 1, exit: [1, 0], started: null },
  ]);
  const told = accesses.path.map((path, at) => [accesses.process[at], paths[path]?.[0], accesses.uses[at]]);
  expect(told).toEqual([
    [0, '/bin/sh', 1],
    [0, '/p/a.o', 2],
    [1, '/bin/cc', 1],
    [1, '/p/a.c', 2],
    [1, '/p/a.h', 16],
    [1, '/p/t/x', 96],
    [1, '/p/a.o', 32],
  ]);
});

test('what a path is to the decision comes from the log, or from who knows better', () => {
  const roles = (of: ReturnType<typeof report>) => of.paths.map(([path, role]) => `${path} ${role}`);
  expect(roles(report())).toEqual([
    '/bin/sh input',
    '/p/a.o output',
    '/bin/cc input',
    '/p/a.c input',
    '/p/a.h input',
    '/p/t/x none',
  ]);
  expect(
    roles(report({ roles: new Map([['/p/a.c', 'input']]) })).filter((line) => !line.endsWith('none')),
  ).toEqual(['/p/a.c input']);
});

describe('the process of a cause is', () => {
  test.each<[string, string, SourceCause['user'], [string | null, number | null]]>([
    ['the one that used the path', '/p/a.c', undefined, ['/p/a.c', 1]],
    [
      'the one with the command line, of several',
      '/p/a.o',
      { executable: '/bin/cc', words: 'cc a.c', how: ['read'] },
      ['/p/a.o', 1],
    ],
    [
      'the one that used it so, of several',
      '/p/a.o',
      { executable: null, words: null, how: ['written'] },
      ['/p/a.o', 1],
    ],
    [
      'the one with the executable, where the log has no command lines',
      '/p/a.o',
      { executable: '/bin/sh', words: null, how: [] },
      ['/p/a.o', 0],
    ],
    ['the one that went through it as through a link', '/p/t', undefined, ['/p/t', 1]],
    ['not known of an input that no run used', '/p/extra', undefined, ['/p/extra', null]],
  ])('%s', (_, path, user, expected) => {
    expect(causeOf(path, user)).toEqual(expected);
  });
});

const fixtures = new URL('../../../fixtures/filemon-logs/', import.meta.url);

test.each(readdirSync(fixtures).filter((name) => name.endsWith('.log')))(
  'every place is that of something, wherever %s is cut',
  (name) => {
    const whole = readFileSync(new URL(name, fixtures));
    const step = Math.max(1, Math.floor(whole.length / 200));
    for (let length = 0; length <= whole.length; length += step) {
      const { processes, paths, accesses } = report({ log: whole.subarray(0, length) });
      const { process, path, uses } = accesses;
      expect([process.length, uses.length]).toEqual([path.length, path.length]);
      expect(process.every((place, at) => place < processes.length && place >= (process[at - 1] ?? 0))).toBe(
        true,
      );
      expect(path.every((place) => place < paths.length)).toBe(true);
      expect(uses.every((bits) => bits > 0 && bits < 1 << reportUses.length)).toBe(true);
      expect(processes.every(({ parent }, at) => parent === null || parent < at)).toBe(true);
    }
  },
);
