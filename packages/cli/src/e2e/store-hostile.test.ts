import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { formatMetaFile, parseMetaFile, type RecordedFile, type RunRecord } from '@oodate/meta-file';
import { DiskStore } from '@oodate/store';
import { damaged, dice, requireTool, rounds, type Workspace, workspace } from '@oodate/testkit';

let folder: AbsolutePath;
let store: DiskStore;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-store-'))) as AbsolutePath;
  store = new DiskStore(folder, { maxBytes: 1e9 });
  env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: folder };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The files of one kind in the store: objects ("cas") or entries ("ac"). */
function stored(kind: 'cas' | 'ac'): { hash: string; path: string }[] {
  return readdirSync(join(folder, kind)).flatMap((part) =>
    readdirSync(join(folder, kind, part)).map((hash) => ({ hash, path: join(folder, kind, part, hash) })),
  );
}

type Entry = NonNullable<ReturnType<DiskStore['readEntry']>>;

function entries(): [key: string, Entry][] {
  return stored('ac').map(({ hash }) => [hash, store.readEntry(hash) as Entry]);
}

/** Puts another in the place of each entry that is of a result, or of each that tells what is known. */
function changeEntries(kind: 'result' | 'known', change: (entry: Entry) => Entry): void {
  const found = entries().filter(([, { result }]) => (result !== undefined) === (kind === 'result'));
  expect(found).not.toEqual([]);
  for (const [key, entry] of found) store.writeEntry(key, change(entry));
}

/** Puts another in the place of the meta file of each result. */
function changeMeta(change: (bytes: Buffer) => Buffer): void {
  changeEntries('result', (entry) => {
    if (entry.result === undefined) throw new Error('it is of no result');
    const meta = store.putBytes(change(store.read(entry.result.meta, 1e9)));
    return { ...entry, result: { ...entry.result, meta } };
  });
}

/** Puts another in the place of each list of what is known. */
function changeKnown(change: (bytes: Buffer) => Buffer): void {
  changeEntries('known', (entry) => {
    const [file] = entry.outputFiles;
    if (file === undefined) throw new Error('it has no file');
    const digest = store.putBytes(change(store.read(file.digest, 1e9)));
    return { ...entry, outputFiles: [{ ...file, digest }] };
  });
}

/** Puts another in the place of each set of accesses that is known. */
function changeSets(change: (bytes: Buffer) => Buffer): void {
  changeKnown((bytes) => {
    const known = JSON.parse(bytes.toString());
    for (const set of known.sets) set.digest = store.putBytes(change(store.read(set.digest, 1e9)));
    return Buffer.from(JSON.stringify(known));
  });
}

function changeRun(change: (run: RunRecord) => RunRecord): void {
  changeMeta((packed) => {
    const { meta } = parseMetaFile(gunzipSync(packed));
    return gzipSync(formatMetaFile({ ...meta, run: change(meta.run as RunRecord) }));
  });
}

const outputOf = (run: RunRecord) => run.files.find(({ use }) => use === 'output') as RecordedFile;

/** Has the results say that the command made these, too. */
function addOutputs(make: (like: RecordedFile) => RecordedFile[]): void {
  changeRun((run) => ({ ...run, files: [...run.files, ...make(outputOf(run))] }));
}

/** Every path below, with what it is. */
function tree(top: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' })) {
    const stats = lstatSync(join(top, name));
    const content = stats.isFile() ? readFileSync(join(top, name), 'utf8') : '';
    const target = stats.isSymbolicLink() ? readlinkSync(join(top, name)) : '';
    found[name] = `${stats.mode} ${stats.mtimeMs} ${content}${target}`;
  }
  return found;
}

const words = ['--', 'sh', '-c', 'cat in > out'];

/** A project with a result in the store, the output of which is gone; `outside` is beside it. */
async function kept(): Promise<Workspace> {
  const space = workspace({ 'project/in': 'right\n', 'project/.git/HEAD': '', 'outside/x': 'not ours' });
  await space.kept(words, '', { env, cwd: 'project' });
  space.remove('project/out');
  return space;
}

/** Expects that the command runs after this sentence, that nothing else is written, and that all is well then. */
async function refused(space: Workspace, sentence: RegExp | undefined): Promise<void> {
  const outside = tree(space.path('outside'));
  const names = readdirSync(space.path('project')).sort();
  const { stderr } = await space.ran(words, '', { env, cwd: 'project' });
  const said = stderr.split('\n').filter((line) => line.startsWith('oodate: '));
  const others = said.filter((line) => !/^oodate: (running .*|.* ran in .*; kept: .*)$/.test(line));
  if (sentence === undefined) expect(others).toEqual([]);
  else expect(others).toEqual([expect.stringMatching(sentence)]);
  expect(space.read('project/out')).toBe('right\n');
  expect(tree(space.path('outside'))).toEqual(outside);
  expect(readdirSync(space.path('project')).sort()).toEqual([...names, 'out'].sort());
  space.remove('project/out');
  const again = await space.oodateWith({ env, cwd: 'project' }, 'run', ...words);
  expect(again.stderr).toMatch(/^oodate: .* is restored from .*$/m);
  expect(space.read('project/out')).toBe('right\n');
}

describe('a result that would be written outside of the project', () => {
  test.each<[string, (space: Workspace, like: RecordedFile) => RecordedFile[], RegExp]>([
    [
      'at an absolute path',
      (space, like) => [{ ...like, path: at(space, 'outside/new') }],
      /outside\/new, which is outside of the project$/,
    ],
    [
      'over what is there',
      (space, like) => [{ ...like, path: at(space, 'outside/x') }],
      /outside\/x, which is outside of the project$/,
    ],
    [
      'by removing it',
      (space, like) => [{ ...like, path: at(space, 'outside/x'), use: 'removed', state: { type: 'absent' } }],
      /outside\/x, which is outside of the project$/,
    ],
    [
      'in the place of the project',
      (space, like) => [{ ...like, path: at(space, 'project') }],
      /project, which is outside of the project$/,
    ],
    [
      'over ..',
      (space, like) => [{ ...like, path: at(space, 'project/../outside/x') }],
      /names what no run can have used$/,
    ],
    [
      'over a link that was placed earlier',
      (space, like) => [{ ...like, path: at(space, 'project/leads-out/x') }],
      /leads-out is a symbolic link that leads out of the project$/,
    ],
    [
      'far behind such a link',
      (space, like) => [{ ...like, path: at(space, 'project/leads-out/a/b/c') }],
      /leads-out is a symbolic link that leads out of the project$/,
    ],
    [
      'over a link that it places itself',
      (space, like) => [
        { ...like, path: at(space, 'project/l'), state: { type: 'link', target: '../outside' } },
        { ...like, path: at(space, 'project/l/x') },
      ],
      /l\/x cannot be below the output .*\/l, which is no directory$/,
    ],
    [
      'over a link of which it says that it was there',
      (space, like) => [
        { ...like, path: at(space, 'project/l'), state: { type: 'link', target: '../outside/x' } },
        { ...like, path: at(space, 'project/l') },
      ],
      /outside\/x, which is outside of the project$/,
    ],
  ])('%s is refused', async (_, make, sentence) => {
    const space = await kept();
    space.link('project/leads-out', '../outside');
    addOutputs((like) => make(space, like));
    await refused(space, sentence);
  });
});

const at = (space: Workspace, name: string) => `${space.folder}/${name}` as AbsolutePath;

describe('a result that cannot be', () => {
  test.each<[string, (space: Workspace, like: RecordedFile) => RecordedFile[], RegExp]>([
    [
      'with a file below a file',
      (space, like) => [{ ...like, path: at(space, 'project/in/x') }],
      /project\/in is no directory$/,
    ],
    [
      'with a file in the place of a directory',
      (space, like) => [{ ...like, path: at(space, 'project/.git') }],
      /there is a directory that is not empty$/,
    ],
    [
      'with a path longer than any',
      (space, like) => [{ ...like, path: at(space, `project/${'x/'.repeat(5000)}x`) }],
      /is longer than a path can be$/,
    ],
    [
      'with what a terminal obeys in a path',
      (space, like) => [{ ...like, path: at(space, 'project/in/\u001b[2Jx') }],
      /in\/\uFFFD\[2Jx cannot be restored/,
    ],
    [
      'with an object that it has not',
      (space, like) => [{ ...like, path: at(space, 'project/new'), state: content('a'.repeat(64), 5n) }],
      /new cannot be restored: the store has no object a{64}$/,
    ],
    [
      'with an object that is enormous',
      (space, like) => [
        { ...like, path: at(space, 'project/new'), state: content(hashOf(like), 10n ** 15n) },
      ],
      /new cannot be restored: object \w+ has 10{15} bytes, more than the \d+ that are allowed$/,
    ],
  ])('%s is refused', async (_, make, sentence) => {
    const space = await kept();
    addOutputs((like) => make(space, like));
    await refused(space, sentence);
  });

  function content(digest: string, size: bigint): RecordedFile['state'] {
    return { type: 'file', digest, size, mtime: 0n, ctime: 0n, inode: 1n, mode: 0o644 };
  }

  function hashOf({ state }: RecordedFile): string {
    return (state.type === 'file' && state.digest) || '';
  }

  test('of thousands of files with a bad one at the end is refused', async () => {
    const space = await kept();
    addOutputs((like) => [
      ...Array.from({ length: 3000 }, (_, i) => ({ ...like, path: at(space, `project/many/${i}`) })),
      { ...like, path: at(space, 'project/in/x') },
    ]);
    await refused(space, /in is no directory$/);
  });
});

describe('a result of another command, or of none,', () => {
  test.each(['/proc/self/pagemap', '/tmp/../proc/self/pagemap', '/dev/zero'])(
    'that has read what never ends is refused: %s',
    async (path) => {
      const space = await kept();
      changeRun((run) => {
        const state = {
          type: 'file',
          size: 1n,
          mtime: 1n,
          ctime: 1n,
          inode: 1n,
          mode: 0o644,
          digest: 'a'.repeat(64),
        } as const;
        return {
          ...run,
          files: [...run.files, { ...outputOf(run), use: 'read', path: path as AbsolutePath, state }],
        };
      });
      await refused(space, /names what no run can have used$/);
    },
  );

  test.each<[string, (like: RecordedFile) => RecordedFile]>([
    ['changed what nobody knows any more', (like) => ({ ...like, before: 'unknown' })],
    ['was disturbed', (like) => ({ ...like, disturbed: true })],
    ['made a device', (like) => ({ ...like, state: { type: 'special' } })],
    [
      'made a file that nobody may read',
      (like) => ({ ...like, state: { ...like.state, digest: undefined } as RecordedFile['state'] }),
    ],
  ])('that is never kept, as it %s, is not brought back', async (_, spoil) => {
    const space = await kept();
    changeRun((run) => ({
      ...run,
      files: run.files.map((file) => (file.use === 'output' ? spoil(file) : file)),
    }));
    await refused(space, undefined);
  });

  test('is not taken for this one', async () => {
    const space = await kept();
    await space.kept(['--', 'sh', '-c', 'echo wrong > out'], '', { env, cwd: 'project' });
    space.remove('project/out');
    const all = entries().filter(([, { result }]) => result !== undefined);
    const [[one, first], [other, second]] = all as [[string, Entry], [string, Entry]];
    store.writeEntry(one, second);
    store.writeEntry(other, first);
    await refused(space, undefined);
  });

  test('that says why it was made is brought back without that', async () => {
    const space = await kept();
    changeRun((run) => ({
      ...run,
      because: {
        reasons: [{ kind: 'input-gone', path: '/home/ann/diary' }],
        more: 7,
        outputs: 'same',
        spared: [{ path: '/home/ann/diary' as AbsolutePath, runs: 9 }],
      },
    }));
    const { stderr } = await space.oodateWith({ env, cwd: 'project' }, 'run', ...words);
    expect(stderr).toMatch(/ is restored from .*: out, which the command had made, is gone$/m);
    const { stdout } = await space.oodateWith(
      { env, cwd: 'project' },
      'why',
      '--after',
      '--json',
      '--',
      ...words.slice(1),
    );
    expect(JSON.parse(stdout).runs).toMatchObject([
      {
        causes: [{ kind: 'output-gone', path: at(space, 'project/out') }],
        more: 0,
        outputs: 'same',
        spared: [],
      },
    ]);
  });

  test('that ran in another directory is refused', async () => {
    const space = workspace({ 'project/sub/in': 'right\n', 'project/.git/HEAD': '' });
    const options = { env, cwd: 'project/sub' };
    await space.kept(words, '', options);
    space.remove('project/sub/out');
    changeRun((run) => ({ ...run, cwd: at(space, 'project/other') }));
    const { stderr } = await space.ran(words, '', options);
    expect(stderr).toMatch(/^oodate: a result in the store is of another command$/m);
    expect(space.read('project/sub/out')).toBe('right\n');
  });
});

describe('an object', () => {
  const ofOutput = () => {
    const output = stored('cas').find(({ path }) => readFileSync(path, 'utf8') === 'right\n');
    if (output === undefined) throw new Error('the output is not in the store');
    return output.path;
  };

  test.each<[string, (path: string) => void, RegExp]>([
    ['that has other bytes', (path) => replace(path, 'wrong\n'), /is damaged: it has other bytes$/],
    [
      'that has more bytes',
      (path) => replace(path, 'right\nand more'),
      /is damaged: it has 14 bytes and not 6$/,
    ],
    ['that is empty', (path) => replace(path, ''), /is damaged: it has 0 bytes and not 6$/],
    [
      'that is enormous',
      (path) => truncateSync(path, 2 ** 42),
      /is damaged: it has 4398046511104 bytes and not 6$/,
    ],
    ['that is missing', (path) => rmSync(path), /out cannot be restored: the store has no object /],
    [
      'that is a directory',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /is damaged: it is no file$/,
    ],
  ])('%s is not used', async (_, spoil, sentence) => {
    const space = await kept();
    spoil(ofOutput());
    await refused(space, sentence);
  });

  test('that is a link to a file outside is not used', async () => {
    const space = await kept();
    space.write({ 'outside/same': 'right\n' });
    const path = ofOutput();
    space.link(path, space.path('outside/same'));
    await refused(space, /is damaged: it is no file$/);
    expect(existsSync(space.path('outside/same'))).toBe(true);
  });

  function replace(path: string, text: string): void {
    rmSync(path);
    writeFileSync(path, text);
  }
});

describe('what the store says', () => {
  const garbage: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['random bytes', Buffer.from('\u00ff\u0000\u0080garbage', 'latin1')],
    ['JSON of another kind', Buffer.from('{"sets":7}')],
    ['very deep JSON', Buffer.from('['.repeat(300_000))],
    ['JSON with a strange key', Buffer.from('{"__proto__":{"sets":[]},"sets":[],"results":[]}')],
  ];

  test.each(garbage)('of what is known, as %s, is passed over', async (name, bytes) => {
    const space = await kept();
    changeKnown(() => bytes);
    await refused(
      space,
      name.includes('strange key') ? undefined : /known results in the store cannot be understood$/,
    );
  });

  test.each(garbage)('of the accesses, as %s, is passed over', async (_, bytes) => {
    const space = await kept();
    changeSets(() => bytes);
    await refused(space, /a set of accesses in the store cannot be understood$/);
  });

  test('of the accesses may name what never ends, or what cannot be read', async () => {
    const space = await kept();
    changeSets((bytes) => {
      const set = JSON.parse(bytes.toString());
      const paths = [
        '/proc/self/pagemap',
        '/tmp/../proc/self/pagemap',
        '//proc/self/pagemap',
        '../../../../../../../../../../proc/self/pagemap',
        '/proc/kmsg',
        '/dev/zero',
        '/',
        '',
        '\0',
        'x/'.repeat(100_000),
      ];
      return Buffer.from(JSON.stringify({ ...set, read: paths, looked: paths, missing: paths }));
    });
    await refused(space, undefined);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['random bytes', Buffer.from('\u00ff\u0000\u0080garbage', 'latin1')],
    ['no meta file', gzipSync('garbage')],
    ['half of one', gzipSync('# Meta data file /x\nCMD cat\n')],
    ['a few bytes that unpack to an enormous file', gzipSync(Buffer.alloc(300 << 20), { level: 1 })],
  ])('of the run, as %s, is passed over', async (_, bytes) => {
    const space = await kept();
    changeMeta(() => bytes);
    await refused(space, /the record of a result in the store is damaged$/);
  });

  test.each<[string, (path: string) => void]>([
    ['is empty', (path) => writeFileSync(path, '')],
    ['is garbage', (path) => writeFileSync(path, 'garbage')],
    ['is enormous', (path) => truncateSync(path, 2 ** 42)],
    ['is a directory', (path) => mkdirSync(path)],
  ])('is passed over where an entry %s', async (_, spoil) => {
    const space = await kept();
    for (const { path, hash } of stored('ac')) {
      if (store.readEntry(hash)?.result === undefined) continue;
      rmSync(path);
      if (!_.includes('directory')) writeFileSync(path, '');
      spoil(path);
    }
    await refused(space, /entry .*$/);
  });

  test('with objects that are no results, as a server may have them, is passed over', async () => {
    const space = await kept();
    changeEntries('result', ({ result: _, ...entry }) => entry);
    await refused(space, /an entry of the store is no result$/);
  });
});

test('whatever is damaged in the store, the command ends well and its output is right', async () => {
  const lot = dice();
  const space = await kept();
  for (let round = 0; round < rounds(10); round += 1) {
    const change = (bytes: Buffer) => damaged(bytes, lot);
    const kind = lot.below(4);
    if (kind === 0) changeMeta((packed) => gzipSync(change(gunzipSync(packed))));
    else if (kind === 1) changeKnown(change);
    else if (kind === 2) changeSets(change);
    else
      for (const { path } of stored('ac')) {
        const bytes = change(readFileSync(path));
        rmSync(path);
        writeFileSync(path, bytes);
      }
    space.remove('project/out');
    const { status, stderr } = await space.oodateWith({ env, cwd: 'project' }, 'run', ...words);
    const seen = {
      seed: lot.seed,
      round,
      status,
      out: space.exists('project/out') && space.read('project/out'),
    };
    expect(seen).toEqual({ seed: lot.seed, round, status: 0, out: 'right\n' });
    expect(stderr).toMatch(/^oodate: (.* ran in .*; kept: |.* is restored from )/m);
  }
});

/** What only root can set up. In CI nothing is skipped unseen. */
const testAsRoot = process.getuid?.() === 0 || process.env.CI === 'true' ? test : test.skip;

describe('where a result cannot be put back the command runs, and finds all as it was:', () => {
  const twice = ['--', 'sh', '-c', 'cat in > one/a; cat in > two/b'];
  const text = 'x'.repeat(64 << 10);
  const place = (space: Workspace, name: string) => statSync(space.path(`project/${name}`)).ino;

  /** Edits both outputs by hand, so that they are to be put right, and has that fail at the second. */
  async function runs(space: Workspace, fail: () => void, sentence: RegExp, under: readonly string[] = []) {
    space.write({
      'project/in': text,
      'project/.git/HEAD': '',
      'project/one/.keep': '',
      'project/two/.keep': '',
    });
    await space.kept(twice, '', { env, cwd: 'project' });
    const mine = text.replaceAll('x', 'y');
    space.write({ 'project/one/a': mine, 'project/two/b': mine });
    const places = [place(space, 'one/a'), place(space, 'two/b')];
    fail();
    const { stderr } = await space.ran(twice, '', { env, cwd: 'project', under });
    expect(stderr.match(/^oodate: (?!running |.* ran in ).*$/gm)).toEqual([expect.stringMatching(sentence)]);
    expect([space.read('project/one/a'), space.read('project/two/b')]).toEqual([text, text]);
    // The shell writes into what is there: the files of a restore would have other inodes.
    expect([place(space, 'one/a'), place(space, 'two/b')]).toEqual(places);
    expect(readdirSync(space.path('project/.oodate')).filter((name) => name.startsWith('.restored'))).toEqual(
      [],
    );
  }

  testAsRoot('the disk is full', async () => {
    const space = workspace({ 'project/x': '' });
    const disk = space.path('project');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', disk]);
    try {
      const fill = () => {
        const { bavail, bsize } = statfsSync(disk);
        writeFileSync(join(disk, 'fill'), Buffer.alloc(bavail * bsize - (96 << 10)));
      };
      await runs(space, fill, /two\/b cannot be restored: no space left on device$/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  testAsRoot('a directory belongs to somebody else', async () => {
    const space = workspace();
    const under = ['setpriv', '--bounding-set=-dac_override,-dac_read_search,-fowner', '--'];
    const giveAway = () => chownSync(space.path('project/two'), 65533, 65533);
    await runs(space, giveAway, /two\/b cannot be restored: permission denied$/, under);
  });

  testAsRoot('a file is mounted where an output is to be', async () => {
    const space = workspace();
    try {
      const mount = () =>
        execFileSync('mount', ['--bind', space.path('project/two/b'), space.path('project/two/b')]);
      await runs(space, mount, /two\/b cannot be restored: resource busy or locked$/);
    } finally {
      execFileSync('umount', [space.path('project/two/b')]);
    }
  });
});

(requireTool('strace') ? test : test.skip)(
  'a restore that is killed leaves files that are whole, and is not taken for one that has ended',
  async () => {
    const names = ['a', 'b', 'dist/c'];
    const space = workspace({ 'project/in': 'right\n', 'project/.git/HEAD': '' });
    const made = [
      '--',
      'sh',
      '-c',
      'mkdir -p dist; for name in a b dist/c; do cat in > $name; done; ln -sf in l',
    ];
    await space.kept(made, '', { env, cwd: 'project' });
    const edit = () => {
      space.write(Object.fromEntries(names.map((name) => [`project/${name}`, 'by hand\n'])));
      space.link('project/l', 'elsewhere');
    };
    const restoring = (...injection: string[]) => {
      edit();
      const under = [
        'strace',
        '-f',
        '-qq',
        '-o',
        space.path('calls'),
        '-e',
        'trace=/^(rename|link)',
        ...injection,
      ];
      return space.oodateWith({ env, cwd: 'project', under }, 'run', ...made);
    };
    expect((await restoring()).stderr).toContain(' is restored from ');
    const calls = [...space.read('calls').matchAll(/^\d+ +(\w+)\(/gm)].map(([, name]) => name as string);
    expect(calls.length).toBeGreaterThan(8);
    for (const [at, name] of calls.entries()) {
      const count = calls.slice(0, at + 1).filter((other) => other === name).length;
      const { signal } = await restoring('-e', `inject=${name}:signal=KILL:when=${count}`);
      expect({ name, count, signal }).toEqual({ name, count, signal: 'SIGKILL' });
      const left = names.map((output) => space.read(`project/${output}`));
      for (const text of left) expect(['right\n', 'by hand\n']).toContain(text);
      expect(['in', 'elsewhere']).toContain(readlinkSync(space.path('project/l')));
      const { status } = await space.oodateWith({ env, cwd: 'project' }, 'run', ...made);
      const seen = { name, count, status, left: names.map((output) => space.read(`project/${output}`)) };
      expect(seen).toEqual({ name, count, status: 0, left: ['right\n', 'right\n', 'right\n'] });
      expect(readlinkSync(space.path('project/l'))).toBe('in');
      expect(
        readdirSync(space.path('project/.oodate')).filter((left) => left.startsWith('.restored.')),
      ).toEqual([]);
      await space.upToDate(made, { env, cwd: 'project' });
    }
  },
);
