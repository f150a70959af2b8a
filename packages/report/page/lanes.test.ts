import { describe, expect, test } from '@jest/globals';
import type { ReportProcess } from '../src/report-data.js';
import { laneMembers, lanesOf, memberAt } from './lanes.js';

type Life = readonly [parent: number | null, started?: number | null, ended?: number | null];

function processes(...lives: readonly Life[]): ReportProcess[] {
  const made: ReportProcess[] = [];
  for (const [pid, [parent, started = null, ended = null]] of lives.entries()) {
    const depth = parent === null ? 0 : (made[parent]?.depth ?? 0) + 1;
    made.push({ pid, parent, depth, executables: [], commandLines: [], exit: null, started, ended });
  }
  return made;
}

/** Line, beginning and end of each. */
function drawn(lives: readonly Life[], took: number | null = null): string[] {
  const { lane, from, to } = lanesOf(processes(...lives), took);
  return lane.map((line, at) => `${line}: ${from[at]}-${to[at]}`);
}

describe('in the time line', () => {
  test('a child is below the one that made it, and follows another in the same line', () => {
    expect(
      drawn([
        [null, 0, 100],
        [0, 10, 20],
        [1, 12, 18],
        [0, 20, 40],
      ]),
    ).toEqual(['0: 0-100', '1: 10-20', '2: 12-18', '1: 20-40']);
  });

  test('those that run at the same time are in lines of their own', () => {
    expect(
      drawn([
        [null, 0, 100],
        [0, 10, 50],
        [1, 11, 49],
        [0, 12, 60],
      ]),
    ).toEqual(['0: 0-100', '1: 10-50', '2: 11-49', '3: 12-60']);
  });

  test('one without an end lasts as long as what came of it, the first as long as the run', () => {
    expect(
      drawn(
        [
          [null, 0, null],
          [0, 10, null],
          [1, 20, 30],
        ],
        90,
      ),
    ).toEqual(['0: 0-90', '1: 10-30', '2: 20-30']);
  });

  test('one without a beginning has that of the process that made it', () => {
    expect(
      drawn([
        [null, 5, 100],
        [0, null, 30],
      ]),
    ).toEqual(['0: 5-100', '1: 5-30']);
  });

  test('a process that ended before it began has no length', () => {
    expect(
      drawn([
        [null, 0, 9],
        [0, 5, 3],
      ]),
    ).toEqual(['0: 0-9', '1: 5-5']);
  });

  test('without times each is as wide as all that came of it', () => {
    expect(drawn([[null], [0], [1], [1], [0]])).toEqual(['0: 0-5', '1: 1-4', '2: 2-3', '2: 3-4', '1: 4-5']);
    expect(lanesOf(processes([null], [0]), 90)).toMatchObject({ isTimed: false, end: 2 });
  });

  test('nothing at all has a length to be drawn in', () => {
    expect(lanesOf([], null)).toMatchObject({ lanes: 0, end: 1, order: [] });
  });

  test('a chain of processes without end shares the last line', () => {
    const chain = Array.from({ length: 20_000 }, (_, at): Life => [at === 0 ? null : at - 1]);
    expect(lanesOf(processes(...chain), null)).toMatchObject({ lanes: 1000, end: 20_000 });
  });

  test('no two of a line overlap', () => {
    const lives = Array.from({ length: 2000 }, (_, at): Life => {
      const started = at === 0 ? 0 : (at * 7919) % 9000;
      return [at === 0 ? null : (at * 31) % at, started, started + ((at * 17) % 500)];
    });
    const lanes = lanesOf(processes(...lives), null);
    for (const members of laneMembers(lanes))
      for (const [at, member] of members.slice(1).entries())
        expect(lanes.from[member]).toBeGreaterThanOrEqual(lanes.to[members[at] as number] as number);
  });
});

test.each([
  ['on it', 15, 0, 1],
  ['on the end of one', 20, 0, 1],
  ['between two', 24, 0, undefined],
  ['near the end of one', 22, 3, 1],
  ['near the beginning of one', 28, 3, 3],
  ['before the first', 5, 3, undefined],
  ['behind the last', 52, 3, 3],
])('%s it finds the process', (_, place, reach, found) => {
  const lanes = lanesOf(processes([null, 0, 100], [0, 10, 20], [1, 12, 18], [0, 30, 50]), null);
  expect(memberAt(laneMembers(lanes)[1] ?? [], lanes, place, reach)).toBe(found);
});
