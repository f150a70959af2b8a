import { symlinkSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { oodate, scripts, workspace } from '@oodate/testkit';

const copying = {
  'package.json': scripts({ build: 'cat in.txt > out.txt', 'build:all': 'true' }),
  'in.txt': 'one\n',
};

describe('a wrong command line', () => {
  test.each([
    { args: [], sentence: 'a command of oodate is missing; it is one of run, watch, why,' },
    { args: ['rnu', 'build'], sentence: 'there is no command "rnu"; did you mean run?' },
    { args: ['check', '--forec', 'build'], sentence: 'there is no option --forec; did you mean --force?' },
    { args: ['why', '-x', 'build'], sentence: 'there is no option -x; see oodate why --help' },
    { args: ['check', '--mode', 'size', 'build'], sentence: 'Choices: "content", "mtime"' },
    { args: ['check', 'build', '--meta'], sentence: 'Not enough arguments following: meta' },
    { args: ['check', 'biuld'], sentence: '/package.json; did you mean build?' },
    {
      args: ['check', 'build', 'in.txt'],
      sentence: 'only one script can be named, and "in.txt" is a second word',
    },
    { args: ['check'], sentence: 'there is nothing to run; name a script' },
    { args: ['check', '--'], sentence: 'there is nothing to run; name a script' },
    { args: ['check', '-C', 'nosuch', 'build'], sentence: 'the directory nosuch does not exist' },
    { args: ['meta', 'build'], sentence: 'there is no meta file .oodate/build.meta; run the target once' },
  ])('gets one sentence and the status 2: $args', async ({ args, sentence }) => {
    const { status, stdout, stderr } = await workspace(copying).oodate(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^oodate: [^\n]*\n$/);
    expect(stderr).toContain(sentence);
  });

  test.each([
    { args: ['run', '--forec', 'build'], sentence: 'there is no option --forec' },
    { args: ['run', 'nosuch'], sentence: 'there is no script "nosuch"' },
    { args: ['run', '--backend', 'magic', 'build'], sentence: 'Choices: "bpf", "notify"' },
    { args: ['trace', '-o', 'log'], sentence: 'there is nothing to trace' },
    { args: ['trace', '-o', 'log', 'make'], sentence: '"make" stands before --' },
    { args: ['trace', '--', 'make'], sentence: 'Missing required argument: output' },
  ])('gets 125 where the status could be that of a command: $args', async ({ args, sentence }) => {
    const { status, stdout, stderr } = await workspace(copying).oodate(...args);
    expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  test('without a package.json says so', async () => {
    const { status, stderr } = await workspace().oodate('run', 'build');
    expect({ status, stderr }).toEqual({
      status: 125,
      stderr: expect.stringMatching(/^oodate: there is no package\.json in /),
    });
  });
});

describe('help', () => {
  test.each([
    { args: ['--help'], text: 'oodate run -- cc -c foo.c -o foo.o' },
    { args: ['run', '--help'], text: '--untraced' },
    { args: ['why', '-h'], text: 'oodate why [options] <script> [-- argument…]' },
    { args: ['trace', '--help'], text: 'Where the log goes' },
  ])('is on stdout, with examples: $args', async ({ args, text }) => {
    const { status, stdout, stderr } = await workspace().oodate(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(text);
  });

  test('is not given for a word of the command', async () => {
    const { stdout } = await workspace().kept(['--', 'printf', '%s\\n', '--help']);
    expect(stdout).toBe('--help\n');
  });

  test('completes the names of scripts', async () => {
    const { stdout } = await workspace(copying).oodate('--get-yargs-completions', 'oodate', 'run', 'bu');
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['build', 'build:all']));
  });
});

test('the program works through a link and from another directory', async () => {
  const space = workspace({ ...copying, 'sub/deep/x': '' });
  symlinkSync(oodate, space.path('od'));
  const { stdout } = await space.run(['../od', '--version'], { cwd: space.path('sub') });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  await space.kept(['build'], '', { cwd: space.path('sub/deep') });
  await space.upToDate(['-C', 'sub', 'build']);
});

describe('check', () => {
  test('is silent and tells by its exit status', async () => {
    const space = workspace(copying);
    expect(await space.oodate('check', 'build')).toMatchObject({ status: 1, stdout: '', stderr: '' });
    await space.kept(['build']);
    expect(await space.oodate('check', 'build')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(await space.oodate('check', '--force', 'build')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: '',
    });
  });
});

describe('why', () => {
  test('gives every reason, in groups', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat a b > out.txt' }), a: '1', b: '2' });
    await space.kept(['build']);
    space.write({ a: '11', 'out.txt': '' });
    space.remove('b');
    const { stdout } = await space.oodateWith({ env: { CC: 'cc' } }, 'why', 'build');
    expect(stdout.replace(/(?:; |\n {6})used by .*/g, '')).toBe(
      [
        'build is out of date, for 4 reasons:',
        '',
        '  command and environment',
        "    the variable CC was not set, is 'cc'",
        '',
        '  inputs',
        '    a changed (was 1 byte, is 2)',
        '    b is gone, was a file of 1 byte',
        '',
        '  outputs',
        '    out.txt is not as the command left it: it changed (was 2 bytes, is 0)',
        '',
      ].join('\n'),
    );
  });

  test.each<[string, string[], number]>([
    ['0 of what is up to date', ['up'], 0],
    ['0 of what is out of date', ['out'], 0],
    ['0 of what has never run', ['never'], 0],
    ['2 of a script that is not there', ['none'], 2],
    ['2 of a meta file that is not there', ['none.meta'], 2],
    ['2 if nothing is named', [], 2],
  ])('has the exit status %s', async (_, words, status) => {
    const space = workspace({
      'package.json': scripts({ up: 'cat a', out: 'cat b', never: 'true' }),
      a: '1',
      b: '1',
    });
    for (const name of ['up', 'out']) await space.kept([name]);
    space.write({ b: '2' });
    for (const form of [[], ['--json']]) {
      const result = await space.oodate('why', ...form, ...words);
      expect([result.status, result.stdout === '', result.stderr === '']).toEqual([
        status,
        status !== 0,
        status === 0,
      ]);
    }
  });

  test('says so when there is none', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    const { stdout, status } = await space.oodate('why', 'build');
    expect({ stdout, status }).toEqual({
      stdout: expect.stringMatching(
        /^build is up to date \(\d+ inputs unchanged; ran in \d.* s last time\)\n$/,
      ),
      status: 0,
    });
  });
});

describe('run', () => {
  test('--force runs what is up to date', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    await space.kept(['--force', 'build'], '--force was given');
    await space.upToDate(['build']);
  });

  test('--dry-run says what it would do, and does nothing', async () => {
    const space = workspace(copying);
    const { status, stderr } = await space.oodate('run', '--dry-run', 'build');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('would run build: nothing is known'),
    });
    expect(space.exists('out.txt')).toBe(false);
    expect(space.exists('.oodate')).toBe(false);
  });

  test('--quiet leaves only what the command says', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo out; echo err >&2' }) });
    const expected = { status: 0, stdout: 'out\n', stderr: 'err\n' };
    expect(await space.oodate('run', '--quiet', 'build')).toMatchObject(expected);
    expect(await space.oodate('run', '-q', 'build')).toMatchObject(expected);
  });

  test('--untraced runs the command in any case and keeps nothing', async () => {
    const space = workspace(copying);
    const { status, stderr } = await space.oodate('run', '--untraced', 'build');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: expect.stringContaining('nothing is kept: --untraced was given'),
    });
    expect(space.read('out.txt')).toBe('one\n');
    expect(space.exists('.oodate')).toBe(false);
    expect((await space.oodate('run', '--untraced', '--', 'sh', '-c', 'exit 4')).status).toBe(4);
    expect((await space.oodate('run', '--untraced', '--', 'sh', '-c', 'kill $$')).signal).toBe('SIGTERM');
  });

  test('--meta keeps what is known in that file', async () => {
    const space = workspace(copying);
    await space.kept(['--meta', 'my.meta', 'build']);
    expect(space.exists('.oodate')).toBe(false);
    expect(space.read('my.meta')).toMatch(/^# Meta data file .*my\.meta\nCMD cat in\.txt > out\.txt\nCWD /);
    await space.upToDate(['--meta', 'my.meta', 'build']);
  });

  test('gives who reads its output the same bytes when nothing is to be done', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'echo one; echo two >&2; printf "\\377\\0end"' }),
    });
    const first = await space.kept(['build']);
    const second = await space.upToDate(['build']);
    expect(second.stdout).toBe(first.stdout);
    expect(second.stderr).toContain('two\n');
  });

  test('runs again when its output is to be read and was not kept, since it went to a terminal', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo one' }) });
    const inTerminal = await space.run(['script', '-qec', `exec ${oodate} run build`, '/dev/null']);
    expect(inTerminal.stdout).toContain('; kept: ');
    await space.kept(['build'], 'what it writes to stdout, stderr was not kept by the last run');
    await space.upToDate(['build']);
  });

  test('--json prints one object, and the command writes to stderr', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt' }), 'in.txt': 'text\n' });
    const first = await space.oodate('run', '--json', '--quiet', 'build');
    expect(first.stderr).toBe('text\n');
    expect(JSON.parse(first.stdout)).toEqual({
      target: {
        kind: 'script',
        name: 'build',
        commands: [['sh', '-c', 'cat in.txt']],
        directory: space.folder,
        metaFile: space.path('.oodate/build.meta'),
      },
      verdict: 'out of date',
      reasons: [{ kind: 'no-record', metaFile: space.path('.oodate/build.meta') }],
      counts: { inputs: expect.any(Number), missing: expect.any(Number), listings: 0, outputs: 0 },
      run: { status: 0, milliseconds: expect.any(Number), kept: true, notes: [] },
    });
    const second = await space.oodate('run', '--json', '--quiet', 'build');
    expect(second.stderr).toBe('text\n');
    expect(JSON.parse(second.stdout)).toMatchObject({ verdict: 'up to date', reasons: [], run: null });
    space.write({ 'in.txt': 'more text\n' });
    const why = await space.oodate('why', '--json', 'build');
    expect(JSON.parse(why.stdout)).toMatchObject({
      verdict: 'out of date',
      reasons: [
        {
          kind: 'input-changed',
          path: space.path('in.txt'),
          was: { type: 'file', size: '5' },
          is: { size: '10' },
        },
      ],
    });
  });

  test('colours its own lines only where it is told to or on a terminal', async () => {
    const space = workspace(copying);
    const plain = await space.oodate('run', '--dry-run', 'build');
    const forced = await space.oodateWith({ env: { FORCE_COLOR: '1' } }, 'run', '--dry-run', 'build');
    const both = await space.oodateWith(
      { env: { FORCE_COLOR: '1', NO_COLOR: '1' } },
      'run',
      '--dry-run',
      'build',
    );
    expect([plain, forced, both].map(({ stderr }) => stderr.includes('\x1b['))).toEqual([false, true, false]);
  });

  test('is not disturbed by a reader that stops reading', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'true' }) });
    const pipe = `set -o pipefail; ${oodate} why build | true`;
    expect(await space.run(['bash', '-c', pipe])).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('trace', () => {
  test('writes the filemon log, and gives the exit status of the command', async () => {
    const space = workspace({ 'in.txt': 'x' });
    const { status, stdout } = await space.oodate(
      'trace',
      '-o',
      'log',
      '--',
      'sh',
      '-c',
      'cat in.txt; exit 6',
    );
    expect({ status, stdout }).toEqual({ status: 6, stdout: 'x' });
    const log = space.read('log');
    expect(log).toMatch(/^# filemon version 5\n/);
    expect(log).toContain(` ${space.path('in.txt')}\n`);
    expect(log).toMatch(/\n# Bye bye\n$/);
  });
});

describe('meta', () => {
  test('shows what the last run used, of a script and of a file', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    const { stdout, status } = await space.oodate('meta', 'build');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^command +cat in\.txt > out\.txt$/m);
    expect(stdout).toMatch(/^read\n(?: {2}.*\n)* {2}in\.txt$/m);
    expect(stdout).toMatch(/^written\n {2}out\.txt$/m);
    expect((await space.oodate('meta', '.oodate/build.meta')).stdout).toBe(stdout);
  });
});
