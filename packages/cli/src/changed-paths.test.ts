import { expect, test } from '@jest/globals';
import { parseChangedPaths } from './changed-paths.js';

const there = (name: string) => [name, 'presence'];
const content = (name: string) => [name, 'content'];
const plain = (name: string) => [name, undefined];

test.each<[string, string, (string | undefined)[][]]>([
  ['nothing', '', []],
  ['names in lines', 'a\nb c\n', [plain('a'), plain('b c')]],
  ['a last line without its end, and ends as of Windows', 'a\r\nb', [plain('a'), plain('b')]],
  ['names with NULs between them', 'a\nb\0c\0', [plain('a\nb'), plain('c')]],
  [
    'the states of git',
    'M\ta\nA\tb\nD\tc\nT\td\nR087\told\tnew\nC100\tfrom\tto\n',
    [content('a'), there('b'), there('c'), content('d'), there('old'), there('new'), there('to')],
  ],
  [
    'the same with NULs',
    'M\0a\0R100\0old\0new\0A\0b\tc\n\0',
    [content('a'), there('old'), there('new'), there('b\tc\n')],
  ],
  ['a name that git has quoted', 'M\t"\\303\\244\\t\\"\\\\\\377"\n', [content('ä\t"\\\udcff')]],
  ['a quoted name without a state', '"a\\nb"\n"c"d"\n', [plain('a\nb'), plain('"c"d"')]],
  ['names that only look like states', 'M\nA\n', [plain('M'), plain('A')]],
  ['names with NULs that only look like states', 'M\0a\0b\0', [plain('M'), plain('a'), plain('b')]],
  ['a line that is no state among such', 'M\ta\nplain\n', [plain('M\ta'), plain('plain')]],
])('reads %s', (_, text, expected) => {
  const found = parseChangedPaths(Buffer.from(text)).map(({ name, change }) => [name, change]);
  expect(found).toEqual(expected);
});

test('reads names that are not UTF-8', () => {
  const bytes = Buffer.concat([
    Buffer.from([0x61, 0xff, 10]),
    Buffer.from('"'),
    Buffer.from([0xff]),
    Buffer.from('\\377"\n'),
  ]);
  expect(parseChangedPaths(bytes).map(({ name }) => name)).toEqual(['a\udcff', '\udcff\udcff']);
});
