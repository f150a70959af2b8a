import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath } from '@oodate/filemon';
import { bmakeMetaFile, commandMetaFile, metaFolderOf, scriptMetaFile } from './meta-file-names.js';

let root: AbsolutePath;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-names-'))) as AbsolutePath;
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const relative = (path: string): string => path.slice(root.length + 1);

describe('the meta file of a script', () => {
  test('lies in .oodate, or in the cache of node_modules where there is one', () => {
    expect(relative(scriptMetaFile(root, 'build'))).toBe('.oodate/build.meta');
    mkdirSync(join(root, 'node_modules'));
    expect(relative(scriptMetaFile(root, 'build'))).toBe('node_modules/.cache/oodate/build.meta');
  });

  test.each([
    ['build:prod', 'build%3Aprod.meta'],
    ['a/b', 'a%2Fb.meta'],
    ['a_b', 'a_b.meta'],
    ['a%2Fb', 'a%252Fb.meta'],
    ['with space', 'with%20space.meta'],
    ['..', '%2E..meta'],
    ['.hidden', '%2Ehidden.meta'],
    ['v1.2', 'v1.2.meta'],
    ['é', '%C3%A9.meta'],
    [decodePath(Buffer.from([0xe9])), '%E9.meta'],
    ['a~b', 'a%7Eb.meta'],
  ])('of %j is named %s', (script, name) => {
    expect(relative(scriptMetaFile(root, script))).toBe(`.oodate/${name}`);
  });

  test('of a long name fits a file name and stays unlike others', () => {
    const names = ['x', 'y'].map((end) => relative(scriptMetaFile(root, 'é'.repeat(400) + end)));
    expect(new Set(names).size).toBe(2);
    for (const name of names) expect(name.length).toBeLessThan(200);
  });
});

test('meta files lie in .oodate of a directory that is named for all, those of packages apart', () => {
  const cache = '/cache' as AbsolutePath;
  const files = [
    scriptMetaFile('/a' as AbsolutePath, 'build', cache),
    scriptMetaFile('/b' as AbsolutePath, 'build', cache),
    scriptMetaFile('/a' as AbsolutePath, 'test', cache),
    commandMetaFile('/a' as AbsolutePath, ['cc'], cache),
    commandMetaFile('/b' as AbsolutePath, ['cc'], cache),
  ];
  expect(new Set(files).size).toBe(5);
  for (const file of files) expect(metaFolderOf(file)).toBe('/cache/.oodate');
});

describe('the meta file of a command', () => {
  test('says what the command is, in the folder of the package around', () => {
    mkdirSync(join(root, 'src/deep'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{}');
    const path = commandMetaFile(join(root, 'src/deep') as AbsolutePath, ['/usr/bin/cc', '-c', 'a b.c']);
    expect(relative(path)).toMatch(/^\.oodate\/cc_-c_a_b\.c~[0-9a-f]{16}\.meta$/);
  });

  test.each([
    ['words', root, ['cc', '-c a']],
    ['order', root, ['cc', 'a', '-c']],
  ])('differs by %s', (_, __, words) => {
    expect(commandMetaFile(root, words)).not.toBe(commandMetaFile(root, ['cc', '-c', 'a']));
  });

  test('differs by directory', () => {
    writeFileSync(join(root, 'package.json'), '{}');
    mkdirSync(join(root, 'sub'));
    const [here, there] = [root, join(root, 'sub') as AbsolutePath].map((dir) =>
      commandMetaFile(dir, ['make']),
    );
    expect(here).not.toBe(there);
  });

  test.each([[['./.hidden']], [['']], [[]], [['x'.repeat(5000)]]])('of %j is a file name', (words) => {
    expect(relative(commandMetaFile(root, words as string[]))).toMatch(
      /^\.oodate\/[^./][^/]{0,80}~[0-9a-f]{16}\.meta$|^\.oodate\/~[0-9a-f]{16}\.meta$/,
    );
  });
});

describe("bmake's names", () => {
  const name = (target: string): string => bmakeMetaFile(root, target);

  test.each([
    ['out', 'out.meta'],
    ['sub/out', 'sub_out.meta'],
    ['./out', 'out.meta'],
    ['sub/../out', 'out.meta'],
    ['a_b', 'a_b.meta'],
    ['a/b', 'a_b.meta'],
  ])('%s has %s', (target, expected) => {
    expect(name(target)).toBe(join(root, expected));
  });

  test('a target outside has its whole path in the name', () => {
    expect(bmakeMetaFile('/a/b' as AbsolutePath, '../other/out')).toBe('/a/b/_a_other_out.meta');
    expect(bmakeMetaFile('/a/b' as AbsolutePath, '/a/bc')).toBe('/a/b/_a_bc.meta');
  });

  test('links on the way are followed, a link at the end keeps its name', () => {
    mkdirSync(join(root, 'real'));
    writeFileSync(join(root, 'real/file'), '');
    symlinkSync('real', join(root, 'dir'));
    symlinkSync('file', join(root, 'real/link'));
    expect(name('dir/link')).toBe(join(root, 'real_link.meta'));
    expect(name('dir/not-there')).toBe(join(root, 'dir_not-there.meta'));
  });
});
