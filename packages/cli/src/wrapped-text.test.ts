import { expect, test } from '@jest/globals';
import { wrapped } from './wrapped-text.js';

test.each<[string, string, string[]]>([
  ['that fits stays one line', 'one two', ['  one two']],
  ['that just fits stays one line', 'one two three four', ['  one two three four']],
  [
    'that does not goes on further in',
    'one two three four five six',
    ['  one two three four', '      five six'],
  ],
  [
    'with a longer word has that stand out',
    `one ${'x'.repeat(30)} two`,
    ['  one', `      ${'x'.repeat(30)}`, '      two'],
  ],
  ['keeps its spaces within a line', 'a  b', ['  a  b']],
  ['may be empty', '', ['  ']],
])('a text %s', (_, text, lines) => {
  expect(wrapped(text, 20, 2)).toEqual(lines);
});
