import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { scripts, type Workspace, workspace } from '@oodate/testkit';

const withStore = { env: { OODATE_STORE_ENABLED: undefined, OODATE_STORE: 'the store' } };

function project(): Workspace {
  return workspace({
    'package.json': scripts({ build: 'cat in.txt > out.txt' }),
    'in.txt': 'one\n',
    'oodate.config.json': '{}',
  });
}

const cache = (space: Workspace, ...words: string[]) => space.oodateWith(withStore, 'cache', ...words);

async function json(space: Workspace, ...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await cache(space, ...words, '--json')).stdout);
}

/** A project with two results in its store, those of the inputs "one" and "two"; the latter was used last. */
async function filled(): Promise<Workspace> {
  const space = project();
  for (const input of ['one\n', 'two\n']) {
    space.write({ 'in.txt': input });
    await space.oodateWith(withStore, 'run', 'build');
    const long = new Date(input === 'one\n' ? 1e12 : 2e12);
    if (input === 'one\n') for (const path of stored(space)) utimesSync(path, long, long);
  }
  return space;
}

function stored(space: Workspace): string[] {
  return ['ac', 'cas'].flatMap((kind) =>
    readdirSync(space.path(`the store/${kind}`), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.length > 2)
      .map((name) => space.path(join('the store', kind, name))),
  );
}

/** In blocks of 4 KiB. */
function spaceOf(paths: readonly string[]): number {
  return paths.reduce((sum, path) => sum + Math.ceil(Math.max(1, statSync(path).size) / 4096) * 4096, 0);
}

/** The object with these bytes. */
function objectOf(space: Workspace, bytes: string): string {
  const hash = createHash('sha256').update(bytes).digest('hex');
  return space.path(`the store/cas/${hash.slice(0, 2)}/${hash}`);
}

test('where nothing has been kept yet, all of it is said of an empty store, and none is made', async () => {
  const space = project();
  const folder = space.path('the store');
  const said = async (...words: string[]) => {
    const { status, stdout, stderr } = await cache(space, ...words);
    return [status, stdout, stderr];
  };
  const empty = `the store of results is '${folder}'\n0 B of 10 GB, 0 objects and 0 entries\n`;
  expect(await said()).toEqual([0, empty, '']);
  expect(await said('status')).toEqual([0, empty, '']);
  expect(await said('gc')).toEqual([0, 'nothing is removed; 0 B are left\n', '']);
  expect(await said('verify')).toEqual([0, '0 objects and 0 entries, 0 B: none is damaged\n', '']);
  expect(await said('clear')).toEqual([0, 'nothing is removed; 0 B are left\n', '']);
  expect(space.exists('the store')).toBe(false);
});

test('the status counts what is kept, and tells of a store that is not used', async () => {
  const space = await filled();
  const found = stored(space);
  const entries = found.filter((path) => path.includes('/ac/')).length;
  const status = await json(space, 'status');
  expect(status).toEqual({
    directory: space.path('the store'),
    isUsed: true,
    objects: found.length - entries,
    entries,
    bytes: spaceOf(found),
    maxBytes: 10e9,
  });
  space.write({ 'oodate.config.json': '{"store":{"enabled":false,"size":"1 MiB"}}' });
  expect(await json(space)).toEqual({ ...status, isUsed: false, maxBytes: 2 ** 20 });
  expect((await cache(space)).stdout).toMatch(/\nit is not used: store.enabled is false\n$/);
});

test('gc removes what was used least recently until no more is left than is said', async () => {
  const space = await filled();
  const before = stored(space);
  const old = before.filter((path) => statSync(path).mtimeMs < 1.1e12);
  expect(old.length).toBeGreaterThan(1);
  const all = spaceOf(before);
  expect(await json(space, 'gc')).toMatchObject({ removedObjects: 0, removedEntries: 0, bytes: all });
  const left = await json(space, 'gc', '--size', `${all - 1} B`);
  expect(left.bytes).toBe(spaceOf(stored(space)));
  expect(left.bytes).toBe(all - (left.removedBytes as number));
  const gone = before.filter((path) => !existsSync(path));
  expect(gone).toHaveLength(1);
  expect(old).toEqual(expect.arrayContaining(gone));
  expect((await cache(space, 'gc', '--size', '0 B')).stdout).toMatch(
    /^removed \d+ objects? and \d+ entr(y|ies), \d+ KB; 0 B are left\n$/,
  );
  expect(stored(space)).toEqual([]);
});

test('gc takes no size that is none', async () => {
  const { status, stderr } = await cache(project(), 'gc', '--size', 'much');
  expect([status, stderr]).toEqual([
    2,
    'oodate: --size takes a size, and "much" is none; as in --size "500 MB"\n',
  ]);
});

test('verify names what is damaged, removes it, and says so by its exit status', async () => {
  const space = await filled();
  expect(await cache(space, 'verify')).toMatchObject({ status: 0, stderr: '' });
  const path = objectOf(space, 'one\n');
  expect(readFileSync(path, 'utf8')).toBe('one\n');
  chmodSync(path, 0o600);
  space.write({ [path]: 'eno\n' });
  const { status, stdout } = await cache(space, 'verify');
  expect(status).toBe(1);
  expect(stdout.split('\n')[0]).toBe(
    `'${path}': an object of the store is damaged: it has other bytes; it is removed`,
  );
  expect(stdout).toMatch(/: 1 damaged\n$/);
  expect(await json(space, 'verify')).toMatchObject({ damaged: [] });
});

test('a result whose object has been damaged is not brought back: the command runs', async () => {
  const space = await filled();
  const path = objectOf(space, 'one\n');
  chmodSync(path, 0o600);
  space.write({ [path]: 'eno\n', 'in.txt': 'one\n' });
  const { status, stderr } = await space.oodateWith(withStore, 'run', 'build');
  expect(status).toBe(0);
  expect(stderr).toMatch(/an object of the store is damaged: it has other bytes/);
  expect(space.read('out.txt')).toBe('one\n');
  expect(await cache(space, 'verify')).toMatchObject({ status: 0 });
});

test('clear removes all of it, and what is kept after that is there', async () => {
  const space = await filled();
  expect(await json(space, 'clear')).toMatchObject({ bytes: 0 });
  expect(stored(space)).toEqual([]);
  space.write({ 'in.txt': 'three\n' });
  await space.oodateWith(withStore, 'run', 'build');
  expect((await json(space)).objects).toBeGreaterThan(0);
});

test.each(['status', 'gc', 'verify', 'clear'])('%s refuses a folder that is no store', async (command) => {
  const space = project();
  space.write({ 'the store/notes': 'mine' });
  const { status, stderr } = await cache(space, command);
  expect([status, stderr]).toEqual([
    2,
    `oodate: ${space.path('the store')} is not a store of oodate, and not empty; set store.directory to another folder\n`,
  ]);
  expect(space.read('the store/notes')).toBe('mine');
});

test('a command that there is none is told of, and completion knows those that there are', async () => {
  const space = project();
  expect(await cache(space, 'purge')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('"purge"'),
  });
  const { stdout } = await space.oodate('--get-yargs-completions', 'oodate', 'cache', '');
  for (const command of ['status', 'gc', 'verify', 'clear'])
    expect(stdout).toMatch(new RegExp(`^${command}\\b`, 'm'));
});
