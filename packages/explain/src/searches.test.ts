import { expect, test } from '@jest/globals';
import { type AbsolutePath, filemonRecords } from '@oodate/filemon';
import { searchesFor } from './searches.js';

function searched(path: string, ...log: string[]): string | undefined {
  const text = ['# filemon version 5', '# Target pid 1', 'V 5', ...log, 'X 1 0 0', '# Bye bye', ''].join(
    '\n',
  );
  const search = searchesFor(filemonRecords([Buffer.from(text)]), '/p' as AbsolutePath, [
    path as AbsolutePath,
  ]).get(path as AbsolutePath);
  return search && `${search.missing.join(' ')} -> ${search.found}`;
}

test.each<[string, string, string[], string | undefined]>([
  [
    'ends with what is found',
    '/p/a/x.h',
    ['R 1 /p/x.c', 'N 1 /p/a/x.h.gch', 'N 1 /p/a/x.h', 'N 1 /p/b/x.h', 'R 1 /p/c/x.h', 'N 1 /p/d/x.h'],
    '/p/a/x.h /p/b/x.h -> /p/c/x.h',
  ],
  ['may find at the second place', '/p/a/x.h', ['N 1 /p/a/x.h', 'R 1 /p/b/x.h'], '/p/a/x.h -> /p/b/x.h'],
  ['may find nothing', '/p/b/x', ['N 1 /p/a/x', 'N 1 /p/b/x'], '/p/a/x /p/b/x -> null'],
  ['is none if nothing else was tried', '/p/x', ['N 1 /p/x', 'R 1 /p/y'], undefined],
  [
    'goes on over a directory that is looked at',
    '/p/a/x',
    ['N 1 /p/a/x', 'S 1 /p/b', 'R 1 /p/b/x'],
    '/p/a/x -> /p/b/x',
  ],
  ['is over when another file is opened', '/p/a/x', ['N 1 /p/a/x', 'R 1 /p/y', 'R 1 /p/b/x'], undefined],
  [
    'is that of one program',
    '/p/a/x',
    ['N 1 /p/a/x', 'F 1 2', 'E 2 /bin/cat', 'R 2 /p/b/x', 'X 2 0 0'],
    undefined,
  ],
  [
    'of a program is made by what executes it',
    '/p/a/cc',
    ['F 1 2', 'N 2 /p/a/cc', 'E 2 /bin/cc', 'X 2 0 0'],
    '/p/a/cc -> /bin/cc',
  ],
  ['tells a place once', '/p/a/x', ['N 1 /p/a/x', 'N 1 /p/a/x', 'R 1 /p/b/x'], '/p/a/x -> /p/b/x'],
  ['knows relative names', '/p/a/x', ['C 1 /p/a', 'N 1 x', 'R 1 ../b/x'], '/p/a/x -> /p/b/x'],
  [
    'is the first one of several',
    '/p/a/x',
    ['N 1 /p/a/x', 'R 1 /p/b/x', 'N 1 /p/a/x', 'R 1 /p/c/x'],
    '/p/a/x -> /p/b/x',
  ],
])('a search %s', (_, path, log, expected) => {
  expect(searched(path, ...log)).toBe(expected);
});
