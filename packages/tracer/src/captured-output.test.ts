import { expect, test } from '@jest/globals';

import { parseCapturedOutput } from './captured-output.js';

const copy = Buffer.from('streams 1 2\n1 5\nend\n\n2 3\n1 11 4\nend\nend\n');
const onTerminals = (more = '') =>
  Buffer.from(`streams 1\nterminals 2\n1 3\none2 2\n\x1b[2 2\n1m${more}1 3\ntwoend\n`);

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

test('what went to a terminal is told from the rest, and pieces in a row are one', () => {
  const output = parseCapturedOutput(onTerminals());
  expect(output).toMatchObject({
    streams: [1, 2],
    terminals: [2],
    chunks: [
      { stream: 1, length: 3 },
      { stream: 2, length: 4 },
      { stream: 1, length: 3 },
    ],
  });
  expect(Buffer.from(output?.bytes ?? []).toString()).toBe('one\x1b[1mtwo');
});

test('where something that went to a terminal is missing, the rest is there', () => {
  const output = parseCapturedOutput(onTerminals('void\n'));
  expect(output).toMatchObject({ streams: [1], terminals: [], chunks: [{ stream: 1, length: 6 }] });
  expect(Buffer.from(output?.bytes ?? []).toString()).toBe('onetwo');
});

test('a copy that was cut, wherever that was, is none', () => {
  for (const whole of [copy, onTerminals()])
    for (let length = 0; length < whole.length; length += 1)
      expect(parseCapturedOutput(whole.subarray(0, length))).toBeUndefined();
});

test.each([
  ['more than its end', 'streams 1\n1 2\na\nend\n\n'],
  ['a stream that is none', 'streams 1\n3 2\na\nend\n'],
  ['an empty piece', 'streams 1\n1 0\nend\n'],
  ['a length that is no number', 'streams 1\n1 1e0\naend\n'],
  ['no first line', '1 1\naend\n'],
  ['terminals that are none', 'streams 1\nterminals 3\nend\n'],
])('a copy with %s is none', (_, text) => {
  expect(parseCapturedOutput(Buffer.from(text))).toBeUndefined();
});
