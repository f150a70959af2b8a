import { expect, test } from '@jest/globals';
import { dice } from './dice.js';

test('one seed draws one series, within its limits, and another seed another', () => {
  const series = (seed: number): number[] => {
    const { below } = dice(seed);
    return Array.from({ length: 1000 }, () => below(10));
  };
  expect(series(1)).toEqual(series(1));
  expect(series(1)).not.toEqual(series(2));
  expect(new Set(series(1))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(dice(7).bytes(5)).toHaveLength(5);
});
