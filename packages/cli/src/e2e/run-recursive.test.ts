import { afterEach, describe, expect, test } from '@jest/globals';
import {
  oodate,
  type RemoteCommand,
  type RemoteProcess,
  type Result,
  remoteCommand,
  type Workspace,
  workspace,
} from '@oodate/testkit';

const remotes: RemoteCommand[] = [];

afterEach(() => {
  for (const remote of remotes.splice(0)) remote.close();
});

async function remoteScript(): Promise<[RemoteCommand, string]> {
  const remote = await remoteCommand();
  remotes.push(remote);
  return [remote, remote.words.join(' ')];
}

interface PackageTexts {
  readonly scripts: Readonly<Record<string, string>>;
  readonly needs?: readonly string[];
}

/** A workspace of npm with these packages. */
function packages(all: Readonly<Record<string, PackageTexts>>): Workspace {
  const space = workspace({ 'package.json': JSON.stringify({ workspaces: ['packages/*'] }) });
  for (const [name, texts] of Object.entries(all))
    space.write({ [`packages/${name}/package.json`]: manifest(name, texts) });
  return space;
}

function manifest(name: string, { scripts, needs = [] }: PackageTexts): string {
  return JSON.stringify({
    name,
    dependencies: Object.fromEntries(needs.map((need) => [need, '*'])),
    scripts,
  });
}

/** What became of each script, by the summary. */
function summary({ stderr }: Result): Record<string, string> {
  const lines = stderr.matchAll(/^oodate: (\S+ \S+) +(ran|up to date|failed|skipped)(?: |$)/gm);
  return Object.fromEntries([...lines].map(([, title = '', kind = '']) => [title, kind]));
}

/** Waits until the command is there no more. */
async function hasEnded(command: RemoteProcess): Promise<void> {
  const goesOn = async () => {
    for (;;) await command.does('stat', '.');
  };
  await expect(goesOn()).rejects.toThrow();
}

describe('run -r', () => {
  test('runs scripts in all packages that have them, after those of packages that these need', async () => {
    const space = packages({
      a: { scripts: { build: 'cat ../b/out > out', test: 'cat out' }, needs: ['b'] },
      b: { scripts: { build: 'cat ../c/out > out', test: 'cat out' }, needs: ['c'] },
      c: { scripts: { build: 'echo c > out' } },
    });
    const first = await space.oodate('run', '-r', 'build', 'test');
    expect(first).toMatchObject({ status: 0, stdout: 'c\nc\n' });
    const all = ['a build', 'a test', 'b build', 'b test', 'c build'];
    expect(summary(first)).toEqual(Object.fromEntries(all.map((title) => [title, 'ran'])));
    const second = await space.oodate('run', '-r', 'build', 'test');
    expect(second).toMatchObject({ status: 0, stdout: 'c\nc\n' });
    expect(summary(second)).toEqual(Object.fromEntries(all.map((title) => [title, 'up to date'])));
    expect(second.stderr).toMatch(/^oodate: 5 scripts in .* s: 5 up to date$/m);
  });

  test('keeps the same records as a run in the package', async () => {
    const space = packages({ a: { scripts: { build: 'echo a' } } });
    await space.oodate('run', '-r', 'build');
    await space.upToDate(['-C', 'packages/a', 'build']);
  });

  test('learns who uses what another one writes, and runs again who was too early', async () => {
    const [remote, words] = await remoteScript();
    const space = packages({
      early: { scripts: { build: 'cat ../late/out || true' } },
      late: { scripts: { build: `${words} && echo done > out` } },
    });
    const running = space.start([oodate, 'run', '-r', '-j', '2', 'build']);
    const late = await remote.started();
    await running.says('early build ran in ');
    late.exits(0);
    const first = await running.ended();
    expect(first).toMatchObject({ status: 0, stdout: 'done\n' });
    expect(first.stderr).toContain('running early build: packages/late/out is there now');

    const again = space.start([oodate, 'run', '-r', '-j', '2', '--force', 'build']);
    (await remote.started()).exits(0);
    const second = await again.ended();
    expect(second.stdout).toBe('done\n');
    expect(second.stderr.match(/running early build/g)).toHaveLength(1);
  });

  test('runs at the same time what is independent, and does not mix what it prints', async () => {
    const [one, oneWords] = await remoteScript();
    const [two, twoWords] = await remoteScript();
    const space = packages({
      one: { scripts: { build: `echo 1; ${oneWords}; echo 1` } },
      two: { scripts: { build: `echo 2; ${twoWords}; echo 2` } },
    });
    const running = space.start([oodate, 'run', '-r', '-j', '2', 'build']);
    const started = await Promise.all([one.started(), two.started()]);
    // What is first in turn is shown as it comes.
    await running.says('1\n');
    started[1].exits(0);
    started[0].exits(0);
    expect(await running.ended()).toMatchObject({ status: 0, stdout: '1\n1\n2\n2\n' });
  });

  test('runs one at a time where that is asked for', async () => {
    const script = 'mkdir ../busy && rmdir ../busy';
    const space = packages({ a: { scripts: { build: script } }, b: { scripts: { build: script } } });
    const result = await space.oodate('run', '-r', '-j', '1', 'build');
    expect({ status: result.status, ...summary(result) }).toEqual({
      status: 0,
      'a build': 'ran',
      'b build': 'ran',
    });
  });

  const failing = {
    a: { scripts: { build: 'exit 3' } },
    b: { scripts: { build: 'echo b' }, needs: ['a'] },
    c: { scripts: { build: 'echo c' }, needs: ['b'] },
    d: { scripts: { build: 'echo d' } },
  };

  test('stops after a failure, and gives its exit status', async () => {
    const result = await packages(failing).oodate('run', '-r', '-j', '1', 'build');
    expect({ status: result.status, ...summary(result) }).toEqual({
      status: 3,
      'a build': 'failed',
      'b build': 'skipped',
      'c build': 'skipped',
      'd build': 'skipped',
    });
  });

  test('goes on with what does not need it where that is asked for', async () => {
    const result = await packages(failing).oodate('run', '-r', '-j', '1', '--keep-going', 'build');
    expect({ status: result.status, ...summary(result) }).toEqual({
      status: 3,
      'a build': 'failed',
      'b build': 'skipped',
      'c build': 'skipped',
      'd build': 'ran',
    });
  });

  test('says with --dry-run what it would run, and runs nothing', async () => {
    const space = packages({ a: { scripts: { build: 'echo a > out' } } });
    const { stderr, status } = await space.oodate('run', '-r', '--dry-run', 'build');
    expect({ status, made: space.exists('packages/a/out') }).toEqual({ status: 0, made: false });
    expect(stderr).toMatch(/^oodate: would run a build: nothing is known of an earlier run [^\n]*\n$/);
  });

  test('gives the scripts the arguments after --', async () => {
    const space = packages({ a: { scripts: { build: 'echo' } }, b: { scripts: { build: 'echo' } } });
    const { stdout } = await space.oodate('run', '-r', 'build', '--', 'x y');
    expect(stdout).toBe('x y\nx y\n');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends by %s with the commands that run', async (signal) => {
    const [remote, words] = await remoteScript();
    const space = packages({
      a: { scripts: { build: `exec ${words}` } },
      b: { scripts: { build: 'true' }, needs: ['a'] },
    });
    const running = space.start([oodate, 'run', '-r', 'build']);
    const command = await remote.started();
    running.kill(signal);
    await hasEnded(command);
    expect(await running.ended()).toMatchObject({ signal });
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['pnpm', { 'package.json': '{}', 'pnpm-workspace.yaml': 'packages: ["libs/*", "!libs/no"]' }],
    ['yarn', { 'package.json': JSON.stringify({ workspaces: { packages: ['libs/yes'] } }) }],
    ['npm', { 'package.json': JSON.stringify({ workspaces: ['libs/yes'] }) }],
  ])('finds the packages of a workspace of %s, from inside it', async (_, files) => {
    const text = (name: string) => manifest(name, { scripts: { build: `echo ${name}` } });
    const space = workspace({
      ...files,
      'libs/yes/package.json': text('yes'),
      'libs/no/package.json': text('no'),
      'libs/yes/node_modules/dependency/package.json': text('dependency'),
    });
    const result = await space.oodate('run', '-r', '-C', 'libs/yes', 'build');
    expect(result).toMatchObject({ status: 0, stdout: 'yes\n' });
  });

  test.each<[string, readonly string[]]>([
    ['no package of the workspace has a script nothing', ['-r', 'nothing']],
    ['the name of a script is missing', ['-r']],
    ['--jobs takes a number, and "many" is none', ['-r', '-j', 'many', 'build']],
    ['--json has no meaning with -r', ['-r', '--json', 'build']],
    ['--keep-going has no meaning without -r', ['--keep-going', 'build']],
    ['belongs to no workspace', ['-r', '-C', '/', 'build']],
  ])('says: %s', async (sentence, words) => {
    const space = packages({ a: { scripts: { build: 'true' } } });
    const { status, stderr } = await space.oodate('run', ...words);
    expect(status).toBe(125);
    expect(stderr).toContain(sentence);
  });
});
