import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { until, type Workspace, workspace } from '@oodate/testkit';
import { type Digest, digestOf } from './digest.js';
import { DiskStore } from './disk-store.js';
import { type ActionResult, encodeActionResult } from './remote-execution.js';

const small = Buffer.from('small\n');
/** More than is copied as a whole, no whole number of blocks, and no two of them the same. */
const large = Buffer.alloc(2_500_001, 'seven.\n');

const empty: ActionResult = { outputFiles: [], outputSymlinks: [], outputDirectories: [] };
const key = digestOf(Buffer.from('an action')).hash;

function storeIn(space: Workspace, maxBytes = 1e9): DiskStore {
  return new DiskStore(space.path('store') as AbsolutePath, { maxBytes });
}

function objectPath({ hash }: Pick<Digest, 'hash'>, kind = 'cas'): string {
  return `store/${kind}/${hash.slice(0, 2)}/${hash}`;
}

/** Everything below the store but its marker and its count of bytes. */
function filesOf(space: Workspace): string[] {
  return readdirSync(space.path('store'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name !== 'oodate-store' && name !== 'gc/added')
    .filter((name) => statSync(space.path(`store/${name}`)).isFile())
    .sort();
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'nothing',
    (error: unknown) => (error as NodeJS.ErrnoException).code,
  );
}

function thrown(does: () => unknown): unknown {
  try {
    does();
    return 'nothing';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

describe.each([
  ['empty', Buffer.alloc(0)],
  ['small', small],
  ['large', large],
])('an object that is %s', (_, bytes) => {
  const digest = digestOf(bytes);

  test('is kept under its digest and comes back to the byte', async () => {
    const space = workspace({ file: bytes });
    const store = storeIn(space);
    expect(store.has(digest)).toBe(false);
    await store.putFile(space.path('file') as AbsolutePath, digest);
    expect(store.has(digest)).toBe(true);
    expect(filesOf(space)).toEqual([objectPath(digest).slice('store/'.length)]);
    expect(digestOf(readFileSync(space.path(objectPath(digest))))).toEqual(digest);
    expect(statSync(space.path(objectPath(digest))).mode & 0o777).toBe(0o444);
    expect(digestOf(store.read(digest, bytes.length))).toEqual(digest);
    await store.copyTo(digest, space.path('copy') as AbsolutePath, 0o751);
    expect(digestOf(readFileSync(space.path('copy')))).toEqual(digest);
    expect(statSync(space.path('copy')).mode & 0o7777).toBe(0o751);
  });

  test('is no second name of the file it came from or went to', async () => {
    const space = workspace({ file: bytes });
    const store = storeIn(space);
    await store.putFile(space.path('file') as AbsolutePath, digest);
    await store.copyTo(digest, space.path('copy') as AbsolutePath, 0o644);
    space.write({ file: 'edited', copy: 'edited' });
    expect(digestOf(store.read(digest, bytes.length))).toEqual(digest);
  });

  test('is not kept if the file is not what it was', async () => {
    const space = workspace({
      file: Buffer.concat([bytes, Buffer.from('x')]),
      other: Buffer.from(bytes).fill(0),
    });
    const store = storeIn(space);
    for (const name of ['file', 'other', 'none', '.'])
      if (name !== 'other' || bytes.length > 0)
        expect([name, await rejection(store.putFile(space.path(name) as AbsolutePath, digest))]).toEqual([
          name,
          'OBJECT_DAMAGED',
        ]);
    expect(filesOf(space)).toEqual([]);
  });

  test('is not kept if the file is changed while it is copied', async () => {
    const space = workspace({ file: bytes });
    const store = storeIn(space);
    const path = space.path('file') as AbsolutePath;
    // The clock of the file system must have gone on, or the change would not show.
    await until(() => {
      space.write({ clock: '' });
      return statSync(space.path('clock')).ctimeMs > statSync(path).ctimeMs + 20;
    });
    const put = store.putFile(path, digest);
    space.write({ file: bytes });
    expect(await rejection(put)).toBe('OBJECT_DAMAGED');
    expect(store.has(digest)).toBe(false);
  });

  test('is not copied over a file that is there', async () => {
    const space = workspace({ copy: 'mine' });
    const store = storeIn(space);
    store.putBytes(bytes);
    expect(await rejection(store.copyTo(digest, space.path('copy') as AbsolutePath, 0o644))).toBe('EEXIST');
    expect(space.read('copy')).toBe('mine');
  });

  test('is copied to nowhere without leaving anything, and stays', async () => {
    const space = workspace();
    const store = storeIn(space);
    store.putBytes(bytes);
    expect(await rejection(store.copyTo(digest, space.path('no/copy') as AbsolutePath, 0o644))).toBe(
      'ENOENT',
    );
    expect(store.has(digest)).toBe(true);
  });
});

describe.each([
  ['small', small],
  ['large', large],
])('an object that is %s and has been damaged', (_, bytes) => {
  const digest = digestOf(bytes);

  /** Done with the path of a good object. */
  const damages: readonly (readonly [string, (path: string) => void])[] = [
    [
      'by one bit',
      (path) => rewrite(path, (whole) => whole.with(bytes.length - 1, (bytes.at(-1) as number) ^ 1)),
    ],
    ['by cutting', (path) => rewrite(path, (whole) => whole.subarray(0, -1))],
    ['by emptying', (path) => rewrite(path, () => new Uint8Array())],
    ['by a byte more', (path) => rewrite(path, (whole) => Buffer.concat([whole, small]))],
    ['by enormous growth', (path) => truncateSync(path, 2 ** 40)],
    [
      'by a directory in its place',
      (path) => replace(path, () => mkdirSync(`${path}/x`, { recursive: true })),
    ],
    [
      'by a symbolic link in its place, be it to the same bytes',
      (path) => replace(path, () => symlinkSync(`${path}.good`, path)),
    ],
    ['by a pipe in its place', (path) => replace(path, () => execFileSync('mkfifo', [path]))],
  ];

  test.each(damages)('%s is not used but removed, and can be kept anew', async (_how, damage) => {
    const space = workspace({ file: bytes });
    const path = space.path(objectPath(digest));
    const store = storeIn(space);
    const putAndDamage = async () => {
      await store.putFile(space.path('file') as AbsolutePath, digest);
      copyFileSync(path, `${path}.good`);
      chmodSync(path, 0o600);
      damage(path);
    };
    await putAndDamage();
    expect(thrown(() => store.read(digest, bytes.length))).toBe('OBJECT_DAMAGED');
    expect(existsSync(path)).toBe(false);
    await putAndDamage();
    const copy = space.path('copy') as AbsolutePath;
    expect(await rejection(store.copyTo(digest, copy, 0o644))).toBe('OBJECT_DAMAGED');
    expect([existsSync(path), existsSync(copy)]).toEqual([false, false]);
    expect(await rejection(store.copyTo(digest, copy, 0o644))).toBe('OBJECT_MISSING');
    expect(thrown(() => store.read(digest, bytes.length))).toBe('OBJECT_MISSING');
    await store.putFile(space.path('file') as AbsolutePath, digest);
    expect(digestOf(store.read(digest, bytes.length))).toEqual(digest);
  });

  test.each(damages.slice(1))('%s is not taken for one that is there already', async (_how, damage) => {
    const space = workspace({ file: bytes });
    const path = space.path(objectPath(digest));
    const store = storeIn(space);
    store.putBytes(bytes);
    copyFileSync(path, `${path}.good`);
    chmodSync(path, 0o600);
    damage(path);
    expect(store.has(digest)).toBe(false);
    await store.putFile(space.path('file') as AbsolutePath, digest);
    expect(digestOf(store.read(digest, bytes.length))).toEqual(digest);
  });
});

function rewrite(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
  writeFileSync(path, change(new Uint8Array(readFileSync(path))));
}

function replace(path: string, make: () => void): void {
  rmSync(path);
  make();
}

test('an object that is larger than is asked for is not looked at', () => {
  const space = workspace();
  const store = storeIn(space);
  const digest = store.putBytes(small);
  expect(thrown(() => store.read(digest, small.length - 1))).toBe('OBJECT_TOO_LARGE');
  expect(thrown(() => store.read({ ...digest, size: 2 ** 40 }, 1e6))).toBe('OBJECT_TOO_LARGE');
  expect(store.has(digest)).toBe(true);
});

test('an object that is larger than the store may be is not kept', async () => {
  const space = workspace({ file: large });
  const store = storeIn(space, 1_000_000);
  const digest = digestOf(large);
  await expect(store.putFile(space.path('file') as AbsolutePath, digest)).rejects.toMatchObject({
    code: 'OBJECT_TOO_LARGE',
    message: `${space.path('file')} has 2500001 bytes, and the store may hold 1000000`,
    hint: 'set store.size to more',
  });
  expect(thrown(() => store.putBytes(large))).toBe('OBJECT_TOO_LARGE');
  expect(space.exists('store')).toBe(false);
});

test.each(['../../../../etc/passwd', '', 'ab', `${'a'.repeat(63)}/`, 'A'.repeat(64)])(
  'what is called %j is no object and no entry',
  (hash) => {
    const space = workspace();
    const store = storeIn(space);
    store.putBytes(small);
    expect(thrown(() => store.read({ hash, size: 1 }, 10))).toBe('OBJECT_MISSING');
    expect(thrown(() => store.readEntry(hash))).toBe('OBJECT_MISSING');
    expect(thrown(() => store.writeEntry(hash, empty))).toBe('OBJECT_MISSING');
    expect(filesOf(space)).toHaveLength(1);
  },
);

describe('an entry', () => {
  const result: ActionResult = { ...empty, outputSymlinks: [{ path: 'a', target: 'b' }] };

  test('is read as it was written, by another process too, and the last one holds', () => {
    const space = workspace();
    const store = storeIn(space);
    expect(store.readEntry(key)).toBeUndefined();
    store.writeEntry(key, empty);
    store.writeEntry(key, result);
    expect(storeIn(space).readEntry(key)).toEqual(result);
    expect(filesOf(space)).toEqual([objectPath({ hash: key }, 'ac').slice('store/'.length)]);
  });

  test('is not read if it is longer than is asked for', () => {
    const space = workspace();
    const store = storeIn(space);
    store.writeEntry(key, result);
    const { length } = encodeActionResult(result);
    expect(store.readEntry(key, length)).toEqual(result);
    expect(() => store.readEntry(key, length - 1)).toThrow(`it has ${length} bytes, more than ${length - 1}`);
    expect(store.readEntry(key)).toBeUndefined();
  });

  test.each<[string, (path: string) => void]>([
    ['cut', (path) => rewrite(path, (bytes) => bytes.subarray(0, -1))],
    ['empty', (path) => rewrite(path, () => new Uint8Array())],
    ['changed in one bit', (path) => rewrite(path, (bytes) => bytes.with(-1, (bytes.at(-1) as number) ^ 1))],
    ['enormous', (path) => truncateSync(path, 2 ** 40)],
    ['a directory', (path) => replace(path, () => mkdirSync(`${path}/x`, { recursive: true }))],
    ['a pipe', (path) => replace(path, () => execFileSync('mkfifo', [path]))],
    ['a symbolic link', (path) => replace(path, () => symlinkSync('/etc/passwd', path))],
  ])('that is %s is not used but removed', (_, damage) => {
    const space = workspace();
    const store = storeIn(space);
    store.writeEntry(key, result);
    const path = space.path(objectPath({ hash: key }, 'ac'));
    chmodSync(path, 0o600);
    damage(path);
    expect(thrown(() => store.readEntry(key))).toBe('ENTRY_DAMAGED');
    expect(existsSync(path)).toBe(false);
    expect(store.readEntry(key)).toBeUndefined();
  });
});

describe('the time of last use', () => {
  const longAgo = new Date(1_000_000_000_000);

  test.each<[string, (store: DiskStore, space: Workspace) => unknown]>([
    ['putting it again', (store) => store.putBytes(small)],
    [
      'putting the file again',
      (store, space) => store.putFile(space.path('file') as AbsolutePath, digestOf(small)),
    ],
    ['reading it', (store) => store.read(digestOf(small), 100)],
    ['saying that it is used', (store) => store.use([digestOf(small)]).release()],
  ])('of an object is made the present by %s', async (_, use) => {
    const space = workspace({ file: small });
    const store = storeIn(space);
    const path = space.path(objectPath(store.putBytes(small)));
    utimesSync(path, longAgo, longAgo);
    await use(store, space);
    expect(statSync(path).mtimeMs).toBeGreaterThan(longAgo.getTime());
  });

  test.each<[string, (store: DiskStore) => unknown]>([
    ['reading it', (store) => store.readEntry(key)],
    ['saying that it is used', (store) => store.use([], [key]).release()],
  ])('of an entry is made the present by %s', (_, use) => {
    const space = workspace();
    const store = storeIn(space);
    store.writeEntry(key, empty);
    const path = space.path(objectPath({ hash: key }, 'ac'));
    utimesSync(path, longAgo, longAgo);
    use(store);
    expect(statSync(path).mtimeMs).toBeGreaterThan(longAgo.getTime());
  });

  test('of what is missing is passed over', () => {
    const space = workspace();
    const store = storeIn(space);
    store.use([digestOf(small)], [key]).release();
    store.putBytes(large);
    store.use([digestOf(small)], [key]).release();
    expect(store.has(digestOf(small))).toBe(false);
  });
});

describe('a folder', () => {
  test('becomes a store when something is put into it, for its owner alone', () => {
    const space = workspace();
    storeIn(space).putBytes(small);
    expect(space.read('store/oodate-store')).toBe('oodate store 1\n');
    for (const name of ['store', 'store/cas', `store/cas/${digestOf(small).hash.slice(0, 2)}`, 'store/tmp'])
      expect([name, statSync(space.path(name)).mode & 0o777]).toEqual([name, 0o700]);
  });

  test('is not made by looking into it', () => {
    const space = workspace();
    const store = storeIn(space);
    expect(store.has(digestOf(small))).toBe(false);
    expect(store.readEntry(key)).toBeUndefined();
    store.use([digestOf(small)]).release();
    expect(space.exists('store')).toBe(false);
  });

  test('in which a process was ended while it made the store is no obstacle', () => {
    const space = workspace({ 'store/oodate-store.123': 'ood' });
    const store = storeIn(space);
    expect(store.has(digestOf(small))).toBe(false);
    store.putBytes(small);
    expect(store.has(digestOf(small))).toBe(true);
  });

  test.each<[string, string, string]>([
    ['of something else', 'store/notes.txt', 'is not a store of oodate, and not empty'],
    ['of a cache of Bazel', 'store/cas/ab/x', 'is not a store of oodate, and not empty'],
    ['of a later version', 'store/oodate-store', 'was made by another version of oodate'],
  ])('%s is neither read nor written', async (_, name, message) => {
    const space = workspace({ [name]: 'oodate store 2\n', file: small });
    const path = space.path(objectPath(digestOf(small)));
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(space.path('file'), path);
    const before = filesOf(space);
    const attempts: ((store: DiskStore) => unknown)[] = [
      (store) => store.has(digestOf(small)),
      (store) => store.read(digestOf(small), 100),
      (store) => store.readEntry(key),
      (store) => store.writeEntry(key, empty),
      (store) => store.putBytes(large),
      (store) => store.use([digestOf(small)]),
    ];
    for (const attempt of attempts) {
      expect(() => attempt(storeIn(space))).toThrow(message);
      expect(thrown(() => attempt(storeIn(space)))).toBe('STORE_FOREIGN');
    }
    const put = storeIn(space).putFile(space.path('file') as AbsolutePath, digestOf(large));
    expect(await rejection(put)).toBe('STORE_FOREIGN');
    expect(filesOf(space)).toEqual(before);
  });

  test('that is a file cannot be a store', () => {
    const space = workspace({ store: 'x' });
    expect(thrown(() => storeIn(space).putBytes(small))).toBe('STORE_NOT_READABLE');
  });

  test('can be moved', () => {
    const space = workspace();
    storeIn(space).putBytes(small);
    renameSync(space.path('store'), space.path('moved'));
    const moved = new DiskStore(space.path('moved') as AbsolutePath, { maxBytes: 1e9 });
    expect(moved.read(digestOf(small), 100)).toEqual(small);
  });
});
