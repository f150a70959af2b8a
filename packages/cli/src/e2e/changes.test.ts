import { describe, expect, test } from '@jest/globals';
import { scripts, workspace } from '@oodate/testkit';

const copying = { 'package.json': scripts({ build: 'cat in.txt > out.txt' }), 'in.txt': 'one\n' };

describe('a script', () => {
  test('runs the first time and is up to date the second', async () => {
    const space = workspace(copying);
    await space.kept(['build'], 'nothing is known of an earlier run');
    expect(space.read('out.txt')).toBe('one\n');
    await space.upToDate(['build']);
  });

  test('is not executed while it is up to date', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat in.txt; date +%s.%N > out.txt' }),
      'in.txt': '',
    });
    await space.kept(['build']);
    const made = space.read('out.txt');
    await space.upToDate(['build']);
    expect(space.read('out.txt')).toBe(made);
  });

  test('runs after an edit of what it read, and is up to date again', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.write({ 'in.txt': 'three\n' });
    await space.because(['build'], [/^ +in\.txt changed \(was 4 bytes, is 6\); used by cat in\.txt$/]);
    await space.kept(['build'], 'in.txt changed');
    expect(space.read('out.txt')).toBe('three\n');
    await space.upToDate(['build']);
  });

  test('runs after an edit that leaves the size as it was', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.write({ 'in.txt': 'two\n' });
    await space.kept(['build'], 'in.txt changed (4 bytes as before)');
    expect(space.read('out.txt')).toBe('two\n');
  });

  test('stays up to date after an edit of a file it did not use', async () => {
    const space = workspace({ ...copying, 'other.txt': '1' });
    await space.kept(['build']);
    space.write({ 'other.txt': '2', 'new.txt': '' });
    await space.upToDate(['build']);
  });

  test('stays up to date when an input is only touched, and not so by time', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.touch('in.txt');
    await space.upToDate(['build']);
    const { status } = await space.oodate('check', '--mode', 'mtime', 'build');
    expect(status).toBe(1);
  });

  test('runs after an input was deleted, and its failure comes back', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.remove('in.txt');
    await space.because(['build'], ['in.txt is gone, was a file of 4 bytes']);
    const { status, stderr } = await space.oodate('run', 'build');
    expect(status).not.toBe(0);
    expect(stderr).toContain('running build: in.txt is gone');
  });

  test('runs after an input was renamed to a name it had looked for', async () => {
    const space = workspace({
      'package.json': scripts({
        build: 'if [ -e first.txt ]; then cat first.txt; else cat second.txt; fi > out.txt',
      }),
      'second.txt': 'two',
    });
    await space.kept(['build']);
    space.rename('second.txt', 'first.txt');
    await space.because(['build'], ['first.txt is there now', 'second.txt is gone']);
    await space.kept(['build']);
    await space.upToDate(['build']);
  });

  test('runs when a directory it listed has another file, and not when another has', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'ls src > out.txt' }),
      'src/a': '',
      'other/a': '',
    });
    await space.kept(['build']);
    space.write({ 'other/b': '' });
    await space.upToDate(['build']);
    space.write({ 'src/b': '' });
    await space.because(['build'], ['the directory src has gained b']);
    await space.kept(['build']);
    expect(space.read('out.txt')).toBe('a\nb\n');
    space.remove('src/a');
    await space.kept(['build'], 'the directory src has lost a');
  });

  test('runs when a variable has another value, is set, or is not set any more', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'echo "$WHO" > out.txt' }) });
    await space.kept(['build']);
    await space.kept(['build'], "the variable WHO was not set, is 'me'", { env: { WHO: 'me' } });
    await space.upToDate(['build'], { env: { WHO: 'me' } });
    await space.kept(['build'], "the variable WHO was 'me', is 'you'", { env: { WHO: 'you' } });
    await space.kept(['build'], "the variable WHO was 'you', is not set");
  });

  test('stays up to date when only the terminal differs', async () => {
    const space = workspace(copying);
    await space.kept(['build'], '', { env: { TERM: 'xterm', COLUMNS: '80' } });
    await space.upToDate(['build'], { env: { TERM: 'dumb', COLUMNS: '132' } });
  });

  test('runs when its arguments differ', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'printf "%s\\n"' }) });
    await space.kept(['build', '--', 'a b']);
    await space.upToDate(['build', '--', 'a b']);
    const { stdout } = await space.kept(['build', '--', 'a', 'b'], 'the command was');
    expect(stdout).toBe('a\nb\n');
  });

  test('runs when its text in package.json differs, and not for another script', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.write({ 'package.json': scripts({ build: 'cat in.txt > out.txt', other: 'true' }) });
    await space.upToDate(['build']);
    space.write({ 'package.json': scripts({ build: 'cat < in.txt > out.txt' }) });
    await space.because(['build'], ['the command was `cat in.txt > out.txt`, is `cat < in.txt > out.txt`']);
  });

  test('runs when what it made is gone or was edited by hand', async () => {
    const space = workspace(copying);
    await space.kept(['build']);
    space.remove('out.txt');
    await space.kept(['build'], 'out.txt, which the command had made, is gone');
    space.write({ 'out.txt': 'by hand' });
    await space.because(['build'], ['out.txt is not as the command left it']);
    await space.kept(['build']);
    expect(space.read('out.txt')).toBe('one\n');
  });

  test('runs when a link on the way to an input leads elsewhere, even to the same content', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat current/in.txt > out.txt' }),
      'v1/in.txt': 'x',
      'v2/in.txt': 'x',
    });
    space.link('current', 'v1');
    await space.kept(['build']);
    await space.upToDate(['build']);
    space.link('current', 'v2');
    await space.because(['build'], ['current was a link to v1, is a link to v2']);
    await space.kept(['build']);
    await space.upToDate(['build']);
  });

  test('runs when a program under node_modules has changed', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'compile in.txt' }), 'in.txt': 'x' });
    const compiler = (letter: string) => `#!/bin/sh\ntr x ${letter} < "$1" > out.txt\n`;
    space.writeProgram('node_modules/compiler/cli.sh', compiler('y'));
    space.link('node_modules/.bin/compile', '../compiler/cli.sh');
    await space.kept(['build']);
    await space.upToDate(['build']);
    space.writeProgram('node_modules/compiler/cli.sh', compiler('z'));
    await space.kept(['build'], /node_modules\/(\.bin\/compile|compiler\/cli\.sh) changed/);
    expect(space.read('out.txt')).toBe('z');
  });

  test('runs when a program of that name comes earlier on PATH', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'greet > out.txt' }) });
    space.writeProgram('bin/greet', '#!/bin/sh\necho hello\n');
    const env = { PATH: `${space.path('early')}:${space.path('bin')}:/usr/bin:/bin` };
    await space.kept(['build'], '', { env });
    space.writeProgram('early/greet', '#!/bin/sh\necho early\n');
    await space.because(['build'], ['early/greet is there now'], { env });
    await space.kept(['build'], '', { env });
    expect(space.read('out.txt')).toBe('early\n');
  });
});
