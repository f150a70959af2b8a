import { describe, expect, test } from '@jest/globals';
import { filemonRecords } from './log-text.js';
import type { AbsolutePath } from './path-text.js';
import { type PathUser, usersOfPaths } from './path-users.js';

/** Who used /f, a line each: how, the command line or executable, and behind each `<` what executed it. */
function users(lines: readonly string[], links: readonly string[] = []): string[] {
  const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
  const path = '/f' as AbsolutePath;
  const asked = { paths: [path], links: links as AbsolutePath[] };
  const show = ({ words, executable }: PathUser['parents'][number]) => words ?? executable ?? '?';
  return (usersOfPaths(records, '/start' as AbsolutePath, asked).get(path) ?? []).map((user) =>
    [`${user.how.join('+')} ${show(user)}`, ...user.parents.map(show)].join(' < '),
  );
}

describe('the users of a path', () => {
  test.each<[string, string[], string[]]>([
    ['read it', ['E 1 /a', 'P 1 a b', 'R 1 /f'], ['read a b']],
    ['are none', ['E 1 /a', 'R 1 /g'], []],
    ['are named by their executable without a P', ['E 1 /a', 'R 1 /f'], ['read /a']],
    ['are not known before anything is executed', ['R 1 /f', 'E 1 /a'], ['read ?']],
    [
      'stand in the order in which they came',
      ['E 1 /a', 'N 1 /f', 'F 1 2', 'E 2 /b', 'R 2 /f'],
      ['missing /a', 'read /b < /a'],
    ],
    [
      'use it in several ways',
      ['E 1 /a', 'W 1 /f', 'S 1 /f', 'R 1 /f', 'D 1 /f'],
      ['read+looked+written+removed /a'],
    ],
    ['list it', ['E 1 /a', 'G 1 /f'], ['listed /a']],
    ['go there', ['E 1 /a', 'C 1 /f'], ['looked /a']],
    ['are it', ['E 1 /a', 'F 1 2', 'E 2 /f', 'P 2 f x'], ['executed f x < /a']],
    ['know it by a relative name', ['E 1 /a', 'C 1 /', 'R 1 f', 'R 1 ./f'], ['read /a']],
    ['move it away', ['E 1 /a', "M 1 '/f' '/g'"], ['removed /a']],
    ['move something there', ['E 1 /a', "M 1 '/g' '/f'"], ['written /a']],
    ['make a link there', ['E 1 /a', "L 1 '/g' '/f'"], ['written /a']],
    ['fork without executing', ['E 1 /a', 'P 1 a', 'F 1 2', 'R 2 /f', 'R 1 /f'], ['read a']],
    [
      'have a chain of parents',
      ['E 1 /sh', 'P 1 sh -c m', 'F 1 2', 'E 2 /make', 'F 2 3', 'F 3 4', 'E 4 /cc', 'P 4 cc f', 'R 4 /f'],
      ['read cc f < /make < sh -c m'],
    ],
    [
      'come after each other in one process',
      ['E 1 /sh', 'P 1 sh -c a', 'R 1 /f', 'E 1 /a', 'P 1 a', 'R 1 /f'],
      ['read sh -c a', 'read a < sh -c a'],
    ],
    [
      'come after each other where a time is between them',
      ['T 1 5', 'E 1 /a', 'T 1 6', 'E 1 /b', 'R 1 /f'],
      ['read /b < /a'],
    ],
    [
      'are scripts with their interpreters',
      ['E 1 /s', 'E 1 /usr/bin/env', 'P 1 ./s x', 'E 1 /node', 'P 1 node ./s x', 'R 1 /f'],
      ['read node ./s x < ./s x'],
    ],
    ['may use a pid again', ['E 1 /a', 'F 1 2', 'E 2 /b', 'X 2 0 0', 'F 1 2', 'R 2 /f'], ['read /a']],
    ['may be forked late', ['E 1 /a', 'E 2 /b', 'F 1 2', 'R 2 /f'], ['read /b < /a']],
    [
      'are no circle where a damaged log makes one',
      ['E 1 /a', 'E 2 /b', 'F 1 2', 'F 2 1', 'R 1 /f'],
      ['read /a'],
    ],
  ])('%s', (_, lines, expected) => {
    expect(users(lines)).toEqual(expected);
  });

  test('of a script are the script itself', () => {
    expect(users(['E 1 /f', 'E 1 /sh', 'P 1 ./f'])).toEqual(['executed ./f']);
  });

  test('of what is moved with its directory are those who move that', () => {
    const path = '/d/f' as AbsolutePath;
    const records = filemonRecords([Buffer.from("E 1 /a\nM 1 '/c' '/d'\nE 1 /b\nM 1 '/d' '/e'\n")]);
    const found = usersOfPaths(records, '/' as AbsolutePath, { paths: [path] }).get(path);
    expect(found?.map(({ executable, how }) => [executable, ...how])).toEqual([
      ['/a', 'written'],
      ['/b', 'removed'],
    ]);
  });

  test('that is a link are those who go through it, if it is asked for as one', () => {
    const lines = ['E 1 /a', 'R 1 /f/x', 'R 1 /fx'];
    expect(users(lines, ['/f'])).toEqual(['looked /a']);
    expect(users(lines)).toEqual([]);
  });
});
