import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { quoteWord, quoteWords } from './shell-quoting.js';

test.each(['plain', 'a=b', '--flag=x,y', './a/b.c', '@scope/name', '50%'])('leaves %j as it is', (word) => {
  expect(quoteWord(word)).toBe(word);
});

test.each([
  '',
  'a b',
  "it's",
  '"q"',
  '$HOME',
  '`id`',
  'a*b?[c]',
  '~',
  'a\nb',
  'a\\b',
  '!x',
  '#x',
  'ü',
  "'",
  "''",
  '{a,b}',
])('quotes %j so that sh reads it back', (word) => {
  expect(execFileSync('sh', ['-c', `printf %s ${quoteWord(word)}`], { encoding: 'utf8' })).toBe(word);
});

test('joins words with spaces', () => {
  expect(quoteWords(['cc', '-c', 'my file.c'])).toBe("cc -c 'my file.c'");
});
