import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedContent, RecordedFile, RunRecord } from '@oodate/meta-file';
import { diskFileStates } from '@oodate/planner';
import { type Workspace, workspace } from '@oodate/testkit';
import { DiskStore } from './disk-store.js';
import { InputTexts, mostOfInputs } from './input-texts.js';
import { TextBundle } from './text-bundle.js';

const storeIn = (space: Workspace) => new DiskStore(space.path('store') as AbsolutePath, { maxBytes: 1e9 });

const inputsIn = (space: Workspace, name = 'build.meta') =>
  new InputTexts(storeIn(space), space.path(`p/${name}`));

const at = (space: Workspace, name: string) => space.path(`p/${name}`) as AbsolutePath;

function stateOf(space: Workspace, name: string): RecordedContent {
  const found = diskFileStates().digest(at(space, name));
  if (!('digest' in found)) throw new Error(`${name} cannot be read`);
  return { ...found.file, digest: found.digest };
}

/** As a run in p that read these files has it. */
function runThatRead(
  space: Workspace,
  names: readonly string[],
  use: RecordedFile['use'] = 'read',
): RunRecord {
  return {
    version: 2,
    commands: [['build']],
    cwd: space.path('p') as AbsolutePath,
    environment: [],
    started: 0,
    recorded: 0n,
    files: names.map((name) => ({
      path: at(space, name),
      use,
      state: stateOf(space, name),
      by: undefined,
      disturbed: false,
    })),
    listings: [],
  };
}

const object = (text: string | Uint8Array) => {
  const hash = createHash('sha256').update(text).digest('hex');
  return `store/cas/${hash.slice(0, 2)}/${hash}`;
};

/** For each of the files, as if it were another one by now. */
function isKept(space: Workspace, run: RunRecord, metaFile?: string): boolean[] {
  const inputs = inputsIn(space, metaFile);
  return run.files.map(({ path, state }) => inputs.changed(path, state, state) !== undefined);
}

const keep = (space: Workspace, run: RunRecord, isIgnored?: (path: string) => boolean) =>
  inputsIn(space).keep(run, space.path('p') as AbsolutePath, { ...(isIgnored && { isIgnored }) });

describe('of the inputs of a run', () => {
  test.each(['src/a.ts', 'a file', 'config/key.ts', '.github/x.yml', 'environment.ts', 'monkey'])(
    'a text such as %s is kept',
    async (name) => {
      const space = workspace({ [`p/${name}`]: 'text\n' });
      await keep(space, runThatRead(space, [name]));
      expect(space.read(object('text\n'))).toBe('text\n');
    },
  );

  test.each([
    'node_modules/x/index.js',
    '.env',
    '.env.local',
    'production.env',
    '.npmrc',
    'sub/.netrc',
    'id_ed25519',
    'tls/server.pem',
    'server.KEY',
    'client.p12',
    'my-secrets.json',
    'aws_credentials',
    'Passwords.txt',
  ])('a file such as %s is not kept', async (name) => {
    const space = workspace({ [`p/${name}`]: 'text\n', 'p/other': 'other\n' });
    await keep(space, runThatRead(space, [name, 'other']));
    expect([space.exists(object('text\n')), space.exists(object('other\n'))]).toEqual([false, true]);
  });

  test.each<[string, string | Uint8Array]>([
    ['of more than 32 KiB', 'x'.repeat(mostOfInputs.size + 1)],
    ['with a zero byte', Buffer.of(65, 0, 66)],
  ])('a file %s is not kept', async (_, content) => {
    const space = workspace({ 'p/a': content });
    await keep(space, runThatRead(space, ['a']));
    expect(space.exists(object(content))).toBe(false);
  });

  test('a file that only its owner may read is not kept', async () => {
    const space = workspace({ 'p/a': 'private\n' });
    chmodSync(space.path('p/a'), 0o600);
    await keep(space, runThatRead(space, ['a']));
    expect(space.exists(object('private\n'))).toBe(false);
  });

  test('what the settings leave out is not kept', async () => {
    const space = workspace({ 'p/a.log': 'text\n' });
    await keep(space, runThatRead(space, ['a.log']), (path) => path.endsWith('.log'));
    expect(space.exists(object('text\n'))).toBe(false);
  });

  test.each(['looked', 'output'] as const)('what is %s is not kept', async (use) => {
    const space = workspace({ 'p/a': 'text\n' });
    await keep(space, runThatRead(space, ['a'], use));
    expect(space.exists(object('text\n'))).toBe(false);
  });

  test('what lies outside of the project is not kept, nor what a link brings in from there or from a secret', async () => {
    const space = workspace({ 'p/.env': 'in\n', outside: 'out\n', 'p/inside': 'inside\n' });
    space.link('p/link', '../outside');
    space.link('p/settings', '.env');
    space.link('p/good', 'inside');
    await keep(space, runThatRead(space, ['link', 'settings', '../outside', 'good']));
    expect(['out\n', 'in\n', 'inside\n'].map((text) => space.exists(object(text)))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('what has changed since the run, or has gone, is not kept', async () => {
    const space = workspace({ 'p/a': 'text\n', 'p/gone': 'gone\n', 'p/folder': 'folder\n' });
    const run = runThatRead(space, ['a', 'gone', 'folder']);
    space.write({ 'p/a': 'next\n' });
    space.remove('p/gone');
    space.remove('p/folder');
    space.write({ 'p/folder/x': '' });
    await keep(space, run);
    expect(existsSync(space.path('store/cas'))).toBe(false);
  });

  test('no more than five hundred are kept, those first that have changed', async () => {
    const names = Array.from({ length: mostOfInputs.files + 1 }, (_, index) => `${index}`);
    const space = workspace(Object.fromEntries(names.map((name) => [`p/${name}`, `text ${name}`])));
    const run = runThatRead(space, names);
    const last = names.at(-1) as string;
    const because = {
      reasons: [{ kind: 'input-changed', path: at(space, last) }],
      more: 0,
      spared: [],
    };
    await keep(space, { ...run, because });
    expect(isKept(space, run)).toEqual(names.map((name) => name !== names.at(-2)));
  });

  test('no more than 4 MiB are kept', async () => {
    const size = mostOfInputs.size;
    const names = Array.from({ length: mostOfInputs.bytes / size + 1 }, (_, index) => `${index}`);
    const texts = names.map((name) => [`p/${name}`, name.padEnd(size, '.')]);
    const space = workspace(Object.fromEntries(texts));
    const run = runThatRead(space, names);
    await keep(space, run);
    expect(isKept(space, run)).toEqual(names.map((name) => name !== names.at(-1)));
  });

  test('many are in one file, and few that change later in files of their own', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `${index}`);
    const space = workspace(Object.fromEntries(names.map((name) => [`p/${name}`, `text ${name}`])));
    const first = runThatRead(space, names);
    const filesIn = () =>
      readdirSync(space.path('store'), { recursive: true, withFileTypes: true }).filter(
        (entry) => /\/(?:ac|cas)\//.test(entry.parentPath) && entry.isFile(),
      ).length;
    await keep(space, first);
    expect(filesIn()).toBe(3);
    await keep(space, first);
    expect(filesIn()).toBe(3);
    space.write({ 'p/7': 'new\n' });
    const second = runThatRead(space, names);
    await keep(space, second);
    expect([filesIn(), space.read(object('new\n'))]).toEqual([4, 'new\n']);
    expect(isKept(space, second)).not.toContain(false);
    // As after a switch of branches.
    for (const name of names.slice(10, 60)) space.write({ [`p/${name}`]: `other ${name}` });
    const third = runThatRead(space, names);
    await keep(space, third);
    expect(isKept(space, third)).not.toContain(false);
  });

  test('those of other targets are kept by themselves', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    const space = workspace(Object.fromEntries(names.map((name) => [`p/${name}`, `text ${name}`])));
    const run = runThatRead(space, names);
    await keep(space, run);
    expect(isKept(space, run, 'other.meta')).not.toContain(true);
    await inputsIn(space, 'other.meta').keep(run, space.path('p') as AbsolutePath, {});
    expect(isKept(space, run, 'other.meta')).not.toContain(false);
  });

  test.each<[string, (file: string) => void]>([
    ['cut', (file) => truncateSync(file, 10)],
    ['empty', (file) => truncateSync(file)],
    ['something else', (file) => writeFileSync(file, '[{"hash":"x"}]')],
    ['gone', (file) => rmSync(file)],
  ])('what is %s of them is not used, and kept anew', async (_, damage) => {
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    const space = workspace(Object.fromEntries(names.map((name) => [`p/${name}`, `text ${name}`])));
    const run = runThatRead(space, names);
    await keep(space, run);
    const files = readdirSync(space.path('store'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /^(?:ac|cas)\/.{67}$/.test(name))
      .map((name) => space.path(`store/${name}`));
    expect(files).toHaveLength(3);
    for (const file of files) {
      chmodSync(file, 0o644);
      damage(file);
      expect(isKept(space, run)).not.toContain(true);
      await keep(space, run);
      expect(isKept(space, run)).not.toContain(false);
    }
  });

  test('what names others than it holds gives no text for them', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `${index}`);
    const space = workspace(Object.fromEntries(names.map((name) => [`p/${name}`, `text ${name}`])));
    const run = runThatRead(space, names);
    const digests = run.files.map(({ state }) => ({
      hash: (state as RecordedContent).digest as string,
      size: Number((state as RecordedContent).size),
    }));
    const bundle = new TextBundle(storeIn(space), space.path('p/build.meta'));
    bundle.replace(digests.map((digest) => ({ digest, bytes: Buffer.alloc(digest.size, 'x') })));
    expect(isKept(space, run)).not.toContain(true);
  });

  test('what is kept already counts as used, and is not read', async () => {
    const space = workspace({ 'p/a': 'text\n' });
    const run = runThatRead(space, ['a']);
    await keep(space, run);
    const kept = space.path(object('text\n'));
    utimesSync(kept, 1, 1);
    space.remove('p/a');
    await keep(space, run);
    expect(statSync(kept).mtimeMs).toBeGreaterThan(1000);
  });
});

describe('of a file that has changed', () => {
  async function changed(
    prepare: (space: Workspace) => void = () => {},
    name = 'a',
  ): Promise<ReturnType<InputTexts['changed']>> {
    const space = workspace({ [`p/${name}`]: 'was\n' });
    const was = stateOf(space, name);
    storeIn(space).putBytes(Buffer.from('was\n'));
    space.write({ [`p/${name}`]: 'now it is\n' });
    const is = { ...stateOf(space, name), digest: undefined };
    prepare(space);
    return inputsIn(space).changed(at(space, name), was, is);
  }

  test('both texts are given', async () => {
    const texts = await changed();
    expect([texts?.was.toString(), texts?.is.toString()]).toEqual(['was\n', 'now it is\n']);
  });

  test.each<[string, (space: Workspace) => void]>([
    ['the store does not know', (space) => space.remove(object('was\n'))],
    [
      'the store has something else',
      (space) => {
        space.remove(object('was\n'));
        space.write({ [object('was\n')]: 'wax\n' });
      },
    ],
    ['there is no store', (space) => space.remove('store')],
    ['the file has another size by now', (space) => space.write({ 'p/a': '' })],
    ['the file has gone', (space) => space.remove('p/a')],
    ['a device is in its place', (space) => space.link('p/a', '/dev/zero')],
    [
      'it leads to what is named like a secret',
      (space) => {
        space.rename('p/a', 'p/x.pem');
        space.link('p/a', 'x.pem');
      },
    ],
  ])('none is given where %s', async (_, prepare) => {
    expect(await changed(prepare)).toBeUndefined();
  });

  test('none is given where it is named like a secret', async () => {
    expect(await changed(() => {}, '.env')).toBeUndefined();
  });

  test('none is given where only its owner may read it, or might', () => {
    const space = workspace({ 'p/a': 'text\n' });
    storeIn(space).putBytes(Buffer.from('text\n'));
    const state = stateOf(space, 'a');
    const given = (was: number, is: number) =>
      inputsIn(space).changed(at(space, 'a'), { ...state, mode: was }, { ...state, mode: is }) !== undefined;
    expect([given(0o644, 0o644), given(0o600, 0o644), given(0o644, 0o600)]).toEqual([true, false, false]);
  });

  test('none is given where it was or is no file, or a large one', () => {
    const space = workspace({ 'p/a': 'text\n' });
    const state = stateOf(space, 'a');
    const large = { ...state, size: BigInt(mostOfInputs.size + 1) };
    const none = [
      [state, { type: 'absent' }],
      [{ type: 'directory' }, state],
      [{ ...state, digest: undefined }, state],
      [large, state],
      [state, large],
    ] as const;
    for (const [was, is] of none) expect(inputsIn(space).changed(at(space, 'a'), was, is)).toBeUndefined();
  });
});
