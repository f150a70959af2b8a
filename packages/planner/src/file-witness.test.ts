import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { FileWitness, isSettled, type Sight } from './file-witness.js';

let folder: string;
let witness: FileWitness;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-witness-')));
  witness = new FileWitness();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function path(name: string): AbsolutePath {
  return join(folder, name) as AbsolutePath;
}

const farFuture = 2n ** 62n;

/** What is noted of each path, with `>` behind it if it was followed. */
function sights(): Record<string, Sight['kind']> {
  const looks = witness.looks(farFuture) ?? [];
  return Object.fromEntries(
    looks.map(({ path: at, follows, sight }) => [
      `${at.slice(folder.length + 1)}${follows ? '>' : ''}`,
      sight.kind,
    ]),
  );
}

test('it answers as the disk does, and notes each answer', () => {
  writeFileSync(path('file'), 'text');
  symlinkSync('file', path('link'));
  symlinkSync('link', path('chain'));
  expect(witness.linkState(path('file'))).toMatchObject({ type: 'file', size: 4n });
  expect(witness.linkState(path('link'))).toMatchObject({ type: 'link', target: 'file' });
  expect(witness.state(path('chain'))).toMatchObject({ type: 'file', size: 4n });
  expect(witness.linkState(path('none'))).toEqual({ type: 'absent' });
  expect(witness.state(path('file/none'))).toEqual({ type: 'absent' });
  expect(witness.state(path('x'.repeat(300)))).toEqual({ type: 'absent' });
  expect(witness.digest(path('link'))).toMatchObject({ digest: expect.stringMatching(/^982d9e3e/) });
  expect(sights()).toEqual({
    file: 'same',
    link: 'same',
    'chain>': 'same',
    none: 'absent',
    'file/none>': 'absent',
    [`${'x'.repeat(300)}>`]: 'absent',
    'link>': 'same',
  });
});

test('of a directory that is not listed it tells no times, and of one that is it notes them', () => {
  mkdirSync(path('dir/sub'), { recursive: true });
  expect(witness.state(path('dir'))).toEqual({ type: 'directory', mtime: 0n, ctime: 0n, made: 0n });
  expect(sights()).toEqual({ 'dir>': 'directory' });
  expect(witness.list(path('dir'))).toEqual(['sub/']);
  witness.state(path('dir'));
  expect(sights()).toEqual({ 'dir>': 'same' });
});

test('where a directory is can be noted without what is in it', () => {
  mkdirSync(path('dir'));
  const { ino, dev } = lstatSync(path('dir'), { bigint: true });
  expect(witness.place(path('dir'))).toEqual({ device: dev, inode: ino });
  expect(sights()).toEqual({ 'dir>': 'place' });
  expect(witness.place(path('none'))).toBeUndefined();
  expect(sights()).toEqual({ 'dir>': 'place', 'none>': 'absent' });
});

test('a file that is looked at with and without following is noted once', () => {
  writeFileSync(path('file'), '');
  witness.linkState(path('file'));
  witness.digest(path('file'));
  expect(sights()).toEqual({ file: 'same' });
});

test('why something cannot be looked at is noted', () => {
  symlinkSync('loop', path('loop'));
  expect(witness.state(path('loop'))).toEqual({ type: 'unreadable', errno: 'ELOOP' });
  expect(witness.looks(farFuture)).toEqual([
    { path: path('loop'), follows: true, sight: { kind: 'unreadable', errno: 40 } },
  ]);
});

describe('nothing is to be relied on if between two looks', () => {
  const changes: Readonly<Record<string, () => void>> = {
    'a file is written': () => writeFileSync(path('file'), 'other'),
    'a file gets other permissions': () => chmodSync(path('file'), 0o600),
    'a file is replaced': () => {
      writeFileSync(path('new'), '');
      renameSync(path('new'), path('file'));
    },
    'a file goes': () => rmSync(path('file')),
    'a directory comes': () => mkdirSync(path('none')),
    'a listed directory gets a name': () => writeFileSync(path('listed/name'), ''),
    'another directory comes in a place': () => {
      mkdirSync(path('new'));
      renameSync(path('new'), path('dir'));
    },
  };

  const look = () => {
    witness.linkState(path('file'));
    witness.linkState(path('none'));
    witness.list(path('listed'));
    witness.place(path('dir'));
  };

  test.each(Object.entries(changes))('%s', (_, change) => {
    writeFileSync(path('file'), '');
    mkdirSync(path('listed'));
    mkdirSync(path('dir'));
    look();
    look();
    expect(witness.looks(farFuture)).toBeDefined();
    change();
    look();
    expect(witness.looks(farFuture)).toBeUndefined();
  });

  test('a file is looked at, and another is read there', () => {
    writeFileSync(path('file'), '');
    witness.digest(path('file'));
    writeFileSync(path('file'), 'other');
    witness.digest(path('file'));
    expect(witness.looks(farFuture)).toBeUndefined();
  });
});

test('what has changed since the clock was read could change again unseen', () => {
  writeFileSync(path('file'), '');
  const { ctimeNs } = lstatSync(path('file'), { bigint: true });
  witness.state(path('file'));
  expect(witness.looks(ctimeNs)).toBeUndefined();
  expect(witness.looks(ctimeNs - 1n)).toBeUndefined();
  expect(witness.looks(ctimeNs + 3_000_000_000n)).toBeDefined();
});

test.each([
  ['a nanosecond before', 1_000_000_001n, 1_000_000_002n, true],
  ['at the same time', 1_000_000_001n, 1_000_000_001n, false],
  ['later', 1_000_000_002n, 1_000_000_001n, false],
  ['in whole seconds, two before', 1_000_000_000n, 3_000_000_000n, false],
  ['in whole seconds, more than two before', 1_000_000_000n, 3_000_000_001n, true],
])('a change %s, by its clock, is settled or not', (_, ctime, clock, expected) => {
  expect(isSettled(ctime, clock)).toBe(expected);
});
