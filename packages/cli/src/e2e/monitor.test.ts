import { chmodSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { monitorBackends } from '@oodate/monitor';
import { childrenOf, oodate, type Result, type Running, type Workspace, workspace } from '@oodate/testkit';

const isRoot = process.getuid?.() === 0;
const backends = monitorBackends()
  .filter(({ works }) => works)
  .map(({ name }) => name);
/** They know the process. */
const attributing = backends.filter((backend) => backend !== 'inotify');
const asUser = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** Starts to monitor, and waits until nothing can be missed. */
async function monitoring(space: Workspace, words: readonly string[], under?: readonly string[]) {
  const running = space.start([oodate, 'monitor', ...words], under === undefined ? {} : { under });
  await running.says('oodate: monitoring ');
  return running;
}

/** Does it in a process of its own. */
async function act(space: Workspace, line: string): Promise<void> {
  expect(await space.run(['sh', '-c', line])).toMatchObject({ status: 0 });
}

/** What it wrote until it was interrupted. */
async function interrupted(running: Running): Promise<Result> {
  running.kill('SIGINT');
  return running.ended();
}

/** What is said of a write. */
const changedBy = (backend: string) => (backend === 'bpf' ? 'written' : 'changed');

const clock = /^\d\d:\d\d:\d\d\.\d{6}$/;

/** Path and clause of each line. */
function told(stdout: string): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, time = '', path, clause = ''] = /^(\S+) {2}(.*?) {2,}(.*)$/.exec(line) ?? [];
      expect(time).toMatch(clock);
      return `${path}: ${clause.replace(/\(pid \d+/, '(pid N')}`;
    });
}

describe.each(backends)('by %s', (backend) => {
  const changed = changedBy(backend);

  test('changes of a file are told in lines', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, ['a.ts', '--backend', backend]);
    await act(space, 'echo two >> a.ts; sleep 0 > /dev/null');
    await running.says(changed);
    await act(space, 'chmod 600 a.ts');
    await running.says('attributes changed');
    const { stdout, signal } = await interrupted(running);
    expect(signal).toBe('SIGINT');
    expect(told(stdout)).toEqual([
      expect.stringContaining(`a.ts: ${changed}`),
      expect.stringMatching(/^a\.ts: attributes changed/),
    ]);
  });

  test('a directory means all below it, with what is made later', async () => {
    const space = workspace({
      'src/a.ts': '',
      'src/deep/b.ts': '',
      'src/node_modules/c.js': '',
      'src/.git/d': '',
    });
    const running = await monitoring(space, ['src', '--backend', backend]);
    await act(space, 'echo 1 >> src/deep/b.ts');
    await running.says('src/deep/b.ts');
    await act(space, 'echo 1 >> src/node_modules/c.js; echo 1 >> src/.git/d; mkdir src/new');
    await running.says('src/new ');
    await act(space, 'echo 1 > src/new/e.ts');
    await running.says('src/new/e.ts');
    await act(space, 'echo 2 >> src/new/e.ts; chmod 600 src/new/e.ts');
    await running.says('attributes changed');
    const { stdout, stderr } = await interrupted(running);
    expect(stderr).toContain('oodate: monitoring src (4 files and directories) by ');
    const lines = told(stdout);
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`src/deep/b.ts: ${changed}`),
        expect.stringMatching(/^src\/new: made/),
        expect.stringMatching(/^src\/new\/e\.ts: (made|changed|written)/),
        expect.stringMatching(/^src\/new\/e\.ts: attributes changed/),
      ]),
    );
    expect(stdout).not.toMatch(/node_modules|\.git/);
  });

  test('a file that an editor replaces is followed on, as often as it does', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, ['a.ts', '--backend', backend]);
    for (const round of [1, 2, 3]) {
      await act(space, `echo ${round} > a.tmp; mv a.tmp a.ts`);
      await running.says('replaced', round);
    }
    await act(space, 'chmod 600 a.ts');
    await running.says('attributes changed');
    await interrupted(running);
  });

  test('a file that comes back soon is followed on', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, ['a.ts', '--backend', backend]);
    await act(space, 'mv a.ts a.old; echo two > a.ts');
    await running.says('eplaced');
    await act(space, 'chmod 600 a.ts');
    await running.says('attributes changed');
    await interrupted(running);
  });

  test('it ends with a sentence when nothing is left', async () => {
    const space = workspace({ 'a.ts': '', 'b.ts': '' });
    const running = await monitoring(space, ['a.ts', 'b.ts', '--backend', backend]);
    await act(space, 'rm a.ts b.ts');
    const { status, stderr } = await running.ended();
    expect(status).toBe(1);
    // Either may be noticed first.
    const said = stderr.trimEnd().split('\n');
    expect(said.slice(-3, -1).sort()).toEqual(['oodate: a.ts is gone', 'oodate: b.ts is gone']);
    expect(said.at(-1)).toBe('oodate: nothing is left to monitor');
  });
});

describe.each(backends)('the end by %s', (backend) => {
  test('is that of Ctrl-C, which reaches all processes of the terminal', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = space.start([oodate, 'monitor', 'a.ts', '--backend', backend], { detached: true });
    await running.says('oodate: monitoring ');
    process.kill(-running.pid, 'SIGINT');
    const { signal, stdout, stderr } = await running.ended();
    expect({ signal, stdout }).toEqual({ signal: 'SIGINT', stdout: '' });
    expect(stderr.replace(/^oodate: inotify does not .*\n/m, '')).toMatch(/^oodate: monitoring .*\n$/);
  });
});

(attributing.length > 0 ? test : test.skip)(
  'the death of the native program is told, and ends it',
  async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, ['a.ts', '--backend', attributing[0] ?? 'bpf']);
    let probe = running.pid;
    for (let [below] = childrenOf(probe); below !== undefined; [below] = childrenOf(probe)) probe = below;
    process.kill(probe, 'SIGKILL');
    const { status, stderr } = await running.ended();
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /\noodate: the program that monitors has ended by SIGKILL; what has happened since is not known\n$/,
    );
  },
);

(attributing.length > 0 ? describe : describe.skip)('of hard links', () => {
  const [backend = 'bpf'] = attributing;

  test('another name of a file is told from its own', async () => {
    const space = workspace({ 'a.ts': 'one' });
    await act(space, 'ln a.ts b.ts');
    const running = await monitoring(space, ['a.ts', '--backend', backend]);
    await act(space, 'mv b.ts c.ts');
    await running.says('another of its names moved');
    await act(space, 'rm c.ts');
    await running.says('another of its names removed');
    await act(space, 'chmod 600 a.ts');
    await running.says('attributes changed');
    await interrupted(running);
  });
});

describe('whatever the backend,', () => {
  const [backend = 'inotify'] = backends;

  test('--json prints a line for each event, at once', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, ['a.ts', '--json', '--count', '1', '--backend', backend]);
    await act(space, 'chmod 600 a.ts');
    const { status, stdout } = await running.ended();
    expect(status).toBe(0);
    const [line = '', ...rest] = stdout.split('\n');
    expect(rest).toEqual(['']);
    expect(JSON.parse(line)).toMatchObject({
      event: 'ATTRIBUTE',
      path: space.path('a.ts'),
      inode: expect.stringMatching(/^\d+$/),
      time: { seconds: expect.any(Number), nanoseconds: expect.any(Number) },
      sequence: 1,
    });
  });

  test('--format ahafs prints blocks', async () => {
    const space = workspace({ 'a.ts': 'one' });
    const running = await monitoring(space, [
      ...['a.ts', '--format', 'ahafs', '--level', '2', '--count', '1', '--backend', backend],
    ]);
    await act(space, 'chmod 600 a.ts');
    const { stdout } = await running.ended();
    expect(stdout).toMatch(/^BEGIN_EVENT_INFO\nTIME_tvsec=\d+\nTIME_tvnsec=\d+\nSEQUENCE_NUM=1\n/);
    expect(stdout).toMatch(
      new RegExp(
        `RC_FROM_EVPROD=2001\nBEGIN_EVPROD_INFO\n${space.path('a.ts')}\nEND_EVPROD_INFO\nEND_EVENT_INFO\n$`,
      ),
    );
  });

  test('only what the mask names is told', async () => {
    const space = workspace({ 'src/a.ts': 'one' });
    const running = await monitoring(space, ['src', '--mask', 'attribute', '--json', '--backend', backend]);
    await act(space, 'echo two >> src/a.ts; echo > src/b.ts; chmod 600 src/a.ts');
    await running.says('ATTRIBUTE');
    const { stdout } = await interrupted(running);
    expect(stdout).not.toContain('CONTENT');
  });

  test('it ends quietly when nobody reads any more', async () => {
    const space = workspace({ 'a.ts': 'one', go: '' });
    const running = space.start([
      'sh',
      '-c',
      `{ ${oodate} monitor a.ts --json --backend ${backend}; echo "status $?" >&2; } | head -n 1`,
    ]);
    await running.says('oodate: monitoring ');
    let isOver = false;
    const ended = running.ended().finally(() => {
      isOver = true;
    });
    // It hears that nobody reads when it writes after that.
    for (let at = 0; !isOver; at += 1) await act(space, `chmod 6${at % 2}0 a.ts`);
    const { stdout, stderr } = await ended;
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toMatch(/\nstatus 0\n$/);
    expect(stderr).not.toContain('EPIPE');
  });

  test('names are shown as they can be read, whatever they hold', async () => {
    const name = '-a\u001b[31m b';
    const space = workspace({ [name]: 'one' });
    const running = await monitoring(space, ['--backend', backend, '--', name]);
    await act(space, 'chmod 600 ./-a*');
    await running.says('attributes changed');
    const { stdout, stderr } = await interrupted(running);
    expect(stdout).toContain("$'-a\\x1b[31m b'");
    expect(stdout + stderr).not.toContain('\u001b');
  });
});

(attributing.length > 0 ? describe : describe.skip).each(attributing.length > 0 ? attributing : ['bpf'])(
  'who it was is said by %s',
  (backend) => {
    test('in a line', async () => {
      const space = workspace({ 'a.ts': 'one' });
      space.writeProgram('generate', '#!/bin/sh\necho two >> a.ts\nread line\n');
      const running = await monitoring(space, ['a.ts', '--backend', backend]);
      const generating = space.start(['./generate', 'x y']);
      await running.says(changedBy(backend));
      generating.kill('SIGKILL');
      await generating.ended();
      const { stdout } = await interrupted(running);
      expect(told(stdout)).toEqual([
        expect.stringMatching(/^a\.ts: (changed|written) by sh generate 'x y' \(pid N, user root, of \S+\)$/),
      ]);
    });

    test('in full', async () => {
      const space = workspace({ 'a.ts': 'one' });
      space.writeProgram('generate', '#!/bin/sh\necho two >> a.ts\nread line\n');
      const running = await monitoring(space, ['-v', 'a.ts', '--backend', backend]);
      const generating = space.start(['./generate']);
      await running.says('started by');
      generating.kill('SIGKILL');
      await generating.ended();
      const { stdout } = await interrupted(running);
      expect(stdout).toMatch(
        /^\S+ {2}a\.ts {2}(?:changed|written) by .*\n {4}event 1, inode \d+ of device \d+:\d+\n {4}command .*generate\n {4}program \/\S+\n {4}group 0.*\n {4}started by .*$/m,
      );
    });
  },
);

(attributing.length > 0 ? test : test.skip).each(attributing.length > 0 ? attributing : ['bpf'])(
  'a whole file system can be monitored by root, by %s',
  async (backend) => {
    const space = workspace({ 'in/a.ts': 'one' });
    const running = await monitoring(space, [
      ...['--mount', space.folder, '--events', 'open', '--json', '--backend', backend],
    ]);
    await act(space, 'cat in/a.ts');
    await running.says(space.path('in/a.ts'));
    const { stdout } = await interrupted(running);
    const events = stdout
      .split('\n')
      .filter((line) => line.includes(space.path('in/a.ts')))
      .map((line) => JSON.parse(line));
    expect(events).toContainEqual(expect.objectContaining({ event: 'OPEN', path: space.path('in/a.ts') }));
  },
);

(isRoot ? test : test.skip)(
  'another user has inotify, with a word that the process is not known',
  async () => {
    const space = workspace({ 'a.ts': 'one' });
    chmodSync(space.folder, 0o755);
    const running = await monitoring(space, ['a.ts'], asUser);
    await running.says('inotify does not tell who it was');
    await act(space, 'echo two >> a.ts');
    await running.says('changed');
    const { stdout } = await interrupted(running);
    expect(told(stdout)).toEqual(['a.ts: changed']);
  },
);

(isRoot ? test : test.skip)(
  'another user who names a backend that needs root is told why it does not work',
  async () => {
    const space = workspace({ 'a.ts': 'one' });
    chmodSync(space.folder, 0o755);
    const { status, stdout, stderr } = await space.oodateWith(
      { under: asUser },
      'monitor',
      'a.ts',
      '--backend',
      'fanotify',
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^oodate: fanotify.*CAP_SYS_ADMIN; .*\n$/);
  },
);

test('a name that is not UTF-8 is refused, as it does not arrive, and told of in its directory', async () => {
  const space = workspace();
  writeFileSync(space.path(Buffer.from('\xff', 'latin1')), '');
  const refused = await space.run(['sh', '-c', `${oodate} monitor "$(printf '\\377')"`]);
  expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('not UTF-8 text') });
});

describe('a mistake is one sentence, with what to do:', () => {
  test.each<[string, readonly string[], RegExp]>([
    [
      'no path',
      [],
      /^oodate: there is nothing to monitor; name files or directories, as in: oodate monitor src$/,
    ],
    ['a path that is not there', ['none.ts'], /^oodate: .*none\.ts.*there/],
    ['a path through a link', ['via/a.ts'], /^oodate: .*via\/a\.ts.* symbolic link.*; .*$/],
    ['a kernel file', ['/proc/version'], /^oodate: .*\/proc\/version.*kernel.*$/],
  ])('%s', async (_, words, sentence) => {
    const space = workspace({ 'a.ts': '', 'real/a.ts': '' });
    space.link('via', 'real');
    const { status, stdout, stderr } = await space.oodate('monitor', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trimEnd()).toMatch(sentence);
  });
});

test('what it writes itself into what it monitors makes no endless loop', async () => {
  const space = workspace({ 'src/a.ts': '' });
  const running = space.start(['sh', '-c', `exec ${oodate} monitor src --backend inotify > src/log`]);
  await running.says('oodate: monitoring ');
  await act(space, 'chmod 600 src/a.ts; ln src/a.ts src/b.ts');
  await act(space, 'until grep -q b.ts src/log; do :; done');
  await interrupted(running);
  expect(space.read('src/log').split('\n').length).toBeLessThan(6);
});

(isRoot ? test : test.skip)(
  'where the best backend does not see the file system, another one does',
  async () => {
    const space = workspace({ 'mnt/x': '' });
    const running = space.start([
      ...['unshare', '--mount', '--propagation=private', 'sh', '-c'],
      `mount -t ramfs none mnt && echo one > mnt/a.ts
      ${oodate} monitor mnt/a.ts --count 1 & read go; chmod 600 mnt/a.ts; wait $!`,
    ]);
    await running.says('oodate: monitoring mnt/a.ts by ');
    running.tell('go\n');
    const { status, stdout, stderr } = await running.ended();
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('by bpf') });
    expect(stdout).toContain('  mnt/a.ts  ');
  },
);
