import { execFileSync } from 'node:child_process';
import { add, chmod } from '../changes.js';
import type { Way, WayGroup } from '../way.js';

function missing(on: string, command: Way['command'], more: Partial<Way> = {}): Way {
  return {
    on,
    command,
    change: add('new.txt'),
    says: 'new.txt is there now (a file of 4 bytes), was looked for and not there',
    ...more,
  };
}

export const absences: WayGroup = {
  title: 'What was looked for and was not there',
  ways: [
    missing('a file it tried to open', 'cat new.txt > out.txt 2>&1 || true'),
    missing('a file it tried to open by openat2', 'reader openat2 new.txt > out.txt'),
    missing('a file it tried to open by a raw system call', 'reader raw new.txt > out.txt'),
    missing('a file it looked for by stat', 'reader stat new.txt > out.txt'),
    missing('a file it looked for by statx', 'reader statx new.txt > out.txt'),
    missing('a file it looked for by access', 'test -r new.txt && echo yes > out.txt || echo no > out.txt'),
    missing('a link it looked for by readlink', 'readlink new.txt > out.txt || true'),
    missing(
      'a file it tried to open in a directory that is not there',
      'cat sub/new.txt > out.txt 2>&1 || true',
      {
        change: add('sub/new.txt'),
        says: 'sub/new.txt is there now (a file of 4 bytes), was looked for and not there',
      },
    ),
    {
      on: 'a directory it looked for',
      command: 'test -d sub && echo yes > out.txt || echo no > out.txt',
      change: {
        words: 'an empty directory sub is made',
        make: (space) => void execFileSync('mkdir', [space.path('sub')]),
      },
      says: 'sub is there now (a directory), was looked for and not there',
    },
    {
      on: 'a program found later on PATH',
      files: { 'early/x': '' },
      prepare: (space) => space.writeProgram('late/tool', '#!/bin/sh\necho late\n'),
      command: 'PATH=$PWD/early:$PWD/late:$PATH; tool > out.txt',
      change: {
        words: 'a program early/tool is made',
        make: (space) => space.writeProgram('early/tool', '#!/bin/sh\necho early\n'),
      },
      says: 'early/tool is there now (a file of 21 bytes), was looked for and not there',
    },
    {
      on: 'a file on PATH that was not executable',
      files: { 'early/tool': '#!/bin/sh\necho early\n' },
      prepare: (space) => space.writeProgram('late/tool', '#!/bin/sh\necho late\n'),
      command: 'PATH=$PWD/early:$PWD/late:$PATH; tool > out.txt',
      change: chmod('early/tool', '+x'),
      says: 'early/tool became executable',
    },
    {
      on: 'a file on PATH that the kernel would not execute',
      files: { 'early/tool': '#!/bin/sh\necho early\n' },
      prepare: (space) => space.writeProgram('late/tool', '#!/bin/sh\necho late\n'),
      command: 'PATH=$PWD/early:$PWD/late:$PATH; env tool > out.txt',
      change: chmod('early/tool', '+x'),
      says: 'early/tool became executable',
    },
    {
      on: 'a file below what was no directory',
      files: { thing: '' },
      command: 'cat thing/in.txt > out.txt 2>&1 || true',
      change: {
        words: 'thing becomes a directory with in.txt',
        make(space) {
          space.remove('thing');
          space.write({ 'thing/in.txt': 'new\n' });
        },
      },
      says: 'thing/in.txt is there now (a file of 4 bytes), was looked for and not there',
    },
    {
      on: 'a file that it would have removed',
      command: 'rm -f new.txt; echo > out.txt',
      change: add('new.txt'),
      says: 'new.txt is there now (a file of 4 bytes), was looked for and not there',
    },
    {
      on: 'a header found later on the include path',
      files: {
        'main.c': '#include <value.h>\nint value = VALUE;\n',
        'early/x': '',
        'late/value.h': '#define VALUE 1\n',
      },
      command: ['cc', '-Iearly', '-Ilate', '-c', 'main.c', '-o', 'main.o'],
      witness: 'main.o',
      change: add('early/value.h', '#define VALUE 2\n'),
      says: 'early/value.h is there now (a file of 16 bytes), was looked for and not there',
    },
    {
      on: 'a module that Node finds later',
      files: { 'main.js': "console.log(require('./part'))\n", 'part/index.js': 'module.exports = 1;\n' },
      command: 'node main.js > out.txt',
      change: add('part.js', 'module.exports = 2;\n'),
      says: 'part.js is there now (a file of 20 bytes), was looked for and not there',
    },
    {
      on: 'a package.json that Node looked for',
      files: { 'main.js': "console.log(require('./part'))\n", 'part/index.js': 'module.exports = 1;\n' },
      command: 'node main.js > out.txt',
      change: {
        words: 'part/package.json names another file',
        make: (space) =>
          space.write({
            'part/package.json': '{"main": "other.js"}',
            'part/other.js': 'module.exports = 2;\n',
          }),
      },
      says: 'part/package.json is there now (a file of 20 bytes), was looked for and not there',
    },
    {
      on: 'a link that leads to nothing',
      prepare: (space) => space.link('link.txt', 'new.txt'),
      command: 'cat link.txt > out.txt 2>&1 || true',
      change: add('new.txt'),
      says: 'link.txt is there now (a file of 4 bytes), was looked for and not there',
    },
  ],
};
