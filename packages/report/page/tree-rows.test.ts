import { expect, test } from '@jest/globals';
import { ancestorsOf, hasChildren, openRows, parentsOf, siblings } from './tree-rows.js';

// 0 ── 1 ── 2, 3    0 ── 4    5
const parents = [null, 0, 1, 1, 0, null];
const depths = [0, 1, 2, 2, 1, 0];
const tree = parents.map((parent, at) => ({ parent, depth: depths[at] as number }));

test.each([
  [[], [0, 1, 2, 3, 4, 5]],
  [[1], [0, 1, 4, 5]],
  [[0], [0, 5]],
  [
    [0, 1],
    [0, 5],
  ],
  [[5], [0, 1, 2, 3, 4, 5]],
])('with %j closed, %j show', (closed, rows) => {
  expect(openRows(tree, new Set(closed))).toEqual(rows);
});

test('those that made others, and what is above', () => {
  expect(parentsOf(tree)).toEqual([0, 1]);
  expect(hasChildren(tree, 4)).toBe(false);
  expect(ancestorsOf(tree, 3)).toEqual([1, 0]);
  expect(ancestorsOf(tree, 5)).toEqual([]);
});

test('the place of each among those that the same one made', () => {
  expect(siblings(tree)).toEqual({ place: [1, 1, 1, 2, 2, 2], count: [2, 2, 2, 2, 2, 2] });
  expect(siblings(tree.slice(0, 2))).toEqual({ place: [1, 1], count: [1, 1] });
});
