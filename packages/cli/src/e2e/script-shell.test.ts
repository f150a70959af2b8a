import { dirname } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Files, oodate, type Result, scripts, until, type Workspace, workspace } from '@oodate/testkit';
import { installPackageManagers, packageManagerEnvironment, packageManagers } from './package-managers.js';

type Name = keyof typeof packageManagers;

const shell = oodate.replace(/oodate$/, 'oodate-sh');

beforeAll(installPackageManagers);

const files: Readonly<Record<string, Files>> = {
  npm: { 'package-lock.json': '{}' },
  pnpm: { 'pnpm-workspace.yaml': 'packages: [packages/*]\n' },
  yarn: { 'yarn.lock': '# yarn lockfile v1\n' },
};

const texts = {
  prebuild: 'echo prebuild >> /dev/null',
  build: 'cat in.txt > out.txt; echo "built $0"',
  fail: 'cat in.txt; exit 3',
  nested: `npm run build`,
  dev: 'echo dev',
};

function project(name: string, more: Record<string, string> = {}): Workspace {
  const [manager = '', version] = name.split(' ');
  const manifest = JSON.parse(scripts({ ...texts, ...more }));
  const pinned = version === undefined ? {} : { packageManager: `${manager}@${version}.0.0` };
  const space = workspace({
    'package.json': JSON.stringify({ ...manifest, ...pinned, private: true, workspaces: ['packages/*'] }),
    'in.txt': 'one\n',
    'packages/a/package.json': scripts({ build: 'cat ../../in.txt > out.txt' }),
    ...files[manager],
  });
  space.link('node_modules/oodate', dirname(dirname(oodate)));
  space.link('node_modules/.bin/oodate-sh', '../oodate/bin/oodate-sh');
  space.link('node_modules/.bin/oodate', '../oodate/bin/oodate');
  return space;
}

const env = packageManagerEnvironment;

function call(space: Workspace, name: Name, words: readonly string[], cwd = '.'): Promise<Result> {
  return space.run([...packageManagers[name], 'run', ...words], { cwd, env });
}

const ran = ({ stderr, stdout }: Result, script: string) =>
  `${stdout}${stderr}`.includes(`oodate: running ${script}: `);
const upToDate = ({ stderr, stdout }: Result, script: string) =>
  `${stdout}${stderr}`.includes(`oodate: ${script} is up to date`);

describe.each(Object.keys(packageManagers) as Name[])('%s', (name) => {
  test('runs scripts through oodate after "oodate init", in every package, and no more after --undo', async () => {
    const space = project(name);
    expect((await space.oodate('init', '--yes')).status).toBe(0);
    const first = await call(space, name, ['build']);
    expect([first.status, ran(first, 'build')]).toEqual([0, true]);
    expect(first.stdout).toContain('built sh');
    const again = await call(space, name, ['build']);
    expect([again.status, upToDate(again, 'build'), ran(again, 'build')]).toEqual([0, true, false]);
    expect(again.stdout).toContain('built sh');
    expect(ran(await call(space, name, ['build'], 'packages/a'), 'build')).toBe(true);
    const dev = await call(space, name, ['dev']);
    expect(`${dev.stdout}${dev.stderr}`).not.toContain('oodate:');
    const failed = await call(space, name, ['fail']);
    expect([failed.status, ran(failed, 'fail')]).toEqual([name.startsWith('yarn') ? failed.status : 3, true]);
    expect(failed.status).not.toBe(0);
    expect((await space.oodate('init', '--yes', '--undo')).status).toBe(0);
    const plain = await call(space, name, ['build']);
    expect(`${plain.stdout}${plain.stderr}`).not.toContain('oodate:');
  });
});

/** How each runs a script in all packages of a workspace, and hands words on to one. */
const inAll: Readonly<Record<string, readonly string[]>> = {
  npm: ['run', 'build', '--workspaces'],
  pnpm: ['-r', 'run', 'build'],
  yarn: ['workspaces', 'run', 'build'],
};
const beforeWords: Readonly<Record<string, readonly string[]>> = { npm: ['--'], pnpm: [], yarn: [] };

describe.each(Object.keys(packageManagers) as Name[])('%s, once it runs scripts through oodate,', (name) => {
  const [manager = ''] = name.split(' ');

  async function initiated(more: Record<string, string> = {}): Promise<Workspace> {
    const space = project(name, more);
    expect((await space.oodate('init', '--yes')).status).toBe(0);
    return space;
  }

  test('runs what comes before and after a script, each up to date by itself', async () => {
    const space = await initiated({
      presite: 'echo pre > pre.txt',
      site: 'cat pre.txt in.txt > deployed.txt',
      postsite: 'cat deployed.txt > post.txt',
    });
    const parts = ['presite', 'site', 'postsite'];
    const first = await call(space, name, ['site']);
    expect(parts.map((part) => ran(first, part))).toEqual([true, true, true]);
    expect(space.read('post.txt')).toBe('pre\none\n');
    const again = await call(space, name, ['site']);
    expect(parts.map((part) => upToDate(again, part))).toEqual([true, true, true]);
    space.write({ 'in.txt': 'two\n' });
    const changed = await call(space, name, ['site']);
    expect(parts.map((part) => ran(changed, part))).toEqual([false, true, true]);
    expect(space.read('post.txt')).toBe('pre\ntwo\n');
  });

  test('hands on words with quotes and spaces, and tells them apart', async () => {
    const space = await initiated({ show: 'printf "[%s]" -' });
    const words = (...given: string[]) => ['show', ...(beforeWords[manager] ?? []), ...given];
    const first = await call(space, name, words('a b', `it's "x"`));
    expect([first.status, first.stdout]).toEqual([0, expect.stringContaining(`[-][a b][it's "x"]`)]);
    expect(upToDate(await call(space, name, words('a b', `it's "x"`)), 'show')).toBe(true);
    expect(ran(await call(space, name, words('a', 'b')), 'show')).toBe(true);
  });

  test('runs the script of every package of a workspace', async () => {
    const space = await initiated();
    const build = scripts({ build: 'cat ../../in.txt > out.txt' }).replace('"p"', '"b"');
    space.write({
      'packages/a/package.json': scripts({ build: 'cat ../../in.txt > out.txt' }).replace('"p"', '"a"'),
      'packages/b/package.json': build,
    });
    const all = () => space.run([...packageManagers[name], ...(inAll[manager] ?? [])], { env });
    const times = ({ stdout, stderr }: Result, said: string) => `${stdout}${stderr}`.split(said).length - 1;
    const first = await all();
    expect([first.status, times(first, 'oodate: running build: ')]).toEqual([0, 2]);
    const again = await all();
    expect([again.status, times(again, 'oodate: build is up to date')]).toEqual([0, 2]);
    expect([space.read('packages/a/out.txt'), space.read('packages/b/out.txt')]).toEqual(['one\n', 'one\n']);
  });
});

describe('oodate-sh under npm', () => {
  const npm = (space: Workspace, ...words: string[]) => call(space, 'npm', words);

  async function initiated(more: Record<string, string> = {}): Promise<Workspace> {
    const space = project('npm', more);
    await space.oodate('init', '--yes');
    return space;
  }

  test('passes arguments with quotes and spaces on, and tells them apart', async () => {
    const space = await initiated({ show: 'printf "[%s]" "$@" -' });
    const words = ['show', '--', 'a b', `it's "x"`];
    expect((await npm(space, ...words)).stdout).toContain(`[-][a b][it's "x"]`);
    expect(upToDate(await npm(space, ...words), 'show')).toBe(true);
    expect(ran(await npm(space, 'show', '--', 'a'), 'show')).toBe(true);
  });

  test('works for scripts that run others', async () => {
    const space = await initiated();
    expect(ran(await npm(space, 'nested'), 'nested')).toBe(true);
    expect(upToDate(await npm(space, 'nested'), 'nested')).toBe(true);
    space.write({ 'in.txt': 'two\n' });
    expect(ran(await npm(space, 'nested'), 'nested')).toBe(true);
    expect(space.read('out.txt')).toBe('two\n');
  });

  test('shares its record with oodate run, where a script is run alone by both', async () => {
    const space = await initiated({ alone: 'cat in.txt > alone.txt' });
    expect(ran(await npm(space, 'alone'), 'alone')).toBe(true);
    const said = await space.oodate('why', 'alone');
    for (const name of ['PATH', 'COLOR', 'EDITOR']) expect(said.stdout).not.toContain(`variable ${name} `);
  });

  test('lets one of two that run the same script wait, and then find it up to date', async () => {
    const space = await initiated({ slow: 'echo begun; until test -e go; do sleep 0.05; done; cat in.txt' });
    // That it is made by someone else shall not count.
    space.write({ 'oodate.config.json': '{"ignore": ["go"]}' });
    const first = space.start(['npm', 'run', 'slow'], { env });
    await first.says('begun\n');
    const second = space.start(['npm', 'run', 'slow'], { env });
    await second.says('waiting for another run of slow');
    space.write({ go: '' });
    const [one, two] = [await first.end(), await second.end()];
    expect([one.status, two.status]).toEqual([0, 0]);
    expect([ran(one, 'slow'), ran(two, 'slow'), upToDate(two, 'slow')]).toEqual([true, false, true]);
  });

  test('is no hindrance after it was killed while it ran a script', async () => {
    const space = await initiated({ slow: 'echo begun; until test -e go; do sleep 0.05; done' });
    const first = space.start(['npm', 'run', 'slow'], { env, detached: true });
    await first.says('begun\n');
    process.kill(-first.pid, 'SIGKILL');
    await first.end();
    space.write({ go: '' });
    await until(async () => ran(await npm(space, 'slow'), 'slow'));
  });

  test('ends a script by the signal that ends npm', async () => {
    const space = await initiated({
      slow: 'trap "echo bye; exit 7" TERM; echo begun; while :; do sleep 0.05; done',
    });
    const running = space.start(['npm', 'run', 'slow'], { env });
    await running.says('begun\n');
    running.kill('SIGTERM');
    expect((await running.end()).stdout).toContain('bye');
  });

  test('goes by the settings', async () => {
    const space = await initiated();
    space.write({ 'oodate.config.json': '{"scripts": {"exclude": ["build"]}}' });
    expect(ran(await npm(space, 'build'), 'build')).toBe(false);
    space.write({ 'oodate.config.json': '{"scripts": {"include": ["dev"]}}' });
    expect(ran(await npm(space, 'dev'), 'dev')).toBe(true);
    space.write({ 'oodate.config.json': '{"scripts": 1}' });
    const broken = await npm(space, 'build');
    expect([broken.status, broken.stdout.includes('built')]).toEqual([0, true]);
    expect(broken.stderr).toContain('oodate: "scripts" in ');
  });

  test('leaves npx alone', async () => {
    const space = await initiated();
    const { stdout, stderr } = await space.run(['npm', 'exec', '-c', 'echo hello'], { env });
    expect(stdout).toContain('hello');
    expect(stderr).not.toContain('oodate:');
  });
});

describe('oodate init', () => {
  test('shows what it would do, does nothing unasked, and refuses where there is another shell', async () => {
    const space = project('npm');
    space.write({ '.npmrc': 'fund=false\n' });
    const dry = await space.oodate('init', '--dry-run');
    expect(dry.stdout).toBe(
      'npm: scripts run through oodate with this change:\n\n  .npmrc\n  + script-shell=oodate-sh\n',
    );
    const unasked = await space.oodate('init');
    expect([unasked.status, unasked.stderr]).toEqual([
      2,
      'oodate: nothing was changed, as nobody can be asked; give --yes\n',
    ]);
    expect(space.read('.npmrc')).toBe('fund=false\n');
    await space.oodate('init', '--yes');
    expect(space.read('.npmrc')).toBe('fund=false\nscript-shell=oodate-sh\n');
    expect((await space.oodate('init', '--yes')).stdout).toContain('already');
    await space.oodate('init', '--undo', '--yes');
    expect(space.read('.npmrc')).toBe('fund=false\n');
    space.write({ '.npmrc': 'script-shell=/bin/bash\n' });
    const refused = await space.oodate('init', '--yes');
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('another shell for scripts'),
    ]);
    expect(space.read('.npmrc')).toBe('script-shell=/bin/bash\n');
  });

  test('names its own place where it is not installed', async () => {
    const space = workspace({ 'package.json': scripts(texts) });
    await space.oodate('init', '--yes');
    expect(space.read('.npmrc')).toBe(`script-shell=${shell}\n`);
    await space.oodate('init', '--undo', '--yes');
    expect(space.exists('.npmrc')).toBe(false);
  });

  test.each(['bun.lock', '.yarnrc.yml'])(
    'writes it into the scripts where there is %s, and takes it out',
    async (lock) => {
      const before = `${JSON.stringify({ name: 'p', scripts: texts }, null, '\t')}\n`;
      const space = workspace({ 'package.json': before, [lock]: '', 'in.txt': '' });
      await space.oodate('init', '--yes');
      const { scripts: now } = JSON.parse(space.read('package.json'));
      expect(now.dev).toBe(texts.dev);
      expect(now.nested).toBe('oodate run -- npm run build');
      expect(now.build).toMatch(/^oodate run -- sh -c '/);
      const path = `${dirname(oodate)}:${process.env.PATH}`;
      expect((await space.run(['sh', '-c', now.build], { env: { PATH: path } })).stdout).toBe('built sh\n');
      await space.oodate('init', '--undo', '--yes');
      expect(space.read('package.json')).toBe(before);
    },
  );
});
