import { expect, test } from '@jest/globals';
import { nearNames } from './near-names.js';

const names = ['build', 'build:all', 'test', 'lint', 'typecheck'];

test.each([
  { typed: 'biuld', expected: ['build'], because: 'two letters are swapped' },
  { typed: 'buil', expected: ['build'], because: 'a letter is missing' },
  { typed: 'linnt', expected: ['lint'], because: 'a letter is too many' },
  { typed: 'tast', expected: ['test'], because: 'a letter is another' },
  { typed: 'typcheck', expected: ['typecheck'], because: 'a letter of a long name is missing' },
  { typed: 'deploy', expected: [], because: 'nothing is like it' },
])('offers $expected for "$typed", since $because', ({ typed, expected }) => {
  expect(nearNames(typed, names)).toEqual(expected);
});

test('offers longer names that begin with what was typed', () => {
  expect(nearNames('build', ['build:all', 'builder', 'x'])).toEqual(['build:all']);
});

test('offers the nearest first and no more than three', () => {
  expect(nearNames('abcdef', ['abcxyf', 'abcdeg', 'abxdef', 'abcdex'])).toEqual([
    'abcdeg',
    'abxdef',
    'abcdex',
  ]);
});
