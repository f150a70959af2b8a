import { mkdirSync, renameSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  childrenOf,
  oodate,
  openTerminal,
  type RemoteCommand,
  type RemoteProcess,
  type Running,
  remoteCommand,
  scripts,
  type Workspace,
  workspace,
} from '@oodate/testkit';

const remotes: RemoteCommand[] = [];

afterEach(() => {
  for (const remote of remotes.splice(0)) remote.close();
});

async function remoteTarget(): Promise<RemoteCommand> {
  const remote = await remoteCommand();
  remotes.push(remote);
  return remote;
}

/** Starts to watch, and waits until everything is watched. */
async function watching(space: Workspace, words: readonly string[] = ['build']): Promise<Running> {
  const running = space.start([oodate, 'watch', ...words]);
  await running.says('oodate: watching ');
  return running;
}

/** Waits until the command is there no more. */
async function hasEnded(command: RemoteProcess): Promise<void> {
  const goesOn = async () => {
    for (;;) await command.does('stat', '.');
  };
  await expect(goesOn()).rejects.toThrow();
}

/** The reasons of the runs there have been, after the end. */
async function reasonsOf(running: Running): Promise<string[]> {
  running.kill('SIGINT');
  const { stderr } = await running.ended();
  return [...stderr.matchAll(/^oodate: running .*?: (.*)$/gm)].map(([, reason = '']) =>
    // Who it was is known once the monitor of the watch is open, which may be late.
    reason.replace(/ at \d\d:\d\d:\d\d by .*$/, ''),
  );
}

const start = expect.stringContaining('nothing is known of an earlier run');

/** What the command uses, and how. */
const build = 'cat in.txt via/a.txt > out.txt; ls list > names; cat no/such/file 2> /dev/null || true';
const files = {
  'package.json': scripts({ build }),
  'in.txt': 'one',
  'real/a.txt': 'a',
  'list/x': '',
};

function made(): Workspace {
  const space = workspace(files);
  space.link('via', 'real');
  return space;
}

describe('watch runs the target again', () => {
  test.each<[string, (space: Workspace) => void, RegExp]>([
    ['a file is written', (s) => s.write({ 'in.txt': 'two!' }), /^in\.txt changed/],
    [
      'another file is put in its place',
      (s) => {
        s.write({ 'in.new': 'two' });
        s.rename('in.new', 'in.txt');
      },
      /^in\.txt changed/,
    ],
    ['a file behind a link is written', (s) => s.write({ 'real/a.txt': 'b' }), /^via\/a\.txt changed/],
    ['a listed directory gains a name', (s) => s.write({ 'list/y': '' }), /^the directory list has gained y/],
    ['a listed directory loses a name', (s) => s.remove('list/x'), /^the directory list has lost x/],
    ['an output is removed', (s) => s.remove('out.txt'), /^out\.txt, which the command had made, is gone/],
    ['an output is changed', (s) => s.write({ 'out.txt': 'x' }), /^out\.txt is not as the command left it/],
    [
      'a missing file comes with the directories above it',
      (s) => s.write({ 'no/such/file': '' }),
      /^no\/such\/file is there now/,
    ],
    [
      'settings name an extra input',
      (s) => s.write({ 'oodate.config.json': '{"inputs": ["package.json"]}' }),
      /^package\.json is an extra input/,
    ],
    [
      'the directory of a file is another one',
      (s) => {
        s.write({ 'other/a.txt': 'b' });
        s.rename('real', 'former');
        s.rename('other', 'real');
      },
      /^via\/a\.txt changed/,
    ],
    [
      'the script is another one',
      (s) => s.write({ 'package.json': scripts({ build: 'cat in.txt' }) }),
      /^the command was `cat in\.txt via/,
    ],
  ])('when %s, and says so', async (_, change, reason) => {
    const space = made();
    const running = await watching(space);
    change(space);
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toEqual([start, expect.stringMatching(reason)]);
  });

  test('when a link leads elsewhere', async () => {
    const space = made();
    space.write({ 'other/a.txt': 'a' });
    const running = await watching(space);
    space.link('via', 'other');
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toEqual([start, 'via was a link to real, is a link to other']);
  });

  test('as often as something changes, also where the directory is made anew each time', async () => {
    const space = made();
    const running = await watching(space);
    for (const round of [2, 3, 4]) {
      space.remove('real');
      await running.says('oodate: running build: via/a.txt is gone', round - 1);
      await running.says('oodate: watching ', 2 * round - 2);
      space.write({ 'real/a.txt': String(round) });
      await running.says('oodate: watching ', 2 * round - 1);
    }
    expect(await reasonsOf(running)).toHaveLength(7);
  });

  test('when what it failed on has been put right', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'grep -q good in.txt && cat in.txt' }),
      'in.txt': 'bad',
    });
    const running = await watching(space);
    await running.says('build failed with exit status 1');
    space.write({ 'in.txt': 'good' });
    await running.says('oodate: build ran in ');
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toHaveLength(2);
    await space.upToDate(['build']);
  });

  test('when package.json can be read again', async () => {
    const space = made();
    const running = await watching(space);
    space.write({ 'package.json': '{' });
    await running.says('is not valid JSON');
    space.write({ 'package.json': scripts({ build: 'cat in.txt' }) });
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toHaveLength(2);
  });

  test('when an input has changed while it ran', async () => {
    const space = workspace({ 'in.txt': 'one' });
    const remote = await remoteTarget();
    const running = space.start([oodate, 'watch', '--', ...remote.words]);
    const first = await remote.started();
    await first.does('read', 'in.txt');
    space.write({ 'in.txt': 'two' });
    first.exits(0);
    const second = await remote.started();
    await second.does('read', 'in.txt');
    second.exits(0);
    await running.says('oodate: watching ');
    expect(await reasonsOf(running)).toEqual([
      start,
      'in.txt was changed by someone else while the command ran',
    ]);
  });

  test('only three times when an input changes in every run, and then when anything else does', async () => {
    const space = workspace({ 'in.txt': 'one', 'other.txt': 'one' });
    const remote = await remoteTarget();
    const running = space.start([oodate, 'watch', '--', ...remote.words]);
    for (const round of [1, 2, 3, 4]) {
      const run = await remote.started();
      await run.does('read', 'in.txt', 'read', 'other.txt');
      space.write({ 'in.txt': `changed ${round}` });
      run.exits(0);
    }
    await running.says('is left out of date');
    space.write({ 'other.txt': 'two' });
    const fifth = await remote.started();
    await fifth.does('read', 'in.txt');
    fifth.exits(0);
    await running.says('oodate: watching ');
    space.write({ 'in.txt': 'two' });
    (await remote.started()).exits(0);
    await running.says('oodate: watching ', 2);
    const reasons = await reasonsOf(running);
    expect(reasons.slice(4)).toEqual([
      expect.stringMatching(/^in\.txt was changed by someone else while the command ran/),
      expect.stringMatching(/^in\.txt changed/),
    ]);
  });

  test('when what had changed in every run changes once more', async () => {
    const space = workspace({ 'in.txt': 'one' });
    const remote = await remoteTarget();
    const running = space.start([oodate, 'watch', '--', ...remote.words]);
    for (const round of [1, 2, 3, 4]) {
      const run = await remote.started();
      await run.does('read', 'in.txt');
      space.write({ 'in.txt': `changed ${round}` });
      run.exits(0);
    }
    await running.says('is left out of date');
    space.write({ 'in.txt': 'edited' });
    const fifth = await remote.started();
    await fifth.does('read', 'in.txt');
    fifth.exits(0);
    await running.says('oodate: watching ');
    expect(await reasonsOf(running)).toHaveLength(5);
  });
});

describe('watch --restart', () => {
  async function begun(space: Workspace, remote: RemoteCommand): Promise<Running> {
    const running = space.start([oodate, 'watch', '--restart', '--', ...remote.words]);
    const first = await remote.started();
    await first.does('read', 'in.txt', 'read', 'other.txt');
    first.exits(0);
    await running.says('oodate: watching ');
    return running;
  }

  test('ends the command when an input changes, and runs it anew', async () => {
    const space = workspace({ 'in.txt': 'one', 'other.txt': 'one' });
    const remote = await remoteTarget();
    const running = await begun(space, remote);
    space.write({ 'in.txt': 'two' });
    const second = await remote.started();
    await second.does('read', 'in.txt');
    space.write({ 'in.txt': 'three' });
    await running.says('to run it anew: in.txt changed');
    const third = await remote.started();
    await hasEnded(second);
    await third.does('read', 'in.txt');
    third.exits(0);
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toHaveLength(3);
  });

  test('ends it once for what it writes itself, and then knows that', async () => {
    const space = workspace({ 'in.txt': 'one', 'other.txt': 'one' });
    const remote = await remoteTarget();
    const running = await begun(space, remote);
    space.write({ 'in.txt': 'two' });
    const second = await remote.started();
    await second.does('append', 'in.txt');
    const third = await remote.started();
    await third.does('append', 'in.txt');
    space.write({ 'other.txt': 'two' });
    (await remote.started()).exits(0);
    await running.says('oodate: watching ', 2);
    running.kill('SIGINT');
    const { stderr } = await running.ended();
    const causes = [...stderr.matchAll(/to run it anew: (\S+) changed/g)].map(([, path]) => path);
    expect(causes).toEqual(['in.txt', 'other.txt']);
  });
});

describe('watch runs nothing', () => {
  test('while all is as it was, and writes the output of the last run', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt' }), 'in.txt': 'one\n' });
    await space.kept(['build']);
    const running = await watching(space);
    running.kill('SIGINT');
    const { stdout, stderr } = await running.ended();
    expect({ stdout, runs: stderr.includes('running') }).toEqual({ stdout: 'one\n', runs: false });
  });

  test('for the same content, for what it did not use, and for its own outputs', async () => {
    const space = made();
    const running = await watching(space);
    space.touch('in.txt');
    space.write({ 'via/a.txt': 'a', unused: 'x', 'real/unused': '' });
    space.write({ 'in.txt': 'two' });
    await running.says('oodate: watching ', 2);
    space.write({ 'in.txt': 'three' });
    await running.says('oodate: watching ', 3);
    expect(await reasonsOf(running)).toEqual([
      start,
      expect.stringMatching(/^in\.txt changed/),
      expect.stringMatching(/^in\.txt changed/),
    ]);
  });

  test('for what somebody else has run already', async () => {
    const space = made();
    const running = await watching(space, ['--meta', 'm', 'build']);
    // Stopped, it cannot be first.
    const signal = (name: NodeJS.Signals) => {
      for (const pid of childrenOf(running.pid)) process.kill(pid, name);
    };
    signal('SIGSTOP');
    space.write({ 'in.txt': 'two', 'list/y': '' });
    await space.kept(['--meta', 'm', 'build']);
    signal('SIGCONT');
    await running.says('oodate: watching ', 2);
    expect(await reasonsOf(running)).toEqual([start]);
  });
});

test('watch follows thousands of inputs, and new ones', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat d/*/f*' }) });
  for (let folder = 0; folder < 30; folder += 1)
    space.write(
      Object.fromEntries(Array.from({ length: 100 }, (_, file) => [`d/${folder}/f${file}`, `${file}`])),
    );
  const running = await watching(space);
  space.write({ 'd/29/f99': 'changed' });
  await running.says('oodate: running build: d/29/f99 changed');
  await running.says('oodate: watching ', 2);
  mkdirSync(space.path('d/new'));
  space.write({ 'prepared/f0': '' });
  renameSync(space.path('prepared/f0'), space.path('d/new/f0'));
  await running.says('oodate: running build: the directory d has gained new/');
  await running.says('oodate: watching ', 3);
  space.write({ 'd/new/f0': 'x' });
  await running.says('oodate: running build: d/new/f0 changed');
  await running.says('oodate: watching ', 4);
  expect(await reasonsOf(running)).toHaveLength(4);
});

test('watch polls where it is told to', async () => {
  const space = made();
  const env = { CHOKIDAR_USEPOLLING: '1' };
  const running = space.start([oodate, 'watch', 'build'], { env });
  await running.says('oodate: watching ');
  space.write({ 'in.txt': 'two' });
  await running.says('oodate: watching ', 2);
  space.write({ 'no/such/file': '' });
  await running.says('oodate: watching ', 3);
  expect(await reasonsOf(running)).toHaveLength(3);
});

describe('watch ends', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s while it waits', async (signal) => {
    const running = await watching(made());
    running.kill(signal);
    expect(await running.ended()).toMatchObject({ signal });
  });

  test('by SIGTERM with the command that runs', async () => {
    const space = workspace();
    const remote = await remoteTarget();
    const running = space.start([oodate, 'watch', '--', ...remote.words]);
    const command = await remote.started();
    running.kill('SIGTERM');
    await hasEnded(command);
    expect(await running.ended()).toMatchObject({ signal: 'SIGTERM' });
  });

  test('by SIGTERM with the command that it would restart', async () => {
    const space = workspace({ 'in.txt': 'one' });
    const remote = await remoteTarget();
    const running = space.start([oodate, 'watch', '--restart', '--', ...remote.words]);
    const first = await remote.started();
    await first.does('read', 'in.txt');
    first.exits(0);
    await running.says('oodate: watching ');
    space.write({ 'in.txt': 'two' });
    const second = await remote.started();
    running.kill('SIGTERM');
    await hasEnded(second);
    expect(await running.ended()).toMatchObject({ signal: 'SIGTERM' });
  });

  test('by Ctrl-C with the command that runs', async () => {
    const space = workspace();
    const remote = await remoteTarget();
    const terminal = openTerminal([oodate, 'watch', '--', ...remote.words], {
      cwd: space.folder,
      env: { ...process.env },
    });
    const command = await remote.started();
    terminal.types('\x03');
    await hasEnded(command);
    expect(await terminal.ended).toMatchObject({ status: 130 });
  });

  test.each<[string, readonly string[], number]>([
    ['there is no such script', ['nothing'], 125],
    ['there is no such command', ['--', 'no-such-command'], 127],
  ])('at once where %s', async (_, words, status) => {
    expect(await made().oodate('watch', ...words)).toMatchObject({ status });
  });
});
