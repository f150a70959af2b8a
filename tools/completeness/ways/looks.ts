import { buildReader } from '@oodate/testkit';
import { add, chmod, remove } from '../changes.js';
import type { WayGroup } from '../way.js';
import { reading } from './contents.js';

export const looks: WayGroup = {
  title: 'What can be seen of a file without opening it',
  ways: [
    reading('a size seen by stat', 'reader stat in.txt > out.txt'),
    reading('a size seen by __xstat, as in programs linked long ago', 'reader old-stat in.txt > out.txt'),
    reading('a size seen by statx', 'reader statx in.txt > out.txt'),
    reading('a size seen by a raw system call', 'reader raw-stat in.txt > out.txt'),
    reading('a size seen by a static program', 'reader-static stat in.txt > out.txt', {
      prepare: () => void buildReader({ static: true }),
    }),
    reading('a size seen by fstat of a descriptor opened with O_PATH', 'reader descriptor in.txt > out.txt'),
    reading('a size seen by the shell', 'test -s in.txt && echo full > out.txt || echo empty > out.txt', {
      change: { words: 'in.txt is emptied', make: (space) => space.write({ 'in.txt': '' }) },
      says: 'in.txt changed (was 4 bytes, is 0)',
    }),
    reading('which of two files is newer', 'test a.txt -nt in.txt && echo a > out.txt || echo in > out.txt', {
      files: { 'in.txt': 'one\n', 'a.txt': '' },
    }),
    {
      on: 'whether a file may be executed',
      prepare: (space) => space.writeProgram('tool', ''),
      command: 'test -x tool && echo yes > out.txt || echo no > out.txt',
      change: chmod('tool', '-x'),
      says: 'tool is no longer executable',
    },
    {
      on: 'whether a file is there',
      files: { 'in.txt': 'one\n' },
      command: 'test -e in.txt && echo yes > out.txt || echo no > out.txt',
      change: remove('in.txt'),
      says: 'in.txt is gone, was a file of 4 bytes',
    },
    {
      on: 'whether a directory is there',
      files: { 'sub/x': '' },
      command: 'test -d sub && echo yes > out.txt || echo no > out.txt',
      change: remove('sub'),
      says: 'sub is gone, was a directory',
    },
    {
      on: 'whether a path is a file or a directory',
      files: { thing: 'one\n' },
      command: 'test -f thing && echo file > out.txt || echo other > out.txt',
      change: {
        words: 'thing becomes a directory',
        make(space) {
          space.remove('thing');
          space.write({ 'thing/x': '' });
        },
      },
      says: 'thing was a file of 4 bytes, is a directory',
    },
    {
      on: 'the time of a file alone',
      files: { 'in.txt': 'one\n' },
      command: 'stat -c %Y in.txt > out.txt',
      change: { words: 'touch in.txt', make: (space) => space.touch('in.txt') },
      says: '',
      short: 'a touch is no change, so that a fresh checkout is not; with `--mode mtime` it is one',
    },
    {
      on: 'the time of a directory alone',
      files: { 'src/a': '', 'in.txt': 'one\n' },
      command: 'test src -nt in.txt && echo src > out.txt || echo in > out.txt',
      change: add('src/b'),
      says: '',
      short: 'a directory that is only looked at is there or not; one that is listed counts by its names',
    },
    {
      on: 'who may read or write a file',
      files: { 'in.txt': 'one\n' },
      command: 'stat -c %a in.txt > out.txt',
      change: chmod('in.txt', '600'),
      says: '',
      short: 'of the mode only the executable bit counts, as in git',
    },
  ],
};
