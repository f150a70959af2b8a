import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { oodate, type Running, scripts, workspace } from '@oodate/testkit';

/**
 * Says that it has begun, and goes on when `go` is called. By a signal, since a
 * pipe or a file to wait for would be an input.
 */
const remote = 'trap gone=1 USR2; echo beg\'\'un; while [ -z "$gone" ]; do :; done';

function go(running: Running): void {
  running.kill('SIGUSR2');
}

describe('a script that fails', () => {
  test('gives back its exit status and is never up to date', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo half > out.txt; exit 3' }) });
    const first = await space.oodate('run', 'build');
    expect(first.status).toBe(3);
    expect(first.stderr).toContain('build failed with exit status 3; nothing is kept');
    const second = await space.oodate('run', 'build');
    expect(second.status).toBe(3);
    expect(second.stderr).toContain('running build: the last run failed with exit status 3');
  });

  test('is not up to date either when it had succeeded before', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'test ! -e bad && echo x > out.txt' }) });
    await space.kept(['build']);
    space.write({ bad: '' });
    expect((await space.oodate('run', 'build')).status).toBe(1);
    space.remove('bad');
    await space.because(['build'], ['the last run failed with exit status 1']);
    await space.kept(['build']);
    await space.upToDate(['build']);
  });

  test('is told from one that a signal ended, by which oodate ends too', async () => {
    const space = workspace();
    const { signal, stderr } = await space.oodate('run', '--', 'sh', '-c', 'kill -9 $$');
    expect(signal).toBe('SIGKILL');
    expect(stderr).toContain('was ended by SIGKILL');
    await space.because(['--', 'sh', '-c', 'kill -9 $$'], ['the last run was ended by SIGKILL']);
  });
});

describe('a signal', () => {
  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    'sent to oodate ends the command, and oodate as well: %s',
    async (signal) => {
      const space = workspace();
      const words = ['--', 'sh', '-c', remote];
      const running = space.start([oodate, 'run', ...words]);
      await running.says('begun');
      running.kill(signal);
      expect((await running.ended()).signal).toBe(signal);
      await space.because(words, [`the last run was ended by ${signal}`]);
    },
  );

  test('sent to oodate ends an untraced command too', async () => {
    const space = workspace();
    const running = space.start([
      oodate,
      'run',
      '--untraced',
      '--',
      'sh',
      '-c',
      "echo beg''un; exec sleep 60",
    ]);
    await running.says('begun');
    running.kill('SIGTERM');
    expect((await running.ended()).signal).toBe('SIGTERM');
  });

  test('that the command handles does not end oodate before it', async () => {
    const space = workspace();
    const running = space.start([
      oodate,
      'run',
      '--',
      'sh',
      '-c',
      `trap 'echo bye > out.txt; exit 5' TERM; ${remote}`,
    ]);
    await running.says('begun');
    running.kill('SIGTERM');
    expect((await running.ended()).status).toBe(5);
    expect(space.read('out.txt')).toBe('bye\n');
  });

  test('sent to the whole process group, as by Ctrl-C, ends the command and nothing is kept', async () => {
    const space = workspace({ 'package.json': scripts({ build: `${remote}; true` }) });
    const running = space.start([oodate, 'run', 'build'], { detached: true });
    await running.says('begun');
    process.kill(-running.pid, 'SIGINT');
    const { signal, stderr } = await running.ended();
    expect(signal).toBe('SIGINT');
    expect(stderr).toContain('build was ended by SIGINT; nothing is kept');
    await space.because(['build'], ['the last run was ended by SIGINT']);
  });

  test('of Ctrl-C in a terminal ends the command and nothing is kept', async () => {
    const space = workspace({ 'package.json': scripts({ build: `${remote}; true` }) });
    const terminal = space.start(['script', '-qec', `exec ${oodate} run build`, '/dev/null']);
    await terminal.says('begun');
    terminal.tell('\x03');
    expect((await terminal.ended()).status).toBe(130);
    await space.because(['build'], ['the last run was ended by SIGINT']);
  });

  test('of Ctrl-C in a terminal reaches a command that handles it once', async () => {
    const space = workspace({
      'count.sh': `trap 'echo caught; n=$((n + 1))' INT\necho begun\nread -r word\nread -r word\necho "caught $n" > out.txt\n`,
    });
    const terminal = space.start(['script', '-qec', `exec ${oodate} run -- sh count.sh`, '/dev/null']);
    await terminal.says('begun');
    terminal.tell('\x03');
    await terminal.says('caught');
    terminal.tell('one\ntwo\n');
    expect((await terminal.ended()).status).toBe(0);
    expect(space.read('out.txt')).toBe('caught 1\n');
  });

  test('that kills oodate itself leaves nothing that could be trusted', async () => {
    const space = workspace({ 'package.json': scripts({ build: `echo $$ > pid; ${remote}` }) });
    const running = space.start([oodate, 'run', 'build']);
    await running.says('begun');
    running.kill('SIGKILL');
    process.kill(Number(space.read('pid')), 'SIGUSR2');
    await running.ended();
    await space.because(['build'], ['the last run did not come to its end']);
  });
});

describe('a file that someone else changes while the command runs', () => {
  const files = { 'package.json': scripts({ build: `cat in.txt > out.txt; ${remote}` }), 'in.txt': 'one' };

  test('makes the result out of date at once, and the next run is the last', async () => {
    const space = workspace(files);
    const first = space.start([oodate, 'run', 'build']);
    await first.says('begun');
    space.write({ 'in.txt': 'two' });
    go(first);
    const { status, stderr } = await first.ended();
    expect(status).toBe(0);
    expect(stderr).toContain(
      'is out of date at once: in.txt was changed by someone else while the command ran',
    );
    expect((await space.oodate('check', 'build')).status).toBe(1);

    const second = space.start([oodate, 'run', 'build']);
    await second.says('begun');
    go(second);
    expect((await second.ended()).stderr).toMatch(
      /running build: in\.txt was changed by someone else.*; kept: /s,
    );
    expect(space.read('out.txt')).toBe('two');
    await space.upToDate(['build']);
  });

  test('does not matter if the command did not use it', async () => {
    const space = workspace(files);
    const running = space.start([oodate, 'run', 'build']);
    await running.says('begun');
    space.write({ 'other/file.txt': 'two' });
    go(running);
    expect((await running.ended()).stderr).toContain('; kept: ');
    await space.upToDate(['build']);
  });
});

describe('a command that cannot be started', () => {
  test.each([
    { words: ['nosuch', 'x'], status: 127, line: 'oodate: nosuch: command not found' },
    { words: ['./nosuch'], status: 127, line: 'oodate: ./nosuch: ' },
    { words: ['./plain.txt'], status: 126, line: 'oodate: ./plain.txt: ' },
    { words: ['./'], status: 126, line: 'oodate: ./: ' },
  ])('gives $status and one sentence, traced and untraced: $words', async ({ words, status, line }) => {
    const space = workspace({ 'plain.txt': 'x' });
    for (const options of [[], ['--untraced']]) {
      const result = await space.oodate('run', '--quiet', ...options, '--', ...words);
      expect(result).toMatchObject({ status, stdout: '' });
      expect(result.stderr).toMatch(/^[^\n]+\n$/);
      expect(result.stderr).toContain(line);
    }
  });
});

describe('a damaged meta file', () => {
  test.each([
    { name: 'cut', damage: (text: string) => text.slice(0, text.length / 2) },
    { name: 'empty', damage: () => '' },
    { name: 'with another byte', damage: (text: string) => text.replace('in.txt', 'im.txt') },
    { name: 'binary', damage: () => '\0\x01\x02\n'.repeat(100) },
  ])('makes the target out of date, and that is said: $name', async ({ damage }) => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt' }), 'in.txt': 'x' });
    await space.kept(['build']);
    const meta = '.oodate/build.meta';
    space.write({ [meta]: damage(space.read(meta)) });
    await space.because(
      ['build'],
      [/the meta file \.oodate\/build\.meta (is damaged|was not written by oodate)/],
    );
    await space.kept(['build']);
    await space.upToDate(['build']);
  });
});

describe('a cache folder that cannot be written', () => {
  test('does not keep the command from running, and why nothing is kept is said', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo x > out.txt' }), '.oodate': 'a file' });
    for (const round of [1, 2]) {
      const { status, stderr } = await space.oodate('run', 'build');
      expect(status).toBe(0);
      expect(stderr).toMatch(/nothing is kept: .*\.oodate\/build\.meta cannot be written \(\w+\)/);
      expect(space.read('out.txt')).toBe('x\n');
      space.write({ 'out.txt': `${round}` });
    }
  });

  test('for lack of permission has the same effect', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'echo ran' }),
      'node_modules/.cache/oodate/x': '',
    });
    const folder = space.path('node_modules/.cache/oodate');
    chmodSync(folder, 0o555);
    // Root may write there all the same, unless it has lost that capability; another user might not reach the checkout.
    const lost = '--bounding-set=-dac_override,-dac_read_search';
    const under = process.getuid?.() === 0 ? ['setpriv', lost, '--'] : [];
    const { status, stdout, stderr } = await space.oodateWith({ under }, 'run', 'build');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'ran\n' });
    expect(stderr).toMatch(/nothing is kept: .*build\.meta cannot be written \(EACCES\)/);
  });
});

describe('without seccomp', () => {
  const source = fileURLToPath(new URL('no-seccomp.c', import.meta.url));

  test('nothing runs half-traced: one sentence says why and what to do', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo ran' }) });
    execFileSync('cc', ['-o', space.path('no-seccomp'), source]);
    const under = [space.path('no-seccomp')];
    const { status, stdout, stderr } = await space.oodateWith({ under }, 'run', '--quiet', 'build');
    expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
    expect(stderr).toMatch(/^oodate: [^\n]*seccomp[^\n]*; [^\n]*--untraced[^\n]*\n$/);

    const doctor = await space.oodateWith({ under }, 'doctor');
    expect(doctor.status).toBe(1);
    expect(doctor.stdout).toMatch(/^no +notify +.*seccomp.*; /m);

    const plain = await space.oodateWith({ under }, 'run', '--untraced', 'build');
    expect(plain).toMatchObject({ status: 0, stdout: 'ran\n' });
    await space.because(['build'], [/the last run failed|nothing is known/]);
  });

  test('what is up to date is still found to be so', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in.txt > out.txt' }), 'in.txt': 'x' });
    execFileSync('cc', ['-o', space.path('no-seccomp'), source]);
    await space.kept(['build']);
    await space.upToDate(['build'], { under: [space.path('no-seccomp')] });
  });
});

describe('what could not be seen', () => {
  test('is told in one line, and the result is not kept', async () => {
    const space = workspace({ 'in.txt': 'x' });
    const script = 'mkdir -p d && mount -t tmpfs none d && cat in.txt';
    const command = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script];
    const { status, stdout, stderr } = await space.oodate('run', '--', ...command);
    expect([status, stdout]).toEqual([0, 'x']);
    expect(stderr).toMatch(
      /^oodate: .* not kept, since not all it did could be seen: a process (entered a mount namespace of its own|changed what is mounted where); .*$/m,
    );
    expect((await space.oodate('check', '--', ...command)).status).toBe(1);
  });

  test('a file made through a link that led nowhere is an output', async () => {
    const space = workspace();
    space.link('link', 'made');
    const command = ['sh', '-c', 'echo x > link'];
    await space.oodate('run', '--', ...command);
    expect((await space.oodate('check', '--', ...command)).status).toBe(0);
    space.write({ made: 'edited' });
    expect((await space.oodate('check', '--', ...command)).status).toBe(1);
  });
});
