import { expect, test } from '@jest/globals';
import { condenseRecords } from './condensed-records.js';
import { filemonRecords, formatFilemonLog } from './log-text.js';

function condense(lines: string[]): string[] {
  const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
  return formatFilemonLog(condenseRecords(records)).toString().trimEnd().split('\n');
}

test.each<[string, string[], number[]]>([
  ['a repeated look is left out', ['R 1 /a', 'R 1 /a', 'R 1 /a'], [0]],
  ['another kind of look stays', ['S 1 /a', 'R 1 /a', 'G 1 /a', 'N 1 /a', 'S 1 /a'], [0, 1, 2, 3]],
  ['the look of another process stays', ['R 1 /a', 'R 2 /a', 'R 1 /a'], [0, 1]],
  ['a pid that is used again looks anew', ['R 1 /a', 'X 1 0 0', 'R 1 /a'], [0, 1, 2]],
  [
    'times stay, and a look before one counts',
    ['R 1 /a', 'T 1 5', 'F 1 2', 'T 1 5', 'F 1 3', 'R 1 /a'],
    [0, 1, 2, 3, 4],
  ],
  ['another program in the same process looks anew', ['R 1 /a', 'E 1 /b', 'R 1 /a'], [0, 1, 2]],
  ['a write in between keeps the look', ['R 1 /a', 'W 2 /a', 'R 1 /a', 'R 1 /a'], [0, 1, 2]],
  ['a write elsewhere does not', ['R 1 /a', 'W 2 /a/b', 'W 2 /ab', 'R 1 /a'], [0, 1, 2]],
  ['a removal in between keeps the look', ['S 1 /a', 'D 1 /a', 'S 1 /a'], [0, 1, 2]],
  ['a link made in between keeps the look', ['N 1 /a', "L 1 'x' '/a'", 'N 1 /a'], [0, 1, 2]],
  ['the text of a link changes nothing', ['N 1 /a', "L 1 '/a' '/b'", 'N 1 /a'], [0, 1]],
  [
    'a rename keeps looks at both names',
    ['R 1 /a', 'N 1 /b', "M 1 '/a' '/b'", 'R 1 /a', 'N 1 /b'],
    [0, 1, 2, 3, 4],
  ],
  [
    'a renamed directory above keeps the look',
    ['R 1 /d/e/a', "M 1 '/d' '/f'", 'R 1 /d/e/a', 'R 1 /d/e/a'],
    [0, 1, 2],
  ],
  ['a directory renamed to above keeps the look', ['N 1 /d/a', "M 1 '/f' '/d'", 'N 1 /d/a'], [0, 1, 2]],
  ['a renamed neighbour does not', ['R 1 /d/a', "M 1 '/d/b' '/d/ab'", 'R 1 /d/a'], [0, 1]],
  ['relative names are not followed', ['R 1 a', 'R 1 a'], [0, 1]],
  ['a look that ends an openat stays', ['R 1 /d/a', 'A 1 a', 'R 1 /d/a', 'R 1 /d/a'], [0, 1, 2]],
  ['a write to a relative name may be any path', ['R 1 /a', 'W 1 a', 'R 1 /a'], [0, 1, 2]],
  ['a rename with unclear names may be any path', ['R 1 /a', "M 1 'x' 'y' 'z'", 'R 1 /a'], [0, 1, 2]],
  [
    'all else stays',
    [
      'V 5',
      '# x',
      '# x',
      'E 1 /a',
      'E 1 /a',
      'C 1 /d',
      'C 1 /d',
      'F 1 2',
      'Q 1 q',
      'Q 1 q',
      'P 1 b',
      'P 1 b',
      'K 1 /a',
      'W 1 /a',
      'K 1 /a',
      'W 1 /a',
      '?',
      '?',
    ],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
  ],
])('%s', (_, lines, kept) => {
  expect(condense(lines)).toEqual(kept.map((line) => lines[line]));
});
