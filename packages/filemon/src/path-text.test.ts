import { expect, test } from '@jest/globals';
import {
  type AbsolutePath,
  decodePath,
  encodePath,
  fsPath,
  isAbsolutePath,
  joinPath,
  normalizePath,
} from './path-text.js';

test.each([
  ['plain', [0x2f, 0x61], '/a'],
  ['UTF-8 of two, three and four bytes', [0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80], 'é€😀'],
  ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\uFEFFa'],
  ['Latin-1', [0x67, 0x72, 0xf6, 0xdf, 0x65], 'gr\uDCF6\uDCDFe'],
  ['a lone continuation', [0x61, 0x80, 0x62], 'a\uDC80b'],
  ['a sequence cut short by the end', [0x61, 0xe2, 0x82], 'a\uDCE2\uDC82'],
  ['a sequence cut short by another', [0xe2, 0x82, 0xc3, 0xa9], '\uDCE2\uDC82é'],
  ['an overlong slash', [0xc0, 0xaf], '\uDCC0\uDCAF'],
  [
    'overlong forms of three and four bytes',
    [0xe0, 0x80, 0xaf, 0xf0, 0x80, 0x80, 0xaf],
    '\uDCE0\uDC80\uDCAF\uDCF0\uDC80\uDC80\uDCAF',
  ],
  ['an encoded surrogate', [0xed, 0xb2, 0x80], '\uDCED\uDCB2\uDC80'],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\uDCF4\uDC90\uDC80\uDC80'],
  ['the last code point', [0xff, 0xf4, 0x8f, 0xbf, 0xbf], '\uDCFF\u{10FFFF}'],
])('%s is decoded and comes back', (_, bytes, text) => {
  expect(decodePath(Uint8Array.from(bytes))).toBe(text);
  expect([...encodePath(text)]).toEqual(bytes);
});

test('every pair of bytes comes back', () => {
  const lost: string[] = [];
  for (let pair = 0; pair < 0x10000; pair += 1) {
    const bytes = Buffer.from([0x61, pair >> 8, pair & 0xff, 0x62]);
    if (!encodePath(decodePath(bytes)).equals(bytes)) lost.push(pair.toString(16));
  }
  expect(lost).toEqual([]);
});

test('node:fs gets a string, and a Buffer only for what no string of its own can name', () => {
  expect(fsPath('/é😀')).toBe('/é😀');
  expect(fsPath('/\uDCFF')).toEqual(Buffer.from([0x2f, 0xff]));
});

test.each([
  ['/', '/'],
  ['//', '/'],
  ['/a', '/a'],
  ['/a/', '/a'],
  ['/a//b', '/a/b'],
  ['/a/./b/.', '/a/b'],
  ['/a/../b', '/b'],
  ['/../..', '/'],
  ['/a/b/..', '/a'],
  ['/...', '/...'],
  ['/.a/..b/c..', '/.a/..b/c..'],
])('%s is %s when made normal', (text, normal) => {
  expect(normalizePath(text)).toBe(normal);
  expect(isAbsolutePath(normal)).toBe(true);
  expect(isAbsolutePath(text)).toBe(text === normal);
});

test('a relative name cannot be made normal alone', () => {
  expect(isAbsolutePath('a')).toBe(false);
  expect(() => normalizePath('a')).toThrow('begins with "/"');
});

test.each([
  ['/', 'a', '/a'],
  ['/d', 'a/b', '/d/a/b'],
  ['/d', '../a', '/a'],
  ['/d', '.', '/d'],
  ['/d', '', '/d'],
  ['/d', '/a/./b', '/a/b'],
])('from %s the name %j is %s', (dir, name, path) => {
  expect(joinPath(dir as AbsolutePath, name)).toBe(path);
});
