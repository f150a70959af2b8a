import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  buildActs,
  childrenOf,
  dice,
  oodate,
  processesWith,
  type Running,
  rounds,
  scripts,
  until,
  type Workspace,
  workspace,
} from '@oodate/testkit';

const isRoot = process.getuid?.() === 0;

/** What only root can set up. In CI nothing is skipped unseen. */
function testAsRoot(): typeof test | typeof test.skip {
  if (isRoot || process.env.CI === 'true') return test;
  return test.skip;
}

describe('a script that removes the folder of its meta file', () => {
  test('is kept all the same', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'rm -rf .oodate; cat in.txt > out.txt' }),
      'in.txt': 'x',
    });
    await space.kept(['build']);
    await space.kept(['build', '--force']);
    await space.upToDate(['build']);
  });

  test.each([0, 3])('with node_modules has its own exit status, and that stays away: %i', async (status) => {
    const build = `rm -rf node_modules; echo done; exit ${status}`;
    const space = workspace({ 'package.json': scripts({ build }), 'node_modules/x': '' });
    const result = await space.oodate('run', 'build');
    expect(result).toMatchObject({ status, stdout: 'done\n' });
    if (status === 0)
      expect(result.stderr).toMatch(/nothing is kept: The folder of the meta file .* removed$/m);
    expect(space.exists('node_modules')).toBe(false);
    expect((await space.oodate('check', 'build')).status).toBe(1);
  });
});

/** A file system of its own, of so many pages of 4 KiB, at `disk`. */
async function onSmallDisk(pages: number, story: (space: Workspace, fill: () => void) => Promise<void>) {
  const space = workspace({ 'disk/x': '' });
  const disk = space.path('disk');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * 4}k`, 'none', disk]);
  try {
    await story(space, () => {
      execFileSync('sh', ['-c', 'cat /dev/zero > "$0"/fill 2> /dev/null || true', disk]);
    });
  } finally {
    execFileSync('umount', [disk]);
  }
}

describe('a full disk', () => {
  const words = ['--', 'sh', '-c', 'cat in.txt; echo done'];

  testAsRoot()('keeps a command from nothing but from being remembered', () =>
    onSmallDisk(64, async (space, fill) => {
      const options = { cwd: space.path('disk') };
      space.write({ 'disk/in.txt': 'one\n' });
      await space.kept(words, '', options);
      space.write({ 'disk/in.txt': 'two\n' });
      fill();
      for (const round of ['first', 'second']) {
        const { status, stdout, stderr } = await space.oodateWith(options, 'run', ...words);
        expect({ round, status, stdout }).toEqual({ round, status: 0, stdout: 'two\ndone\n' });
        expect(stderr).toMatch(/(nothing is kept|not kept)/);
        expect((await space.oodateWith(options, 'check', ...words)).status).toBe(1);
      }
      space.remove('disk/fill');
      await space.kept(words, '', options);
      await space.upToDate(words, options);
    }),
  );

  testAsRoot()('that becomes so while the command runs leaves no record', () =>
    onSmallDisk(64, async (space) => {
      const options = { cwd: space.path('disk') };
      const full = ['--', 'sh', '-c', 'cat /dev/zero > fill 2> /dev/null; echo done'];
      const { status, stdout, stderr } = await space.oodateWith(options, 'run', ...full);
      expect({ status, stdout }).toEqual({ status: 0, stdout: 'done\n' });
      expect(stderr).toMatch(/(nothing is kept|not kept)/);
      expect((await space.oodateWith(options, 'check', ...full)).status).toBe(1);
    }),
  );

  testAsRoot()('with room for only a part of the log, the output or the record leaves none', async () => {
    for (const pages of [1, 3, 5, 6, 7, 9])
      await onSmallDisk(pages, async (space) => {
        const options = { cwd: space.path('disk') };
        const much = ['--', 'sh', '-c', 'seq 2000; exit 0'];
        const first = await space.oodateWith(options, 'run', ...much);
        expect({ pages, status: first.status }).toEqual({ pages, status: 0 });
        const second = await space.oodateWith(options, 'run', ...much);
        expect(second.stdout).toBe(first.stdout);
        expect(first.stdout.split('\n')).toHaveLength(2001);
        // What it wrote may be the one thing for which there was no room.
        const isKnown = /is up to date|: what it writes to stdout, stderr was not kept/.test(second.stderr);
        expect({ pages, isKnown }).toEqual({ pages, isKnown: /; kept:/.test(first.stderr) });
      });
  });

  testAsRoot()('that may only be read leaves the record there that it holds', () =>
    onSmallDisk(64, async (space) => {
      const options = { cwd: space.path('disk') };
      space.write({ 'in.txt': 'one\n' });
      const outside = ['--', 'cat', '../in.txt'];
      await space.kept(outside, '', options);
      execFileSync('mount', ['-o', 'remount,ro', space.path('disk')]);
      await space.upToDate(outside, options);
      space.write({ 'in.txt': 'two\n' });
      for (let i = 0; i < 2; i += 1) {
        const { status, stdout, stderr } = await space.oodateWith(options, 'run', ...outside);
        expect({ status, stdout }).toEqual({ status: 0, stdout: 'two\n' });
        expect(stderr).toMatch(/nothing is kept: .*\(EROFS\)/);
      }
      await space.because(outside, ['in.txt changed'], options);
    }),
  );
});

test.each([0, 4096, 16_384])(
  'with a limit of %i bytes to a file the command runs, and nothing half-written is trusted',
  async (limit) => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt' }), 'in.txt': 'one\n' });
    const under = ['prlimit', `--fsize=${limit}`];
    const first = await space.oodateWith({ under }, 'run', 'build');
    expect(first).toMatchObject({ status: 0, stdout: 'one\n' });
    expect((await space.oodate('check', 'build')).status).toBe(/; kept:/.test(first.stderr) ? 0 : 1);
    space.write({ 'in.txt': 'two\n' });
    expect(await space.oodateWith({ under }, 'run', 'build')).toMatchObject({ status: 0, stdout: 'two\n' });
  },
);

describe('the log of a traced command', () => {
  test('goes to a pipe once it is whole, and the command has its exit status also when nobody reads there', async () => {
    const space = workspace();
    execFileSync('mkfifo', [space.path('pipe')]);
    const words = [
      oodate,
      'trace',
      '-o',
      'pipe',
      '--',
      'sh',
      '-c',
      'until [ -e read ]; do sleep 0.01; done; exit 4',
    ];
    const [traced, { stdout }] = await Promise.all([
      space.start(words).end(),
      space.start(['sh', '-c', 'exec < pipe; touch read; cat']).end(),
    ]);
    expect(traced).toMatchObject({ status: 4, stderr: '' });
    expect(stdout).toMatch(/^# filemon version 5\n.*# Bye bye\n$/s);

    space.remove('read');
    const [unread] = await Promise.all([
      space.start(words).end(),
      space.start(['sh', '-c', ': < pipe; touch read']).end(),
    ]);
    expect(unread).toMatchObject({
      status: 4,
      stderr: 'oodate: the log pipe cannot be written (EPIPE)\n',
    });
  });

  test('may be removed with its directory while it is written', async () => {
    const space = workspace({ 'd/x': '' });
    const result = await space.oodate('trace', '-o', 'd/log', '--', 'sh', '-c', 'rm -r d; exit 4');
    expect(result).toMatchObject({ status: 4, stdout: '', stderr: '' });
  });

  test('that cannot be written keeps the command from running', async () => {
    const space = workspace();
    const result = await space.oodate('trace', '-o', 'nosuch/log', '--', 'touch', 'made');
    expect(result).toMatchObject({
      status: 125,
      stderr: expect.stringMatching(/^oodate: \S*nosuch\/log cannot be written \(ENOENT\)\n$/),
    });
    expect(space.exists('made')).toBe(false);
  });
});

describe('killed at any moment', () => {
  /** Makes many calls and processes, two at a time, then its output; one that is killed leaves half of it. */
  const acts = buildActs();
  const busy = [
    `${acts} forks 2 [ repeat 40 [ stat in.txt read in.txt stat=ENOENT nosuch ] repeat 4 [ fork [ read in.txt ] ] ]`,
    'cat in.txt > out.txt',
    'cat in.txt >> out.txt',
  ].join(' && ');

  const nameOf = (pid: number): string => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    } catch {
      return '';
    }
  };
  const launchersOf = (pid: number) => childrenOf(pid).filter((child) => nameOf(child) === 'oodate-probe');

  /** The processes of a run of oodate, of which some may not be there yet or any more. */
  const parts: Record<string, (oodate: number) => number[]> = {
    'the front': (pid) => [pid],
    Node: (pid) => childrenOf(pid).filter((child) => nameOf(child) === 'node'),
    'the launcher': launchersOf,
    'the supervisor': (pid) => launchersOf(pid).flatMap(childrenOf),
    'both of the probe': (pid) => [...launchersOf(pid).flatMap(childrenOf), ...launchersOf(pid)],
    'the process group': (pid) => [-pid],
  };

  async function killOnce(space: Workspace, which: string, signal: NodeJS.Signals, wait: number) {
    const mark = `OODATE_TEST_MARK=${space.folder}`;
    const [name = '', value = ''] = mark.split('=');
    const running: Running = space.start([oodate, 'run', 'build'], {
      env: { [name]: value },
      detached: true,
    });
    await new Promise((resolve) => setTimeout(resolve, wait));
    for (const pid of parts[which]?.(running.pid) ?? [])
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself.
      }
    await running.ended();
    await until(() => processesWith(mark).length === 0);
  }

  test.each([
    ['the front', 'SIGKILL'],
    ['Node', 'SIGKILL'],
    ['the launcher', 'SIGSEGV'],
    ['the supervisor', 'SIGKILL'],
    ['both of the probe', 'SIGKILL'],
    ['the process group', 'SIGKILL'],
    ['the process group', 'SIGTERM'],
  ] as const)('%s, by %s: nothing hangs, nothing half-done is trusted', async (which, signal) => {
    const { below, seed } = dice();
    const space = workspace({ 'package.json': scripts({ build: busy }), 'in.txt': '0\n' });
    // Starting takes about half of this time, the command the other half.
    for (let round = 1; round <= rounds(4); round += 1) {
      space.write({ 'in.txt': `${round}\n` });
      await killOnce(space, which, signal, below(300));
      const { status } = await space.oodate('check', 'build');
      const out = status === 0 ? space.read('out.txt') : undefined;
      if (out !== undefined && out !== `${round}\n${round}\n`)
        space.fail(`seed ${seed}: it is said to be up to date, and is not: ${out}`);
    }
    space.write({ 'in.txt': 'last\n' });
    await space.kept(['build']);
    expect(space.read('out.txt')).toBe('last\nlast\n');
    await space.upToDate(['build']);
  });

  test('a supervisor alone: the command ends as it would have, and nothing is kept', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'kill -9 $PPID; cat in.txt; exit $X' }),
      'in.txt': 'x',
    });
    for (const X of ['0', '3']) {
      const { status, stdout, stderr } = await space.oodateWith({ env: { X } }, 'run', 'build');
      expect({ status, stdout }).toEqual({ status: Number(X), stdout: 'x' });
      if (X === '0') expect(stderr).toContain("the probe's supervisor ended before the command");
      expect((await space.oodateWith({ env: { X } }, 'check', 'build')).status).toBe(1);
    }
  });

  test('the launcher alone: that is said, and the command goes on by itself', async () => {
    const build = 'kill -9 $(ps -o ppid= -p $PPID); cat in.txt > out.txt';
    const space = workspace({ 'package.json': scripts({ build }), 'in.txt': 'x' });
    const { status, stderr } = await space.oodate('run', 'build');
    expect(status).toBe(125);
    expect(stderr).toContain('oodate: the probe was ended by SIGKILL');
    await until(() => space.exists('out.txt') && space.read('out.txt') === 'x');
    await space.because(['build'], ['the last run failed with exit status 125']);
  });
});

describe('two runs of one target at once', () => {
  // Says that it has begun, and goes on by a signal: a file or pipe to wait for would be an input.
  const build = `trap gone=1 USR2; echo half > out.txt; echo beg''un; while [ -z "$gone" ]; do :; done; echo whole > out.txt`;

  test.each([
    ['first', 0],
    ['second', 1],
  ])('are not kept, as one may see what the other has half written: the %s ends alone', async (_, which) => {
    const space = workspace({ 'package.json': scripts({ build }) });
    const both: Running[] = [];
    for (let i = 0; i < 2; i += 1) {
      const env = { OODATE_TEST_MARK: space.folder };
      const running = space.start([oodate, 'run', 'build'], { env, detached: true });
      await running.says('begun');
      both.push(running);
    }
    const [ends, dies] = which === 0 ? both : both.reverse();
    ends?.kill('SIGUSR2');
    const { status, stderr } = (await ends?.ended()) ?? {};
    expect(status).toBe(0);
    expect(stderr).toContain('not kept');
    expect(stderr).toContain('another run of it was under way at the same time');
    process.kill(-(dies?.pid ?? 0), 'SIGKILL');
    await dies?.ended();
    await until(() => processesWith(`OODATE_TEST_MARK=${space.folder}`).length === 0);
    expect((await space.oodate('check', 'build')).status).toBe(1);

    const last = space.start([oodate, 'run', 'build']);
    await last.says('begun');
    last.kill('SIGUSR2');
    expect((await last.ended()).stderr).toContain('; kept: ');
    await space.upToDate(['build']);
  });

  test('started at any moment leave no record, or a whole one that is of the files as they are', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt > out.txt; seq 500' }) });
    for (let round = 1; round <= rounds(2); round += 1) {
      space.write({ 'in.txt': `${round}\n` });
      const three = await Promise.all([1, 2, 3].map(() => space.oodate('run', 'build')));
      for (const { status, stdout } of three)
        expect({ status, lines: stdout.split('\n').length }).toEqual({ status: 0, lines: 501 });
      expect(space.read('out.txt')).toBe(`${round}\n`);
      if ((await space.oodate('check', 'build')).status === 1) await space.kept(['build']);
      await space.upToDate(['build']);
    }
  });
});
