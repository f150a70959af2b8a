import { describe, expect, test } from '@jest/globals';
import { oodate, type Workspace, workspace } from '@oodate/testkit';
import { askProof } from './proof-program.js';

const project = (settings: object = {}, build = 'cat in.txt noise.log > out.txt') =>
  workspace({
    'package.json': JSON.stringify({ name: 'p', scripts: { build }, oodate: settings }),
    'in.txt': 'one\n',
    'noise.log': 'noise\n',
  });

function configure(space: Workspace, settings: object): void {
  space.write({ 'oodate.config.json': JSON.stringify(settings) });
}

/** `run --dry-run`, `why` and `check` must say the same. */
async function judged(
  space: Workspace,
  words: readonly string[],
  options = {},
): Promise<'up to date' | 'out of date'> {
  const [check, why, dry] = await Promise.all([
    space.oodateWith(options, 'check', ...words),
    space.oodateWith(options, 'why', '--json', ...words),
    space.oodateWith(options, 'run', '--dry-run', '--json', ...words),
  ]);
  const { verdict } = JSON.parse(why.stdout);
  expect([JSON.parse(dry.stdout).verdict, check.status]).toEqual([verdict, verdict === 'up to date' ? 0 : 1]);
  return verdict;
}

describe('paths to ignore', () => {
  test('do not count, wherever they are set, and count again as soon as they are not', async () => {
    const space = project();
    await space.kept(['build']);
    space.write({ 'noise.log': 'other noise\n' });
    expect(await judged(space, ['build'])).toBe('out of date');
    expect(await judged(space, ['--ignore', '*.log', 'build'])).toBe('up to date');
    expect(await judged(space, ['build'], { env: { OODATE_IGNORE: '*.log' } })).toBe('up to date');
    configure(space, { ignore: ['*.log'] });
    expect(await judged(space, ['build'])).toBe('up to date');
    configure(space, {});
    expect(await judged(space, ['build'])).toBe('out of date');
  });

  test('kept with a pattern, the record serves without it', async () => {
    const space = project({ ignore: ['*.log'] });
    await space.kept(['build']);
    space.write({ 'noise.log': 'other noise\n' });
    await space.upToDate(['build']);
    await space.because(['--ignore', 'none', 'build'], ['noise.log changed']);
    space.write({ 'noise.log': 'noise\n' });
    await space.upToDate(['--ignore', 'none', 'build']);
    space.remove('out.txt');
    await space.ran(['build'], 'out.txt');
  });

  test('changed by someone else during the run do not spoil it', async () => {
    const build = `cat in.txt noise.log > out.txt; echo begun; until test -e go; do sleep 0.05; done`;
    const space = project({ ignore: ['*.log', 'go'] }, build);
    const running = space.start([oodate, 'run', 'build']);
    await running.says('begun');
    space.write({ 'noise.log': 'meanwhile\n', go: '' });
    expect((await running.end()).stderr).toMatch(/; kept: /);
    await space.upToDate(['build']);
    expect(await judged(space, ['--ignore', 'go', 'build'])).toBe('out of date');
  });
});

describe('extra inputs', () => {
  test('count like inputs; new ones, lost ones and a pattern more make it out of date', async () => {
    const space = project({ inputs: ['conf/*'] });
    space.write({ 'conf/a': '1', 'more/b': '1' });
    await space.kept(['build']);
    expect(await judged(space, ['build'])).toBe('up to date');
    space.write({ 'conf/a': '2' });
    await space.because(['build'], ['conf/a changed']);
    await space.kept(['build'], 'conf/a changed');
    space.write({ 'conf/new': '' });
    await space.kept(['build'], 'conf/new is an extra input by the settings, and was none');
    space.remove('conf/new');
    await space.kept(['build'], 'conf/new is gone');
    configure(space, { inputs: ['conf/*', 'more/*'] });
    await space.because(['build'], ['more/b is an extra input']);
    configure(space, { inputs: [] });
    space.write({ 'conf/a': '3' });
    expect(await judged(space, ['build'])).toBe('up to date');
    configure(space, { inputs: ['conf/*'] });
    await space.because(['build'], ['conf/a changed']);
  });

  test('that match nothing are warned of, unless it shall be quiet', async () => {
    const space = project({ inputs: ['in.*', 'none/*'] });
    const line = "oodate: the pattern 'none/*' of extra inputs matches nothing\n";
    for (const command of ['run', 'why', 'check'])
      expect((await space.oodate(command, 'build')).stderr).toContain(line);
    expect((await space.oodate('run', '--quiet', 'build')).stderr).toBe('');
  });

  test('that match nothing are warned of once for all packages', async () => {
    const space = workspace({
      'package.json': '{"workspaces": ["packages/*"], "oodate": {"inputs": ["none/*"]}}',
      'packages/a/package.json': '{"name": "a", "scripts": {"build": "true"}}',
      'packages/b/package.json': '{"name": "b", "scripts": {"build": "true"}}',
    });
    const warnings = async (...words: string[]) =>
      (await space.oodate('run', '-r', ...words)).stderr.match(/^oodate: the pattern .*$/gm);
    expect(await warnings('build')).toEqual(["oodate: the pattern 'none/*' of extra inputs matches nothing"]);
    expect(await warnings('--quiet', 'build')).toBeNull();
  });

  test('and a directory for the cache among them is none', async () => {
    const space = project({ inputs: ['**/*'], cache: 'kept' });
    await space.kept(['build']);
    expect(space.exists('kept/.oodate')).toBe(true);
    expect(space.exists('.oodate')).toBe(false);
    await space.upToDate(['build']);
  });
});

describe('variables', () => {
  test('to ignore do not count, and count again as soon as they are not', async () => {
    const space = project();
    await space.kept(['build'], '', { env: { STAMP: '1' } });
    const now = { env: { STAMP: '2' } };
    expect(await judged(space, ['build'], now)).toBe('out of date');
    expect(await judged(space, ['--env-ignore', 'STAMP', 'build'], now)).toBe('up to date');
    configure(space, { env: { ignore: ['ST*'] } });
    expect(await judged(space, ['build'], now)).toBe('up to date');
    configure(space, { env: { ignore: ['ST*'], require: ['STAMP'] } });
    expect(await judged(space, ['build'], now)).toBe('out of date');
  });

  test('that are volatile count if they are required, also for a record made before', async () => {
    const space = project();
    await space.kept(['build'], '', { env: { TERM: 'xterm' } });
    const now = { env: { TERM: 'dumb' } };
    expect(await judged(space, ['build'], now)).toBe('up to date');
    configure(space, { env: { require: ['TERM'] } });
    await space.because(['build'], ["the variable TERM was 'xterm', is 'dumb'"], now);
    expect(await judged(space, ['build'], { env: { TERM: 'xterm' } })).toBe('up to date');
  });
});

test('a meta file by itself is judged by the settings of the directory of its command', async () => {
  const space = project({ ignore: ['*.log'] });
  await space.kept(['--meta', 'x.meta', '--', 'cat', 'noise.log']);
  space.write({ 'noise.log': 'other noise\n' });
  expect((await space.oodate('check', 'x.meta')).status).toBe(0);
  expect((await space.oodate('check', '--ignore', 'none', 'x.meta')).status).toBe(1);
});

test('the mode is taken from the settings, unless an option gives it', async () => {
  const space = project({ mode: 'mtime' });
  await space.kept(['build']);
  space.touch('in.txt');
  expect(await judged(space, ['build'])).toBe('out of date');
  expect(await judged(space, ['--mode', 'content', 'build'])).toBe('up to date');
  expect(await judged(space, ['build'], { env: { OODATE_MODE: 'content' } })).toBe('up to date');
});

test('packages of one cache have records of their own, and so do commands', async () => {
  const space = workspace({
    'oodate.config.json': '{"cache": "cache"}',
    'a/package.json': '{"name":"a","scripts":{"build":"echo a > out"}}',
    'b/package.json': '{"name":"b","scripts":{"build":"echo a > out"}}',
  });
  for (const cwd of ['a', 'b']) {
    await space.kept(['build'], '', { cwd });
    await space.upToDate(['build'], { cwd });
    await space.kept(['--', 'true'], '', { cwd });
    await space.upToDate(['--', 'true'], { cwd });
    expect(space.exists(`${cwd}/.oodate`)).toBe(false);
  }
  expect((await space.oodateWith({ cwd: 'b' }, 'meta', 'show', 'build')).stdout).toContain(space.path('b'));
  expect((await space.oodateWith({ cwd: 'b' }, 'doctor')).stdout).toContain(space.path('cache/.oodate'));
});

test('a target that is run inside another depends on its own settings, and so does that one', async () => {
  const space = project({ ignore: ['*.log'] }, `${oodate} run --quiet inner`);
  const manifest = JSON.parse(space.read('package.json'));
  manifest.scripts.inner = 'cat in.txt noise.log > out.txt';
  space.write({ 'package.json': JSON.stringify(manifest) });
  await space.kept(['build']);
  space.write({ 'noise.log': 'x' });
  await space.upToDate(['build']);
  configure(space, { ignore: ['none'] });
  expect(await judged(space, ['build'])).toBe('out of date');
});

describe('oodate config', () => {
  test('shows what is in force and where it comes from', async () => {
    const space = project({ ignore: ['*.log'] });
    configure(space, { env: { ignore: ['A', 'B'] } });
    const { stdout } = await space.oodateWith({ env: { OODATE_MODE: 'mtime' } }, 'config', '--cache', 'c');
    expect(stdout.replace(/ +/g, ' ').split('\n')).toEqual([
      'mode mtime OODATE_MODE',
      'cache c --cache',
      "ignore '*.log' package.json",
      'inputs - default',
      'env.ignore A B oodate.config.json',
      'env.require - default',
      'network.ignore - default',
      'scripts.include - default',
      'scripts.exclude - default',
      'store.enabled false OODATE_STORE_ENABLED',
      'store.directory - default',
      'store.inputs true default',
      "store.size '10 GB' default",
      'store.outside - default',
      '',
      'meta files are kept in c/.oodate',
      'the store of results is .cache/oodate, which is not used',
      '',
    ]);
  });

  test('gives the same as JSON', async () => {
    const space = project({ ignore: ['*.log'] });
    const { settings, metaFolder, storeFolder } = JSON.parse((await space.oodate('config', '--json')).stdout);
    expect(metaFolder).toBe(space.path('.oodate'));
    expect(storeFolder).toBe(space.path('.cache/oodate'));
    expect(settings.ignore).toEqual({
      value: ['*.log'],
      from: { kind: 'file', file: space.path('package.json'), directory: space.folder },
    });
    expect(settings['scripts.include']).toMatchObject({ value: null, from: { kind: 'default' } });
  });
});

test.each([
  ['run', 125],
  ['why', 2],
  ['check', 2],
  ['config', 2],
])('%s ends with status %i where settings are wrong, and runs nothing', async (command, status) => {
  const space = project({ mode: 'fast' });
  const result = await space.oodate(...(command === 'config' ? ['config'] : [command, 'build']));
  expect(result.status).toBe(status);
  expect(result.stderr).toBe(
    `oodate: "oodate.mode" in ${space.path('package.json')} is "fast"; it may be "content" or "mtime"\n`,
  );
  expect(space.exists('out.txt')).toBe(false);
});

test('watch leaves out what is to be ignored', async () => {
  const space = project();
  const running = space.start([oodate, 'watch', '--ignore', '*.log', 'build']);
  await running.says('oodate: watching ');
  space.write({ 'noise.log': 'other noise\n' });
  space.write({ 'in.txt': 'two\n' });
  await running.says('running build: in.txt changed');
  running.kill('SIGINT');
  expect((await running.ended()).stderr).not.toContain('running build: noise.log');
});

describe('a proof that nothing has changed', () => {
  const xterm = { env: { TERM: 'xterm' } };

  test.each<[string, object, (space: Workspace) => void, NodeJS.ProcessEnv, RegExp]>([
    [
      'a file of settings',
      {},
      (s) => configure(s, { env: { require: ['TERM'] } }),
      { TERM: 'dumb' },
      /variable TERM was 'xterm', is 'dumb'/,
    ],
    [
      'a variable',
      {},
      () => {},
      { ...xterm.env, OODATE_INPUTS: 'noise.*', OODATE_IGNORE: 'noise.log' },
      /up to date/,
    ],
    ['a required variable', { env: { require: ['TER*'] } }, () => {}, { TERM: 'dumb' }, /variable TERM was/],
    [
      'an extra input',
      { inputs: ['*.conf'] },
      (s) => s.write({ 'a.conf': '' }),
      xterm.env,
      /a\.conf is an extra input/,
    ],
    [
      'a pattern that is taken away',
      { ignore: ['noise.log'] },
      (s) => {
        s.write({ 'noise.log': 'x' });
        configure(s, { ignore: [] });
      },
      xterm.env,
      /noise\.log changed/,
    ],
  ])('holds no more after %s', async (_, settings, change, env, expected) => {
    const space = project(settings);
    await space.kept(['build'], '', xterm);
    await space.upToDate(['build'], xterm);
    change(space);
    const { status } = await askProof(space, ['run', 'build'], { env });
    expect(status).toBe(75);
    expect((await space.oodateWith({ env }, 'run', 'build')).stderr).toMatch(expected);
  });

  test('is made with settings as without', async () => {
    const space = project({ ignore: ['*.log'], env: { ignore: ['STAMP'] } });
    await space.kept(['build'], '', { env: { STAMP: '1' } });
    space.write({ 'noise.log': 'other noise\n' });
    expect((await askProof(space, ['run', 'build'], { env: { STAMP: '2' } })).status).toBe(0);
  });
});
