import { describe, expect, test } from '@jest/globals';
import { type FileFilter, FileRows } from './file-rows.js';

const all: FileFilter = {
  query: '',
  processQuery: '',
  uses: 0,
  role: 'all',
  process: null,
  isGrouped: false,
  sort: 'path',
  isDescending: false,
};

const table = {
  accesses: { process: [0, 0, 1, 1, 2], path: [2, 0, 1, 0, 3], uses: [2, 1, 32, 2, 16] },
  paths: ['src/a.h', 'OUT/a.o', '/bin/sh', 'src/B.h'],
  roles: ['input', 'output', 'input', 'none'],
  processes: ['make all', 'cc -c a.c', 'cc -c b.c'],
} as const;

const files = new FileRows(table);

/** A line for each row: path, uses, and process or how many. */
function rows(filter: Partial<FileFilter>): string[] {
  return files
    .rows({ ...all, ...filter })
    .map(({ path, uses, process, processes }) =>
      [table.paths[path], uses, processes > 1 ? `of ${processes}` : process].join(' '),
    );
}

describe('the table of files', () => {
  test.each<[string, Partial<FileFilter>, string[]]>([
    [
      'all, by path, those of the project first',
      {},
      ['OUT/a.o 32 1', 'src/a.h 1 0', 'src/a.h 2 1', 'src/B.h 16 2', '/bin/sh 2 0'],
    ],
    ['a word of the path, whatever its case', { query: 'out' }, ['OUT/a.o 32 1']],
    ['a word of the process', { processQuery: 'B.C' }, ['src/B.h 16 2']],
    ['several words, of both', { query: '  a.h  src ', processQuery: 'CC' }, ['src/a.h 2 1']],
    ['what nothing matches', { query: 'nothing' }, []],
    ['one use', { uses: 16 }, ['src/B.h 16 2']],
    ['either of two uses', { uses: 48 }, ['OUT/a.o 32 1', 'src/B.h 16 2']],
    ['what counts as input', { role: 'input', process: 0 }, ['src/a.h 1 0', '/bin/sh 2 0']],
    ['outputs', { role: 'output' }, ['OUT/a.o 32 1']],
    ['one process', { process: 1 }, ['OUT/a.o 32 1', 'src/a.h 2 1']],
    ['each path once', { isGrouped: true, query: 'src' }, ['src/a.h 3 of 2', 'src/B.h 16 2']],
    [
      'all uses of a path that has one of them',
      { isGrouped: true, uses: 2, query: 'src' },
      ['src/a.h 3 of 2'],
    ],
    ['the other way round', { isDescending: true, uses: 3 }, ['/bin/sh 2 0', 'src/a.h 1 0', 'src/a.h 2 1']],
    [
      'by process',
      { sort: 'process' },
      ['src/a.h 1 0', '/bin/sh 2 0', 'OUT/a.o 32 1', 'src/a.h 2 1', 'src/B.h 16 2'],
    ],
    [
      'by use',
      { sort: 'uses', isDescending: true },
      ['OUT/a.o 32 1', 'src/B.h 16 2', 'src/a.h 2 1', '/bin/sh 2 0', 'src/a.h 1 0'],
    ],
  ])('shows %s', (_, filter, expected) => {
    expect(rows(filter)).toEqual(expected);
  });
});
