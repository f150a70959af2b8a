import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { scripts, type Workspace } from '@oodate/testkit';
import { edit } from '../changes.js';
import { git } from '../git.js';
import type { Way, WayGroup } from '../way.js';

const typescript = fileURLToPath(new URL('../../../node_modules/typescript', import.meta.url));

function compiling(on: string, prepare: (space: Workspace) => void): Way {
  return {
    on,
    files: { 'tsconfig.json': tsconfig, 'src/a.ts': 'export const a: number = 1;\n' },
    prepare(space) {
      space.link('node_modules/typescript', typescript);
      space.link('node_modules/.bin/tsc', '../typescript/bin/tsc');
      prepare(space);
    },
    command: 'echo >> ran; tsc -b',
    witness: 'ran',
    again: true,
    change: edit('src/a.ts', 'export const a: number = 22;\n'),
    says: 'src/a.ts changed (was 28 bytes, is 29)',
  };
}

const sources = {
  'a.c': 'int b(void);\nint main(void) { return b(); }\n',
  'b.c': 'int b(void) { return 0; }\n',
};

const editB = edit('b.c', 'int b(void) { return 1 - 1; }\n');

const tsconfig = JSON.stringify({
  compilerOptions: { composite: true, rootDir: 'src', outDir: 'dist', types: [], skipLibCheck: true },
  include: ['src'],
});

export const wholeTools: WayGroup = {
  title: 'Whole tools',
  ways: [
    {
      on: 'a source of `cc`, which makes temporary objects',
      files: sources,
      command: ['cc', '-o', 'a.out', 'a.c', 'b.c'],
      witness: 'a.out',
      change: editB,
      says: 'b.c changed (was 26 bytes, is 30)',
    },
    {
      on: 'a source of `make`, the first time',
      files: { ...sources, Makefile: 'a.out: a.o b.o\n\tcc -o $@ a.o b.o\n' },
      command: 'echo >> ran; make',
      witness: 'ran',
      again: true,
      change: editB,
      says: 'b.c changed (was 26 bytes, is 30)',
    },
    {
      on: 'a source of `make` when that only finds all up to date',
      files: { ...sources, Makefile: 'a.out: a.o b.o\n\tcc -o $@ a.o b.o\n' },
      prepare: (space) => void execFileSync('make', { cwd: space.folder }),
      command: 'echo >> ran; make',
      witness: 'ran',
      again: true,
      change: editB,
      says: 'b.c changed (was 26 bytes, is 30)',
    },
    compiling('a source of `tsc -b`, a program in Go, the first time', () => {}),
    compiling('a source of `tsc -b` when that only finds all up to date', (space) => {
      execFileSync('node_modules/.bin/tsc', ['-b'], { cwd: space.folder });
    }),
    {
      on: 'the files that git knows',
      needs: 'git',
      files: { 'a.txt': '', 'b.txt': '' },
      prepare(space) {
        git(space, 'init');
        git(space, 'add', 'a.txt');
      },
      command: 'git ls-files > out.txt',
      change: { words: 'git add b.txt', make: (space) => git(space, 'add', 'b.txt') },
      says: '.git/index changed (was …',
    },
    {
      on: 'the commit that git is at',
      needs: 'git',
      files: { 'a.txt': '' },
      prepare(space) {
        git(space, 'init');
        git(space, 'add', 'a.txt');
        git(space, 'commit', '-m', 'one');
      },
      command: 'git rev-parse HEAD > out.txt',
      change: {
        words: 'git commit',
        make: (space) => git(space, 'commit', '--allow-empty', '-m', 'two'),
      },
      says: '.git/refs/heads/main changed (41 bytes as before)',
    },
    {
      on: 'a script run by npm',
      files: { 'in.txt': 'one\n', 'package.json': scripts({ build: 'cat in.txt > out.txt' }) },
      // It looks for a newer npm from time to time, over the network.
      command: ['npm', 'run', '--no-update-notifier', 'build'],
      change: edit('in.txt'),
      says: 'in.txt changed (was 4 bytes, is 8)',
    },
  ],
};
