import { beforeEach, describe, expect, test } from '@jest/globals';
import { whatIfSchema } from '@oodate/explain';
import { oodate, type StartOptions, scripts, type Workspace, workspace } from '@oodate/testkit';
import { parse } from 'valibot';

/*
 * What would be out of date if paths changed.
 */

const texts = {
  compile: 'cp src/a dist/a; cp src/b dist/b',
  bundle: 'cat dist/* > out',
  test: 'grep -q a out; ls src tests',
  lint: 'cat src/a src/b now/deep; test -f lint.json || true',
  docs: 'cat docs/guide > guide',
};

/** Asked of the same targets, as nothing is changed by it. */
const questions: readonly { words: readonly string[]; stdin?: string; answer: string }[] = [
  {
    words: ['--if-changed', 'src/a', 'README.md', '/nowhere'],
    answer: `4 of 5 targets would be out of date:

  compile
    src/a: read by cp src/a dist/a

  lint
    src/a: read by cat src/a src/b now/deep

  bundle
    uses dist/a, dist/b, which compile makes

  test
    uses out, which bundle makes

used by none: README.md, /nowhere
`,
  },
  // What is not there comes to be: a name in a directory, or what was looked for.
  {
    words: ['--if-changed', 'tests/new', 'lint.json'],
    answer: `2 of 5 targets would be out of date:

  lint
    lint.json: looked for and missing by sh -c 'cat src/a src/b now/deep; test…

  test
    tests: listed by ls src tests
`,
  },
  {
    words: ['--if-changed', '-'],
    stdin: 'D\tsrc/b\nM\ttests/t\nR100\told\tdocs/new\nA\tREADME.md\n',
    answer: `4 of 5 targets would be out of date:

  compile
    src/b: read by cp src/b dist/b

  lint
    src/b: read by cat src/a src/b now/deep

  test
    src: listed by ls src tests
    uses out, which bundle makes

  bundle
    uses dist/a, dist/b, which compile makes

used by none: tests/t, old, docs/new and 1 more
`,
  },
  {
    words: ['--if-changed=-', 'docs/guide'],
    stdin: 'tests/t\0',
    answer: `1 of 5 targets would be out of date:

  docs
    docs/guide: read by cat docs/guide

used by none: tests/t
`,
  },
  // Of a single target: whether it would, and what of those before it.
  {
    words: ['bundle', '--if-changed', 'src/b'],
    answer: `bundle would be out of date:

  compile
    src/b: read by cp src/b dist/b

  bundle
    uses dist/a, dist/b, which compile makes
`,
  },
  { words: ['docs', '--if-changed', 'src/b'], answer: 'docs would not be out of date\n' },
  {
    words: ['docs', '--if-changed', './docs/'],
    answer: 'docs would be out of date:\n\n    docs/guide: read by cat docs/guide\n',
  },
  {
    words: ['--ignore', 'src', '--if-changed', 'src/a', 'src/new'],
    answer: 'none of 5 targets would be out of date\n\nused by none: src/a, src/new\n',
  },
];

describe('in a package with several scripts', () => {
  let space: Workspace;

  beforeEach(async () => {
    space = workspace({
      'package.json': scripts(texts),
      'src/a': 'a',
      'src/b': 'b',
      'dist/.keep': '',
      'tests/t': '',
      'docs/guide': '',
      'real/deep': '',
      'README.md': '',
    });
    space.link('now', 'real');
    await Promise.all(['compile', 'lint', 'docs'].map((name) => space.kept([name])));
    for (const name of ['bundle', 'test']) await space.kept([name]);
  });

  async function told(words: readonly string[], stdin?: string, options: StartOptions = {}): Promise<string> {
    const running = space.start([oodate, 'why', ...words], options);
    if (stdin !== undefined) running.tell(stdin);
    const { stdout, stderr, status } = await running.end();
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout;
  }

  test('it tells who uses the paths, and who comes after these', async () => {
    for (const { words, stdin, answer } of questions) expect(await told(words, stdin)).toBe(answer);
  });

  test('what is out of date already is told apart, and another name of a file is the same file', async () => {
    space.write({ 'docs/guide': 'new', 'src/b': 'new' });
    expect(await told(['--if-changed', 'real/deep', 'src/b'])).toBe(`4 of 5 targets would be out of date:

  compile (is out of date already)
    src/b: read by cp src/b dist/b

  lint (is out of date already)
    src/b: read by cat src/a src/b now/deep
    now/deep: read by cat src/a src/b now/deep

  bundle
    uses dist/a, dist/b, which compile makes

  test
    uses out, which bundle makes

out of date already, and not by these: docs
`);
  });

  test('a change that has been made is one, whichever state the records are of', async () => {
    space.write({ 'tests/new': '' });
    space.remove('src/b');
    const { targets } = JSON.parse(await told(['--json', '--if-changed', '-'], 'A\ttests/new\nD\tsrc/b\n'));
    const affected = targets.filter(({ causes }: { causes: [] }) => causes.length > 0);
    expect(affected.map(({ name }: { name: string }) => name)).toEqual(['compile', 'lint', 'test']);
  });

  test('it says what the decision says after such a change', async () => {
    const names = Object.keys(texts);
    const paths = ['src/new', 'out', 'dist/b', 'real/deep', 'README.md'];
    for (const path of paths) {
      const json = JSON.parse(await told(['--json', '--if-changed', path]));
      expect(parse(whatIfSchema, json)).toEqual(json);
      const { targets } = json;
      const direct = targets.filter(({ causes }: { causes: [] }) => causes.length > 0);
      const was = space.exists(path) ? space.read(path) : undefined;
      space.write({ [path]: 'other content' });
      const checks = await Promise.all(names.map((name) => space.oodate('check', name)));
      const outOfDate = names.filter((_, at) => checks[at]?.status === 1);
      expect([path, direct.map(({ name }: { name: string }) => name).sort()]).toEqual([
        path,
        outOfDate.sort(),
      ]);
      if (was === undefined) space.remove(path);
      else space.write({ [path]: was });
    }
  });

  test('names are relative to the current directory', async () => {
    expect(await told(['--if-changed', 'a'], undefined, { cwd: 'src' })).toMatch(
      /^4 of 5 targets .*\n\n {2}compile\n {4}a: read by cp src\/a dist\/a\n/,
    );
  });
});

test('the arguments that a script had belong to it', async () => {
  const space = workspace({ 'package.json': scripts({ docs: 'cat guide' }), guide: '' });
  await space.kept(['docs', '--', '-n']);
  const { stdout } = await space.oodate('why', '--json', '--if-changed', 'README.md');
  expect(JSON.parse(stdout).targets).toEqual([
    expect.objectContaining({ affected: false, outOfDate: false }),
  ]);
});

test('a few lines are shown of a target, and all of them, whole, with -v', async () => {
  const names = Array.from({ length: 7 }, (_, at) => `in/a-file-with-a-long-name-${at}`);
  const space = workspace({ 'package.json': scripts({ build: `cat ${names.join(' ')}` }) });
  space.write(Object.fromEntries(names.map((name) => [name, ''])));
  await space.kept(['build']);
  const short = (await space.oodate('why', 'build', '--if-changed', ...names)).stdout.split('\n');
  expect(short).toHaveLength(9);
  expect(short.every((line) => line.length <= 80)).toBe(true);
  expect(short.slice(-2)).toEqual(['    and 2 more', '']);
  const long = (await space.oodate('why', 'build', '-v', '--if-changed', ...names)).stdout.split('\n');
  expect(long.slice(2, -1)).toEqual(names.map((name) => `    ${name}: read by cat ${names.join(' ')}`));
});

test('a file that the settings would make an input counts when it comes to be', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'true' }), 'data/a': '' });
  const inputs = ['--inputs', 'data/*', '--inputs', '!data/not'];
  await space.kept(['build', ...inputs]);
  const paths = ['data/a', 'data/b', 'data/not', 'data/deep/c'];
  const { stdout } = await space.oodate('why', 'build', ...inputs, '--if-changed', ...paths);
  expect(stdout).toBe(`build would be out of date:

    data/b: named in the settings
    data/a: named in the settings

used by none: data/not, data/deep/c
`);
  const never = await space.oodate('why', 'build', ...inputs, '--never', 'data/b', '--never', 'data/not');
  expect(never.stdout).toMatch(/if it came to be, build would be out of date\n\n.*\n.*stays up to date\n$/);
});

test('all packages of a workspace are looked through, and commands too', async () => {
  const space = workspace({
    'package.json': JSON.stringify({ name: 'top', private: true, workspaces: ['packages/*'] }),
    'packages/a/package.json': JSON.stringify({ name: 'a', scripts: { build: 'cp in out' } }),
    'packages/a/in': '',
    'packages/b/package.json': JSON.stringify({ name: 'b', scripts: { build: 'cat ../a/out' } }),
  });
  await space.kept(['build'], '', { cwd: 'packages/a' });
  await space.kept(['build'], '', { cwd: 'packages/b' });
  await space.kept(['--', 'cat', 'packages/a/in']);
  const { stdout } = await space.oodate('why', '--if-changed', 'packages/a/in');
  expect(stdout).toBe(`3 of 3 targets would be out of date:

  cat packages/a/in
    packages/a/in: read by cat packages/a/in

  a build
    packages/a/in: read by cp in out

  b build
    uses packages/a/out, which a build makes
`);
});

test('without anything known there is nothing to tell', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'true' }) });
  expect(await space.oodate('why', '--if-changed', 'a')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: 'oodate: nothing is known of any target of this project; run one once with: oodate run\n',
  });
  expect(await space.oodate('why', 'build', '--if-changed', 'a')).toMatchObject({
    status: 2,
    stderr: 'oodate: build is out of date, and nothing tells what it uses; run it once with: oodate run\n',
  });
});
