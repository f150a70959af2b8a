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

test.each([
  ['where the cursor is', '\x1b[6n', true],
  ['what it is', '\x1b[c', true],
  ['what it is, in parts', '\x1b[>0|c', true],
  ['which version it is', '\x1b[>q', true],
  ['its mode', '\x1b[?2026$p', true],
  ['its size', '\x1b[18t', true],
  ['its colour', '\x1b]11;?\x07', true],
  ['its colour, ended in another way', '\x1b]4;1;?\x1b\\', true],
  ['its settings', '\x1bP$qm\x1b\\', true],
  ['its keyboard', '\x1b[?u', true],
  ['nothing, in colours', '\x1b[1;31mcan?\x1b[0m', false],
  ['nothing, and moves the cursor', '\x1b[2K\x1b[1A\x1b[?25l\x1b[?8c\x1b[2 q\x1b[22;0t', false],
  ['nothing, and sets its title', '\x1b]0;what?more?\x07', false],
  ['nothing, and links', '\x1b]8;;http://x/?q=1\x07x\x1b]8;;\x07', false],
])('output that asks the terminal for %s is kept if that is nothing', (_, text, asks) => {
  const pieces = text.split('|').map((piece) => `1 ${piece.length}\n${piece}`);
  const terminals = asks ? [] : [1];
  const whole = `terminals 1\n${pieces.join('')}end\n`;
  expect(parseCapturedOutput(Buffer.from(`streams\n${whole}`))).toMatchObject({ terminals });
  // Nobody reads an answer from a pipe.
  const piped = parseCapturedOutput(Buffer.from(`streams 1\n${pieces.join('')}end\n`));
  expect(piped).toMatchObject({ streams: [1], terminals: [] });
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
