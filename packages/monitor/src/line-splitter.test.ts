import { expect, test } from '@jest/globals';

import { LineSplitter } from './line-splitter.js';

test.each([1, 2, 3, 5, 100])('gives the same lines of bytes that come in pieces of %i', (length) => {
  const bytes = Buffer.from('one\n\ntwo and\nthree\nno end');
  const splitter = new LineSplitter();
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += length)
    for (const line of splitter.take(bytes.subarray(at, at + length))) lines.push(line.toString());
  expect(lines).toEqual(['one', '', 'two and', 'three']);
  expect([...splitter.take(Buffer.from('!\n'))].map(String)).toEqual(['no end!']);
});
