import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type AbsolutePath,
  type Access,
  decodePath,
  type FilemonRecord,
  filemonRecords,
  formatFilemonLog,
  type Problem,
  summarizeAccesses,
} from './index.js';

// Each NAME.log has what it must give in NAME.json. OODATE_ACCEPT=1 writes the latter anew; read the difference.
const folder = new URL('../../../fixtures/filemon-logs/', import.meta.url);
const accept = process.env.OODATE_ACCEPT === '1';

const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.log'))
  .sort()
  .map((file) => ({ file, log: readFileSync(new URL(file, folder)) }));

function parse(...chunks: Uint8Array[]): { records: FilemonRecord[]; problems: Problem[] } {
  const problems: Problem[] = [];
  return { records: [...filemonRecords(chunks, problems)], problems };
}

function useWords({ path: _, by, change, ...uses }: Access): string {
  const words = Object.entries(uses).flatMap(([use, used]) => (used ? [use] : []));
  if (change !== 'none') words.push(change);
  return `${words.join(', ')}${by === undefined ? '' : ` by ${by}`}`;
}

function summary(log: Uint8Array, cwd: string): unknown {
  const { records, problems } = parse(log);
  const { paths, ...rest } = summarizeAccesses(records, cwd as AbsolutePath);
  return {
    cwd,
    problems: problems.map(({ line, code }) => `${line}: ${code}`),
    ...JSON.parse(JSON.stringify(rest)),
    paths: Object.fromEntries([...paths.values()].map((access) => [access.path, useWords(access)])),
  };
}

describe.each(fixtures)('$file', ({ file, log }) => {
  test('sums up as its golden file says', () => {
    const golden = new URL(file.replace(/\.log$/, '.json'), folder);
    const expected = JSON.parse(readFileSync(golden, 'utf8'));
    const actual = summary(log, expected.cwd);
    if (accept) writeFileSync(golden, `${JSON.stringify(actual, null, 2)}\n`);
    else expect(actual).toEqual(expected);
  });

  test('comes back to the byte', () => {
    expect(formatFilemonLog(parse(log).records)).toEqual(log);
  });

  test('gives the same records however the bytes are cut into chunks', () => {
    const whole = parse(log);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < log.length; at += size) chunks.push(log.subarray(at, at + size));
      expect(parse(...chunks)).toEqual(whole);
    }
  });

  test('cut at any byte, is read up to there, and the cut is told', () => {
    const whole = parse(log);
    for (let length = 0; length < log.length; length += 1) {
      const prefix = log.subarray(0, length);
      const { records, problems } = parse(prefix);
      const cut = length > 0 && prefix[length - 1] !== 0x0a;
      const lines = cut ? records.length - 1 : records.length;
      if (records.slice(0, lines).some((record, line) => !sameRecord(record, whole.records[line])))
        throw new Error(`a record before byte ${length} is not that of the whole log`);
      if (problems.some(({ code }) => code === 'line-cut') !== cut)
        throw new Error(
          `cut at byte ${length}: line-cut ${cut ? 'is not told' : 'is told though no line is cut'}`,
        );
      if (!formatFilemonLog(records).equals(prefix)) throw new Error(`${length} bytes do not come back`);
      const { incomplete, ended } = summarizeAccesses(records, '/' as AbsolutePath);
      if (cut && incomplete.length === 0) throw new Error(`cut at byte ${length}, yet complete`);
      if (ended && !prefix.includes('# Bye bye\n')) throw new Error(`ended at byte ${length}`);
    }
    expect(whole.records.length).toBeGreaterThan(10);
  });

  test('damaged at random, is read without an exception and comes back to the byte', () => {
    const random = randomNumbers(20090101);
    let told = 0;
    for (let round = 0; round < 300; round += 1) {
      const damaged = damage(log, random);
      const { records, problems } = parse(damaged);
      summarizeAccesses(records, '/' as AbsolutePath);
      if (!formatFilemonLog(records).equals(damaged)) throw new Error(`round ${round} does not come back`);
      if (problems.some(({ line }) => line < 1 || line > records.length))
        throw new Error(`round ${round}: line`);
      if (problems.length > parse(log).problems.length) told += 1;
    }
    expect(told).toBeGreaterThan(100);
  });
});

test('bytes that are not UTF-8 come back, wherever in the log they are', () => {
  const odd = Buffer.from([
    0x2f, 0xff, 0xc3, 0xc3, 0xa9, 0x80, 0xed, 0xb2, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xfe,
  ]);
  const log = Buffer.concat([
    Buffer.from('V 5\n# '),
    odd,
    Buffer.from('\nR 1 '),
    odd,
    Buffer.from('\nQ 1 '),
    odd,
  ]);
  const { records } = parse(log);
  expect(records[2]).toEqual({ kind: 'process', letter: 'R', pid: 1, data: decodePath(odd) });
  expect(formatFilemonLog(records)).toEqual(log);
});

function sameRecord(one: FilemonRecord, other: FilemonRecord | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function damage(log: Uint8Array, random: (below: number) => number): Buffer {
  let damaged = Buffer.from(log);
  for (let times = random(4); times >= 0; times -= 1) {
    const at = random(damaged.length);
    const kind = random(4);
    if (kind === 0) damaged[at] = random(256);
    else if (kind === 1)
      damaged = Buffer.concat([damaged.subarray(0, at), damaged.subarray(at + 1 + random(9))]);
    else if (kind === 2)
      damaged = Buffer.concat([damaged.subarray(0, at), Buffer.from([random(256)]), damaged.subarray(at)]);
    else damaged = Buffer.concat([damaged, damaged.subarray(at, at + random(99))]);
  }
  return damaged;
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
