import { expect, test } from '@jest/globals';
import { parseNamePair } from './name-pair.js';

test.each([
  ["'/a' '/b'", '/a', '/b', true],
  ["'a b' 'c d'", 'a b', 'c d', true],
  ["'it's' 'that's'", "it's", "that's", true],
  ["' ' ' '", ' ', ' ', true],
  ["'a' 'b' 'c'", 'a', "b' 'c", false],
  ["'/a' 'b' '/c'", "/a' 'b", '/c', false],
  ["'/a' '/b' '/c'", '/a', "/b' '/c", false],
])('%s names %j and %j, certain: %j', (data, from, to, certain) => {
  expect(parseNamePair(data)).toEqual({ from, to, certain });
});

test.each(['', "'", "'a'", "'a' b", "a 'b'", 'a b', "'' 'b'", "'a' ''", "' '", "'' ''", "'a'  'b'"])(
  '%j is not two quoted names',
  (data) => {
    expect(parseNamePair(data)).toBeUndefined();
  },
);
