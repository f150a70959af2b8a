import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { oodate, scripts, workspace } from '@oodate/testkit';

describe('a file name', () => {
  test.each([
    { name: 'with spaces', file: 'my  file.txt', shown: "'my  file.txt'" },
    { name: 'with a single quote', file: "it's.txt", shown: "'it'\\''s.txt'" },
    { name: 'with double quotes', file: '"q".txt', shown: '\'"q".txt\'' },
    { name: 'with a backslash and a dollar', file: 'a\\b$c.txt', shown: "'a\\b$c.txt'" },
    { name: 'in UTF-8', file: 'größe-日本-🎉.txt', shown: 'größe-日本' },
    { name: 'with a leading dash and brackets', file: '-[x].txt', shown: '-[x].txt' },
    { name: 'with a tab', file: 'a\tb.txt', shown: "$'a\\tb.txt'" },
  ])('$name is read, compared and shown', async ({ file, shown }) => {
    const space = workspace({ [file]: 'one' });
    const words = ['--', 'cp', `./${file}`, 'out.txt'];
    await space.kept(words);
    await space.upToDate(words);
    space.write({ [file]: 'two' });
    await space.because(words, [shown]);
    await space.kept(words);
    expect(space.read('out.txt')).toBe('two');
    await space.upToDate(words);
  });

  test('that is not UTF-8 is read, compared and shown', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat src/* > out.txt' }) });
    const file = Buffer.concat([
      Buffer.from(`${space.folder}/src/b`),
      Buffer.from([0xff, 0xe4]),
      Buffer.from('.txt'),
    ]);
    mkdirSync(space.path('src'));
    writeFileSync(file, 'one');
    await space.kept(['build']);
    await space.upToDate(['build']);
    writeFileSync(file, 'three');
    await space.because(['build'], ["$'src/b\\xff\\xe4.txt' changed"]);
    await space.kept(['build']);
    expect(readFileSync(space.path('out.txt'), 'utf8')).toBe('three');
  });

  test('that is not UTF-8 cannot be a word of the command, and that is said', async () => {
    const space = workspace();
    const text = 'exec "$0" run -- cat "$(printf \'f\\377\')"';
    const { status, stderr } = await space.run(['sh', '-c', text, oodate]);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^oodate: a word of the command is not UTF-8 text[^\n]*\n$/);
  });

  test('with a newline is not trusted, since the log cannot hold it', async () => {
    const space = workspace({ 'a\nb.txt': 'x' });
    const { status, stderr } = await space.oodate('run', '--', 'cp', 'a\nb.txt', 'out.txt');
    expect(status).toBe(0);
    expect(stderr).toContain('not kept, since not all it did could be seen');
    expect((await space.oodate('check', '--', 'cp', 'a\nb.txt', 'out.txt')).status).toBe(1);
  });

  test('of nearly 4,000 bytes, directories and all, is read, compared and shown', async () => {
    const part = 'd'.repeat(200);
    const space = workspace();
    const depth = Math.floor((4000 - space.folder.length) / (part.length + 1));
    const file = `${`${part}/`.repeat(depth)}in.txt`;
    space.write({ [file]: 'one' });
    expect(space.path(file).length).toBeGreaterThan(3700);
    const words = ['--', 'cp', file, 'out.txt'];
    await space.kept(words);
    await space.upToDate(words);
    space.write({ [file]: 'three' });
    await space.kept(words, 'in.txt changed (was 3 bytes, is 5)');
    await space.upToDate(words);
  });
});

describe('words of a command', () => {
  test('arrive as they were given, with no shell in between', async () => {
    const space = workspace();
    const odd = ['', 'a b', '$HOME', '*', "'", '"', '`id`', '--flag', '--', '-h', 'ü', 'a\nb'];
    const { stdout } = await space.kept(['--', 'printf', '[%s]', ...odd]);
    expect(stdout).toBe(odd.map((word) => `[${word}]`).join(''));
  });

  test('arrive in a script as they were given', async () => {
    const space = workspace({ 'package.json': scripts({ show: "printf '[%s]'" }) });
    const odd = ['', 'a b', '$HOME', '*', "'", '"', '`id`', '--flag', '--', '-h', 'ü', 'a\nb'];
    const { stdout } = await space.kept(['show', '--', ...odd]);
    expect(stdout).toBe(odd.map((word) => `[${word}]`).join(''));
  });
});
