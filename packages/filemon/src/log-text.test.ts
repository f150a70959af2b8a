import { expect, test } from '@jest/globals';
import { filemonRecords, formatFilemonLog, formatRecord } from './log-text.js';
import type { FilemonRecord, Problem } from './record.js';

function parse(text: string): { records: FilemonRecord[]; problems: Problem[] } {
  const problems: Problem[] = [];
  return { records: [...filemonRecords([Buffer.from(text)], problems)], problems };
}

test.each<[string, FilemonRecord]>([
  ['R 12 /a b ', { kind: 'process', letter: 'R', pid: 12, data: '/a b ' }],
  ['Q 0 lost', { kind: 'process', letter: 'Q', pid: 0, data: 'lost' }],
  ["M 4194304 'a' 'b'", { kind: 'process', letter: 'M', pid: 4194304, data: "'a' 'b'" }],
  ['V 5', { kind: 'version', version: 5 }],
  ['# Bye bye', { kind: 'comment', text: ' Bye bye' }],
  ['#', { kind: 'comment', text: '' }],
])('%s is a record', (line, record) => {
  expect(parse(`${line}\n`)).toEqual({ records: [record], problems: [] });
  expect(formatRecord(record)).toBe(`${line}\n`);
});

test.each([
  ['', 'empty-line'],
  ['R 1 /a\0b', 'nul-byte'],
  ['R', 'no-record'],
  ['R x /a', 'no-record'],
  ['R  1 /a', 'no-record'],
  ['R 1x /a', 'no-record'],
  ['R 01 /a', 'no-record'],
  ['R 99999999999 /a', 'no-record'],
  [' R 1 /a', 'no-record'],
  ['4 1 /a', 'no-record'],
  ['V 5 5', 'no-record'],
  ['V', 'no-record'],
  ['R 1', 'no-data'],
  ['R 1 ', 'no-data'],
  [`R 1 /${'a'.repeat(33000)}`, 'data-too-long'],
])('the line %.20j is no record: %s', (line, code) => {
  const { records, problems } = parse(`V 5\n${line}\n`);
  expect(records[1]).toEqual({ kind: 'unreadable', text: line, cut: false });
  expect(problems).toMatchObject([{ code, line: 2 }]);
});

test.each([
  ['Z 1 /a', 'unknown-letter'],
  ['r 1 /a', 'unknown-letter'],
  ['F 1 x', 'bad-child'],
  ['X 1 x', 'bad-exit'],
  ['T 1 x', 'bad-time'],
  ['T 1 -1', 'bad-time'],
  ['T 1 007', 'bad-time'],
  [`T 1 ${'9'.repeat(16)}`, 'bad-time'],
  ['M 1 /a /b', 'bad-names'],
  ["L 1 'a' 'b' 'c'", 'unclear-names'],
])('%s is kept as a record and told as a problem: %s', (line, code) => {
  const { records, problems } = parse(`${line}\n`);
  expect(records).toMatchObject([{ kind: 'process', letter: line[0], data: line.slice(4) }]);
  expect(problems).toMatchObject([{ code, line: 1 }]);
});

test('a last line without its newline is not taken for a record', () => {
  const { records, problems } = parse('V 5\nR 1 /half-a-na');
  expect(records[1]).toEqual({ kind: 'unreadable', text: 'R 1 /half-a-na', cut: true });
  expect(problems).toMatchObject([{ code: 'line-cut', line: 2 }]);
});

test('an empty log has no records and no problems', () => {
  expect(parse('')).toEqual({ records: [], problems: [] });
  expect([...filemonRecords([])]).toEqual([]);
  expect(formatFilemonLog([])).toHaveLength(0);
});

test('of many problems the first hundred are listed, and that there are more', () => {
  const { records, problems } = parse('\n'.repeat(5000));
  expect(records).toHaveLength(5000);
  expect(problems).toHaveLength(101);
  expect(problems[100]).toMatchObject({ code: 'more-problems', line: 101 });
});

test('a chunk may be used again for the next one', () => {
  const log = Buffer.from('R 1 /first/é\nR 1 /second\nW 1 /third/ü\n');
  function* sameBuffer(): Generator<Uint8Array> {
    const buffer = Buffer.alloc(5);
    for (let at = 0; at < log.length; at += 5) yield buffer.subarray(0, log.copy(buffer, 0, at));
  }
  expect(formatFilemonLog(filemonRecords(sameBuffer()))).toEqual(log);
});

test('a chunk is asked for only when the records before it are used up', () => {
  let asked = 0;
  function* chunks(): Generator<Uint8Array> {
    for (;;) {
      asked += 1;
      yield Buffer.from('R 1 /a\nR 1 /b\n');
    }
  }
  const records = filemonRecords(chunks());
  const seen = [records.next(), records.next(), records.next()].map(
    ({ value }) => value && formatRecord(value),
  );
  expect(seen).toEqual(['R 1 /a\n', 'R 1 /b\n', 'R 1 /a\n']);
  expect(asked).toBe(2);
});

test('a log and lines larger than the blocks it is read in come back', () => {
  const text = `# ${'x'.repeat(200_000)}\n${'R 1 /some/path/é\n'.repeat(20_000)}# ${'y'.repeat(70_000)}\n`;
  const { records, problems } = parse(text);
  expect(records).toHaveLength(20_002);
  expect(problems).toEqual([]);
  expect(formatFilemonLog(records).toString()).toBe(text);
});
