import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type PackageRegistry,
  packageRegistry,
  type Result,
  requireTool,
  type StartOptions,
  scripts,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import {
  installPackageManagers,
  packageManagerEnvironment,
  packageManagers,
  shellessManagers,
} from './package-managers.js';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
const packed = join(checkout, '.work/installed');
const ownProbe = `probe-linux-${process.arch}`;
const otherProbe = `probe-linux-${process.arch === 'x64' ? 'arm64' : 'x64'}`;
let registry: PackageRegistry;

// What is downloaded and compiled may take longer than a test may: jest has a time limit for what it waits for alone.
beforeAll(installPackageManagers);
beforeAll(() => {
  execFileSync('node', [join(checkout, 'tools/pack.mjs'), packed], { stdio: 'pipe' });
});
beforeAll(async () => {
  registry = await packageRegistry(readdirSync(packed).map((name) => join(packed, name)));
});
afterAll(() => registry.close());

function tarball(name: string): string {
  return join(packed, `${name}-0.1.0.tgz`);
}

function contents(name: string): string[] {
  const list = execFileSync('tar', ['-tzf', tarball(name)], { encoding: 'utf8' });
  return list
    .trim()
    .split('\n')
    .map((path) => path.replace('package/', ''))
    .sort();
}

/** Those of a folder of the checkout, with the folder. */
function filesIn(folder: string): string[] {
  return readdirSync(join(checkout, folder)).map((name) => `${folder}/${name}`);
}

describe('the tarball of', () => {
  test('oodate holds the command, its parts, and nothing else', () => {
    const own = filesIn('packages/cli/dist').map((path) => path.replace('packages/cli/', ''));
    const bins = ['bin/oodate', 'bin/oodate-sh', 'bin/why-rebuild'];
    const all = ['LICENSE', 'README.md', ...bins, 'oodate.schema.json', 'package.json'];
    expect(contents('oodate')).toEqual([...all, ...own].sort());
    const manifest = execFileSync('tar', ['-xOzf', tarball('oodate'), 'package/package.json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(manifest)).toMatchObject({
      optionalDependencies: { '@oodate/probe-linux-arm64': '0.1.0', '@oodate/probe-linux-x64': '0.1.0' },
    });
    expect(JSON.parse(manifest).dependencies).toBeUndefined();
  });

  test.each(['explain', 'filemon', 'meta-file', 'monitor', 'planner', 'report', 'store', 'tracer'])(
    '%s holds each module, and its types',
    (name) => {
      const modules = filesIn(`packages/${name}/src`)
        .map((path) => path.replace(`packages/${name}/src/`, ''))
        .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
        .flatMap((path) => ['.js', '.d.ts'].map((end) => `dist/${path.replace(/\.ts$/, end)}`));
      const pages = name === 'report' ? ['dist/report-page.html'] : [];
      const rest = contents(`oodate-${name}`).filter((path) => !path.startsWith('native/'));
      expect(rest).toEqual(['LICENSE', 'README.md', 'package.json', ...modules, ...pages].sort());
    },
  );

  test('tracer holds all that make needs for the native programs', async () => {
    const space = workspace();
    await space.run(['tar', '-xzf', tarball('oodate-tracer')]);
    const { status, stderr } = await space.run(['make', '-n', '-C', 'package/native']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const sources = ['bmake', 'bpf', 'monitor', 'proof', 'src'].flatMap((part) =>
      filesIn(`packages/tracer/native/${part}`),
    );
    const there = contents('oodate-tracer').filter((path) => path.startsWith('native/'));
    expect(there).toEqual(
      ['native/Makefile', ...sources.map((path) => path.replace('packages/tracer/', ''))].sort(),
    );
  });

  test.each([
    ['x64', 62],
    ['arm64', 183],
  ])('probe-linux-%s holds programs for it that need no shared library', async (arch, machine) => {
    const name = `oodate-probe-linux-${arch}`;
    const programs = contents(name).filter((path) => path.startsWith('build/oodate-'));
    const needed = ['build/oodate-probe', 'build/oodate-proof'];
    const hasBpf = arch === process.arch && requireTool('clang') && requireTool('libbpf');
    expect(programs).toEqual(
      expect.arrayContaining([...needed, ...(hasBpf ? ['build/oodate-probe-bpf'] : [])]),
    );
    const all = ['LICENSE', 'README.md', 'build/third-party-licences.txt', 'package.json', ...programs];
    expect(contents(name)).toEqual(all.sort());
    const space = workspace();
    await space.run(['tar', '-xzf', tarball(name)]);
    for (const program of programs) {
      const elf = readFileSync(space.path(`package/${program}`));
      expect([elf.toString('latin1', 1, 4), elf[4], elf.readUInt16LE(18)]).toEqual(['ELF', 2, machine]);
      // Their second line of text would name ld.so.
      expect(elf.includes('/ld-linux')).toBe(false);
    }
  });
});

type Name = keyof typeof packageManagers;

const adding: Readonly<Record<string, readonly string[]>> = {
  npm: ['install', '--save-dev', 'oodate'],
  pnpm: ['add', '--save-dev', 'oodate'],
  yarn: ['add', '--dev', 'oodate'],
};

/** A project in a folder with a space in its name, which takes packages from our registry. */
function project(): Workspace {
  return workspace({
    'a project/package.json': scripts({ build: 'cat in.txt > out.txt; echo built' }),
    'a project/.npmrc': `registry=${registry.url}\n`,
    'a project/in.txt': 'one\n',
  });
}

function runIn(
  space: Workspace,
  words: readonly string[],
  { env, ...options }: StartOptions = {},
): Promise<Result> {
  return space.run(words, {
    cwd: 'a project',
    env: { ...packageManagerEnvironment, npm_config_registry: registry.url, ...env },
    ...options,
  });
}

async function succeeds(space: Workspace, words: readonly string[], options?: StartOptions): Promise<string> {
  const { status, stdout, stderr } = await runIn(space, words, options);
  if (status !== 0) space.fail(`${words.join(' ')} failed`);
  return stdout + stderr;
}

const oodate = 'node_modules/.bin/oodate';

describe.each(Object.keys(packageManagers) as Name[])('installed by %s', (name) => {
  const words = packageManagers[name];
  const [manager = ''] = name.split(' ');

  test('it traces, finds up to date without Node, says why, and wraps scripts', async () => {
    const space = project();
    await succeeds(space, [...words, ...(adding[manager] ?? [])]);
    const found = await space.run(['find', '.', '-type', 'd', '-name', 'probe-linux-*']);
    expect(found.stdout).toContain(ownProbe);
    expect(found.stdout).not.toContain(otherProbe);

    const exec = manager === 'npm' ? ['exec', '--'] : manager === 'pnpm' ? ['exec'] : ['--silent', 'run'];
    const run = [...words, ...exec, 'oodate', 'run', 'build'];
    expect(await succeeds(space, run)).toContain('kept: ');
    expect(await succeeds(space, run)).toContain('build is up to date');
    await succeeds(space, [oodate, 'run', 'build']);
    expect(await programsOf(space, [oodate, 'run', 'build'])).not.toContain('node');

    space.write({ 'a project/in.txt': 'other\n' });
    const why = await succeeds(space, [oodate, 'why', 'build']);
    expect(why).toContain('in.txt changed');
    expect(await succeeds(space, ['node_modules/.bin/why-rebuild', 'build'])).toBe(why);
    expect(await succeeds(space, [oodate, 'init', '--yes'])).toContain(manager);
    expect(await succeeds(space, [...words, 'run', 'build'])).toContain('oodate: running build: ');
    expect(await succeeds(space, [...words, 'run', 'build'])).toContain('oodate: build is up to date');
  });
});

const addingShelless: Readonly<Record<keyof typeof shellessManagers, readonly string[]>> = {
  'yarn 4': ['add', '--dev', 'oodate'],
  bun: ['add', '--dev', 'oodate'],
};

describe.each(Object.keys(shellessManagers) as (keyof typeof shellessManagers)[])(
  'installed by %s',
  (name) => {
    test('it traces, finds up to date, and is written before scripts and taken out again', async () => {
      const space = project();
      const words = shellessManagers[name];
      const all = scripts({
        build: 'cat in.txt > out.txt; echo built',
        quotes: `printf '[%s]' "a b" > out.txt`,
        fail: 'cat in.txt; exit 3',
        dev: 'echo dev',
      });
      space.write({
        'a project/package.json': all,
        ...(name === 'yarn 4' && { 'a project/yarn.lock': '', 'a project/.yarnrc.yml': yarnSettings() }),
      });
      await succeeds(space, [...words, ...addingShelless[name]]);
      expect(await succeeds(space, [oodate, 'init', '--yes'])).toContain('oodate run -- ');
      const run = (script: string) => runIn(space, [...words, 'run', script]);
      const first = await succeeds(space, [...words, 'run', 'build']);
      expect(first).toMatch(/^oodate: sh -c '.*' ran in .*; kept: /m);
      expect(await succeeds(space, [...words, 'run', 'build'])).toMatch(/^oodate: sh -c '.*' is up to date/m);
      space.write({ 'a project/in.txt': 'two\n' });
      expect(await succeeds(space, [...words, 'run', 'build'])).toContain('in.txt changed');
      expect(space.read('a project/out.txt')).toBe('two\n');
      await succeeds(space, [...words, 'run', 'quotes']);
      expect(space.read('a project/out.txt')).toBe('[a b]');
      expect((await run('fail')).status).toBe(3);
      expect(await succeeds(space, [...words, 'run', 'dev'])).not.toContain('oodate:');
      await succeeds(space, [oodate, 'init', '--yes', '--undo']);
      expect(JSON.parse(space.read('a project/package.json')).scripts).toEqual(JSON.parse(all).scripts);
    });
  },
);

/** Of yarn 2 and later: modules where all others have them, from our registry. */
function yarnSettings(): string {
  return [
    'nodeLinker: node-modules',
    'enableTelemetry: false',
    `npmRegistryServer: "${registry.url}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    '',
  ].join('\n');
}

/** Those that were executed for a call, as strace saw it. */
async function programsOf(space: Workspace, words: readonly string[]): Promise<string[]> {
  if (!requireTool('strace')) return [];
  await succeeds(space, ['strace', '-f', '-qq', '-e', 'trace=execve', '-o', 'calls', ...words]);
  const calls = space.read('a project/calls').matchAll(/execve\("(?:[^"]*\/)?([^"/]+)".* = 0$/gm);
  return [...calls].map(([, program = '']) => program);
}

test('installed for all, it runs anywhere, with every backend that works in the checkout', async () => {
  const space = project();
  await succeeds(space, ['npm', 'install', '--global', '--prefix', space.path('of all'), 'oodate']);
  const everywhere = space.path('of all/bin/oodate');
  expect(await succeeds(space, [everywhere, 'run', 'build'])).toContain('kept: ');
  expect(await succeeds(space, [everywhere, 'run', 'build'])).toContain('build is up to date');
  expect(await programsOf(space, [everywhere, 'run', 'build'])).not.toContain('node');
  const backends = (said: string) => said.match(/^(yes|no ) {2}(bpf|notify) /gm);
  const here = await space.oodate('doctor');
  expect(backends(await succeeds(space, [everywhere, 'doctor']))).toEqual(backends(here.stdout));
  expect(backends(here.stdout)).toHaveLength(2);
});

test('two of the packed files are enough where no registry has it', async () => {
  const space = project();
  const empty = await packageRegistry([]);
  space.write({ 'a project/.npmrc': `registry=${empty.url}\n` });
  const files = [tarball('oodate'), tarball(`oodate-${ownProbe}`)];
  await succeeds(space, ['npm', 'install', '--save-dev', ...files], {
    env: { npm_config_registry: empty.url },
  });
  await empty.close();
  expect(await succeeds(space, [oodate, 'run', 'build'])).toContain('kept: ');
});

test('npx runs it where it is not installed', async () => {
  const space = project();
  expect(await succeeds(space, ['npx', '--yes', 'oodate', 'run', 'build'])).toContain('kept: ');
});

describe('without the package of its platform', () => {
  test.each([
    ['left out', ['--omit=optional']],
    ['of another machine', [`--cpu=${process.arch === 'x64' ? 'arm64' : 'x64'}`]],
  ])('%s, it says what to do, and scripts run plainly', async (_, options) => {
    const space = project();
    await succeeds(space, ['npm', 'install', '--save-dev', ...options, 'oodate']);
    const { status, stdout, stderr } = await runIn(space, [oodate, 'run', '--quiet', 'build']);
    expect({ status, stdout, stderr }).toEqual({
      status: 125,
      stdout: '',
      stderr:
        `oodate: the probe is missing: the package @oodate/${ownProbe} is not installed; install again without ` +
        'leaving out optional dependencies; in a checkout of oodate, run "npm run build"\n',
    });
    expect(await succeeds(space, [oodate, 'run', '--untraced', 'build'])).toContain('built\n');
    await succeeds(space, [oodate, 'init', '--yes']);
    expect(await succeeds(space, ['npm', 'run', 'build'])).toContain('built\n');
  });
});
