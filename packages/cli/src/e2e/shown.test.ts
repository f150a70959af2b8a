import { truncateSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { oodate, openTerminal, scripts, type Workspace, workspace } from '@oodate/testkit';

const made = (build: string) => workspace({ 'package.json': scripts({ build }), 'in.txt': 'one' });

describe('--output', () => {
  const printing = 'cat in.txt > out.txt; echo out; echo err >&2';
  test.each<[string, string, string, string]>([
    ['full', printing, 'out\n', 'err\n'],
    ['errors', printing, '', ''],
    ['none', printing, '', ''],
    ['errors', `${printing}; false`, 'out\n', 'err\n'],
    ['none', `${printing}; false`, '', ''],
  ])('%s shows of `%s` what it says', async (output, build, stdout, stderr) => {
    const result = await made(build).oodate('run', '--output', output, 'build');
    const shown = result.stderr.replace(/^oodate: .*\n/gm, '');
    expect({ stdout: result.stdout, stderr: shown }).toEqual({ stdout, stderr });
  });

  test('shows what is up to date in the same way, and keeps what it does not show', async () => {
    const space = made(printing);
    await space.kept(['--output', 'none', 'build']);
    for (const output of ['none', 'errors', 'none', 'errors'])
      expect(await space.upToDate(['--output', output, 'build'])).toMatchObject({ stdout: '' });
    expect(await space.upToDate(['build'])).toMatchObject({ stdout: 'out\n' });
  });
});

describe('on a terminal', () => {
  const open = (space: Workspace, env: NodeJS.ProcessEnv, ...words: string[]) =>
    openTerminal([oodate, ...words], {
      cwd: space.folder,
      env: { PATH: process.env.PATH, HOME: space.folder, TERM: 'xterm', ...env },
    }).ended;

  test.each<[string, NodeJS.ProcessEnv, boolean]>([
    ['dim', {}, true],
    ['plain with NO_COLOR', { NO_COLOR: '1' }, false],
    ['plain with FORCE_COLOR=0', { FORCE_COLOR: '0' }, false],
  ])('what is up to date is said in one line, %s', async (_, env, isDim) => {
    const space = made('cat in.txt > out.txt');
    await open(space, env, 'run', 'build');
    const { output } = await open(space, env, 'run', 'build');
    const line = 'oodate: build is up to date \\(\\d+ inputs unchanged; ran in \\S+ s last time\\)';
    const expected = isDim ? `^\\x1b\\[2m${line}\\x1b\\[22m\r\n$` : `^${line}\r\n$`;
    expect(output).toMatch(new RegExp(expected));
  });

  const reading = 'reading what may have changed: ';

  test.each<[string, NodeJS.ProcessEnv, readonly string[], boolean]>([
    ['a line counts them, and goes', {}, [], true],
    ['nothing counts them in a CI job', { CI: 'true' }, [], false],
    ['nothing counts them with --quiet', {}, ['--quiet'], false],
  ])('while many files are read %s', async (_, env, words, isCounted) => {
    const space = made('cat big/* > /dev/null');
    // Files with holes, which take no place on the disk and as long to read as others.
    for (let file = 0; file < 64; file += 1) {
      space.write({ [`big/${file}`]: '' });
      truncateSync(space.path(`big/${file}`), 16 << 20);
    }
    const { output } = await open(space, env, 'run', ...words, 'build');
    expect(output.includes(reading)).toBe(isCounted);
    // On a screen nothing of it is left.
    const left = output.split('\n').map((line) => line.slice(line.lastIndexOf('\r\x1b[K') + 1));
    expect(left.join('\n')).not.toContain(reading);
  });
});
