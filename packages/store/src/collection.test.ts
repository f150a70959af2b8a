import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { type Workspace, workspace } from '@oodate/testkit';
import { type Digest, digestOf } from './digest.js';
import { DiskStore } from './disk-store.js';
import type { ActionResult } from './remote-execution.js';

const empty: ActionResult = { outputFiles: [], outputSymlinks: [], outputDirectories: [] };
const block = 4096;

function storeIn(space: Workspace, maxBytes = 1e9): DiskStore {
  return new DiskStore(space.path('store') as AbsolutePath, { maxBytes });
}

function pathOf(space: Workspace, kind: 'cas' | 'ac', hash: string): string {
  return space.path(`store/${kind}/${hash.slice(0, 2)}/${hash}`);
}

const keyOf = (name: string) => digestOf(Buffer.from(name)).hash;

/** Objects and entries that were last used one after the other, each of one block. */
function filled(space: Workspace, names: readonly string[], maxBytes?: number): DiskStore {
  const store = storeIn(space, maxBytes);
  for (const [at, name] of names.entries()) {
    const isEntry = name.startsWith('entry');
    if (isEntry) store.writeEntry(keyOf(name), empty);
    else store.putBytes(Buffer.from(name));
    const time = new Date(1_000_000_000_000 + at * 1000);
    utimesSync(pathOf(space, isEntry ? 'ac' : 'cas', keyOf(name)), time, time);
  }
  return store;
}

function left(store: DiskStore, names: readonly string[]): string[] {
  return names.filter((name) =>
    name.startsWith('entry')
      ? store.readEntry(keyOf(name)) !== undefined
      : store.has({ hash: keyOf(name), size: name.length }),
  );
}

const object = (name: string): Digest => digestOf(Buffer.from(name));

describe('a collection', () => {
  const names = ['a', 'entry b', 'c', 'd', 'entry e', 'f'];

  test('removes what was used least recently, objects and entries alike, until the rest has room', async () => {
    const space = workspace();
    const store = filled(space, names);
    expect(await store.collect({ maxBytes: 4 * block })).toEqual({
      removedObjects: 1,
      removedEntries: 1,
      removedBytes: 2 * block,
      bytes: 4 * block,
    });
    expect(left(store, names)).toEqual(['c', 'd', 'entry e', 'f']);
    expect(await store.collect({ maxBytes: 4 * block - 1 })).toMatchObject({ removedObjects: 1 });
    expect(left(store, names)).toEqual(['d', 'entry e', 'f']);
  });

  test('removes nothing where all has room', async () => {
    const space = workspace();
    const store = filled(space, names);
    expect(await store.collect()).toEqual({
      removedObjects: 0,
      removedEntries: 0,
      removedBytes: 0,
      bytes: 6 * block,
    });
    expect(left(store, names)).toEqual(names);
  });

  test('spares what was used meanwhile', async () => {
    const space = workspace();
    const store = filled(space, names);
    store.putBytes(Buffer.from('a'));
    store.readEntry(keyOf('entry b'));
    await store.collect({ maxBytes: 2 * block });
    expect(left(store, names)).toEqual(['a', 'entry b']);
  });

  test('spares what is in use, whichever process collects, until it is released', async () => {
    const space = workspace();
    const store = filled(space, names);
    const use = store.use([object('a'), object('f')], [keyOf('entry b')]);
    // Another one, for which time has gone on.
    for (const name of ['a', 'f']) utimesSync(pathOf(space, 'cas', keyOf(name)), new Date(0), new Date(0));
    expect(await storeIn(space).collect({ maxBytes: 0 })).toMatchObject({ bytes: 3 * block });
    expect(left(store, names)).toEqual(['a', 'entry b', 'f']);
    use.release();
    expect(await storeIn(space).collect({ maxBytes: 0 })).toMatchObject({ bytes: 0 });
    expect(left(store, names)).toEqual([]);
  });

  test('removes what only a process that has ended was using, and what it had begun to write', async () => {
    const space = workspace();
    const store = filled(space, names);
    store.use([object('a')]);
    const [mark = ''] = readdirSync(space.path('store/gc/in-use'));
    const ended = nameOfEnded(mark);
    space.rename(`store/gc/in-use/${mark}`, `store/gc/in-use/${ended}`);
    space.write({ [`store/tmp/${ended}`]: Buffer.alloc(5000), [`store/tmp/${mark}`]: 'being written' });
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({
      bytes: 0,
      removedBytes: (6 + 2 + 1) * block,
    });
    expect(readdirSync(space.path('store/tmp'))).toEqual([mark]);
    expect(readdirSync(space.path('store/gc/in-use'))).toEqual([]);
  });

  test('is not misled by a process that has the number of one that has ended', async () => {
    const space = workspace();
    const store = filled(space, names);
    store.use([object('a')]);
    const [mark = ''] = readdirSync(space.path('store/gc/in-use'));
    const [place, pid, start, ...rest] = mark.split('.');
    const reused = [place, pid, Number(start) - 1, ...rest].join('.');
    space.rename(`store/gc/in-use/${mark}`, `store/gc/in-use/${reused}`);
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ bytes: 0 });
  });

  test('believes for a day that what cannot be seen from here still runs', async () => {
    const space = workspace();
    const store = filled(space, names);
    store.use([object('a')]);
    const [mark = ''] = readdirSync(space.path('store/gc/in-use'));
    const elsewhere = ['0elsewh0', ...nameOfEnded(mark).split('.').slice(1)].join('.');
    space.rename(`store/gc/in-use/${mark}`, `store/gc/in-use/${elsewhere}`);
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ bytes: block });
    const days = new Date(Date.now() - 25 * 60 * 60 * 1000);
    utimesSync(space.path(`store/gc/in-use/${elsewhere}`), days, days);
    expect(await store.collect({ maxBytes: 0 })).toMatchObject({ bytes: 0 });
  });

  test('removes what is no file, and leaves what has other names, and what a link leads to', async () => {
    const space = workspace({ 'mine/file': 'x' });
    const store = filled(space, names);
    const path = pathOf(space, 'cas', keyOf('a'));
    rmSync(path);
    mkdirSync(`${path}/x`, { recursive: true });
    const half = keyOf('linked').slice(0, 2);
    space.write({
      'store/cas/README': 'x',
      [`store/cas/${keyOf('c').slice(0, 2)}/notes`]: 'x',
      'store/notes': 'x',
    });
    rmSync(space.path(`store/cas/${half}`), { recursive: true, force: true });
    space.write({ [`mine/${keyOf('linked')}`]: 'linked' });
    symlinkSync(space.path('mine'), space.path(`store/cas/${half}`));
    await store.collect();
    expect(existsSync(path)).toBe(false);
    await store.clear();
    expect(left(store, names)).toEqual([]);
    expect(
      [
        'store/cas/README',
        `store/cas/${keyOf('c').slice(0, 2)}/notes`,
        'store/notes',
        `mine/${keyOf('linked')}`,
      ].map((name) => space.exists(name)),
    ).toEqual([true, true, true, true]);
  });
});

describe('a collection if needed', () => {
  /** As processes do, one after the other. */
  async function put(space: Workspace, name: string, maxBytes: number): Promise<void> {
    const store = storeIn(space, maxBytes);
    store.putBytes(Buffer.from(name));
    await store.collectIfNeeded();
  }

  test('keeps the store within its bound, whatever is put in', async () => {
    const space = workspace();
    for (let at = 0; at < 40; at += 1) {
      await put(space, `object ${at}`, 10 * block);
      expect((await storeIn(space).status()).bytes).toBeLessThanOrEqual(10 * block);
    }
    const names = Array.from({ length: 40 }, (_, at) => `object ${at}`);
    expect(left(storeIn(space), names).slice(-8)).toEqual(names.slice(-8));
  });

  test('lists no files as long as there is room', async () => {
    const space = workspace();
    await put(space, 'a', 10 * block);
    // One that no process has noted.
    space.write({ [`store/cas/${keyOf('b').slice(0, 2)}/${keyOf('b')}`]: Buffer.alloc(11 * block) });
    await put(space, 'c', 10 * block);
    expect((await storeIn(space).status()).objects).toBe(3);
  });

  test.each([
    ['missing', undefined],
    ['damaged', 'x\n'],
    ['cut', '12'],
    ['too long', '0\n'.repeat(40_000)],
  ])('counts anew where the note of what was added is %s', async (_, text) => {
    const space = workspace();
    const store = filled(space, ['a', 'b', 'c'], 2 * block);
    space.remove('store/gc/added');
    if (text !== undefined) space.write({ 'store/gc/added': text });
    await storeIn(space, 2 * block).collectIfNeeded();
    expect((await store.status()).bytes).toBeLessThanOrEqual(2 * block);
    expect(space.read('store/gc/added')).toBe(`${(await store.status()).bytes}\n`);
  });

  test('does nothing where there is no store', async () => {
    const space = workspace();
    await storeIn(space).collectIfNeeded();
    expect(await storeIn(space).collect()).toEqual({
      removedObjects: 0,
      removedEntries: 0,
      removedBytes: 0,
      bytes: 0,
    });
    expect(space.exists('store')).toBe(false);
  });
});

describe('clearing', () => {
  test('removes all but what is in use, and leaves a store', async () => {
    const space = workspace();
    const store = filled(space, ['a', 'entry b', 'c']);
    const use = store.use([object('c')]);
    expect(await storeIn(space).clear()).toMatchObject({
      removedObjects: 1,
      removedEntries: 1,
      bytes: block,
    });
    expect(left(store, ['a', 'entry b', 'c'])).toEqual(['c']);
    use.release();
    expect(await store.clear()).toMatchObject({ bytes: 0 });
    expect(store.putBytes(Buffer.from('a'))).toEqual(object('a'));
    expect(left(storeIn(space), ['a'])).toEqual(['a']);
  });

  test.each([
    ['not a store', {}],
    ['a store of a later version', { 'store/oodate-store': 'oodate store 2\n' }],
  ])('a folder that is %s removes nothing', async (_, marker) => {
    const path = `store/cas/${keyOf('a').slice(0, 2)}/${keyOf('a')}`;
    const space = workspace({ [path]: 'a', ...marker });
    for (const act of ['clear', 'collect', 'verify', 'status', 'collectIfNeeded'] as const)
      await expect(storeIn(space)[act]()).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    expect(space.read(path)).toBe('a');
  });
});

test('the status counts objects, entries and the blocks that they take', async () => {
  const space = workspace();
  expect(await storeIn(space).status()).toEqual({ objects: 0, entries: 0, bytes: 0, maxBytes: 1e9 });
  const store = filled(space, ['a', 'entry b']);
  store.putBytes(Buffer.alloc(0));
  store.putBytes(Buffer.alloc(block + 1));
  expect(await store.status()).toEqual({ objects: 3, entries: 1, bytes: 5 * block, maxBytes: 1e9 });
});

describe('verifying', () => {
  test('finds nothing in a good store, and leaves all', async () => {
    const space = workspace();
    const store = filled(space, ['a', 'entry b', 'c']);
    const { length } = readFileSync(pathOf(space, 'ac', keyOf('entry b')));
    expect(await store.verify()).toEqual({ objects: 2, entries: 1, bytes: 2 + length, damaged: [] });
    expect(left(store, ['a', 'entry b', 'c'])).toEqual(['a', 'entry b', 'c']);
  });

  test.each<[string, 'object' | 'entry', (path: string) => void, string]>([
    ['with a changed bit', 'object', (path) => writeFileSync(path, 'b'), 'it has other bytes'],
    ['that is empty', 'object', (path) => writeFileSync(path, ''), 'it has other bytes'],
    ['that is a directory', 'object', (path) => replace(path, () => mkdirSync(path)), 'it is no file'],
    [
      'that is a link',
      'object',
      (path) => replace(path, () => symlinkSync('/dev/null', path)),
      'it is no file',
    ],
    ['that is a pipe', 'object', (path) => replace(path, () => spawnSync('mkfifo', [path])), 'it is no file'],
    [
      'that is cut',
      'entry',
      (path) => writeFileSync(path, readFileSync(path).subarray(0, -1)),
      'it cannot be decoded',
    ],
    ['that is empty', 'entry', (path) => writeFileSync(path, ''), 'it is not one of oodate'],
    [
      'with a changed bit',
      'entry',
      (path) => {
        const bytes = new Uint8Array(readFileSync(path));
        writeFileSync(path, bytes.with(-1, (bytes.at(-1) as number) ^ 1));
      },
      'its check does not fit',
    ],
    ['that is a directory', 'entry', (path) => replace(path, () => mkdirSync(path)), 'it is no file'],
  ])('finds one %s (%s), says so and removes it', async (_, kind, damage, why) => {
    const space = workspace();
    const store = filled(space, ['a', 'entry b', 'c']);
    const hash = keyOf(kind === 'object' ? 'a' : 'entry b');
    const path = pathOf(space, kind === 'object' ? 'cas' : 'ac', hash);
    chmodSync(path, 0o600);
    damage(path);
    const { damaged } = await store.verify();
    expect(damaged).toEqual([
      {
        kind,
        hash,
        path,
        message: expect.stringContaining(`${kind} of the store is damaged: ${why}`),
        removed: true,
      },
    ]);
    expect(existsSync(path)).toBe(false);
    expect((await store.verify()).damaged).toEqual([]);
    expect(statSync(pathOf(space, 'cas', keyOf('c'))).isFile()).toBe(true);
  });
});

function replace(path: string, make: () => void): void {
  rmSync(path);
  make();
}

/** A name of the same kind that a process has given which has ended since. */
function nameOfEnded(name: string): string {
  const { stdout } = spawnSync('sh', ['-c', 'read -r stat < /proc/$$/stat; echo "$stat"'], {
    encoding: 'utf8',
  });
  const fields = stdout.split(' ');
  return [name.split('.')[0], fields[0], fields[21], 'x'].join('.');
}
