import { expect, test } from '@jest/globals';
import { parseSize, sizeWords } from './byte-size.js';

test.each<[string, number]>([
  ['0 B', 0],
  ['10 GB', 1e10],
  ['10gb', 1e10],
  ['500 MB', 5e8],
  ['1.5 KB', 1500],
  ['2 KiB', 2048],
  ['1 GiB', 2 ** 30],
  ['0.001 TB', 1e9],
])('%s is a size', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', '10', 'GB', '-1 GB', '1e3 B', '10 G', '10  GB', '1,5 GB', ' 1 GB', '1 IB', '1 XB'])(
  '"%s" is none',
  (text) => {
    expect(parseSize(text)).toBeUndefined();
  },
);

test.each<[number, string]>([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KB'],
  [1234, '1.2 KB'],
  [12_345, '12 KB'],
  [10_000_000_000, '10 GB'],
  [1_550_000_000, '1.6 GB'],
  [2e15, '2000 TB'],
])('%d bytes are shown as %s', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
