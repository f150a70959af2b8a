import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Result, scripts, type Workspace, workspace } from '@oodate/testkit';

let store: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  store = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-store-')));
  env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: store };
});
afterEach(() => rmSync(store, { recursive: true, force: true }));

async function restored(space: Workspace, words: readonly string[], cwd = '.'): Promise<Result> {
  const result = await space.oodateWith({ env, cwd }, 'run', ...words);
  if (result.status !== 0 || !/^oodate: .* is restored from /m.test(result.stderr))
    space.fail('it is not restored');
  if (/^oodate: running /m.test(result.stderr)) space.fail('it ran');
  return result;
}

const ran = (space: Workspace, words: readonly string[], reason = '', cwd = '.') =>
  space.kept(words, reason, { env, cwd });

const upToDate = (space: Workspace, words: readonly string[], cwd = '.') =>
  space.upToDate(words, { env, cwd });

/** Every path below, with what it is: type, mode, content. */
function tree(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (path: string, name: string) => {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
    else if (stats.isFile())
      found[name] = `${(stats.mode & 0o7777).toString(8)} ${readFileSync(path, 'latin1')}`;
    else {
      found[name] = 'directory';
      for (const entry of readdirSync(path)) look(join(path, entry), `${name}/${entry}`);
    }
  };
  look(folder, '.');
  return found;
}

const copies = {
  'package.json': scripts({
    build: 'mkdir -p dist && cat src/a > dist/out && cat src/b >> dist/out && echo built',
  }),
  'src/a': 'one\n',
  'src/b': 'two\n',
};

describe('a state that was seen before', () => {
  test('after an edit and its reversal: the same tree to the byte, and the command does not run', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    const first = tree(space.path('dist'));
    space.write({ 'src/a': 'other\n' });
    await ran(space, ['build'], 'src/a changed');
    space.write({ 'src/a': 'one\n' });
    const { stdout } = await restored(space, ['build']);
    expect(stdout).toBe('built\n');
    expect(tree(space.path('dist'))).toEqual(first);
    await upToDate(space, ['build']);
    space.write({ 'src/a': 'other\n' });
    await restored(space, ['build']);
    expect(space.read('dist/out')).toBe('other\ntwo\n');
  });

  test('when the outputs have been deleted', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    const before = Date.now();
    space.remove('dist');
    await restored(space, ['build']);
    expect(space.read('dist/out')).toBe('one\ntwo\n');
    expect(statSync(space.path('dist/out')).mtimeMs).toBeGreaterThanOrEqual(before - 10);
    await upToDate(space, ['build']);
  });

  test('when all that was known of runs here has been deleted, too', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    space.remove('dist');
    space.remove('.oodate');
    space.remove('node_modules');
    await restored(space, ['build']);
    await upToDate(space, ['build']);
  });

  test('an output that was edited by hand is put right', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    space.write({ 'dist/out': 'by hand' });
    await restored(space, ['build']);
    expect(space.read('dist/out')).toBe('one\ntwo\n');
  });

  test('brings back links, modes, empty directories, and removes what the command removes', async () => {
    const script = [
      'mkdir -p dist/empty',
      'cat in > dist/program',
      'chmod 750 dist/program',
      'ln -s program dist/link',
      'rm -f old',
    ].join('\n');
    const space = workspace({ in: '1', old: 'x', 'build.sh': script });
    const words = ['--', 'sh', '-e', 'build.sh'];
    await ran(space, words);
    const first = tree(space.path('dist'));
    space.remove('dist');
    space.write({ stray: 'mine' });
    mkdirSync(space.path('dist'));
    writeFileSync(space.path('dist/stray'), 'mine too');
    await restored(space, words);
    expect(tree(space.path('dist'))).toEqual({ ...first, './stray': '644 mine too' });
    expect(statSync(space.path('dist/program')).mode & 0o777).toBe(0o750);
    expect(space.exists('stray')).toBe(true);
  });

  test('of a command that sets the times of directories that were there', async () => {
    const space = workspace({ 'src/a': 'one' });
    const words = ['--', 'cp', '-a', 'src/.', 'dist'];
    await ran(space, words);
    space.write({ 'src/a': 'other' });
    await ran(space, words);
    space.write({ 'src/a': 'one' });
    await restored(space, words);
    space.write({ 'src/a': 'other' });
    await restored(space, words);
    expect(space.read('dist/a')).toBe('other');
  });

  test('misses and listings count as inputs', async () => {
    const space = workspace({ 'src/a': 'a' });
    const words = ['--', 'sh', '-c', 'ls src > list; [ -e extra ] && echo extra >> list; true'];
    await ran(space, words);
    space.write({ 'src/b': 'b' });
    await ran(space, words, 'src');
    space.write({ extra: '' });
    await ran(space, words, 'extra');
    space.remove('extra');
    await restored(space, words);
    expect(space.read('list')).toBe('a\nb\n');
    space.remove('src/b');
    await restored(space, words);
    expect(space.read('list')).toBe('a\n');
  });

  test('of several sets of accesses the one whose files are as they were then', async () => {
    const space = workspace({ which: 'a', a: 'A1', b: 'B1' });
    const words = ['--', 'sh', '-c', 'cat "$(cat which)" > out'];
    await ran(space, words);
    space.write({ which: 'b' });
    await ran(space, words);
    space.write({ a: 'A2' });
    await upToDate(space, words);
    space.write({ which: 'a' });
    await ran(space, words);
    space.write({ a: 'A1' });
    await restored(space, words);
    expect(space.read('out')).toBe('A1');
    space.write({ which: 'b' });
    await restored(space, words);
    expect(space.read('out')).toBe('B1');
  });

  test('another environment is another question, and the first one is not forgotten', async () => {
    const space = workspace();
    const words = ['--', 'sh', '-c', 'echo $COLOUR > out'];
    const colour = async (value: string) => {
      const { stderr } = await space.oodateWith({ env: { ...env, COLOUR: value } }, 'run', ...words);
      return stderr.includes('is restored') ? 'restored' : stderr.includes('running') ? 'ran' : 'neither';
    };
    expect([await colour('red'), await colour('blue'), await colour('red')]).toEqual([
      'ran',
      'ran',
      'restored',
    ]);
    expect(space.read('out')).toBe('red\n');
  });
});

describe('what was there before a run', () => {
  test('is not lost where the command reads and changes it: a formatter', async () => {
    const space = workspace({ 'a.txt': 'b\na\n' });
    const words = ['--', 'sort', '-o', 'a.txt', 'a.txt'];
    const { stderr } = await space.oodateWith({ env }, 'run', ...words);
    expect(stderr).toContain(
      'is not kept in the store: it changed a.txt, of which it is not known what it was',
    );
    space.write({ 'a.txt': 'd\nc\n' });
    await ran(space, words);
    expect(space.read('a.txt')).toBe('c\nd\n');
    space.write({ 'a.txt': 'mine\nall mine\n' });
    await ran(space, words);
    expect(space.read('a.txt')).toBe('all mine\nmine\n');
    space.write({ 'a.txt': 'd\nc\n' });
    await restored(space, words);
    expect(space.read('a.txt')).toBe('c\nd\n');
  });

  test('is not lost where the command adds to it', async () => {
    const space = workspace({ in: '1\n', log: 'begun\n' });
    const words = ['--', 'sh', '-c', 'cat in >> log'];
    await space.oodateWith({ env }, 'run', ...words);
    space.write({ in: '2\n' });
    await ran(space, words);
    space.write({ in: '1\n' });
    await ran(space, words);
    expect(space.read('log')).toBe('begun\n1\n2\n1\n');
  });

  test('is not lost where the command only makes what is missing', async () => {
    const space = workspace({ template: '1\n' });
    const words = ['--', 'sh', '-c', '[ -e config ] || cat template > config'];
    await ran(space, words);
    space.write({ config: 'my settings\n' });
    await ran(space, words);
    expect(space.read('config')).toBe('my settings\n');
    space.remove('.oodate');
    await space.oodateWith({ env }, 'run', ...words);
    expect(space.read('config')).toBe('my settings\n');
  });

  test.each([
    ['its mode alone is changed', 'chmod +x tool'],
    ['its time alone is changed', 'touch tool'],
    ['it is moved', 'mv tool moved'],
  ])('is not lost where %s', async (_, command) => {
    const space = workspace({ tool: 'one' });
    const words = ['--', 'sh', '-c', command];
    await space.oodateWith({ env }, 'run', ...words);
    space.write({ tool: 'my edit' });
    await space.oodateWith({ env }, 'run', ...words);
    expect(space.read(command.startsWith('mv') ? 'moved' : 'tool')).toBe('my edit');
  });
});

describe('a second checkout', () => {
  test('at another place has the results of the first', async () => {
    const space = workspace();
    for (const place of ['one', 'deeper/two'])
      space.write(
        Object.fromEntries(Object.entries(copies).map(([name, text]) => [`${place}/${name}`, text])),
      );
    for (const place of ['one', 'deeper/two']) mkdirSync(space.path(`${place}/.git`), { recursive: true });
    await ran(space, ['build'], '', 'one');
    await restored(space, ['build'], 'deeper/two');
    expect(space.read('deeper/two/dist/out')).toBe('one\ntwo\n');
    await upToDate(space, ['build'], 'deeper/two');
    space.write({ 'deeper/two/src/b': 'three\n' });
    await ran(space, ['build'], 'src/b changed', 'deeper/two');
  });

  test('does not get what holds the path of the first', async () => {
    const space = workspace();
    for (const place of ['one', 'two']) mkdirSync(space.path(`${place}/.git`), { recursive: true });
    const words = ['--', 'sh', '-c', 'pwd > where'];
    await ran(space, words, '', 'one');
    await ran(space, words, '', 'two');
    expect(space.read('two/where')).toBe(`${space.path('two')}\n`);
    space.remove('one/where');
    await restored(space, words, 'one');
    expect(space.read('one/where')).toBe(`${space.path('one')}\n`);
  });

  test('finds what is looked for upwards where it lies itself', async () => {
    const space = workspace({ 'find.sh': '' });
    const find =
      'd=$PWD; while [ "$d" != / ]; do [ -e "$d/marker" ] && cat "$d/marker"; d=$(dirname "$d"); done > out';
    for (const place of ['one', 'deep/two']) {
      mkdirSync(space.path(`${place}/.git`), { recursive: true });
      space.write({ [`${place}/find.sh`]: find });
    }
    const words = ['--', 'sh', 'find.sh'];
    await ran(space, words, '', 'one');
    space.write({ 'deep/marker': 'found\n' });
    await ran(space, words, '', 'deep/two');
    expect(space.read('deep/two/out')).toBe('found\n');
    space.remove('deep/marker');
    space.remove('deep/two/.oodate');
    await restored(space, words, 'deep/two');
    expect(space.read('deep/two/out')).toBe('');
    space.write({ 'deep/marker': 'found another\n' });
    await ran(space, words, 'deep/marker', 'deep/two');
  });
});

describe('never kept', () => {
  async function isKept(space: Workspace, words: readonly string[], undo: () => void): Promise<boolean> {
    await space.oodateWith({ env }, 'run', ...words);
    undo();
    const { stderr } = await space.oodateWith({ env }, 'run', ...words);
    return stderr.includes('is restored');
  }

  test('is a run that failed', async () => {
    const space = workspace();
    const words = ['--', 'sh', '-c', 'echo x > out; exit 1'];
    expect(await isKept(space, words, () => space.remove('out'))).toBe(false);
  });

  test('is one whose trace is incomplete', async () => {
    const space = workspace();
    const words = ['--', 'sh', '-c', 'echo x > out; read line; true'];
    expect(await isKept(space, words, () => space.remove('out'))).toBe(false);
  });

  test('is one that wrote outside of the project, unless that is allowed', async () => {
    const space = workspace({ 'inside/.git/HEAD': '' });
    const cwd = 'inside';
    const words = ['--', 'sh', '-c', 'echo x > ../outside; echo y > out'];
    const { stderr } = await space.oodateWith({ env, cwd }, 'run', ...words);
    expect(stderr).toContain(
      `it wrote outside of the project, ${space.path('outside')} (allow that with the setting store.outside)`,
    );
    space.remove('outside');
    await ran(space, words, '', cwd);
    space.remove('outside');
    space.write({ 'inside/oodate.config.json': JSON.stringify({ store: { outside: ['../outside'] } }) });
    await ran(space, words, '', cwd);
    space.remove('outside');
    await restored(space, words, cwd);
    expect(space.read('outside')).toBe('x\n');
  });

  test('is one that used the network, unless that is allowed', async () => {
    const space = workspace();
    const words = ['--', process.execPath, '-e', connecting];
    await space.oodateWith({ env }, 'run', ...words);
    space.remove('out');
    const { stderr } = await space.oodateWith({ env }, 'run', ...words);
    expect(stderr).not.toContain('is restored');
    const allowed = [...['--network-ignore', '*'], ...words];
    space.remove('out');
    await ran(space, allowed);
    space.remove('out');
    await restored(space, allowed);
  });
});

const connecting = `const fs = require('fs'), net = require('net');
const socket = net.connect(9, '127.0.0.1');
socket.on('error', () => fs.writeFileSync('out', 'x'));`;

describe('asked to', () => {
  test('--no-store neither brings back nor keeps', async () => {
    const space = workspace(copies);
    await ran(space, ['--no-store', 'build']);
    space.remove('dist');
    await ran(space, ['build']);
    space.remove('dist');
    await ran(space, ['--no-store', 'build']);
  });

  test('--refresh runs what could be brought back, and keeps the new result', async () => {
    const space = workspace({ in: '1' });
    const words = ['--', 'sh', '-c', 'cat in > out; date +%N >> out'];
    await ran(space, words);
    space.remove('out');
    await ran(space, ['--refresh', ...words]);
    const fresh = space.read('out');
    space.remove('out');
    await restored(space, words);
    expect(space.read('out')).toBe(fresh);
  });

  test('--json tells that it was restored, and when it was made', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    space.remove('dist');
    const { stdout } = await space.oodateWith({ env }, 'run', '--json', 'build');
    const { run, verdict } = JSON.parse(stdout);
    expect(verdict).toBe('out of date');
    expect(run).toMatchObject({ status: 0, kept: true, restored: expect.stringMatching(/^\d{4}-.*Z$/) });
  });
});

test('ten runs of one script at a time end well, and the store is whole', async () => {
  const space = workspace(copies);
  await ran(space, ['build']);
  space.write({ 'src/a': 'other\n' });
  await ran(space, ['build']);
  space.write({ 'src/a': 'one\n' });
  const results = await Promise.all(
    Array.from({ length: 10 }, () => space.oodateWith({ env }, 'run', 'build')),
  );
  expect(results.map(({ status }) => status)).toEqual(Array(10).fill(0));
  expect(space.read('dist/out')).toBe('one\ntwo\n');
  await upToDate(space, ['build']);
});

describe('before anything is done', () => {
  test('why tells of the known result, and of what the nearest one differs in', async () => {
    const space = workspace(copies);
    await ran(space, ['build']);
    space.write({ 'src/a': 'other\n' });
    const first = await space.oodateWith({ env }, 'why', 'build');
    // It differs in what is told already.
    expect(first.stdout).not.toMatch(/known result/);
    // From now on the last run is another one.
    space.write({ 'src/a': 'more\n', 'src/b': 'more\n' });
    await ran(space, ['build']);
    space.write({ 'src/a': 'other\n', 'src/b': 'two\n' });
    const far = await space.oodateWith({ env }, 'why', 'build');
    expect(far.stdout).toMatch(
      /^ {2}the nearest known result, from \d{4}-\d\d-\d\d \d\d:\d\d, is of another state: src\/a\n {6}changed/m,
    );
    const { known } = JSON.parse((await space.oodateWith({ env }, 'why', '--json', 'build')).stdout);
    expect(known).toMatchObject({
      made: expect.stringMatching(/Z$/),
      differs: [{ kind: 'input-changed', path: space.path('src/a') }],
    });
    await ran(space, ['build']);
    space.write({ 'src/a': 'one\n' });
    const near = await space.oodateWith({ env }, 'why', 'build');
    expect(near.stdout).toMatch(/^ {2}known result from .*: "oodate run" restores it, and nothing runs$/m);
    expect(space.read('dist/out')).toBe('other\ntwo\n');
    await restored(space, ['build']);
    const after = await space.oodateWith({ env }, 'why', 'build');
    expect(after.stdout).toMatch(/^build is up to date .*\n {2}known result from \d{4}-.*, restored$/m);
  });

  test('--dry-run tells whether it would run or be restored, and does neither', async () => {
    const space = workspace(copies);
    const { stderr: wouldRun } = await space.oodateWith({ env }, 'run', '--dry-run', 'build');
    expect(wouldRun).toContain('would run build: ');
    await ran(space, ['build']);
    space.remove('dist');
    const { stderr: wouldRestore } = await space.oodateWith({ env }, 'run', '--dry-run', 'build');
    expect(wouldRestore).toMatch(
      /would restore build from \d{4}-.*: dist\/out, which the command had made, is gone/,
    );
    expect(space.exists('dist')).toBe(false);
    for (const option of ['--no-store', '--refresh', '--force']) {
      const { stderr: none } = await space.oodateWith({ env }, 'run', '--dry-run', option, 'build');
      expect(none).toContain('would run build: ');
      expect(none).not.toContain('would restore');
    }
  });
});
