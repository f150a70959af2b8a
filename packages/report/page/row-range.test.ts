import { expect, test } from '@jest/globals';
import { rowRange, scrollFor } from './row-range.js';

test.each([
  ['at the top', 0, 100, 20_000, 0, 16],
  ['in the middle', 1000, 100, 20_000, 94, 116],
  ['between two rows', 1005, 100, 20_000, 94, 117],
  ['at the end', 199_900, 100, 20_000, 19_984, 20_000],
  ['with less than fits', 0, 100, 3, 0, 3],
  ['with none', 0, 100, 0, 0, 0],
  ['scrolled behind what is left of them', 1000, 100, 5, 5, 5],
])('%s', (_, scrolled, height, count, from, to) => {
  expect(rowRange(scrolled, height, 10, count)).toEqual({ from, to });
});

test.each([
  [0, 0, undefined],
  [9, 0, undefined],
  [10, 0, 10],
  [3, 50, 30],
  [0, 500, 0],
  [100, 0, 955],
  [4, 45, 40],
])('row %d, scrolled by %d, is seen once scrolled to %j', (row, scrolled, to) => {
  expect(scrollFor(row, scrolled, 100, 10)).toBe(to);
});
