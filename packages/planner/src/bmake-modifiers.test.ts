import { expect, test } from '@jest/globals';
import { applyModifiers, matchesPattern, wordsOf } from './bmake-modifiers.js';

test.each([
  ['a b\tc', ['a', 'b', 'c']],
  ['  a  ', ['a']],
  ['', []],
  [`a 'b c' d"e f"`, ['a', "'b c'", 'd"e f"']],
  ["a '' b", ['a', "''", 'b']],
  [String.raw`a\ b c`, [String.raw`a\ b`, 'c']],
  ['a\nb', ['a']],
  ['a \nb', ['a', 'b']],
])('the words of %j are %j', (text, words) => {
  expect(wordsOf(text)).toEqual(words);
});

test.each([
  ['/a/b.h', '*.h', true],
  ['/a/b.h', '/a/*', true],
  ['/a/b.h', '/a', false],
  ['abc', 'a?c', true],
  ['ä', '?', false],
  ['ä', '??', true],
  ['abc', 'a[bx]c', true],
  ['abc', 'a[^bx]c', false],
  ['adc', 'a[^bx]c', true],
  ['abc', 'a[a-c]c', true],
  ['abc', 'a[c-a]c', true],
  ['abc', 'a[bc', false],
  ['ab', 'a[bc', true],
  ['acd', 'a[^b-', true],
  ['a*c', String.raw`a\*c`, true],
  ['abc', String.raw`a\*c`, false],
  ['', '', true],
  ['', '*', true],
  ['a', '**a', true],
])('%j matches %j: %s', (text, pattern, matches) => {
  expect(matchesPattern(text, pattern)).toBe(matches);
});

test.each([
  ['/x/gen/a.h', 'N*/gen/*', ''],
  ['/x/src/a.h', 'N*/gen/*', '/x/src/a.h'],
  ['a.c b.h c.h', 'M*.h Nb*', 'c.h'],
  ['name', '', 'name'],
])('%j under the modifiers %j is %j', (text, modifiers, result) => {
  expect(applyModifiers(text, modifiers)).toBe(result);
});

test.each([
  ['name', 'S/a/b/'],
  ['name', 'M$(X)'],
  ['na:me', 'Nx'],
  ['na$me', 'Nx'],
  ["it's", 'Nx'],
  ['name', 'M(a'],
])('%j under the modifiers %j is for bmake to tell', (text, modifiers) => {
  expect(applyModifiers(text, modifiers)).toBeUndefined();
});
