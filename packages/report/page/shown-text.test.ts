import { expect, test } from '@jest/globals';
import { counted, shownDuration, shownLines, shownPath, shownText } from './shown-text.js';

test.each([
  ['a plain name', 'src/a b.ts', 'src/a b.ts'],
  ['HTML, which the page shows as it is', '<b>&amp;', '<b>&amp;'],
  ['other scripts', 'größe/日本', 'größe/日本'],
  ['bytes that are not UTF-8', 'a\udcffb\udc80', 'a\\xffb\\x80'],
  ['control characters', '\u001b[1m\t\r\n\u007f', '\\x1b[1m\\t\\r\\n\\x7f'],
  ['a change of direction', 'a\u202egpj.sh', 'a\\u{202e}gpj.sh'],
  ['what has no width', 'a\u200bb\u2028', 'a\\u{200b}b\\u{2028}'],
  ['pairs of surrogates', '😀', '😀'],
])('one can read %s', (_, text, shown) => {
  expect(shownText(text)).toBe(shown);
});

test('a text of several lines keeps them', () => {
  expect(shownLines('a\nb\tc')).toBe('a\nb\\tc');
});

test.each([
  ['/p/src/a', '/p', 'src/a'],
  ['/p', '/p', '.'],
  ['/pp/a', '/p', '/pp/a'],
  ['/etc', '/', 'etc'],
])('%s is shown in %s as %s', (path, directory, shown) => {
  expect(shownPath(path, directory)).toBe(shown);
});

test.each([
  [0, '0 µs'],
  [999.4, '999 µs'],
  [1500, '1.5 ms'],
  [23_400, '23 ms'],
  [1_234_000, '1.2 s'],
  [59_000_000, '59 s'],
  [125_000_000, '2 min 5 s'],
])('%d µs are %s', (microseconds, shown) => {
  expect(shownDuration(microseconds)).toBe(shown);
});

test.each([
  [1, 'file', '1 file'],
  [20_000, 'file', '20,000 files'],
  [2, 'process', '2 processes'],
])('%d of a %s are %s', (number, noun, shown) => {
  expect(counted(number, noun)).toBe(shown);
});
