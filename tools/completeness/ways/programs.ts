import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { buildReader, type Workspace } from '@oodate/testkit';
import { appended } from '../changes.js';
import type { WayGroup } from '../way.js';

const calling =
  '#include <stdio.h>\nint value(void);\nint main(void) { return printf("%d\\n", value()) < 0; }\n';

function compileLibrary(space: Workspace): void {
  execFileSync('cc', ['-shared', '-fPIC', 'value.c', '-o', 'libvalue.so'], { cwd: space.folder });
}

/** The one that runs this Node. */
function dynamicLoader(): string {
  const [found] = /\S*\/ld-\S+/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
  if (found === undefined) throw new Error('this Node has no dynamic loader');
  return found;
}

export const programs: WayGroup = {
  title: 'Programs',
  ways: [
    {
      on: 'a script that it executes',
      prepare: (space) => space.writeProgram('tool.sh', '#!/bin/sh\necho one\n'),
      command: './tool.sh > out.txt',
      change: {
        words: 'tool.sh is edited',
        make: (space) => space.writeProgram('tool.sh', '#!/bin/sh\necho three\n'),
      },
      says: 'tool.sh changed (was 19 bytes, is 21)',
    },
    {
      on: 'the interpreter of a script',
      files: { 'tool.txt': '#!./interpreter open\ntext\n' },
      prepare(space) {
        copyFileSync(buildReader(), space.path('interpreter'));
        execFileSync('chmod', ['755', space.path('tool.txt')]);
      },
      command: './tool.txt > out.txt',
      change: appended('interpreter'),
      says: 'interpreter changed (was …',
    },
    {
      on: 'a program',
      prepare: (space) => copyFileSync(buildReader(), space.path('tool')),
      files: { 'in.txt': 'one\n' },
      command: './tool open in.txt > out.txt',
      change: appended('tool'),
      says: 'tool changed (was …',
    },
    {
      on: 'a shared library',
      files: { 'value.c': 'int value(void) { return 1; }\n', 'main.c': calling },
      prepare(space) {
        compileLibrary(space);
        execFileSync('cc', ['main.c', '-L.', '-lvalue', '-Wl,-rpath,$ORIGIN', '-o', 'tool'], {
          cwd: space.folder,
        });
      },
      command: './tool > out.txt',
      change: {
        words: 'libvalue.so is built anew',
        make(space) {
          space.write({ 'value.c': 'int value(void) { return 2; }\n' });
          compileLibrary(space);
        },
      },
      says: 'libvalue.so changed (…',
    },
    {
      on: 'a shared library found later',
      files: { 'value.c': 'int value(void) { return 1; }\n', 'main.c': calling, 'early/x': '' },
      prepare(space) {
        compileLibrary(space);
        execFileSync('cc', ['main.c', '-L.', '-lvalue', '-o', 'tool'], { cwd: space.folder });
      },
      command: 'LD_LIBRARY_PATH=early:. ./tool > out.txt',
      change: {
        words: 'early/libvalue.so is made',
        make: (space) => copyFileSync(space.path('libvalue.so'), space.path('early/libvalue.so')),
      },
      says: 'early/libvalue.so is there now (…',
    },
    {
      on: 'the dynamic loader',
      files: { 'main.c': 'int main(void) { return 0; }\n' },
      prepare(space) {
        copyFileSync(dynamicLoader(), space.path('loader.so'));
        const words = ['main.c', '-Wl,--dynamic-linker=./loader.so', '-o', 'tool'];
        execFileSync('cc', words, { cwd: space.folder });
        execFileSync('chmod', ['755', space.path('loader.so')]);
      },
      command: './tool && echo > out.txt',
      change: appended('loader.so'),
      says: 'loader.so changed (was …',
    },
  ],
};
