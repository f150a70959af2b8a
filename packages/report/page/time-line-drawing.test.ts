import { expect, test } from '@jest/globals';
import { programColours, tickWords } from './time-line-drawing.js';

test.each([
  [0, 20_000, '0 ms'],
  [40_000, 20_000, '40 ms'],
  [1500, 500, '1.5 ms'],
  [1, 1, '0.001 ms'],
  [0.5, 0.5, '0.5 µs'],
  [1_200_000, 200_000, '1.2 s'],
  [1_000_020, 20, '1.00002 s'],
  [20_000_000, 10_000_000, '20 s'],
  [500_000, 500_000, '500 ms'],
])('a tick at %d µs, with %d between two, is %s', (tick, step, words) => {
  expect(tickWords(tick, step)).toBe(words);
});

test('the programs that took most have colours of their own, and the others one', () => {
  const programs = ['sh', 'cc', 'cc', 'rm', 'node', 'rm', 'rm'];
  expect(programColours(programs, [5, 4, 4, 1, 9, 1, 1], 3)).toEqual({
    names: ['node', 'cc', 'sh'],
    of: [2, 1, 1, 3, 0, 3, 3],
  });
  expect(programColours(['a'], [1], 3)).toEqual({ names: ['a'], of: [0] });
});
