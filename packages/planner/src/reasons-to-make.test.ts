import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { MetaFile } from '@oodate/meta-file';
import { MemoryFileStates } from './memory-file-states.js';
import { reasonsToMake } from './reasons-to-make.js';

const directory = '/src' as AbsolutePath;
const records = [
  'E 2 /bin/cc',
  'R 2 /src/main.c',
  'N 2 /early/late.h',
  'R 2 /late/late.h',
  'S 2 /late',
  'G 2 /plugins',
  'N 2 /tmp/cc1.s',
  'W 2 /tmp/cc1.s',
  'R 2 /tmp/cc1.s',
  'D 2 /tmp/cc1.s',
  'W 2 /src/main.o',
  'R 2 /src/main.o',
  'W 2 /src/main.d',
  'D 2 /src/old',
  'R 2 /proc/cpuinfo',
];

function metaFile(changes: Partial<MetaFile> = {}, lines: readonly string[] = records): MetaFile {
  const log = ['# filemon version 5', '# Target pid 2', 'V 5', ...lines, 'X 2 0 0', '# Bye bye', ''];
  return {
    path: '/src/main.o.meta',
    commands: ['cc -c main.c'],
    cwd: '/src',
    target: 'main.o',
    output: new Uint8Array(),
    filemon: Buffer.from(log.join('\n')),
    ...changes,
  };
}

/** The disk as the commands left it. */
function built(): MemoryFileStates {
  const files = new MemoryFileStates();
  for (const path of ['/bin/cc', '/src/main.c', '/late/late.h', '/plugins/one']) files.write(path);
  files.later();
  for (const path of ['/src/main.o', '/src/main.d']) files.write(path);
  files.later();
  return files;
}

const reasons = (files: MemoryFileStates, meta = metaFile()) => [
  ...reasonsToMake({ meta, directory }, files),
];

test('a target is up to date as its commands left everything', () => {
  expect(reasons(built())).toEqual([]);
});

test.each<[string, (files: MemoryFileStates) => void, object[]]>([
  [
    'a file that was read is newer',
    (files) => files.write('/late/late.h'),
    [{ kind: 'input-newer', path: '/late/late.h' }],
  ],
  ['a program is newer', (files) => files.touch('/bin/cc'), [{ kind: 'input-newer', path: '/bin/cc' }]],
  [
    'a file that was read is gone',
    (files) => files.remove('/late/late.h'),
    [{ kind: 'input-gone', path: '/late/late.h' }],
  ],
  [
    'a directory that was looked at is gone with all in it',
    (files) => files.remove('/late'),
    [
      { kind: 'input-gone', path: '/late/late.h' },
      { kind: 'input-gone', path: '/late' },
    ],
  ],
  [
    'a directory that was listed is gone',
    (files) => files.remove('/plugins'),
    [{ kind: 'input-gone', path: '/plugins' }],
  ],
  [
    'what was looked for in vain is there',
    (files) => files.write('/early/late.h'),
    [{ kind: 'input-appeared', path: '/early/late.h' }],
  ],
  [
    'a link is there that leads nowhere',
    (files) => files.symlink('/nowhere', '/early/late.h'),
    [{ kind: 'input-appeared', path: '/early/late.h' }],
  ],
  [
    'something else that was made is gone',
    (files) => files.remove('/src/main.d'),
    [{ kind: 'output-gone', path: '/src/main.d' }],
  ],
  [
    'what was removed is there again',
    (files) => files.write('/src/old'),
    [{ kind: 'removed-came-back', path: '/src/old' }],
  ],
  [
    'the target is gone',
    (files) => files.remove('/src/main.o'),
    [{ kind: 'output-gone', path: '/src/main.o' }],
  ],
  [
    'what was read cannot be looked at',
    (files) => files.unreadable('/late/late.h', 'EACCES'),
    [{ kind: 'input-unreadable', path: '/late/late.h', errno: 'EACCES' }],
  ],
])('it is out of date when %s', (_title, change, expected) => {
  const files = built();
  change(files);
  expect(reasons(files)).toEqual(expected.map((reason) => expect.objectContaining(reason)));
});

test.each<[string, (files: MemoryFileStates) => void]>([
  ['a file that was only written is newer', (files) => files.touch('/src/main.d')],
  ['the target itself is newer', (files) => files.touch('/src/main.o')],
  ['a directory has a new entry', (files) => files.write('/plugins/two')],
  ['a temporary file is gone', (files) => files.remove('/tmp')],
  ['a file is newer within the second', (files) => files.touch('/src/main.c', 1_000_000_001_900_000_000n)],
])('it is up to date when %s', (_title, change) => {
  const files = built();
  files.write('/tmp/other');
  change(files);
  expect(reasons(files)).toEqual([]);
});

test('a link that led nowhere all the time is not there now either', () => {
  const files = new MemoryFileStates();
  files.symlink('/nowhere', '/early/late.h');
  for (const path of ['/bin/cc', '/src/main.c', '/late/late.h', '/plugins/one', '/src/main.o', '/src/main.d'])
    files.write(path);
  expect(reasons(files)).toEqual([]);
});

test('what was looked for and then made under another name of its directory is no input', () => {
  const files = built();
  files.symlink('/src', '/link');
  files.write('/src/gen.h');
  const meta = metaFile({}, ['N 2 /link/gen.h', 'W 2 /src/gen.h', 'W 2 /src/main.o']);
  expect(reasons(files, meta)).toEqual([]);
});

test.each<[string, Partial<MetaFile>, object]>([
  [
    'the target failed',
    { error: '3', ...metaFile() },
    { kind: 'last-run-failed', exit: { status: 3, signal: 0 } },
  ],
  [
    'the commands ran in another directory',
    { cwd: '/moved' },
    { kind: 'directory-changed', was: '/moved', is: '/src' },
  ],
  [
    'not all was seen',
    { filemon: Buffer.from('V 5\nW 2 /src/main.o\nQ 2 it hid\n# Bye bye\n') },
    { kind: 'last-run-incomplete', causes: ['it hid'] },
  ],
  [
    'the section is cut',
    { filemon: Buffer.from('V 5\nW 2 /src/main.o\n') },
    { kind: 'last-run-incomplete', causes: ['the trace breaks off before its end'] },
  ],
])('it is out of date when %s', (_title, changes, reason) => {
  expect(reasons(built(), metaFile(changes))).toEqual([reason]);
});

test('it is out of date without a section', () => {
  const { filemon: _, ...meta } = metaFile();
  expect(reasons(built(), meta)).toEqual([
    { kind: 'last-run-incomplete', causes: ['the meta file has no filemon section'] },
  ]);
});
