import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
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
}

const acts = buildActs({ static: true });
const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

test('a backend works here', () => expect(backends).toContain('notify'));

describe.each(backends)('%s', (backend) => {
  const check = ({ files = [], programs = {}, does, records }: Case): Promise<void> =>
    inFolder(files, async (folder) => {
      for (const [name, text] of Object.entries(programs)) {
        writeFileSync(join(folder, name), text.replaceAll('@', folder));
        chmodSync(join(folder, name), 0o755);
      }
      const words = does.split(' ').map((word) => onDisk(folder, word));
      const result = await trace([acts, ...words], { cwd: folder, backend });
      expect(result.status).toBe(0);
      expect(shownRecords(result.log, folder)).toEqual(records);
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
      { files: ['a'], does: 'update a', records: ['R 1 a', 'W 1 a'] },
      { does: 'update=ENOENT a', records: ['N 1 a'] },
      { does: 'openat2-write a', records: ['W 1 a'] },
      { files: ['d/'], does: 'write-at d a', records: ['S 1 d', 'W 1 d/a'] },
      { does: 'tmpfile .', records: ['S 1 .'] },
      { files: ['a'], does: 'append a', records: ['W 1 a'] },
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
      { files: ['a'], does: 'readlink=EINVAL a', records: [] },
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
      { files: ['a', 'b'], does: 'exchange a b', records: ['W 1 a', 'W 1 b'] },
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
      { files: ['a'], does: 'truncate a', records: ['W 1 a'] },
      { does: 'truncate=ENOENT a', records: ['N 1 a'] },
      { files: ['d/'], does: 'truncate=EISDIR d', records: ['S 1 d'] },
      { files: ['a'], does: 'chmod a', records: ['W 1 a'] },
      { files: ['a'], does: 'utimens a', records: ['W 1 a'] },
      { does: 'utimens=ENOENT a', records: ['N 1 a'] },
    ])('$does', check);
  });

  describe('directories', () => {
    test.each<Case>([
      { files: ['d/', 'd/a'], does: 'chdir d read a', records: ['C 1 d', 'R 1 d/a'] },
      { files: ['d/', 'd/a'], does: 'fchdir d read a', records: ['S 1 d', 'C 1 d', 'R 1 d/a'] },
      { does: 'chdir=ENOENT d', records: ['N 1 d'] },
      { files: ['d/', 'a'], does: 'read d/../a', records: ['R 1 a'] },
      { files: ['a'], does: 'read ././/a', records: ['R 1 a'] },
      { files: ['a'], does: 'read=ENOENT d/../a', records: ['N 1 d'] },
      { files: ['d/', 'd/e/', 'd/a', 'l -> d/e'], does: 'read l/../a', records: ['S 1 l', 'R 1 d/a'] },
      { files: ['d/', 'd/e/', 'a', 'l -> d/e'], does: 'read=ENOENT l/../a', records: ['S 1 l', 'N 1 d/a'] },
    ])('$does', check);
  });

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
    ])('$does', check);
  });
});
