import { expect, test } from '@jest/globals';

import { parseCapturedOutput } from './captured-output.js';

const copy = Buffer.from('streams 1 2\n1 5\nend\n\n2 3\n1 11 4\nend\nend\n');

test('the pieces come back in their order, whatever they hold', () => {
  const output = parseCapturedOutput(copy);
  expect(output).toMatchObject({
    streams: [1, 2],
    chunks: [
      { stream: 1, length: 5 },
      { stream: 2, length: 3 },
      { stream: 1, length: 4 },
    ],
  });
  expect(Buffer.from(output?.bytes ?? []).toString()).toBe('end\n\n1 1end\n');
});

test('a command that wrote nothing has an output, which is empty', () => {
  expect(parseCapturedOutput(Buffer.from('streams\nend\n'))).toMatchObject({ streams: [], chunks: [] });
});

test('a copy that was cut, wherever that was, is none', () => {
  for (let length = 0; length < copy.length; length += 1)
    expect(parseCapturedOutput(copy.subarray(0, length))).toBeUndefined();
});

test.each([
  ['more than its end', 'streams 1\n1 2\na\nend\n\n'],
  ['a stream that is none', 'streams 1\n3 2\na\nend\n'],
  ['an empty piece', 'streams 1\n1 0\nend\n'],
  ['a length that is no number', 'streams 1\n1 1e0\naend\n'],
  ['no first line', '1 1\naend\n'],
])('a copy with %s is none', (_, text) => {
  expect(parseCapturedOutput(Buffer.from(text))).toBeUndefined();
});
