import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { requireTool, type Workspace, workspace } from '@oodate/testkit';
import { digestOf } from './digest.js';
import { DiskStore } from './disk-store.js';
import type { ActionResult } from './remote-execution.js';

const testAsRoot = process.getuid?.() === 0 || process.env.CI === 'true' ? test : test.skip;
const testWithBtrfs = requireTool('btrfs') && requireTool('filefrag') ? testAsRoot : test.skip;

const small = Buffer.from('small\n');
const large = Buffer.alloc(2_500_001, 'seven.\n');
const empty: ActionResult = { outputFiles: [], outputSymlinks: [], outputDirectories: [] };
const key = digestOf(Buffer.from('an action')).hash;

/** What is mounted must be gone before the workspace is. */
async function mounted(
  space: Workspace,
  words: readonly string[],
  story: (place: AbsolutePath) => Promise<void>,
): Promise<void> {
  const place = space.path('mounted') as AbsolutePath;
  mkdirSync(place);
  execFileSync('mount', [...words, place]);
  try {
    await story(place);
  } finally {
    execFileSync('umount', [place]);
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}

testAsRoot('a store that cannot be written to can be read', async () => {
  const space = workspace({ file: large, other: 'other' });
  await mounted(space, ['-t', 'tmpfs', 'none'], async (folder) => {
    const filled = new DiskStore(folder, { maxBytes: 1e9 });
    await filled.putFile(space.path('file') as AbsolutePath, digestOf(large));
    filled.putBytes(small);
    filled.writeEntry(key, empty);
    const { hash } = filled.putBytes(Buffer.from('good'));
    const path = `${folder}/cas/${hash.slice(0, 2)}/${hash}`;
    chmodSync(path, 0o600);
    writeFileSync(path, 'baad');
    execFileSync('mount', ['-o', 'remount,ro', folder]);

    const store = new DiskStore(folder, { maxBytes: 1e9 });
    const use = store.use([digestOf(small)], [key]);
    expect(store.readEntry(key)).toEqual(empty);
    expect(store.read(digestOf(small), 100)).toEqual(small);
    await store.copyTo(digestOf(large), space.path('copy') as AbsolutePath, 0o600);
    expect(digestOf(readFileSync(space.path('copy')))).toEqual(digestOf(large));
    use.release();
    await store.collectIfNeeded();
    expect(await store.status()).toMatchObject({ objects: 3, entries: 1 });
    // What is there already need not be written.
    expect(store.putBytes(small)).toEqual(digestOf(small));

    const refused: readonly (() => unknown)[] = [
      () => store.putBytes(Buffer.from('other')),
      () => store.putFile(space.path('other') as AbsolutePath, digestOf(Buffer.from('other'))),
      () => store.writeEntry(key, empty),
      () => store.collect(),
      () => store.clear(),
    ];
    for (const act of refused)
      expect(await Promise.resolve().then(act).catch(codeOf)).toBe('STORE_NOT_WRITABLE');

    const damaged = { hash, path, removed: false };
    expect((await store.verify()).damaged).toEqual([expect.objectContaining(damaged)]);
    for (const _ of ['first', 'again'])
      expect(() => store.read({ hash, size: 4 }, 100)).toThrow('it has other bytes');
  });
});

testAsRoot('a full disk leaves what was there, and nothing that is not whole', async () => {
  const space = workspace({ file: large });
  await mounted(space, ['-t', 'tmpfs', '-o', 'size=1m', 'none'], async (folder) => {
    const store = new DiskStore(folder, { maxBytes: 1e9 });
    store.putBytes(small);
    const full = {
      code: 'STORE_NOT_WRITABLE',
      message: `the store ${folder} cannot be written to: no space left on device`,
      hint: 'make room there, or set store.directory to another folder',
    };
    await expect(store.putFile(space.path('file') as AbsolutePath, digestOf(large))).rejects.toMatchObject(
      full,
    );
    expect(() => store.putBytes(large)).toThrow(expect.objectContaining(full));
    expect(readdirSync(`${folder}/tmp`)).toEqual([]);
    expect(store.has(digestOf(large))).toBe(false);
    expect(store.read(digestOf(small), 100)).toEqual(small);
    expect(store.putBytes(Buffer.from('other'))).toEqual(digestOf(Buffer.from('other')));
  });
});

testAsRoot.each([
  ['small', small],
  ['large', large],
])('what is %s and does not fit where it is copied to is not left there in part', async (_, bytes) => {
  const space = workspace();
  const store = new DiskStore(space.path('store') as AbsolutePath, { maxBytes: 1e9 });
  store.putBytes(bytes);
  await mounted(space, ['-t', 'tmpfs', '-o', 'size=1m', 'none'], async (full) => {
    expect(() => writeFileSync(`${full}/other`, large)).toThrow('ENOSPC');
    const copy = store.copyTo(digestOf(bytes), `${full}/copy` as AbsolutePath, 0o644);
    expect(await copy.catch(codeOf)).toBe('ENOSPC');
    expect(readdirSync(full)).toEqual(['other']);
    expect(store.has(digestOf(bytes))).toBe(true);
  });
});

testAsRoot('a store that belongs to another user is not used', () => {
  const space = workspace();
  const folder = space.path('store') as AbsolutePath;
  new DiskStore(folder, { maxBytes: 1e9 }).putBytes(small);
  chownSync(folder, 65534, 65534);
  const theirs = {
    code: 'STORE_FOREIGN',
    message: `the store ${folder} belongs to another user`,
    hint: 'set store.directory to another folder',
  };
  const store = () => new DiskStore(folder, { maxBytes: 1e9 });
  expect(() => store().has(digestOf(small))).toThrow(expect.objectContaining(theirs));
  expect(() => store().putBytes(large)).toThrow(expect.objectContaining(theirs));
});

testWithBtrfs(
  'where files can share their blocks, objects share them with what they came from and went to',
  async () => {
    const space = workspace({ image: '' });
    execFileSync('truncate', ['-s', '128M', space.path('image')]);
    execFileSync('mkfs.btrfs', ['-q', space.path('image')]);
    await mounted(space, ['-o', 'loop', space.path('image')], async (disk) => {
      const file = `${disk}/file` as AbsolutePath;
      writeFileSync(file, large);
      writeFileSync(`${disk}/other`, large);
      const store = new DiskStore(`${disk}/store` as AbsolutePath, { maxBytes: 1e9 });
      const { hash } = digestOf(large);
      await store.putFile(file, digestOf(large));
      await store.copyTo(digestOf(large), `${disk}/copy` as AbsolutePath, 0o644);
      execFileSync('sync', ['-f', disk]);
      const shares = (name: string) =>
        /\bshared\b/.test(execFileSync('filefrag', ['-v', `${disk}/${name}`], { encoding: 'utf8' }));
      const names = ['file', `store/cas/${hash.slice(0, 2)}/${hash}`, 'copy', 'other'];
      expect(names.map(shares)).toEqual([true, true, true, false]);
      writeFileSync(file, 'edited');
      writeFileSync(`${disk}/copy`, 'edited');
      expect(digestOf(store.read(digestOf(large), large.length))).toEqual(digestOf(large));
    });
  },
);
