import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { dice, rounds } from '@oodate/testkit';
import { type AbsolutePath, type Access, checkFilemonLog, processTree, summarizeAccesses } from './index.js';
import { convertLog, type LogFormat, logFormats, mergeLogs } from './log-formats.js';
import { filemonRecords, formatFilemonLog } from './log-text.js';
import type { FilemonRecord } from './record.js';

// Golden files: fixtures/filemon-logs/converted/NAME.FORMAT.log. OODATE_ACCEPT=1 writes them anew; read the difference.
const folder = new URL('../../../fixtures/filemon-logs/', import.meta.url);
const accept = process.env.OODATE_ACCEPT === '1';
const logs = readdirSync(folder).filter((file) => file.endsWith('.log'));

function records(log: Uint8Array | string): FilemonRecord[] {
  return [...filemonRecords([typeof log === 'string' ? Buffer.from(log) : log])];
}

function fixture(file: string): FilemonRecord[] {
  return records(readFileSync(new URL(file, folder)));
}

function text(of: readonly FilemonRecord[]): string {
  return formatFilemonLog(of).toString('latin1');
}

function lines(...all: string[]): FilemonRecord[] {
  return records(`${all.join('\n')}\n`);
}

const letters: Record<LogFormat, RegExp> = {
  oodate: /^/,
  freebsd: /^(?:[CDEFLMRWA] \d+ .+|X \d+ \d+ \d+|V 5|#.*)$/,
  'freebsd-10': /^(?:[CDEFLMRWA] \d+ .+|X \d+ \d+|V 5|#.*)$/,
  'freebsd-9': /^(?:[CDEFLMRWS] \d+ .+|X \d+ \d+|V 4|#.*)$/,
  netbsd: /^(?:[CDEFLMRWA] \d+ .+|X \d+ \d+|V 4|# (?:filemon version|Target pid|Bye).*)$/,
};

/** Inputs and outputs alone: what every format can hold. */
function accesses(of: readonly FilemonRecord[]): string[] {
  const { paths } = summarizeAccesses(of, '/start' as AbsolutePath);
  const words = ({ path, read, executed, change }: Access) => [path, read, executed, change].join(' ');
  return [...paths.values()]
    .filter(({ read, change }) => read || change !== 'none')
    .map(words)
    .sort();
}

describe.each(logs)('%s', (file) => {
  test.each(logFormats)('in the format %s has only what that has, and means the same', (to) => {
    const from = fixture(file);
    const { records: converted } = convertLog(from, to);
    expect(
      text(converted)
        .split('\n')
        .slice(0, -1)
        .filter((line) => !letters[to].test(line)),
    ).toEqual([]);
    if (file !== 'damaged.log') expect(accesses(converted)).toEqual(accesses(from));
    expect(text(convertLog(converted, to).records)).toBe(text(converted));
  });

  test('looks no more complete in another format than it was', () => {
    const whole = (of: readonly FilemonRecord[]) => {
      const { ended, incomplete } = summarizeAccesses(of, '/' as AbsolutePath);
      return ended && incomplete.length === 0;
    };
    const from = fixture(file);
    for (const to of logFormats)
      expect({ to, whole: whole(convertLog(from, to).records) || whole(from) }).toEqual({
        to,
        whole: whole(from),
      });
  });
});

describe('golden files', () => {
  test.each(['freebsd', 'freebsd-10', 'freebsd-9', 'netbsd'] as const)(
    'a log of ours in the format %s',
    (to) => {
      const golden = new URL(`converted/oodate-incomplete.${to}.txt`, folder);
      const converted = text(convertLog(fixture('oodate-incomplete.log'), to).records);
      if (accept) writeFileSync(golden, converted);
      else expect(converted).toBe(readFileSync(golden, 'latin1'));
    },
  );
});

describe('a conversion', () => {
  test.each<[string, LogFormat, string[], string[]]>([
    [
      'packs status and signal as wait(2) does',
      'freebsd-10',
      ['V 5', 'X 1 3 0', 'X 2 0 9'],
      ['V 5', 'X 1 768', 'X 2 9'],
    ],
    ['unpacks them', 'oodate', ['V 5', 'X 1 768', 'X 2 9'], ['V 5', 'X 1 3 0', 'X 2 0 9']],
    [
      'writes a signal as an exit status',
      'netbsd',
      ['V 5', 'X 1 3 0', 'X 2 0 9'],
      ['V 4', 'X 1 3', 'X 2 137'],
    ],
    ['takes one number of version 4 for a status', 'freebsd', ['V 4', 'X 1 3'], ['V 5', 'X 1 3 0']],
    ['takes an end that is not known for a failure', 'freebsd', ['V 5', 'X 1 -1 0'], ['V 5', 'X 1 255 0']],
    ['keeps such an end in our own format', 'oodate', ['V 5', 'X 1 -1 0'], ['V 5', 'X 1 -1 0']],
    ['keeps what it does not understand in our own format', 'oodate', ['Z 1 x', 'what?'], ['Z 1 x', 'what?']],
    [
      'leaves out our looks',
      'freebsd',
      ['N 1 /a', 'S 1 /a', 'G 1 /', 'K 1 /a', 'P 1 a', 'T 1 5', '# Bye bye'],
      ['# Bye bye'],
    ],
    ['leaves no end where it left out why the log is incomplete', 'freebsd', ['Q 1 why', '# Bye bye'], ['']],
    ['leaves no end where it left out a line', 'netbsd', ['what?', '# Bye bye'], ['']],
    [
      'leaves no end where a relative name loses its A',
      'freebsd-9',
      ['A 1 x', 'R 1 x', '# Bye bye'],
      ['R 1 x'],
    ],
    [
      'keeps the end where a whole name loses its A',
      'freebsd-9',
      ['A 1 /x', 'R 1 /x', '# Bye bye'],
      ['R 1 /x', '# Bye bye'],
    ],
  ])('%s (%s)', (_, to, from, expected) => {
    expect(
      text(convertLog(lines(...from), to).records)
        .split('\n')
        .filter((line, at) => at === 0 || line !== ''),
    ).toEqual(expected);
  });

  test('tells what was lost', () => {
    const from = lines('V 5', 'N 1 /a', 'N 1 /b', 'S 1 /c', 'Q 1 why', '# Note x', 'what?', 'X 1 0 9');
    const { losses } = convertLog(from, 'netbsd');
    expect({ ...losses, letters: [...losses.letters] }).toEqual({
      letters: [
        ['N', 2],
        ['S', 1],
        ['Q', 1],
      ],
      unreadable: 1,
      comments: 1,
      exits: 1,
      incompleteness: true,
    });
  });

  test('of a log of ours into our own format changes no byte', () => {
    for (const file of logs.filter((name) => name.startsWith('oodate')))
      expect(text(convertLog(fixture(file), 'oodate').records)).toBe(text(fixture(file)));
  });
});

describe('logs that are merged', () => {
  const one = [
    '# filemon version 5',
    '# Target pid 1',
    '# Start 1.000000',
    'V 5',
    'E 1 /a',
    'F 1 2',
    'X 2 0 0',
    'X 1 0 0',
    '# Stop 2.000000',
    '# Bye bye',
  ];
  const two = [
    '# filemon version 5',
    '# Target pid 2',
    '# Start 3.000000',
    'V 5',
    'E 2 /b',
    'F 2 3',
    'C 3 /x',
    'X 3 0 0',
    '# Note n',
    'X 2 0 0',
    '# Stop 4.000000',
    '# Bye bye',
  ];

  test('have one head, all records with processes of their own, and one end', () => {
    expect(text(mergeLogs([lines(...one), lines(...two)])).split('\n')).toEqual([
      ...one.slice(0, -2),
      'E 4 /b',
      'F 4 3',
      'C 3 /x',
      'X 3 0 0',
      '# Note n',
      'X 4 0 0',
      '# Stop 4.000000',
      '# Bye bye',
      '',
    ]);
  });

  test('have times that count from the first start', () => {
    const timed = (start: string, ...times: string[]) =>
      lines(`# Start ${start}`, ...times.flatMap((time) => [`T 1 ${time}`, 'E 1 /a']), 'X 1 0 0');
    const merged = mergeLogs([timed('100.000007', '0', '5'), timed('101.000000', '0', '999999999')]);
    expect(text(merged)).toBe(
      '# Start 100.000007\nT 1 0\nE 1 /a\nT 1 5\nE 1 /a\nX 1 0 0\nT 2 999993\nE 2 /a\nT 2 1000999992\nE 2 /a\nX 2 0 0\n',
    );
  });

  test.each<[string, string[], string[]]>([
    [
      'was before that start',
      ['# Start 5.000000', 'T 1 4', 'E 1 /a'],
      ['# Start 4.999995', 'T 2 4', 'E 2 /b'],
    ],
    ['is in a log without a start', ['# Start 5.000000', 'T 1 4', 'E 1 /a'], ['T 2 4', 'E 2 /b']],
    ['is damaged', ['# Start 5.000000', 'T 1 4', 'E 1 /a'], ['# Start 6.000000', 'T 2 x', 'E 2 /b']],
  ])('have no time of what %s', (_, first, second) => {
    expect(text(mergeLogs([lines(...first), lines(...second)]))).toBe(
      '# Start 5.000000\nT 1 4\nE 1 /a\nE 2 /b\n',
    );
  });

  test('have the new number of a process that was left running, too', () => {
    const running = lines('F 1 2', '# Left running 2 sleep', 'X 1 0 0');
    expect(text(mergeLogs([running, running]))).toContain('F 3 4\n# Left running 4 sleep\nX 3 0 0\n');
  });

  test('have no end if one of them has none', () => {
    expect(text(mergeLogs([lines(...one.slice(0, -1)), lines(...two)]))).not.toContain('Bye');
    expect(text(mergeLogs([lines(...one), lines(...two.slice(0, -1))]))).not.toContain('Bye');
  });

  test('read what only an earlier one wrote as no input', () => {
    const merged = mergeLogs([
      lines('W 1 /mid', 'X 1 0 0'),
      lines('R 1 /mid', 'R 1 /in', 'W 1 /out', 'X 1 0 0'),
    ]);
    expect(accesses(merged)).toEqual([
      '/in true false none',
      '/mid false false written',
      '/out false false written',
    ]);
  });

  test('alone stay as they are', () => {
    for (const file of logs) expect(text(mergeLogs([fixture(file)]))).toBe(text(fixture(file)));
  });

  test('mean the same as each alone where they have nothing in common', () => {
    const from = fixture('oodate-cc.log');
    const other = lines(...two, 'R 7 /elsewhere');
    expect(accesses(mergeLogs([from, other]))).toEqual([...accesses(from), ...accesses(other)].sort());
  });
});

test('a log damaged by lot is converted, merged and checked without an exception, and never looks better than it is', () => {
  const { seed, below, bytes } = dice();
  const isWhole = (of: readonly FilemonRecord[]) => {
    const { ended, incomplete } = summarizeAccesses(of, '/' as AbsolutePath);
    return ended && incomplete.length === 0;
  };
  let damagedLogs = 0;
  for (let round = 0; round < rounds(200); round += 1) {
    const log = Buffer.from(readFileSync(new URL(logs[below(logs.length)] as string, folder)));
    for (let times = below(4); times >= 0; times -= 1) bytes(1).copy(log, below(log.length));
    const from = records(log);
    processTree(from, '/' as AbsolutePath);
    checkFilemonLog(log);
    if (!isWhole(from)) damagedLogs += 1;
    for (const to of logFormats) {
      const { records: converted } = convertLog(from, to);
      for (const found of [converted, mergeLogs([converted, fixture('freebsd-5.log')])])
        if (isWhole(found) && !isWhole(from)) throw new Error(`seed ${seed}, ${to}:\n${text(from)}`);
    }
  }
  expect(damagedLogs).toBeGreaterThan(20);
});
