import { expect, test } from '@jest/globals';
import { prefixedScript, unprefixedScript } from './script-prefix.js';

test.each([
  ['tsc -b', 'oodate run -- tsc -b'],
  ['./tools/gen --out=a', 'oodate run -- ./tools/gen --out=a'],
  ['a && b', "oodate run -- sh -c 'a && b'"],
  ['NODE_ENV=x tsc', "oodate run -- sh -c 'NODE_ENV=x tsc'"],
  ['echo \'it\' "$X"', "oodate run -- sh -c 'echo '\\''it'\\'' \"$X\"'"],
  ['cat *.txt', "oodate run -- sh -c 'cat *.txt'"],
])('%s runs through oodate as %s, and back', (text, prefixed) => {
  expect(prefixedScript(text)).toBe(prefixed);
  expect(unprefixedScript(prefixed)).toBe(text);
});

test.each(['tsc -b', 'oodate run build', "oodate run -- sh -c 'a' b", 'oodate run -- a && b'])(
  'what we have not added stays: %s',
  (text) => {
    expect(unprefixedScript(text)).toBe(text);
  },
);
