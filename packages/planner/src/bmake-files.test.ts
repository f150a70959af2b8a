import { utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { workspace } from '@oodate/testkit';
import { diskBmakeFiles } from './bmake-files.js';

test.each([
  ['1600000000.999999999', 1600000000],
  ['1600000001', 1600000001],
  ['1600000000.000000001', 1600000000],
  ['0', 1],
  ['-0.5', -1],
])('a time of %s is the second %s', async (time: string, seconds: number) => {
  const space = workspace();
  space.write({ file: '' });
  await space.start(['touch', '-d', `@${time}`, 'file']).end();
  expect(diskBmakeFiles().stat(space.path('file'))).toEqual({ type: 'file', seconds });
});

test('real paths are those of realpath(3), and where a name is missing end with it', () => {
  const space = workspace();
  space.write({ 'dir/sub/file': '' });
  space.link('to-dir', 'dir');
  space.link('dir/up', '../dir/./sub');
  space.link('nowhere', 'gone/below');
  space.link('loop', 'loop');
  const files = diskBmakeFiles();
  const real = (path: string) => files.realPath(space.path('.') + path).slice(space.folder.length);
  expect(real('/to-dir/up/file')).toBe('/dir/sub/file');
  expect(real('/to-dir/up/../file')).toBe('/dir/file');
  expect(real('//dir/.//sub/')).toBe('/dir/sub');
  expect(real('/to-dir/missing/deeper')).toBe('/dir/missing');
  expect(real('/nowhere/file')).toBe('/gone');
  expect(files.resolve(space.path('to-dir'))).toBe(space.path('dir'));
  expect(files.resolve(space.path('nowhere'))).toBeUndefined();
  expect(files.stat(space.path('loop'))).toEqual({ type: 'none', errno: 'ELOOP' });
});

test('a state says why there is none, and follows links', () => {
  const space = workspace();
  space.write({ 'dir/file': '' });
  space.link('link', 'dir/file');
  space.link('broken', 'gone');
  utimesSync(space.path('dir/file'), 5, 5);
  const files = diskBmakeFiles();
  const stat = (name: string) => files.stat(`${space.folder}/${name}`);
  expect(stat('link')).toEqual({ type: 'file', seconds: 5 });
  expect(stat('dir/../link')).toEqual({ type: 'file', seconds: 5 });
  expect(stat('dir').type).toBe('directory');
  expect(stat('broken')).toEqual({ type: 'none', errno: 'ENOENT' });
  expect(stat('dir/file/below')).toEqual({ type: 'none', errno: 'ENOTDIR' });
  expect(stat('dir/file/')).toEqual({ type: 'none', errno: 'ENOTDIR' });
  expect(files.hasName(space.path('broken'))).toBe(true);
  expect(files.hasName(space.path('gone'))).toBe(false);
});

test('what is read is the whole text, each byte that is not UTF-8 kept apart', () => {
  const space = workspace();
  const long = 'R 12 /usr/include/stdio.h\n'.repeat(20_000);
  space.write({ plain: 'CMD cc\n', word: 'CMD cat grüße\n', empty: '', long, 'dir/file': '' });
  writeFileSync(space.path('bytes'), Buffer.from('CMD \xfcx\n', 'latin1'));
  const { read } = diskBmakeFiles();
  expect(read(space.path('plain'))).toBe('CMD cc\n');
  expect(read(space.path('word'))).toBe('CMD cat grüße\n');
  expect(read(space.path('empty'))).toBe('');
  expect(read(space.path('long'))).toBe(long);
  expect(read(space.path('bytes'))).toBe('CMD \udcfcx\n');
  expect(read(space.path('dir'))).toBe('');
  expect(read(space.path('missing'))).toBeUndefined();
});
