import { describe, expect, test } from '@jest/globals';

import { expectedRecords } from './strace-accesses.mjs';
import { parseStrace } from './strace-text.mjs';

interface Case {
  readonly calls: readonly string[];
  readonly records: readonly string[];
  /** There before, and still there at the end; `/` at the end of a folder, `->` before the goal of a link. */
  readonly disk?: readonly string[];
}

/** The command, process 1, began in /d. */
function check({ calls, records, disk = [] }: Case): void {
  const links = new Map(
    disk.flatMap((entry) => (entry.includes('->') ? [entry.split('->') as [string, string]] : [])),
  );
  const folders = new Set([
    '/d',
    ...disk.filter((entry) => entry.endsWith('/')).map((entry) => entry.slice(0, -1)),
  ]);
  const files = new Set(disk);
  const { records: found, unknown } = expectedRecords(parseStrace(calls.join('\n')).calls, '/d', {
    before: (path: string) => links.has(path) || folders.has(path) || files.has(path),
    after: (path: string) =>
      links.has(path) || folders.has(path) || files.has(path)
        ? {
            isSymbolicLink: () => links.has(path),
            isDirectory: () => folders.has(path),
            isFile: () => !links.has(path) && !folders.has(path) && !path.startsWith('/dev/'),
          }
        : undefined,
    real: (path: string) => links.get(path) ?? path,
  });
  expect(unknown).toEqual([]);
  expect(found.map(({ letter, data }) => `${letter} ${data}`)).toEqual(records);
}

describe('opening', () => {
  test.each<Case>([
    { calls: ['1 open("a", O_RDONLY) = 3</d/a>'], records: ['R /d/a'] },
    { calls: ['1 open("a", O_RDONLY) = -1 ENOENT (No)'], records: ['N /d/a'] },
    { calls: ['1 open("a", O_WRONLY|O_CREAT) = 3</d/a>'], records: ['W /d/a'] },
    { calls: ['1 open("a", O_RDWR|O_CREAT) = 3</d/a>'], records: ['W /d/a'] },
    {
      calls: ['1 open("a", O_RDWR|O_CREAT) = 3</d/a>'],
      records: ['K /d/a', 'W /d/a', 'R /d/a'],
      disk: ['/d/a'],
    },
    { calls: ['1 open("a", O_WRONLY) = 3</d/a>'], records: ['K /d/a', 'W /d/a'] },
    { calls: ['1 open("a", O_WRONLY|O_CREAT|O_TRUNC) = 3</d/a>'], records: ['W /d/a'], disk: ['/d/a'] },
    { calls: ['1 open("/dev/p", O_WRONLY) = 3</dev/p>'], records: ['W /dev/p'], disk: ['/dev/p'] },
    { calls: ['1 open("a", O_RDWR|O_TRUNC) = 3</d/a>'], records: ['W /d/a'] },
    { calls: ['1 open("a", O_WRONLY|O_CREAT|O_EXCL) = -1 EEXIST (No)'], records: ['S /d/a'] },
    { calls: ['1 open("a", O_RDONLY) = -1 ELOOP (No)'], records: ['N /d/a'] },
    { calls: ['1 open("a", O_RDONLY|O_NOFOLLOW) = -1 ELOOP (No)'], records: ['S /d/a'] },
    { calls: ['1 open("a", O_RDONLY|O_DIRECTORY) = -1 ENOTDIR (No)'], records: ['S /d/a'], disk: ['/d/a'] },
    {
      calls: ['1 open("a/b", O_RDONLY|O_DIRECTORY) = -1 ENOTDIR (No)'],
      records: ['N /d/a/b'],
      disk: ['/d/a'],
    },
    { calls: ['1 open("e", O_RDONLY) = 3</d/e>'], records: ['S /d/e'], disk: ['/d/e/'] },
    { calls: ['1 open("a", O_PATH) = 3</d/a>'], records: ['S /d/a'] },
    { calls: ['1 creat("a", 0666) = 3</d/a>'], records: ['W /d/a'] },
    { calls: ['1 openat(3</e>, "a", O_RDONLY) = 4</e/a>'], records: ['R /e/a'] },
    { calls: ['1 openat(AT_FDCWD</e>, "a", O_RDONLY) = 4</e/a>'], records: ['R /e/a'] },
    {
      calls: ['1 openat2(AT_FDCWD</d>, "a", {flags=O_WRONLY, resolve=0}, 24) = 4</d/a>'],
      records: ['K /d/a', 'W /d/a'],
    },
    { calls: ['1 open("/proc/self/fd/3", O_RDONLY) = 4<pipe:[1]>'], records: [] },
    { calls: ['1 open("/a", O_RDONLY) = 3</a>', '1 open("/dev/fd/3", O_RDONLY) = 4</a>'], records: ['R /a'] },
    { calls: ['1 open("a", O_RDONLY) = ?'], records: [] },
  ])('$calls gives $records', check);
});

describe('looking', () => {
  test.each<Case>([
    { calls: ['1 stat("a", {st_mode=S_IFREG|0644, ...}) = 0'], records: ['S /d/a'] },
    { calls: ['1 access("a/b", R_OK) = -1 ENOTDIR (No)'], records: ['N /d/a/b'] },
    { calls: ['1 access("a", X_OK) = -1 EACCES (No)'], records: ['S /d/a'] },
    { calls: ['1 newfstatat(3</d/a>, "", {st_mode=S_IFREG|0644, ...}, AT_EMPTY_PATH) = 0'], records: [] },
    { calls: ['1 readlink("a", 0x7f, 9) = -1 EINVAL (No)'], records: ['S /d/a'] },
    { calls: ['1 getxattr("a", "security.x", 0x7f, 9) = -1 ENODATA (No)'], records: ['S /d/a'] },
    { calls: ['1 getdents64(3</d>, 0x7f /* 3 entries */, 32768) = 80'], records: ['G /d'] },
    {
      calls: ['1 connect(3<socket:[1]>, {sa_family=AF_UNIX, sun_path="/run/s"}, 110) = -1 ENOENT (No)'],
      records: ['N /run/s'],
    },
    { calls: ['1 connect(3<socket:[1]>, {sa_family=AF_INET, sin_port=htons(1)}, 16) = 0'], records: [] },
  ])('$calls gives $records', check);
});

describe('changing names', () => {
  test.each<Case>([
    { calls: ['1 rename("a", "b") = 0'], records: ["M '/d/a' '/d/b'"] },
    { calls: ['1 rename("a", "b c") = 0'], records: ['K /d/a', 'D /d/a', 'W /d/b c'] },
    { calls: ['1 rename("a", "b") = -1 ENOENT (No)'], records: ['N /d/a'] },
    { calls: ['1 rename("a", "e/b") = -1 ENOENT (No)'], records: ['N /d/e'], disk: ['/d/a'] },
    { calls: ['1 mkdir("e/f", 0777) = -1 ENOENT (No)'], records: ['N /d/e'] },
    { calls: ['1 mkdir("a/f", 0777) = -1 ENOTDIR (No)'], records: ['S /d/a'], disk: ['/d/a'] },
    { calls: ['1 open("e/a", O_WRONLY|O_CREAT) = -1 ENOENT (No)'], records: ['N /d/e'] },
    { calls: ['1 open("l", O_WRONLY|O_CREAT) = -1 ENOENT (No)'], records: ['N /d/l'], disk: ['/d/l->/x/y'] },
    {
      calls: ['1 renameat2(AT_FDCWD</d>, "a", 3</e>, "b", RENAME_EXCHANGE) = 0'],
      records: ['K /d/a', 'W /d/a', 'K /e/b', 'W /e/b'],
    },
    { calls: ['1 link("a", "b") = 0'], records: ['R /d/a', "L '/d/a' '/d/b'"] },
    {
      calls: ['1 link("l", "b") = 0'],
      records: ['S /d/l', 'K /d/l', "L '/d/l' '/d/b'"],
      disk: ['/d/l->/x'],
    },
    {
      calls: ['1 linkat(3</d/#12>(deleted), "", AT_FDCWD</d>, "b", AT_EMPTY_PATH) = 0'],
      records: ['W /d/b'],
    },
    { calls: ['1 symlink("a", "l") = 0'], records: ["L 'a' '/d/l'"] },
    { calls: ['1 unlinkat(3</e>, "a", 0) = 0'], records: ['D /e/a'] },
    { calls: ['1 rmdir("e") = -1 ENOTEMPTY (No)'], records: ['S /d/e', 'G /d/e'] },
    { calls: ['1 rename("e", "f") = -1 ENOTEMPTY (No)'], records: ['S /d/e', 'S /d/f', 'G /d/f'] },
    { calls: ['1 rename("a", "e") = -1 EISDIR (No)'], records: ['S /d/a', 'S /d/e'], disk: ['/d/e/'] },
    { calls: ['1 link("e", "b") = -1 EPERM (No)'], records: ['S /d/e'] },
    { calls: ['1 mkdir("e", 0777) = -1 EEXIST (No)'], records: ['S /d/e'] },
    { calls: ['1 bind(3<socket:[1]>, {sa_family=AF_UNIX, sun_path="s"}, 110) = 0'], records: ['W /d/s'] },
    { calls: ['1 utimensat(3</d/a>, NULL, NULL, 0) = 0'], records: ['K /d/a', 'W /d/a'] },
    { calls: ['1 fchmod(3</d/a>(deleted), 0644) = 0'], records: [] },
    {
      calls: ['1 open("/a", O_PATH) = 5</a>', '1 chmod("/proc/self/fd/5", 0755) = 0'],
      records: ['S /a', 'K /a', 'W /a'],
    },
  ])('$calls gives $records', check);
});

describe('directories', () => {
  test.each<Case>([
    { calls: ['1 chdir("e") = 0', '1 stat("a", {}) = 0'], records: ['C /d/e', 'S /d/e/a'] },
    { calls: ['1 fchdir(3</e>) = 0', '1 stat("a", {}) = 0'], records: ['C /e', 'S /e/a'] },
    { calls: ['1 stat("./e/../a", {}) = 0'], records: ['S /d/e', 'S /d/a'], disk: ['/d/e/'] },
    { calls: ['1 stat("l/../a", {}) = 0'], records: ['S /d/l', 'S /f/a'], disk: ['/d/l->/f/g'] },
    { calls: ['1 stat("e/../a", {}) = -1 ENOENT (No)'], records: ['N /d/e'] },
    {
      // A child has a directory of its own, from the moment it was made.
      calls: [
        '1 fork( <unfinished ...>',
        '2 chdir("e") = 0',
        '1 <... fork resumed>) = 2',
        '1 stat("a", {}) = 0',
      ],
      records: ['C /d/e', 'S /d/a'],
    },
    { calls: ['1 fork() = 2', '1 chdir("e") = 0', '2 stat("a", {}) = 0'], records: ['C /d/e', 'S /d/a'] },
    {
      // A thread shares it.
      calls: [
        '1 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FS) = 2',
        '2 chdir("e") = 0',
        '1 stat("a", {}) = 0',
      ],
      records: ['C /d/e', 'S /d/e/a'],
    },
  ])('$calls gives $records', check);
});

describe('executing', () => {
  test('a program loads what its header names', () => {
    check({
      calls: [`1 execve("${process.execPath}", ["node"], 0x1) = 0`],
      records: [`E ${process.execPath}`, expect.stringMatching(/^R \/lib.*ld-linux/) as unknown as string],
    });
  });

  test.each<Case>([
    { calls: ['1 execve("/none", ["none"], 0x1) = -1 ENOENT (No)'], records: ['N /none'] },
    {
      calls: ['1 execve("/a", ["a"], 0x1) = 0', '1 fork() = 2', '2 execve("/proc/self/exe", ["a"], 0x1) = 0'],
      records: ['E /a'],
    },
    { calls: ['1 readlink("/proc/self/exe", "/a", 9) = 2'], records: [] },
    { calls: ['1 execve("/plain", ["plain"], 0x1) = -1 EACCES (No)'], records: ['S /plain'] },
    { calls: ['1 execveat(3</gone/sh>, "", ["sh"], 0x1, AT_EMPTY_PATH) = 0'], records: ['E /gone/sh'] },
  ])('$calls gives $records', check);
});

test('a call that is not in the table is told', () => {
  const { calls } = parseStrace('1 quotactl("a") = 0\n');
  const disk = { before: () => false, after: () => undefined, real: () => undefined };
  expect(expectedRecords(calls, '/d', disk)).toEqual({ records: [], unknown: ['quotactl'] });
});
