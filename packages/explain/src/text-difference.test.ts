import { describe, expect, test } from '@jest/globals';
import { longestText, type TextDifference, textDifference } from './text-difference.js';

const numbered = (count: number, text = 'line') =>
  Array.from({ length: count }, (_, at) => `${text} ${at + 1}\n`).join('');

function differenceOf(was: string | Uint8Array, is: string | Uint8Array): TextDifference | undefined {
  return textDifference(Buffer.from(was), Buffer.from(is));
}

describe('a difference of texts', () => {
  test.each<[string, string, string, TextDifference]>([
    [
      'a line that changed, with those around it',
      'a\nb\nc\nd\n',
      'a\nb\nx\nd\n',
      { hunks: [{ was: 2, is: 2, lines: [' b', '-c', '+x', ' d'] }], more: 0 },
    ],
    ['a line that is new', 'a\n', 'a\nb\n', { hunks: [{ was: 1, is: 1, lines: [' a', '+b'] }], more: 0 }],
    ['a text where there was none', '', 'a\n', { hunks: [{ was: 1, is: 1, lines: ['+a'] }], more: 0 }],
    [
      'a newline that is missing at the end',
      'a\n',
      'a',
      { hunks: [{ was: 1, is: 1, lines: ['-a', '+a', '\\ No newline at end of file'] }], more: 0 },
    ],
    ['ends of lines', 'a\r\n', 'a\n', { hunks: [{ was: 1, is: 1, lines: ['-a\r', '+a'] }], more: 0 }],
    [
      'a mark at the beginning',
      'a\n',
      '\ufeffa\n',
      { hunks: [{ was: 1, is: 1, lines: ['-a', '+\ufeffa'] }], more: 0 },
    ],
  ])('shows %s', (_, was, is, expected) => {
    expect(differenceOf(was, is)).toEqual(expected);
  });

  test('shows places that lie apart by themselves', () => {
    const was = numbered(30);
    const is = was.replace('line 3\n', 'new 3\n').replace('line 25\n', '');
    expect(differenceOf(was, is)?.hunks.map(({ was, is, lines }) => [was, is, lines.length])).toEqual([
      [2, 2, 4],
      [24, 24, 3],
    ]);
  });

  test('shows twenty lines, and counts how many more have changed', () => {
    const found = differenceOf(numbered(100), numbered(100, 'new'));
    expect(found?.hunks.flatMap(({ lines }) => lines)).toHaveLength(20);
    expect(found?.more).toBe(180);
  });

  test('shows the beginning of a long line', () => {
    const [hunk] = differenceOf('x\n', `${'y'.repeat(500)}\n`)?.hunks ?? [];
    expect(hunk?.lines[1]).toBe(`+${'y'.repeat(198)}…`);
  });

  test.each<[string, string | Uint8Array, string | Uint8Array]>([
    ['equal texts', 'a\n', 'a\n'],
    ['a text that is too long', `${'x'.repeat(longestText)}\n`, 'a\n'],
    ['bytes that are not UTF-8', 'a\n', Buffer.of(0xff, 0xfe)],
    ['a text with a zero byte', 'a\0', 'b\0'],
    ['texts that have nearly nothing in common', numbered(200), numbered(200, 'new')],
  ])('is none of %s', (_, was, is) => {
    expect(differenceOf(was, is)).toBeUndefined();
  });

  test('does not show what is covered, nor that only this has changed', () => {
    const cover = (text: string) => text.replaceAll(/secret\n?\d/g, '***');
    const difference = (was: string, is: string) => textDifference(Buffer.from(was), Buffer.from(is), cover);
    expect(difference('key=secret\n1\nb\n', 'key=secret\n2\nc\n')?.hunks).toEqual([
      { was: 1, is: 1, lines: [' key=***', '-b', '+c'] },
    ]);
    expect(difference('secret1\n', 'secret2\n')).toBeUndefined();
  });
});
