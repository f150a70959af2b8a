import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import { buildActs, inFolder, onDisk, shownRecords } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { trace } from './trace.js';

/*
 * What each system call leaves in the log: all the records about the folder, so
 * that one too many fails as well.
 */

interface Case {
  /** Made before, see plant; a text makes a file that may be executed. */
  readonly files?: readonly string[];
  readonly programs?: Readonly<Record<string, string>>;
  /** Words for acts. One that begins with `@` is below the folder. */
  readonly does: string;
  readonly records: readonly string[];
  /** Where a backend that sees results knows better. */
  readonly withResults?: readonly string[];
}

const acts = buildActs({ static: true });
const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

test('the backends that must not be skipped work here', () => {
  expect(backends).toEqual(
    expect.arrayContaining(process.env.OODATE_TEST_BACKENDS?.split(' ') ?? ['notify']),
  );
});

describe.each(backends)('%s', (backend) => {
  const check = ({ files = [], programs = {}, does, records, withResults = records }: Case): Promise<void> =>
    inFolder(files, async (folder) => {
      for (const [name, text] of Object.entries(programs)) {
        writeFileSync(join(folder, name), text.replaceAll('@', folder));
        chmodSync(join(folder, name), 0o755);
      }
      const words = does.split(' ').map((word) => onDisk(folder, word));
      const result = await trace([acts, ...words], { cwd: folder, backend });
      expect(result.status).toBe(0);
      expect(shownRecords(result.log, folder)).toEqual(backend === 'bpf' ? withResults : records);
    });

  describe('opening', () => {
    test.each<Case>([
      { files: ['a'], does: 'read a', records: ['R 1 a'] },
      { does: 'read=ENOENT a', records: ['N 1 a'] },
      { files: ['d/'], does: 'read=ENOENT d/a', records: ['N 1 d/a'] },
      { files: ['a'], does: 'read=ENOTDIR a/b', records: ['N 1 a/b'] },
      { does: 'write a', records: ['W 1 a'] },
      { does: 'write=ENOENT d/a', records: ['N 1 d'] },
      { files: ['a'], does: 'write a', records: ['W 1 a'] },
      { files: ['a'], does: 'update a', records: ['R 1 a', 'K 1 a', 'W 1 a'] },
      { does: 'update=ENOENT a', records: ['N 1 a'] },
      { does: 'openat2-write a', records: ['W 1 a'] },
      { files: ['d/'], does: 'write-at d a', records: ['S 1 d', 'W 1 d/a'] },
      { does: 'tmpfile .', records: ['S 1 .'] },
      { files: ['a'], does: 'append a', records: ['K 1 a', 'W 1 a'] },
      { does: 'create a', records: ['W 1 a'] },
      { files: ['a'], does: 'create=EEXIST a', records: ['S 1 a'] },
      { does: 'creat a', records: ['W 1 a'] },
      { files: ['a'], does: 'open-path a', records: ['S 1 a'] },
      { files: ['a'], does: 'openat2 a', records: ['R 1 a'] },
      { does: 'openat2=ENOENT a', records: ['N 1 a'] },
      { files: ['d/', 'd/a'], does: 'read-at d a', records: ['S 1 d', 'R 1 d/a'] },
      { files: ['d/'], does: 'read-at=ENOENT d a', records: ['S 1 d', 'N 1 d/a'] },
      { files: ['a', 'l -> a'], does: 'read l', records: ['R 1 l'] },
      { files: ['l -> a'], does: 'read=ENOENT l', records: ['N 1 l'] },
      { files: ['a', 'l -> a'], does: 'read-nofollow=ELOOP l', records: ['S 1 l'] },
      { files: ['a'], does: 'open-directory=ENOTDIR a', records: ['S 1 a'] },
      { files: ['d/'], does: 'write=EISDIR d', records: ['S 1 d'] },
      { files: ['l -> a'], does: 'write l', records: ['W 1 l'] },
      { files: ['l -> d/a'], does: 'write=ENOENT l', records: ['N 1 l', 'N 1 d'] },
      { files: ['l -> l'], does: 'write=ELOOP l', records: ['N 1 l'] },
      { files: ['a'], does: 'read=ENOTDIR a/.', records: ['S 1 a'] },
      { does: 'bind s read=ENXIO s', records: ['W 1 s', 'S 1 s'] },
    ])('$does', check);
  });

  describe('looking', () => {
    test.each<Case>([
      { files: ['a'], does: 'stat a', records: ['S 1 a'] },
      { does: 'stat=ENOENT a', records: ['N 1 a'] },
      { files: ['l -> a'], does: 'lstat l', records: ['S 1 l'] },
      { files: ['l -> a'], does: 'stat=ENOENT l', records: ['N 1 l'] },
      { files: ['a'], does: 'statx a', records: ['S 1 a'] },
      { does: 'statx=ENOENT a', records: ['N 1 a'] },
      { files: ['a'], does: 'access a', records: ['S 1 a'] },
      { does: 'access=ENOENT a', records: ['N 1 a'] },
      { files: ['a'], does: 'faccessat2 a', records: ['S 1 a'] },
      { does: 'faccessat2=ENOENT a', records: ['N 1 a'] },
      { files: ['l -> a'], does: 'readlink l', records: ['S 1 l'] },
      { files: ['a'], does: 'readlink=EINVAL a', records: ['S 1 a'] },
      { does: 'readlink=ENOENT a', records: ['N 1 a'] },
      { files: ['d/', 'd/a'], does: 'list d', records: ['S 1 d', 'G 1 d'] },
      { does: 'list=ENOENT d', records: ['N 1 d'] },
    ])('$does', check);
  });

  describe('changing names', () => {
    test.each<Case>([
      { does: 'mkdir d', records: ['W 1 d'] },
      { files: ['d/'], does: 'mkdir=EEXIST d', records: ['S 1 d'] },
      { files: ['d'], does: 'mkdir=ENOTDIR d/e', records: ['S 1 d'] },
      { does: 'mkdir=ENOENT d/e', records: ['N 1 d'] },
      { files: ['d/'], does: 'rmdir d', records: ['D 1 d'] },
      { files: ['d/', 'd/a'], does: 'rmdir=ENOTEMPTY d', records: ['S 1 d', 'G 1 d'] },
      { does: 'rmdir=ENOENT d', records: ['N 1 d'] },
      { files: ['a'], does: 'rmdir=ENOTDIR a', records: ['S 1 a'] },
      { files: ['a'], does: 'unlink a', records: ['D 1 a'] },
      { does: 'unlink=ENOENT a', records: ['N 1 a'] },
      { files: ['d/'], does: 'unlink=EISDIR d', records: ['S 1 d'] },
      { files: ['a'], does: 'rename a b', records: ["M 1 'a' 'b'"] },
      { files: ['a', 'b'], does: 'rename a b', records: ["M 1 'a' 'b'"] },
      { does: 'rename=ENOENT a b', records: ['N 1 a'] },
      { files: ['a'], does: 'rename=ENOENT a d/b', records: ['N 1 d'] },
      { files: ['a', 'b'], does: 'rename-noreplace=EEXIST a b', records: ['S 1 b'] },
      { files: ['a'], does: 'rename-noreplace a b', records: ["M 1 'a' 'b'"] },
      { files: ['a', 'b'], does: 'exchange a b', records: ['K 1 a', 'W 1 a', 'K 1 b', 'W 1 b'] },
      { files: ['a'], does: 'exchange=ENOENT a b', records: ['N 1 b'] },
      { files: ['a', 'd/', 'd/b'], does: 'rename=EISDIR a d', records: ['S 1 a', 'S 1 d'] },
      { files: ['d/', 'e/', 'e/b'], does: 'rename=ENOTEMPTY d e', records: ['S 1 d', 'S 1 e', 'G 1 e'] },
      { files: ['d/'], does: 'rename=EINVAL d d/e', records: ['S 1 d'] },
      { files: ['a'], does: 'link a b', records: ['R 1 a', "L 1 'a' 'b'"] },
      { files: ['a', 'b'], does: 'link=EEXIST a b', records: ['S 1 b'] },
      { does: 'link=ENOENT a b', records: ['N 1 a'] },
      { files: ['a'], does: 'link=ENOENT a d/b', records: ['N 1 d'] },
      { files: ['d/'], does: 'link=EPERM d b', records: ['S 1 d'] },
      { does: 'symlink a l', records: ["L 1 'a' 'l'"] },
      { files: ['l'], does: 'symlink=EEXIST a l', records: ['S 1 l'] },
      { does: 'fifo p', records: ['W 1 p'] },
      { does: 'bind s', records: ['W 1 s'] },
      { files: ['s'], does: 'bind=EADDRINUSE s', records: ['S 1 s'] },
      { does: 'connect=ENOENT s', records: ['N 1 s'] },
      { does: 'bind s connect=ECONNREFUSED s', records: ['W 1 s', 'S 1 s'] },
    ])('$does', check);
  });

  describe('altering', () => {
    test.each<Case>([
      { files: ['a'], does: 'truncate a', records: ['K 1 a', 'W 1 a'] },
      { does: 'truncate=ENOENT a', records: ['N 1 a'] },
      { files: ['d/'], does: 'truncate=EISDIR d', records: ['S 1 d'] },
      { files: ['a'], does: 'chmod a', records: ['K 1 a', 'W 1 a'] },
      { files: ['a'], does: 'utimens a', records: ['K 1 a', 'W 1 a'] },
      { does: 'utimens=ENOENT a', records: ['N 1 a'] },
    ])('$does', check);
  });

  describe('what was there stays in part', () => {
    const open = (flags: string) => `call [ openat AT_FDCWD a ${flags} 0600 ]`;
    const kept = ['K 1 a', 'W 1 a'];
    test.each<Case>([
      { files: ['a'], does: open('O_WRONLY|O_CREAT'), records: kept },
      { files: ['a'], does: open('O_WRONLY|O_CREAT|O_APPEND'), records: kept },
      { files: ['a'], does: open('O_RDWR|O_CREAT'), records: ['R 1 a', ...kept] },
      { files: ['a'], does: open('O_RDWR|O_TRUNC'), records: ['W 1 a'] },
      { does: open('O_WRONLY|O_CREAT|O_APPEND'), records: ['W 1 a'] },
      { does: open('O_RDWR|O_CREAT'), records: ['W 1 a'] },
      { files: ['l -> a'], does: 'append l', records: ['W 1 l'] },
      { files: ['a', 'l -> a'], does: 'append l', records: ['K 1 l', 'W 1 l'] },
      { does: 'append a append a', records: ['W 1 a', ...kept] },
      { does: 'fifo a call [ openat AT_FDCWD a O_RDWR ]', records: ['W 1 a', 'R 1 a', 'W 1 a'] },
      { files: ['d/'], does: 'chmod d', records: ['K 1 d', 'W 1 d'] },
      {
        files: ['a'],
        does: 'keep [ openat AT_FDCWD a O_PATH ] append /proc/self/fd/3',
        records: ['S 1 a', ...kept],
      },
      { files: ["a'"], does: "rename a' b", records: ["K 1 a'", "D 1 a'", 'W 1 b'] },
      { files: ['a'], does: "rename a b'", records: ['K 1 a', 'D 1 a', "W 1 b'"] },
      { files: ["d'/a"], does: "rename d' e", records: ["K 1 d'", "D 1 d'", 'W 1 e', 'W 1 e/a'] },
      { files: ['l -> a'], does: 'link l b', records: ['S 1 l', 'K 1 l', "L 1 'l' 'b'"] },
      { files: ['l -> a'], does: "link l b'", records: ['S 1 l', 'K 1 l', "W 1 b'"] },
    ])('$does', check);
  });

  describe('directories', () => {
    test.each<Case>([
      { files: ['d/', 'd/a'], does: 'chdir d read a', records: ['C 1 d', 'R 1 d/a'] },
      { files: ['d/', 'd/a'], does: 'fchdir d read a', records: ['S 1 d', 'C 1 d', 'R 1 d/a'] },
      { does: 'chdir=ENOENT d', records: ['N 1 d'] },
      { files: ['d/', 'a'], does: 'read d/../a', records: ['S 1 d', 'R 1 a'] },
      { files: ['a'], does: 'read ././/a', records: ['R 1 a'] },
      { files: ['a'], does: 'read=ENOENT d/../a', records: ['N 1 d'] },
      { files: ['d/', 'd/e/', 'd/a', 'l -> d/e'], does: 'read l/../a', records: ['S 1 l', 'R 1 d/a'] },
      { files: ['d/', 'd/e/', 'a', 'l -> d/e'], does: 'read=ENOENT l/../a', records: ['S 1 l', 'N 1 d/a'] },
    ])('$does', check);
  });

  test('what lies deeper than a path can tell makes the trace incomplete', () =>
    inFolder([], async (folder) => {
      const name = 'd'.repeat(250);
      const words = ['repeat', '40', '[', 'mkdir', name, 'chdir', name, ']', 'write', 'a', 'exit', '7'];
      const { status, accesses } = await trace([acts, ...words], { cwd: folder, backend });
      // Deeper than Node can remove as well.
      execFileSync('rm', ['-r', join(folder, name)]);
      expect({ status, ended: accesses.ended }).toEqual({ status: 7, ended: true });
      expect(accesses.incomplete.map(({ reason }) => reason)).toContain('a path could not be found out');
    }));

  describe('processes', () => {
    test.each<Case>([
      { files: ['a'], does: 'fork [ read a ] stat a', records: ['R 2 a', 'S 1 a'] },
      { files: ['a'], does: 'vfork [ read a ] stat a', records: ['R 2 a', 'S 1 a'] },
      { files: ['a'], does: 'thread [ read a ] stat a', records: ['R 1 a', 'S 1 a'] },
      { files: ['a'], does: 'exec read a', records: ['R 1 a'] },
      { files: ['a'], does: 'execveat read a', records: ['R 1 a'] },
      { files: ['a'], does: 'fork [ fork [ unlink a ] ] stat=ENOENT a', records: ['D 3 a', 'N 1 a'] },
      { files: ['a'], does: 'thread [ rename a b ] read b', records: ["M 1 'a' 'b'", 'R 1 b'] },
      {
        files: ['d/', 'd/a'],
        does: 'fork [ chdir d read a ] read=ENOENT a',
        records: ['C 2 d', 'R 2 d/a', 'N 1 a'],
      },
    ])('$does', check);
  });

  describe('executing', () => {
    test.each<Case>([
      { files: ['plain'], does: 'become=EACCES plain', records: ['S 1 plain'] },
      { does: 'become=ENOENT plain', records: ['N 1 plain'] },
      { programs: { s: '#!/bin/true\n' }, does: 'become s', records: ['E 1 s'] },
      {
        programs: { s: '#!/bin/true\n', t: '#!@/s with an argument\n' },
        does: 'become t',
        records: ['E 1 t', 'E 1 s'],
      },
      { programs: { s: '#! \t@/no with args\n' }, does: 'become=ENOENT s', records: ['S 1 s', 'N 1 no'] },
      {
        programs: { s: '#!plain\n' },
        files: ['plain'],
        does: 'become=EACCES s',
        records: ['S 1 s', 'S 1 plain'],
      },
      { programs: { s: '#!t\n', t: '#!/bin/true' }, does: 'become s', records: ['E 1 s', 'E 1 t'] },
      { programs: { s: `#!@/${'n'.repeat(300)}\n` }, does: 'become=ENOEXEC s', records: ['S 1 s'] },
      { programs: { s: '' }, does: 'become=ENOEXEC s', records: ['S 1 s'] },
      {
        programs: Object.fromEntries(
          [1, 2, 3, 4, 5].map((n) => [`s${n}`, n < 5 ? `#!s${n + 1}\n` : '#!/bin/true\n']),
        ),
        does: 'become s1',
        records: ['E 1 s1', 'E 1 s2', 'E 1 s3', 'E 1 s4', 'E 1 s5'],
      },
      { programs: { s: '#!s\n' }, does: 'become=ELOOP s', records: Array(6).fill('S 1 s') },
      {
        programs: { s: '#!/bin/true\n' },
        does: 'keep [ openat AT_FDCWD s O_PATH ] call [ execveat $1 = u64:=s,0 u64:0 AT_EMPTY_PATH ]',
        records: ['S 1 s', 'E 1 s'],
      },
      {
        programs: { s: '#!/bin/true\n' },
        does: 'keep [ openat AT_FDCWD s O_PATH ] call [ execve /proc/self/fd/3 u64:=s,0 u64:0 ]',
        records: ['S 1 s', 'E 1 s'],
      },
      {
        programs: { i: '#!/bin/true\n' },
        does: 'keep [ memfd_create m 0 ] call [ write $1 =#!i 3 ] call [ execveat $1 = u64:=s,0 u64:0 AT_EMPTY_PATH ]',
        records: ['E 1 i'],
        withResults: ['Q 1 a script had gone before its interpreters could be found out'],
      },
    ])('$does', check);
  });

  describe('limits of a look-up', () => {
    const openat2 = (path: string, limit: string): string =>
      `[ openat2 AT_FDCWD ${path} u64:O_RDONLY,0,${limit} 24 ]`;
    test.each<Case>([
      { files: ['a'], does: `call ${openat2('a', 'RESOLVE_BENEATH')}`, records: ['R 1 a'] },
      {
        files: ['d/', 'a'],
        does: `chdir d call=EXDEV ${openat2('../a', 'RESOLVE_BENEATH')}`,
        records: ['C 1 d', 'S 1 d', 'S 1 a'],
      },
      {
        files: ['a', 'l -> a'],
        does: `call=ELOOP ${openat2('l', 'RESOLVE_NO_SYMLINKS')}`,
        records: ['S 1 l'],
      },
      {
        files: ['d/a', 'l -> d'],
        does: `call=ELOOP ${openat2('l/a', 'RESOLVE_NO_SYMLINKS')}`,
        records: ['S 1 l/a'],
      },
      { files: ['a', 'l -> a'], does: `call ${openat2('l', 'RESOLVE_NO_MAGICLINKS')}`, records: ['R 1 l'] },
      { files: ['a'], does: `call ${openat2('a', 'RESOLVE_NO_XDEV')}`, records: ['R 1 a'] },
      { does: `call=ENOENT ${openat2('a', 'RESOLVE_NO_SYMLINKS')}`, records: ['N 1 a'] },
      { files: ['a'], does: `stat a call ${openat2('a', 'RESOLVE_CACHED')}`, records: ['S 1 a', 'R 1 a'] },
      {
        files: ['a'],
        does: `call ${openat2('/a', 'RESOLVE_IN_ROOT')}`,
        records: ['Q 1 a path was looked up below a root of its own'],
        withResults: ['R 1 a'],
      },
      { files: ['a'], does: 'call=EINVAL [ openat2 AT_FDCWD a u64:O_RDONLY,0,0 8 ]', records: [] },
    ])('$does', check);
  });

  describe('descriptors', () => {
    test.each<Case>([
      {
        files: ['a'],
        does: 'keep [ openat AT_FDCWD a O_PATH ] read /proc/self/fd/3',
        records: ['S 1 a', 'R 1 a'],
      },
      { files: ['a'], does: 'keep [ openat AT_FDCWD a O_PATH ] read /dev/fd/3', records: ['S 1 a', 'R 1 a'] },
      {
        files: ['a'],
        does: 'keep [ openat AT_FDCWD a O_PATH ] read /proc/self//fd/./3',
        records: ['S 1 a', 'R 1 a'],
      },
      {
        files: ['a'],
        does: 'keep [ openat AT_FDCWD a O_PATH ] chdir /proc/self read fd/3',
        records: ['S 1 a', 'R 1 a'],
      },
      {
        files: ['d/a'],
        does: 'keep [ openat AT_FDCWD d O_PATH ] read /proc/self/fd/3/a',
        records: ['S 1 d', 'R 1 d/a'],
      },
      {
        files: ['d/', 'a'],
        does: 'keep [ openat AT_FDCWD d O_PATH ] read /dev/fd/3/../a',
        records: ['S 1 d', 'S 1 d', 'R 1 a'],
      },
      { files: ['d/', 'a'], does: 'chdir d read /proc/self/cwd/../a', records: ['C 1 d', 'S 1 d', 'R 1 a'] },
      { files: ['a'], does: 'read /proc/thread-self/cwd/a', records: ['R 1 a'] },
      {
        files: ['d/a'],
        does: 'thread [ call [ unshare CLONE_FS ] chdir d read a ] read=ENOENT a',
        records: ['C 1 d', 'R 1 d/a', 'N 1 a'],
      },
      { files: ['d/a'], does: 'thread [ chdir d ] read a', records: ['C 1 d', 'R 1 d/a'] },
      {
        files: ['d/a'],
        does: 'keep [ openat AT_FDCWD d O_PATH ] rename d e call [ openat $1 a O_RDONLY ]',
        records: ['S 1 d', "M 1 'd' 'e'", 'R 1 e/a'],
      },
      {
        files: ['d/'],
        does: 'chdir d rmdir ../d stat=ENOENT a call=ENOENT [ getcwd & 4096 ]',
        records: ['C 1 d', 'S 1 d', 'D 1 d'],
      },
      {
        does: 'keep [ openat AT_FDCWD . O_TMPFILE|O_RDWR 0600 ] call [ linkat $1 = AT_FDCWD a AT_EMPTY_PATH ]',
        records: ['S 1 .', 'W 1 a'],
      },
      {
        does: 'keep [ openat AT_FDCWD . O_TMPFILE|O_RDWR 0600 ] call [ linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD a AT_SYMLINK_FOLLOW ]',
        records: ['S 1 .', 'W 1 a'],
      },
      { does: 'keep [ memfd_create m 0 ] call [ write $1 =content 7 ] call [ ftruncate $1 0 ]', records: [] },
      {
        files: ['a'],
        does: 'keep [ openat AT_FDCWD a O_RDONLY ] call [ fstat $1 & ] call [ fstatfs $1 & ]',
        records: ['R 1 a'],
      },
    ])('$does', check);
  });

  describe('content without a path', () => {
    const opened = 'keep [ openat AT_FDCWD a O_RDONLY ] keep [ openat AT_FDCWD b O_RDWR ]';
    const both = ['R 1 a', 'R 1 b', 'K 1 b', 'W 1 b'];
    test.each<Case>([
      { files: ['a', 'b'], does: `${opened} call [ copy_file_range $1 0 $2 0 1 0 ]`, records: both },
      { files: ['a', 'b'], does: `${opened} call [ sendfile $2 $1 0 1 ]`, records: both },
      { files: ['a', 'b'], does: `${opened} call [ fallocate $2 0 0 10 ]`, records: both },
      { files: ['a', 'b'], does: `${opened} call [ ftruncate $2 0 ]`, records: both },
      {
        files: ['a', 'b'],
        does: `${opened} call [ mmap 0 4096 PROT_READ|PROT_WRITE MAP_SHARED $2 0 ]`,
        records: both,
      },
    ])('$does', check);
  });

  describe('the older calls', () => {
    test.each<Case>([
      { files: ['a'], does: 'call [ open a O_RDONLY ]', records: ['R 1 a'] },
      { files: ['a'], does: 'call [ open a O_RDONLY|O_TRUNC ]', records: ['W 1 a'] },
      { does: 'call [ open a O_WRONLY|O_CREAT|O_EXCL 0600 ]', records: ['W 1 a'] },
      { files: ['l -> a'], does: 'call=EEXIST [ open l O_WRONLY|O_CREAT|O_EXCL 0600 ]', records: ['S 1 l'] },
      { does: 'call=EISDIR [ open a/ O_WRONLY|O_CREAT 0600 ]', records: ['N 1 a'] },
      { does: 'call [ creat a 0600 ]', records: ['W 1 a'] },
      { files: ['a'], does: 'call [ stat a & ]', records: ['S 1 a'] },
      { files: ['l -> a'], does: 'call [ lstat l & ]', records: ['S 1 l'] },
      { files: ['a'], does: 'call [ access a 0 ]', records: ['S 1 a'] },
      { files: ['l -> a'], does: 'call [ readlink l & 4096 ]', records: ['S 1 l'] },
      { files: ['a'], does: 'call [ rename a b ]', records: ["M 1 'a' 'b'"] },
      { files: ['a'], does: 'call [ link a b ]', records: ['R 1 a', "L 1 'a' 'b'"] },
      { files: ['l -> a'], does: 'call [ unlink l ]', records: ['D 1 l'] },
      { does: 'call [ mkdir d 0700 ] call [ rmdir d ]', records: ['W 1 d', 'D 1 d'] },
      { does: 'call [ mknod p S_IFIFO|0600 0 ]', records: ['W 1 p'] },
      { does: 'call [ symlink text l ]', records: ["L 1 'text' 'l'"] },
      {
        files: ['a'],
        does: 'call [ chmod a 0600 ] call [ chown a -1 -1 ] call [ lchown a -1 -1 ]',
        records: ['K 1 a', 'W 1 a', 'K 1 a', 'W 1 a', 'K 1 a', 'W 1 a'],
      },
      {
        files: ['a'],
        does: 'call [ utime a 0 ] call [ utimes a 0 ] call [ futimesat AT_FDCWD a 0 ]',
        records: ['K 1 a', 'W 1 a', 'K 1 a', 'W 1 a', 'K 1 a', 'W 1 a'],
      },
      {
        files: ['d/a'],
        does: 'keep [ open d O_RDONLY ] call [ getdents $1 & 65536 ]',
        records: ['S 1 d', 'G 1 d'],
      },
    ])('$does', check);
  });

  describe('calls below a directory', () => {
    const d = 'keep [ openat AT_FDCWD d O_PATH ]';
    test.each<Case>([
      { files: ['d/a'], does: `${d} call [ openat $1 a O_RDONLY ]`, records: ['S 1 d', 'R 1 d/a'] },
      { files: ['d/a'], does: `${d} call [ newfstatat $1 a & 0 ]`, records: ['S 1 d', 'S 1 d/a'] },
      { files: ['d/'], does: `${d} call [ newfstatat $1 = & AT_EMPTY_PATH ]`, records: ['S 1 d'] },
      { files: ['d/a'], does: `${d} call [ statx $1 a 0 0 & ]`, records: ['S 1 d', 'S 1 d/a'] },
      { files: ['d/a'], does: `${d} call [ faccessat $1 a 0 ]`, records: ['S 1 d', 'S 1 d/a'] },
      { files: ['d/a'], does: `${d} call [ faccessat2 $1 a 0 0 ]`, records: ['S 1 d', 'S 1 d/a'] },
      { files: ['d/l -> a'], does: `${d} call [ readlinkat $1 l & 4096 ]`, records: ['S 1 d', 'S 1 d/l'] },
      { files: ['d/'], does: `${d} call [ mkdirat $1 e 0700 ]`, records: ['S 1 d', 'W 1 d/e'] },
      { files: ['d/'], does: `${d} call [ mknodat $1 p S_IFIFO|0600 0 ]`, records: ['S 1 d', 'W 1 d/p'] },
      { files: ['d/a'], does: `${d} call [ unlinkat $1 a 0 ]`, records: ['S 1 d', 'D 1 d/a'] },
      { files: ['d/e/'], does: `${d} call [ unlinkat $1 e AT_REMOVEDIR ]`, records: ['S 1 d', 'D 1 d/e'] },
      { files: ['d/a'], does: `${d} call [ renameat $1 a AT_FDCWD b ]`, records: ['S 1 d', "M 1 'd/a' 'b'"] },
      { files: ['d/a'], does: `${d} call [ renameat2 $1 a $1 b 0 ]`, records: ['S 1 d', "M 1 'd/a' 'd/b'"] },
      {
        files: ['d/a'],
        does: `${d} call [ linkat $1 a $1 b 0 ]`,
        records: ['S 1 d', 'R 1 d/a', "L 1 'd/a' 'd/b'"],
      },
      { files: ['d/'], does: `${d} call [ symlinkat text $1 l ]`, records: ['S 1 d', "L 1 'text' 'd/l'"] },
      { files: ['d/a'], does: `${d} call [ fchmodat $1 a 0600 ]`, records: ['S 1 d', 'K 1 d/a', 'W 1 d/a'] },
      {
        files: ['d/a'],
        does: `${d} call [ fchmodat2 $1 a 0600 0 ]`,
        records: ['S 1 d', 'K 1 d/a', 'W 1 d/a'],
      },
      {
        files: ['d/a'],
        does: `${d} call [ fchownat $1 a -1 -1 0 ]`,
        records: ['S 1 d', 'K 1 d/a', 'W 1 d/a'],
      },
      {
        files: ['d/'],
        does: `${d} call [ fchownat $1 = -1 -1 AT_EMPTY_PATH ]`,
        records: ['S 1 d', 'K 1 d', 'W 1 d'],
      },
      { files: ['d/a'], does: `${d} call [ utimensat $1 a 0 0 ]`, records: ['S 1 d', 'K 1 d/a', 'W 1 d/a'] },
      {
        files: ['d/a'],
        does: `${d} call [ name_to_handle_at $1 a u64:128 & 0 ]`,
        records: ['S 1 d', 'S 1 d/a'],
      },
      { files: ['l -> a'], does: 'call [ name_to_handle_at AT_FDCWD l u64:128 & 0 ]', records: ['S 1 l'] },
      {
        files: ['d/'],
        does: `${d} call [ fchdir $1 ] read=ENOENT a`,
        records: ['S 1 d', 'C 1 d', 'N 1 d/a'],
      },
    ])('$does', check);
  });

  describe('attributes', () => {
    const opened = 'keep [ openat AT_FDCWD a O_RDONLY ]';
    const xattr = 'u64:=v,1';
    test.each<Case>([
      { files: ['a'], does: 'call [ setxattr a user.x =v 1 0 ]', records: ['K 1 a', 'W 1 a'] },
      { files: ['a'], does: 'call [ lsetxattr a user.x =v 1 0 ]', records: ['K 1 a', 'W 1 a'] },
      {
        files: ['a'],
        does: `${opened} call [ fsetxattr $1 user.x =v 1 0 ] call [ fremovexattr $1 user.x ]`,
        records: ['R 1 a', 'K 1 a', 'W 1 a', 'K 1 a', 'W 1 a'],
      },
      {
        files: ['a'],
        does: 'call=ENODATA [ getxattr a user.x & 10 ] call=ENODATA [ lgetxattr a user.x & 10 ]',
        records: ['S 1 a', 'S 1 a'],
      },
      {
        files: ['a'],
        does: 'call [ listxattr a & 10 ] call [ llistxattr a & 10 ]',
        records: ['S 1 a', 'S 1 a'],
      },
      { files: ['a'], does: `${opened} call [ flistxattr $1 & 10 ]`, records: ['R 1 a'] },
      {
        files: ['a'],
        does: `call [ setxattrat AT_FDCWD a 0 user.x ${xattr} 16 ] call [ removexattrat AT_FDCWD a 0 user.x ]`,
        records: ['K 1 a', 'W 1 a', 'K 1 a', 'W 1 a'],
      },
      {
        files: ['a'],
        does: 'call [ listxattrat AT_FDCWD a 0 & 10 ] call=ENODATA [ getxattrat AT_FDCWD a 0 user.x u64:&,10 16 ]',
        records: ['S 1 a', 'S 1 a'],
      },
      { does: 'call=ENOENT [ getxattr a user.x & 10 ]', records: ['N 1 a'] },
      { files: ['a'], does: 'call [ file_getattr AT_FDCWD a & 24 0 ]', records: ['S 1 a'] },
      {
        files: ['a'],
        does: `${opened} call [ fchmod $1 0600 ] call [ fchown $1 -1 -1 ] call [ utimensat $1 0 0 0 ]`,
        records: ['R 1 a', 'K 1 a', 'W 1 a', 'K 1 a', 'W 1 a', 'K 1 a', 'W 1 a'],
      },
      { files: ['a'], does: 'call [ statfs a & ]', records: ['S 1 a'] },
      {
        does: 'keep [ inotify_init1 0 ] call=ENOENT [ inotify_add_watch $1 a IN_MODIFY ]',
        records: ['N 1 a'],
      },
      {
        files: ['a'],
        does: 'keep [ inotify_init1 0 ] call [ inotify_add_watch $1 a IN_MODIFY ]',
        records: ['S 1 a'],
      },
      {
        files: ['a'],
        does: 'keep [ fanotify_init FAN_REPORT_FID 0 ] call [ fanotify_mark $1 FAN_MARK_ADD FAN_MODIFY AT_FDCWD a ]',
        records: ['S 1 a'],
      },
    ])('$does', check);
  });

  describe('servers', () => {
    const socket = 'keep [ socket AF_UNIX SOCK_DGRAM 0 ]';
    test.each<Case>([
      { does: `${socket} call=ENOENT [ sendto $1 =x 1 0 un:s un: ]`, records: ['N 1 s'] },
      { does: 'keep [ socketpair AF_UNIX SOCK_STREAM 0 & ]', records: [] },
    ])('$does', check);
  });

  describe('names at the limit', () => {
    const long = 'n'.repeat(256);
    const deep = `${'d'.repeat(250)}/`.repeat(17);
    test.each<Case>([
      { does: `read=ENAMETOOLONG ${long}`, records: [] },
      { does: `write=ENAMETOOLONG ${long}`, records: [] },
      { does: `mkdir=ENAMETOOLONG ${long}`, records: [] },
      { does: `stat=ENAMETOOLONG ${deep}`, records: [] },
      { files: ['l -> l'], does: 'stat=ELOOP l', records: ['N 1 l'] },
      { files: ['one', 'two'], does: 'flip one one 3', records: ['R 1 one', 'R 1 one', 'R 1 one'] },
    ])('$does', check);

    test('a directory whose path is too long to be known makes the trace incomplete', async () => {
      const down = Array(18)
        .fill(`mkdir ${'d'.repeat(240)} chdir ${'d'.repeat(240)}`)
        .join(' ');
      const records = await inFolder([], async (folder) => {
        const result = await trace([acts, ...`${down} write a`.split(' ')], { cwd: folder, backend });
        expect(result.status).toBe(0);
        // Node cannot remove what has so long a path.
        execFileSync('rm', ['-rf', folder]);
        return shownRecords(result.log, folder);
      });
      expect(records.filter((record) => record.startsWith('Q'))).not.toEqual([]);
    });

    test('a name that changes while it is read is one or the other', () =>
      inFolder(['one', 'two'], async (folder) => {
        const result = await trace([acts, 'flip', 'one', 'two', '50'], { cwd: folder, backend });
        const records = shownRecords(result.log, folder);
        // The kernel may have found a name half changed, which then is looked for.
        expect(records.filter((record) => !/^[RN] 1 (one|two|\w{3})$/.test(record))).toEqual([]);
      }));
  });

  describe('the network', () => {
    /** struct sockaddr_in of 127.0.0.1 with port 9, or any; sockaddr_in6 in its first words; sockaddr_nl. */
    const discard = 'u64:0x0100007f09000002,0';
    const anyPort = 'u64:0x0100007f00000002,0';
    const six = 'u64:0x000000000900000a,0,0x0100000000000000,0';
    const netlink = 'u64:16,0';
    const stream = 'keep [ socket 2 1 0 ]';
    const datagrams = 'keep [ socket 2 2 0 ]';
    test.each<[string, string, string[]]>([
      ['a connection that is refused', `${stream} call=ECONNREFUSED [ connect $1 ${discard} 16 ]`, ['used']],
      ['a connection of datagrams', `${datagrams} call [ connect $1 ${discard} 16 ]`, ['used']],
      ['a datagram', `${datagrams} call [ sendto $1 =x 1 0 ${discard} 16 ]`, ['used']],
      ['an address that is taken', `${stream} call [ bind $1 ${anyPort} 16 ]`, ['served']],
      // A socket of the older kind answers in this way whether or not the machine has IPv6.
      ['a connection by IPv6', `${stream} call=EAFNOSUPPORT [ connect $1 ${six} 28 ]`, ['used']],
      ['an address of IPv6', `${stream} call=EAFNOSUPPORT [ bind $1 ${six} 28 ]`, ['served']],
      [
        'several connections and an address',
        `${datagrams} repeat 3 [ call [ connect $1 ${discard} 16 ] ] ${stream} fork [ call [ bind $2 ${anyPort} 16 ] ]`,
        ['used', 'served'],
      ],
      ['a socket alone', stream, []],
      ['an address taken back', `${datagrams} call [ connect $1 u64:0,0 16 ]`, []],
      ['netlink', `keep [ socket 16 3 0 ] call [ bind $1 ${netlink} 12 ]`, []],
      ['a Unix socket', 'bind s connect=ECONNREFUSED s', []],
      ['an address that cannot be read', `${stream} call=EFAULT [ connect $1 1 16 ]`, []],
    ])('%s is told of as it is, and once', (_, does, uses) =>
      inFolder([], async (folder) => {
        const result = await trace([acts, ...does.split(' ')], { cwd: folder, backend });
        expect(result.status).toBe(0);
        expect(decodePath(result.log).match(/^# Network.*$/gm) ?? []).toEqual(
          uses.map((use) => `# Network ${use}`),
        );
        expect(result.accesses).toMatchObject({ network: uses, incomplete: [] });
      }),
    );
  });

  describe('what cannot be seen exactly', () => {
    const root = 'Q 1 a process changed its root directory';
    const mounted = 'Q 1 a process changed what is mounted where';
    const foreign = 'Q 1 a program of another architecture was run';
    const own = 'Q 1 a process entered a mount namespace of its own';
    const needsRoot = process.getuid?.() === 0 ? [] : ['EPERM'];
    const call = ['call', ...needsRoot].join('=');
    const withRoot = (reason: string): string[] => (needsRoot.length === 0 ? [reason] : []);
    test.each<Case>([
      {
        files: ['d/'],
        does: `${call} [ chroot d ]`,
        records: ['S 1 d', ...withRoot(root)],
        withResults: ['S 1 d'],
      },
      { does: 'call=ENOENT [ chroot d ]', records: ['N 1 d'] },
      {
        files: ['d/'],
        does: 'call [ unshare CLONE_NEWUSER ] call [ chroot d ]',
        records: ['S 1 d', root],
        withResults: ['S 1 d'],
      },
      { does: 'call [ unshare CLONE_NEWUSER|CLONE_NEWNS ]', records: [own], withResults: [] },
      { files: ['a'], does: 'call [ unshare CLONE_NEWUSER ] read a', records: ['R 1 a'] },
      { does: 'call=ENOENT [ mount a d =none 0 0 ]', records: ['N 1 d'] },
      { does: 'call=ENOENT [ umount2 d 0 ]', records: ['N 1 d'] },
      {
        files: ['d/'],
        does: 'call=EINVAL [ umount2 d 0 ]',
        records: ['S 1 d', ...withRoot(mounted)],
        withResults: ['S 1 d'],
      },
      { does: 'call=ENOENT [ pivot_root d d ]', records: ['N 1 d'] },
      { files: ['d/'], does: 'call [ open_tree AT_FDCWD d 0 ]', records: ['S 1 d'] },
      {
        files: ['d/'],
        does: `${call} [ open_tree AT_FDCWD d OPEN_TREE_CLONE ]`,
        records: ['S 1 d', ...withRoot(mounted)],
      },
      { does: 'call=ENOENT [ acct a ]', records: ['N 1 a'] },
      { does: 'call=ENOENT [ swapon a 0 ]', records: ['N 1 a'] },
      { files: ['a'], does: 'call32 [ 5 a 0 0 ]', records: [foreign] },
      {
        does: 'keep [ getpid ] keep [ pidfd_open $1 0 ] call=EBADF [ pidfd_getfd $2 999 0 ]',
        records: ['Q 1 a descriptor was taken from another process'],
        withResults: [],
      },
    ])('$does', check);
  });
});
