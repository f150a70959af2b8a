import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, isWithin, normalizePath } from '@oodate/filemon';
import { movedPath, movedText, projectRoot } from './project-root.js';

describe('a path in a text is moved', () => {
  test.each([
    ['alone', '/a/p', '/new'],
    ['before more of it', '/a/p/src/x.ts', '/new/src/x.ts'],
    ['in a list', '/bin:/a/p/bin:/a/p', '/bin:/new/bin:/new'],
    ['in an option', '--out=/a/p/dist "/a/p"', '--out=/new/dist "/new"'],
    ['not where another begins so', '/a/pq /a/p-2 /a/p.old /a/p', '/a/pq /a/p-2 /a/p.old /new'],
    ['not where it is the end of another', '/x/a/p a/p', '/x/a/p a/p'],
    ['and nothing else', 'p a', 'p a'],
  ])('%s', (_, text, moved) => {
    expect(movedText(text, '/a/p', '/new')).toBe(moved);
  });
});

test.each([
  ['/a/p', '/new'],
  ['/a/p/x+y', '/new/x+y'],
  ['/a/p+x', '/a/p+x'],
  ['/b', '/b'],
])('the path %s is %s elsewhere', (path, moved) => {
  expect(movedPath(normalizePath(path), normalizePath('/a/p'), normalizePath('/new'))).toBe(moved);
});

test('what only begins with the same letters is not within', () => {
  expect(
    ['/a/p', '/a/p/x', '/a/pq', '/a'].map((path) => isWithin(normalizePath(path), normalizePath('/a/p'))),
  ).toEqual([true, true, false, false]);
});

describe('the root of a project is', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-root-')));
    mkdirSync(join(folder, 'one/two/three'), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const rootFrom = (place: string) => projectRoot(join(folder, place) as AbsolutePath);

  test('that of the nearest repository', () => {
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, 'one/.git'), 'gitdir: elsewhere\n');
    writeFileSync(join(folder, 'one/two/package.json'), '{}');
    expect(rootFrom('one/two/three')).toBe(join(folder, 'one'));
  });

  test('else that of the topmost package', () => {
    writeFileSync(join(folder, 'one/package.json'), '{}');
    writeFileSync(join(folder, 'one/two/three/package.json'), '{}');
    expect(rootFrom('one/two/three')).toBe(join(folder, 'one'));
  });

  test('else the directory itself', () => {
    expect(rootFrom('one/two')).toBe(join(folder, 'one/two'));
  });

  test('never the root of the file system', () => {
    expect(projectRoot('/' as AbsolutePath)).toBeUndefined();
  });
});
