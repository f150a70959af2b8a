import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath, fsPath } from '@oodate/filemon';
import { requireTool } from '@oodate/testkit';
import type { Digest } from './digest.js';
import { DiskStore } from './disk-store.js';
import { ownName } from './in-use.js';
import { type Restored, type RestoreOptions, restoreOutputs } from './restore.js';
import type { RestoreError } from './restore-error.js';
import type { WantedOutput } from './wanted-output.js';

let folder: string;
/** The project: nothing outside of it may change. */
let root: AbsolutePath;
let store: DiskStore;
/** What a test has to undo before its folder can be removed. */
const undo: (() => void)[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(`${tmpdir()}/oodate-restore-`));
  root = `${folder}/project` as AbsolutePath;
  mkdirSync(root);
  store = new DiskStore(`${folder}/store` as AbsolutePath, { maxBytes: 1e9 });
});

afterEach(() => {
  for (const act of undo.splice(0).reverse()) act();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): AbsolutePath => (name.startsWith('/') ? name : `${root}/${name}`) as AbsolutePath;

type Output<Type extends WantedOutput['type']> = Extract<WantedOutput, { type: Type }>;

function file(name: string, content: string | Uint8Array, mode = 0o644): Output<'file'> {
  return { type: 'file', path: at(name), digest: store.putBytes(Buffer.from(content as string)), mode };
}

const link = (name: string, target: string): Output<'link'> => ({ type: 'link', path: at(name), target });
const directory = (name: string): Output<'directory'> => ({ type: 'directory', path: at(name) });
const absent = (name: string): Output<'absent'> => ({ type: 'absent', path: at(name) });

function restore(wanted: readonly WantedOutput[], options: Partial<RestoreOptions> = {}): Promise<Restored> {
  const staging = at('.oodate/restore');
  return restoreOutputs(wanted, store, { roots: [root], staging, isThere: () => false, ...options });
}

/** Writes files, with the directories above them. */
function write(files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), content);
  }
}

interface Entry {
  readonly what: string;
  readonly mode: number;
  /** Microseconds: Node sets no others. */
  readonly modified: bigint;
  readonly inode: bigint;
  readonly owner: string;
}

/** All that is below, by name, and the directory itself. */
function tree(top = folder): Map<string, Entry> {
  const found = new Map<string, Entry>();
  const look = (path: Buffer) => {
    const stats = lstatSync(path, { bigint: true });
    const mode = Number(stats.mode);
    let what = `special ${mode >> 12}`;
    if (stats.isFile()) what = readFileSync(path, 'latin1');
    if (stats.isSymbolicLink()) what = `-> ${readlinkSync(path)}`;
    if (stats.isDirectory()) what = 'directory';
    found.set(decodePath(path), {
      what,
      mode,
      modified: (stats.mtimeNs + 500n) / 1000n,
      inode: stats.ino,
      owner: `${stats.uid}:${stats.gid} ${stats.nlink}`,
    });
    if (stats.isDirectory())
      for (const name of readdirSync(path, { encoding: 'buffer' }))
        look(Buffer.concat([path, Buffer.from('/'), name]));
  };
  look(Buffer.from(top));
  return found;
}

/** By name in the project: the content, `-> target`, or "directory". What leads to the names is left out. */
function content(): Record<string, string> {
  const names = [...tree(root)].filter(([path, { what }]) => what !== 'directory' || isEmpty(path));
  return Object.fromEntries(names.map(([path, { what }]) => [path.slice(root.length + 1), what]));
}

function isEmpty(path: string): boolean {
  return readdirSync(fsPath(path)).length === 0;
}

/** Sets all times back, so that each change of one shows; not of what must not be changed. */
function age(): void {
  for (const path of [...tree().keys()].reverse())
    try {
      lutimesSync(fsPath(path), 1e9, 1e9 + 0.25);
    } catch {}
}

/** Expects that it throws, and that everything is as it was. */
async function refused(
  wanted: readonly WantedOutput[],
  code: RestoreError['code'],
  message: RegExp,
  options: Partial<RestoreOptions> = {},
): Promise<RestoreError> {
  age();
  const before = tree();
  const error = await restore(wanted, options).then(
    () => undefined,
    (thrown: RestoreError) => thrown,
  );
  expect(tree()).toEqual(before);
  expect(error).toMatchObject({ name: 'RestoreError', code, message: expect.stringMatching(message) });
  return error as RestoreError;
}

/** What only root can set up. In CI nothing is skipped unseen. */
const testAsRoot = process.getuid?.() === 0 || process.env.CI === 'true' ? test : test.skip;

describe('outputs', () => {
  test('come back with their bytes, modes and links, with empty directories, and with what was removed', async () => {
    write({ 'src/in.ts': 'in', 'out/stray': 'stays', 'old.log': '', 'tmp/a/b': '' });
    const bytes = Buffer.from([0, 255, 10, 0xe9]);
    const done = await restore([
      file('dist/deep/er/bin', bytes, 0o755),
      file('out/x', 'x', 0o600),
      file('empty', ''),
      link('current', 'dist/deep'),
      link('dist/elsewhere', '/etc/hosts'),
      directory('cache/empty'),
      absent('old.log'),
      absent('tmp/a/b'),
      absent('tmp/a'),
      absent('tmp'),
      absent('never-there'),
    ]);
    expect(done).toMatchObject({ written: 6, kept: 0, removed: 4 });
    expect(content()).toEqual({
      '.oodate': 'directory',
      'src/in.ts': 'in',
      'out/stray': 'stays',
      'out/x': 'x',
      empty: '',
      'dist/deep/er/bin': bytes.toString('latin1'),
      current: '-> dist/deep',
      'dist/elsewhere': '-> /etc/hosts',
      'cache/empty': 'directory',
    });
    expect(statSync(at('dist/deep/er/bin')).mode & 0o7777).toBe(0o755);
    expect(statSync(at('out/x')).mode & 0o7777).toBe(0o600);
  });

  test('have names that are not UTF-8', async () => {
    const name = decodePath(Buffer.from([0x63, 0xe9]));
    await restore([file(`d${name}/f${name}`, 'x'), link(`l${name}`, name), absent(name)]);
    expect(content()).toEqual({
      '.oodate': 'directory',
      [`d${name}/f${name}`]: 'x',
      [`l${name}`]: expect.any(String),
    });
    expect(readlinkSync(fsPath(at(`l${name}`)), 'buffer')).toEqual(Buffer.from([0x63, 0xe9]));
  });

  test.each([0o000, 0o022, 0o077])('have their modes whatever the umask: %o', async (mask) => {
    const before = process.umask(mask);
    undo.push(() => process.umask(before));
    await restore([file('a', 'a', 0o777), file('b', 'b', 0o444)]);
    expect([statSync(at('a')).mode & 0o7777, statSync(at('b')).mode & 0o7777]).toEqual([0o777, 0o444]);
  });

  test('never get set-user-ID, set-group-ID or sticky bits', async () => {
    await restore([file('a', 'a', 0o7755)]);
    expect(statSync(at('a')).mode & 0o7777).toBe(0o755);
  });

  test('what is there only behind a link that makes way for a directory is written', async () => {
    write({ 'e/x': 'made' });
    symlinkSync('e', at('d'));
    const isThere = ({ path }: WantedOutput) => path === at('d/x');
    expect(await restore([directory('d'), file('d/x', 'made')], { isThere })).toMatchObject({ kept: 0 });
    expect(content()).toMatchObject({ 'd/x': 'made', 'e/x': 'made' });
    expect(lstatSync(at('d')).isDirectory()).toBe(true);
  });

  test('have new times, also those that are there already', async () => {
    write({ kept: 'kept', edited: 'by hand', 'd/x': '' });
    symlinkSync('x', at('l'));
    age();
    const inodes = ['kept', 'edited'].map((name) => statSync(at(name)).ino);
    const start = Date.now();
    const wanted = [
      file('kept', 'kept'),
      file('edited', 'as made'),
      file('new', ''),
      link('l', 'x'),
      directory('d'),
    ];
    const isThere = ({ path }: WantedOutput) => ['kept', 'l', 'd'].includes(path.slice(root.length + 1));
    const done = await restore(wanted, { isThere });
    expect(done).toMatchObject({ written: 2, kept: 3, removed: 0 });
    const written = ['edited', 'new'].map((name) => {
      const { ino, mtimeNs } = statSync(at(name), { bigint: true });
      return [at(name), { inode: ino, mtime: mtimeNs }];
    });
    expect([...done.files]).toEqual(written);
    // The clock of the file system may lag behind.
    for (const name of ['kept', 'edited', 'new', 'l', 'd'])
      expect({ name, isNew: lstatSync(at(name)).mtimeMs > start - 100 }).toEqual({ name, isNew: true });
    expect(statSync(at('kept')).ino).toBe(inodes[0]);
    expect(statSync(at('edited')).ino).not.toBe(inodes[1]);
    expect(content()).toMatchObject({ kept: 'kept', edited: 'as made', 'd/x': '' });
  });

  test('take the place of files, links and empty directories, and of what the command removes', async () => {
    write({ a: 'old', 'was-dir/x': '', 'target/x': 'untouched' });
    symlinkSync('target', at('b'));
    symlinkSync('target/x', at('c'));
    symlinkSync('nowhere', at('d'));
    mkdirSync(at('e'));
    write({ f: '', g: '' });
    await restore([
      link('a', 'target'),
      file('b', 'b'),
      file('c', 'c'),
      directory('d'),
      file('e', 'e'),
      directory('f'),
      file('f/below', ''),
      file('was-dir', ''),
      absent('was-dir/x'),
    ]);
    expect(content()).toEqual({
      '.oodate': 'directory',
      a: '-> target',
      b: 'b',
      c: 'c',
      d: 'directory',
      e: 'e',
      'f/below': '',
      g: '',
      'was-dir': '',
      'target/x': 'untouched',
    });
  });

  test('do not change a file that has the same inode', async () => {
    write({ a: 'old' });
    linkSync(at('a'), at('other-name'));
    await restore([file('a', 'new')]);
    expect(content()).toMatchObject({ a: 'new', 'other-name': 'old' });
  });

  test('are removed with their directory only if nothing else is in it', async () => {
    write({ 'd/made': '', 'd/stray': '', 'e/made': '' });
    expect(await restore([absent('d'), absent('d/made'), absent('e'), absent('e/made')])).toMatchObject({
      removed: 3,
    });
    expect(content()).toEqual({ '.oodate': 'directory', 'd/stray': '' });
  });

  test('are not removed with a directory in which a directory has something else', async () => {
    write({ 'd/e/made': '', 'd/e/stray': 'precious' });
    await restore([absent('d'), absent('d/e'), absent('d/e/made')]);
    expect(content()).toEqual({ '.oodate': 'directory', 'd/e/stray': 'precious' });
    await refused([file('d', ''), absent('d/e')], 'IN_THE_WAY', /not empty/);
  });

  test('are directories in whatever order they come', async () => {
    write({ f: '' });
    await restore([directory('f/a/b'), directory('f/a'), directory('f')]);
    expect(content()).toEqual({ '.oodate': 'directory', 'f/a/b': 'directory' });
  });

  test('are written through links that are in the project and lead into it', async () => {
    write({ 'packages/a/x': '', 'node_modules/x': '' });
    symlinkSync('../packages/a', at('node_modules/a'));
    const same = { ...file('packages/a/dist/out', 'out') };
    await restore([same, { ...same, path: at('node_modules/a/dist/out') }, file('node_modules/a/x', 'new')]);
    expect(content()).toMatchObject({ 'packages/a/dist/out': 'out', 'packages/a/x': 'new' });
    symlinkSync(root, at('self'));
    const odd = decodePath(Buffer.from([0xe9]));
    mkdirSync(fsPath(at(odd)));
    symlinkSync(fsPath(odd), at('odd'));
    await restore([file('self/y', 'y'), file('self/odd/z', 'z')]);
    expect(content()).toMatchObject({ y: 'y', [`${odd}/z`]: 'z' });
  });

  test('may lie in several directories, links among them, and in one that is to be made', async () => {
    mkdirSync(`${folder}/data`);
    symlinkSync(`${folder}/data`, `${folder}/root`);
    const roots = [root, `${folder}/root`, `${folder}/home/cache`] as AbsolutePath[];
    await restore([file(`${folder}/root/x/y`, 'y'), file(`${folder}/home/cache/z`, 'z'), file('a', 'a')], {
      roots,
    });
    expect(readFileSync(`${folder}/data/x/y`, 'utf8')).toBe('y');
    expect(readFileSync(`${folder}/home/cache/z`, 'utf8')).toBe('z');
    expect(content()).toMatchObject({ a: 'a' });
    await restore([file('b', 'b')], { roots: ['/' as AbsolutePath] });
    expect(content()).toMatchObject({ b: 'b' });
  });

  testAsRoot('get the group that their directory gives', async () => {
    mkdirSync(at('shared'));
    chownSync(at('shared'), 0, 54321);
    chmodSync(at('shared'), 0o2775);
    await restore([file('shared/x', ''), file('shared/deep/y', '')]);
    expect([statSync(at('shared/x')).gid, statSync(at('shared/deep/y')).gid]).toEqual([54321, 54321]);
    expect(readdirSync(at('shared')).sort()).toEqual(['deep', 'x']);
  });
});

describe('what is not restored', () => {
  const good = () => [file('a', 'a'), absent('old'), link('l', 'a')];

  beforeEach(() => {
    write({ old: 'old', 'file/..x': '', 'dir/x': 'x' });
    mkdirSync(`${folder}/outside`);
    writeFileSync(`${folder}/outside/x`, 'not ours');
    symlinkSync('../outside', at('leads-out'));
    symlinkSync(`${folder}/outside/x`, at('leads-to-file'));
    symlinkSync('nowhere', at('dangles'));
    symlinkSync('dir/x', at('leads-to-x'));
    symlinkSync('loop', at('loop'));
    symlinkSync('dir', at('leads-in'));
    symlinkSync('leads-out', at('leads-on'));
  });

  const outsideRoot = 'project2/x';

  test.each([
    [
      'an absolute path outside',
      () => file('/etc/oodate-test', 'x'),
      'OUTSIDE_PROJECT',
      /is not in the project$/,
    ],
    [
      'a folder whose name begins alike',
      () => file(`${folder}/${outsideRoot}`, 'x'),
      'OUTSIDE_PROJECT',
      /not in/,
    ],
    ['the root itself', () => file(root, 'x'), 'OUTSIDE_PROJECT', /is not in the project$/],
    ['what is above the root', () => absent(folder), 'OUTSIDE_PROJECT', /is not in the project$/],
    ['/', () => directory('/'), 'OUTSIDE_PROJECT', /^\/ is not in the project$/],
    ['..', () => file('../outside/new', 'x'), 'BAD_PATH', /is not an absolute path without/],
    [
      '.. in a path that stays inside',
      () => file('dir/../x', 'x'),
      'BAD_PATH',
      /is not an absolute path without/,
    ],
    ['. as a component', () => absent('./x'), 'BAD_PATH', /is not an absolute path without/],
    ['an empty component', () => file('dir//y', 'x'), 'BAD_PATH', /is not an absolute path without/],
    ['a slash at the end', () => directory('y/'), 'BAD_PATH', /is not an absolute path without/],
    ['a relative path', () => ({ ...absent('x'), path: 'old' }), 'BAD_PATH', /^old is not an absolute path/],
    ['no path', () => ({ ...absent('x'), path: '' }), 'BAD_PATH', /is not an absolute path/],
    ['NUL in a name', () => file('x\0y', 'x'), 'BAD_PATH', /x\uFFFDy is no name that a file can have$/],
    ['half of a surrogate pair', () => file('x\uD83D', 'x'), 'BAD_PATH', /is no name that a file can have$/],
    ['UTF-8 written as single bytes', () => file('x\uDCC3\uDCA9', 'x'), 'BAD_PATH', /is no name/],
    [
      'a path of a million names',
      () => file('x/'.repeat(500_000).slice(0, -1), ''),
      'BAD_PATH',
      /is longer than a path can be$/,
    ],
    [
      'a name of a million letters',
      () => absent('x'.repeat(1_000_000)),
      'BAD_PATH',
      /^.{100,600} is longer than/,
    ],
    [
      'a name of 256 bytes',
      () => file('é'.repeat(128), 'x'),
      'BAD_PATH',
      /has a name that is longer than one can be$/,
    ],
    [
      'a link without text',
      () => link('x', ''),
      'BAD_PATH',
      /is a symbolic link with a text that none can have$/,
    ],
    ['a link with NUL', () => link('x', '/etc/\0'), 'BAD_PATH', /is a symbolic link with a text/],
    [
      'a link with a million letters',
      () => link('x', 'x'.repeat(1e6)),
      'BAD_PATH',
      /is a symbolic link with a text/,
    ],
    [
      'a file behind a link that leads out',
      () => file('leads-out/new', 'x'),
      'OUTSIDE_PROJECT',
      /leads-out is a symbolic link that leads out of the project$/,
    ],
    [
      'a directory behind it',
      () => directory('leads-out/new'),
      'OUTSIDE_PROJECT',
      /symbolic link that leads out/,
    ],
    ['a removal behind it', () => absent('leads-out/x'), 'OUTSIDE_PROJECT', /symbolic link that leads out/],
    ['a link behind it', () => link('leads-out/x', 'y'), 'OUTSIDE_PROJECT', /symbolic link that leads out/],
    [
      'a file far behind it',
      () => file('leads-out/a/b/c', 'y'),
      'OUTSIDE_PROJECT',
      /symbolic link that leads out/,
    ],
    [
      'a file behind a link to it',
      () => file('leads-on/new', 'y'),
      'OUTSIDE_PROJECT',
      /symbolic link that leads out/,
    ],
    [
      'a file behind a link to a file outside',
      () => file('leads-to-file/x', ''),
      'OUTSIDE_PROJECT',
      /leads out/,
    ],
    ['a file below a file', () => file('old2/x', ''), 'IN_THE_WAY', /old2 is no directory$/],
    ['a link below a file', () => link('old2/x/y', 'z'), 'IN_THE_WAY', /old2 is no directory$/],
    [
      'a file behind a link that leads nowhere',
      () => file('dangles/x', ''),
      'IN_THE_WAY',
      /dangles is no directory$/,
    ],
    [
      'a file behind a link to a file',
      () => file('leads-to-x/y', ''),
      'IN_THE_WAY',
      /leads-to-x is no directory$/,
    ],
    ['a file behind a link to itself', () => file('loop/x', ''), 'IN_THE_WAY', /loop is no directory$/],
    [
      'a file where a directory is',
      () => file('dir', ''),
      'IN_THE_WAY',
      /there is a directory that is not empty$/,
    ],
    [
      'a link where a directory is',
      () => link('dir', 'x'),
      'IN_THE_WAY',
      /there is a directory that is not empty$/,
    ],
    ['a file where a pipe is', () => file('pipe', ''), 'IN_THE_WAY', /there is a special file$/],
  ] as [string, () => WantedOutput, RestoreError['code'], RegExp][])('%s', async (_, bad, code, message) => {
    write({ old2: '' });
    execFileSync('mkfifo', [at('pipe')]);
    const { path } = await refused([...good(), bad()], code, message);
    expect(path.length).toBeGreaterThanOrEqual(0);
    await refused([bad(), ...good()], code, message);
  });

  test.each([
    ['a file below a link that is restored too', () => [link('x', '../outside'), file('x/new', '')]],
    ['a file below a link that leads inside', () => [file('x/new', ''), link('x', 'dir')]],
    [
      'a file below a link that is to be what it is',
      () => [link('leads-out', '../outside'), file('leads-out/new', '')],
    ],
    ['a file far below a file', () => [file('x', ''), file('x/a/b/c', '')]],
    ['a directory below a file', () => [directory('x/a'), file('x', '')]],
    ['a file below what is to be removed', () => [absent('dir'), file('dir/new', '')]],
    [
      'a file below a link that another link hides',
      () => [link('dir/l', '../../outside'), file('leads-in/l/new', '')],
    ],
    ['one path twice', () => [file('x', ''), file('x', '')]],
    ['one path as two things', () => [directory('x'), absent('x')]],
    ['one place as two things', () => [file('dir/y', '1'), file('leads-in/y', '2')]],
    ['one place with two modes', () => [file('dir/y', '1', 0o644), file('leads-in/y', '1', 0o755)]],
    ['one place as two links', () => [link('dir/y', '1'), link('leads-in/y', '2')]],
  ])('%s', async (_, bad) => {
    await refused(
      [...good(), ...bad()],
      'BAD_PATH',
      /(below the output|different outputs in one place|is an output twice)/,
    );
  });

  test('is not even touched if it is there', async () => {
    const outside = { isThere: () => true };
    await refused([file('leads-out/x', 'not ours')], 'OUTSIDE_PROJECT', /leads out/, outside);
  });

  test('is nothing at all if one of thousands is bad', async () => {
    const { digest } = file('x', 'x');
    const many = Array.from({ length: 3000 }, (_, i) => {
      return { type: 'file', path: at(`many/${i % 50}/${i}`), digest, mode: 0o644 } as const;
    });
    await refused([...many, file('leads-out/x', '')], 'OUTSIDE_PROJECT', /leads out/);
    await refused(
      [...many, { ...file('last', ''), digest: { hash: 'a'.repeat(64), size: 3 } }],
      'OBJECT_UNUSABLE',
      /last/,
    );
  });

  test('is not begun once something has failed', async () => {
    let copies = 0;
    const objects = {
      copyTo: (digest: Digest, path: AbsolutePath, mode: number) => {
        copies += 1;
        return store.copyTo(digest, path, mode);
      },
    };
    const { digest } = file('x', 'x');
    const wanted = Array.from({ length: 500 }, (_, i) => {
      return {
        type: 'file',
        path: at(`${i}`),
        digest: { ...digest, size: i === 10 ? 2 : 1 },
        mode: 0o644,
      } as const;
    });
    const options = { roots: [root], staging: at('staging'), isThere: () => false };
    await expect(restoreOutputs(wanted, objects, options)).rejects.toMatchObject({ path: at('10') });
    expect(copies).toBeLessThan(50);
  });

  test.each<[string, (object: string) => void, Partial<Digest>]>([
    ['is missing', (object) => rmSync(object), {}],
    ['has other bytes', (object) => replaceObject(object, 'evil'), {}],
    ['has fewer bytes', (object) => replaceObject(object, 'go'), {}],
    ['has another size than the entry says', () => {}, { size: 5 }],
    ['has the name of a path', () => {}, { hash: '../../../outside/x' }],
  ])('is nothing if an object %s', async (_, spoil, wrong) => {
    write({ b: 'old' });
    const bad = file('b', 'good');
    const { hash } = bad.digest;
    spoil(`${folder}/store/cas/${hash.slice(0, 2)}/${hash}`);
    const wanted = [...good(), { ...bad, digest: { ...bad.digest, ...wrong } }, file('z', 'z')];
    age();
    // The store itself changes: it removes what is damaged.
    const before = tree(root);
    await expect(restore(wanted)).rejects.toMatchObject({
      code: 'OBJECT_UNUSABLE',
      path: at('b'),
      message: expect.stringMatching(/project\/b cannot be restored: /),
    });
    expect(tree(root)).toEqual(before);
  });

  test.each([
    ['an absolute path', 'OUTSIDE_PROJECT', `/\u001b[2J${'x/y'.repeat(1000)}`],
    ['a relative path', 'BAD_PATH', `\u009b2J${'x/y'.repeat(1e6)}`],
  ] as const)('is shown without what a terminal obeys, and cut: %s', async (_, code, path) => {
    const { message } = await refused([{ type: 'absent', path: path as AbsolutePath }], code, /\uFFFD/);
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(400);
  });
});

/** Nobody may write to one. */
function replaceObject(object: string, text: string): void {
  rmSync(object);
  writeFileSync(object, text);
}

/** A file system of its own at this place in the project. */
function mount(name: string, options: string): void {
  mkdirSync(at(name), { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', at(name)]);
  const place = at(name);
  undo.push(() => execFileSync('umount', [place]));
}

/** With the rights of somebody who is not root and owns nothing here but the store, and what `owned` names. */
async function asOther<Result>(owned: readonly string[], act: () => Promise<Result>): Promise<Result> {
  const other = 65533;
  chmodSync(folder, 0o755);
  for (const path of [...owned, ...tree(store.folder).keys()]) lchownSync(fsPath(path), other, other);
  process.setegid?.(other);
  process.seteuid?.(other);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

describe('after a failure half-way everything is as it was:', () => {
  /** Something of each kind, all of which is done before `last`. */
  function wanted(last: WantedOutput): WantedOutput[] {
    return [
      absent('gone/x'),
      absent('gone'),
      directory('made/empty'),
      directory('was-file'),
      file('was-link', 'x'),
      file('was-empty', 'x'),
      file('in/new/directory', 'x'),
      file('edited', 'new', 0o755),
      file('named-twice', 'new'),
      link('l', 'new'),
      last,
    ];
  }

  function prepare(): void {
    write({ 'gone/x': '', 'was-file': 'f', edited: 'by hand', 'named-twice': 'old', 'last/x': 'old' });
    linkSync(at('named-twice'), at('other-name'));
    symlinkSync('nowhere', at('was-link'));
    symlinkSync('old', at('l'));
    mkdirSync(at('was-empty'), { mode: 0o700 });
    chmodSync(at('edited'), 0o640);
  }

  testAsRoot('the disk is full before all files are there', async () => {
    mount('disk', 'size=64k');
    const [disk, home] = [at('disk'), root];
    root = disk;
    prepare();
    await refused(
      wanted(file('last/x', Buffer.alloc(100_000))),
      'NO_SPACE',
      /last\/x cannot be restored: no space left/,
    );
    root = home;
  });

  testAsRoot('no inode is left for a directory', async () => {
    mount('disk', 'nr_inodes=32');
    const [disk, home] = [at('disk'), root];
    root = disk;
    prepare();
    await refused(wanted(file(`last/${'d/'.repeat(20)}x`, '')), 'NO_SPACE', /no space left/);
    root = home;
  });

  testAsRoot('there is a mount in the way', async () => {
    prepare();
    execFileSync('mount', ['--bind', at('last/x'), at('last/x')]);
    undo.push(() => execFileSync('umount', [at('last/x')]));
    await refused(wanted(file('last/x', 'new')), 'NOT_WRITABLE', /last\/x cannot be restored: resource busy/);
  });

  testAsRoot.each([
    ['a file that is to be replaced', 'last/x', () => file('last/x', 'new')],
    ['a directory that is to get a file', 'last', () => file('last/y', 'new')],
    ['a file that is to be removed', 'last/x', () => absent('last/x')],
    ['a file that is to become a link', 'last/x', () => link('last/x', 'y')],
  ])('%s must not be changed (chattr +i)', async (_, name, last) => {
    requireTool('chattr');
    prepare();
    age();
    execFileSync('chattr', ['+i', at(name)]);
    undo.push(() => execFileSync('chattr', ['-i', at(name)]));
    await refused(wanted(last()), 'NOT_WRITABLE', /cannot be restored: operation not permitted/);
  });

  testAsRoot('a directory belongs to somebody else', async () => {
    prepare();
    write({ 'made/x': '', 'in/x': '' });
    const owned = [...tree(root).keys()].filter((path) => !path.startsWith(at('last')));
    const outputs = wanted(file('last/x', 'new'));
    age();
    const before = tree(root);
    await expect(asOther(owned, () => restore(outputs))).rejects.toMatchObject({
      code: 'NOT_WRITABLE',
      path: at('last/x'),
      message: expect.stringMatching(/last\/x cannot be restored: permission denied$/),
    });
    for (const path of owned) lchownSync(fsPath(path), 0, 0);
    expect(tree(root)).toEqual(before);
  });

  testAsRoot('nothing may be staged', async () => {
    prepare();
    const outputs = wanted(file('last/x', 'new'));
    age();
    const before = tree(root);
    await expect(asOther([], () => restore(outputs))).rejects.toMatchObject({ code: 'NOT_WRITABLE' });
    expect(tree(root)).toEqual(before);
  });

  testAsRoot('a directory on the way cannot be looked into', async () => {
    prepare();
    for (const name of ['last', 'was-empty']) chmodSync(at(name), name === 'last' ? 0o700 : 0o755);
    const outputs = wanted(file('last/x', 'new'));
    await expect(asOther([], () => restore(outputs))).rejects.toMatchObject({
      code: 'NOT_WRITABLE',
      path: at('last/x'),
    });
  });

  testAsRoot('what could not be put back is kept, and said where', async () => {
    requireTool('chattr');
    write({ 'd/a': 'old', 'e/b': 'b' });
    // It is asked for when the rest has been done, as the times of somebody else's file cannot be set.
    execFileSync('chattr', ['+i', at('e/b')]);
    undo.push(() => execFileSync('chattr', ['-i', at('e/b')]));
    const objects = {
      copyTo: async (digest: Digest, path: AbsolutePath, mode: number) => {
        if (content()['d/a'] === 'new') {
          execFileSync('chattr', ['+i', at('d')]);
          undo.push(() => execFileSync('chattr', ['-i', at('d')]));
        }
        await store.copyTo(digest, path, mode);
      },
    };
    const error = await restoreOutputs([file('d/a', 'new'), file('e/b', 'b')], objects, {
      roots: [root],
      staging: at('staging'),
      isThere: ({ path }) => path === at('e/b'),
    }).then(
      () => undefined,
      (thrown: RestoreError) => thrown,
    );
    expect(error).toMatchObject({ code: 'NOT_PUT_BACK', path: at('d/a') });
    const [, kept] =
      /^.*d\/a could not be put back as it was: what is missing is in (.*)$/.exec(`${error?.message}`) ?? [];
    expect(kept).toMatch(/\/kept-[^/]*$/);
    expect(readdirSync(`${kept}`).map((name) => readFileSync(`${kept}/${name}`, 'utf8'))).toContain('old');
    await restore([file('other', '')], { staging: at('staging') });
    expect(readdirSync(`${kept}`)).not.toEqual([]);
  });
});

describe('files of somebody else', () => {
  testAsRoot('whose times cannot be set are replaced by new ones', async () => {
    write({ 'd/a': 'a' });
    age();
    const outputs = [file('d/a', 'a')];
    chmodSync(at('d'), 0o777);
    const { ino } = statSync(at('d/a'));
    expect(await asOther([root], () => restore(outputs, { isThere: () => true }))).toMatchObject({
      kept: 1,
    });
    expect(statSync(at('d/a'))).toMatchObject({ uid: 65533, mode: 0o100644 });
    expect(statSync(at('d/a')).ino).not.toBe(ino);
    expect(statSync(at('d/a')).mtimeMs).toBeGreaterThan(2e12 / 2);
  });
});

describe('staging', () => {
  testAsRoot('is beside an output that is on another file system', async () => {
    mount('disk', 'size=1m');
    write({ 'disk/a': 'old', 'disk/gone': '' });
    await restore([
      file('disk/a', 'a'),
      file('disk/x/y', 'y'),
      absent('disk/gone'),
      link('disk/l', 'a'),
      file('b', 'b'),
    ]);
    expect(content()).toEqual({
      '.oodate': 'directory',
      b: 'b',
      'disk/a': 'a',
      'disk/x/y': 'y',
      'disk/l': '-> a',
    });
    await refused([file('disk/a', 'new'), file('disk/x/y/z', 'y')], 'IN_THE_WAY', /is no directory/);
    await refused([file('disk/a', 'new'), file('disk/z', Buffer.alloc(2e6))], 'NO_SPACE', /no space left/);
  });

  testAsRoot('is beside an output in a part of the file system that is mounted once more', async () => {
    write({ 'there/x': 'old', 'here/.keep': '' });
    execFileSync('mount', ['--bind', at('there'), at('here')]);
    undo.push(() => execFileSync('umount', [at('here')]));
    await restore([file('here/x', 'new'), file('here/d/y', 'y'), file('z', 'z')]);
    expect(content()).toMatchObject({ 'there/x': 'new', 'there/d/y': 'y', z: 'z' });
    expect(readdirSync(at('there')).sort()).toEqual(['d', 'x']);
  });

  test('of a process that was killed is removed by the next restore, and of one that runs is not', async () => {
    const ended = spawnSync(process.execPath, ['-e', ''], { stdio: 'ignore' }).pid;
    const mine = ownName().split('.');
    const dead = `.oodate/restore.${mine[0]}.${ended}.${mine[2]}.1`;
    const alive = `.oodate/restore.${mine.join('.')}`;
    write({
      [`${dead}/1`]: 'left',
      [`${alive}/1`]: 'under way',
      '.oodate/restore.txt': '',
      '.oodate/x.meta': '',
    });
    age();
    await restore([file('a', 'a')]);
    expect(content()).toEqual({
      a: 'a',
      [`${alive}/1`]: 'under way',
      '.oodate/restore.txt': '',
      '.oodate/x.meta': '',
    });
  });

  test('is not made if there is nothing to write', async () => {
    write({ a: 'a' });
    age();
    await restore([file('a', 'a'), directory('made'), absent('never-there')], {
      isThere: ({ path }) => path === at('a'),
    });
    expect(content()).toEqual({ a: 'a', made: 'directory' });
  });
});

describe('at each call that changes the tree', () => {
  const changes = '/^(rename|link|unlink|symlink|mkdir|rmdir|utime)';
  const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));

  function prepare(): WantedOutput[] {
    write({ 'gone/x': '', edited: 'by hand', 'named-twice': 'old', kept: 'kept', replaced: 'old' });
    linkSync(at('named-twice'), at('other-name'));
    symlinkSync('old', at('l'));
    mkdirSync(at('was-empty'));
    age();
    return [
      absent('gone/x'),
      absent('gone'),
      directory('made/empty'),
      file('was-empty', 'x'),
      file('in/new', 'x'),
      file('edited', 'new', 0o755),
      file('named-twice', 'new'),
      link('l', 'new'),
      link('replaced', 'kept'),
      file('kept', 'kept'),
    ];
  }

  const before: Record<string, string> = {
    'gone/x': '',
    edited: 'by hand',
    'named-twice': 'old',
    'other-name': 'old',
    kept: 'kept',
    replaced: 'old',
    l: '-> old',
    'was-empty': 'directory',
  };
  const after: Record<string, string> = {
    'made/empty': 'directory',
    'was-empty': 'x',
    'in/new': 'x',
    edited: 'new',
    'named-twice': 'new',
    'other-name': 'old',
    l: '-> new',
    replaced: '-> kept',
    kept: 'kept',
  };

  /** In a process of its own, under strace. What it says is whether it went well. */
  function restoreUnder(injection: readonly string[], wanted: readonly WantedOutput[]): string {
    const text = `
      import { DiskStore, restoreOutputs } from ${JSON.stringify(library)};
      const [folder, wanted] = JSON.parse(process.argv[2]);
      const isThere = ({ path }) => path.endsWith('/kept');
      const options = { roots: [folder + '/project'], staging: folder + '/project/.oodate/restore', isThere };
      const done = restoreOutputs(wanted, new DiskStore(folder + '/store', { maxBytes: 1e9 }), options);
      process.stdout.write(await done.then(() => 'restored', (error) => error.code));`;
    writeFileSync(`${folder}/restore.mjs`, text);
    const strace = ['-f', '-qq', '-o', `${folder}/calls`, '-e', `trace=${changes}`];
    const words = [process.execPath, `${folder}/restore.mjs`, JSON.stringify([folder, wanted])];
    return spawnSync('strace', [...strace, ...injection, ...words], { encoding: 'utf8' }).stdout;
  }

  /** Has something happen at each of these calls, one in each round, and the rest to be told about the round. */
  async function atEachCall(happens: string, round: (call: string, injection: readonly string[]) => unknown) {
    expect(restoreUnder([], prepare())).toBe('restored');
    expect(withoutStaging(content())).toEqual(after);
    const counts = new Map<string, number>();
    for (const [, name = ''] of readFileSync(`${folder}/calls`, 'utf8').matchAll(/^\d+ +(\w+)\(/gm)) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      rmSync(root, { recursive: true });
      mkdirSync(root);
      await round(`${name} ${count}`, ['-e', `inject=${name}:${happens}:when=${count}`]);
    }
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(25);
  }

  function withoutStaging(names: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(names).filter(([name]) => !name.startsWith('.oodate')));
  }

  const testUnderStrace = requireTool('strace') ? test : test.skip;

  testUnderStrace('a failure leaves all as it was, or does not matter', async () => {
    const results = new Set<string>();
    await atEachCall('error=EIO', (call, injection) => {
      const wanted = prepare();
      const old = tree(root);
      const said = restoreUnder(injection, wanted);
      results.add(said);
      if (said === 'restored')
        expect({ call, tree: withoutStaging(content()) }).toEqual({ call, tree: after });
      else expect({ call, said, tree: tree(root) }).toEqual({ call, said: 'NOT_WRITABLE', tree: old });
    });
    expect([...results].sort()).toEqual(['NOT_WRITABLE', 'restored']);
  });

  testUnderStrace('a kill leaves each file whole, and the next restore goes well', async () => {
    await atEachCall('signal=KILL', async (call, injection) => {
      const wanted = prepare();
      expect({ call, said: restoreUnder(injection, wanted) }).toEqual({ call, said: '' });
      for (const [name, what] of Object.entries(withoutStaging(content())))
        if (what !== 'directory')
          expect({ call, name, is: [before[name], after[name]] }).toEqual({
            call,
            name,
            is: expect.arrayContaining([what]),
          });
      const always = ['edited', 'named-twice', 'other-name', 'kept', 'replaced', 'l'];
      expect(Object.keys(content())).toEqual(expect.arrayContaining(always));
      await restore(wanted);
      expect({ call, tree: content() }).toEqual({ call, tree: { '.oodate': 'directory', ...after } });
    });
  });
});
