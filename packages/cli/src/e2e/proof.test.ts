import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, truncateSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  buildActs,
  dice,
  findFuzzer,
  oodate,
  rounds,
  type StartOptions,
  scripts,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import { askProof, program, proofProgram, writeProof } from './proof-program.js';

const build = ['run', 'build'];

const building = {
  'package.json': scripts({
    build:
      'cat in.txt link lib/x > out.txt; ls src; [ -e missing -o -e nodir/x ] || echo none >&2; rm -f gone; pwd',
  }),
  'in.txt': 'one\n',
  'src/a': '',
  'lib/x': '',
  'far.txt': 'far\n',
  'near.txt': 'near\n',
  gone: '',
};

/** After a run that was kept. */
async function built(files = building): Promise<Workspace> {
  const space = workspace(files);
  space.link('link', 'far.txt');
  utimesSync(space.path('in.txt'), 1e9, 1e9);
  await space.kept(['build']);
  return space;
}

async function isProven(
  space: Workspace,
  words: readonly string[] = build,
  options: StartOptions = {},
): Promise<boolean> {
  const { status, stdout, stderr } = await askProof(space, words, options);
  if (status === 0) return true;
  expect({ status, stdout, stderr }).toEqual({ status: 75, stdout: '', stderr: '' });
  return false;
}

function proofsIn(space: Workspace): string[] {
  return readdirSync(space.path('.oodate'))
    .filter((name) => name.endsWith('.proof'))
    .map((name) => space.path(`.oodate/${name}`));
}

describe('where nothing has changed', () => {
  test('the proof answers, and as Node would', async () => {
    const space = await built();
    const proven = await askProof(space, build);
    expect(proven.status).toBe(0);
    expect(proven.stdout).toBe(`a\n${space.folder}\n`);
    expect(proven.stderr).toMatch(/^none\noodate: build is up to date \(\d+ inputs unchanged; .*\)\n$/);
    expect(await space.oodate(...build)).toEqual(proven);
    for (const proof of proofsIn(space)) space.remove(proof);
    expect(await space.oodate(...build)).toEqual(proven);
  });

  test.each([
    ['a command', ['run', '--', 'cat', 'in.txt']],
    ['a command with odd words', ['run', '--', 'sh', '-c', 'echo "$0" "$@"', "it's", 'a b', '', 'ü', '-']],
    ['a script with arguments', ['run', 'show', '--', 'in.txt', '--x', '']],
    ['a script with an odd name', ['run', 'a:b/c .ü']],
  ])('it does so for %s', async (_, words) => {
    const manifest = scripts({ show: 'cat in.txt; echo', 'a:b/c .ü': 'cat in.txt' });
    const space = workspace({ 'package.json': manifest, 'in.txt': 'one\n' });
    const first = await space.oodate(...words);
    const { stdout } = await askProof(space, words);
    expect(stdout).toBe(first.stdout);
    expect(await isProven(space, words)).toBe(true);
  });
});

interface Change {
  readonly make: (space: Workspace) => void;
  /** What the planner says then. */
  readonly verdict: 'up to date' | 'out of date';
}

const changes: Readonly<Record<string, Change>> = {
  'an input with other content': {
    make: (space) => space.write({ 'in.txt': 'two\n' }),
    verdict: 'out of date',
  },
  'an input with other content, and the time of before': {
    make: (space) => {
      space.write({ 'in.txt': 'two\n' });
      utimesSync(space.path('in.txt'), 1e9, 1e9);
    },
    verdict: 'out of date',
  },
  'an input that was touched': { make: (space) => space.touch('in.txt'), verdict: 'up to date' },
  'an input that was written anew': {
    make: (space) => {
      space.remove('in.txt');
      space.write({ 'in.txt': 'one\n' });
    },
    verdict: 'up to date',
  },
  'an input with other permissions': {
    make: (space) => chmodSync(space.path('in.txt'), 0o600),
    verdict: 'up to date',
  },
  'an input behind a link with other content': {
    make: (space) => space.write({ 'far.txt': 'FAR\n' }),
    verdict: 'out of date',
  },
  'a link that leads elsewhere': {
    make: (space) => space.link('link', 'near.txt'),
    verdict: 'out of date',
  },
  'a link made again': { make: (space) => space.link('link', 'far.txt'), verdict: 'up to date' },
  'a link in the place of a file': {
    make: (space) => {
      space.rename('in.txt', 'other.txt');
      space.link('in.txt', 'other.txt');
    },
    verdict: 'out of date',
  },
  'a link in the place of a directory': {
    make: (space) => {
      space.rename('src', 'sources');
      space.link('src', 'sources');
    },
    verdict: 'out of date',
  },
  'a link in the place of a directory that was gone through': {
    make: (space) => {
      space.rename('lib', 'library');
      space.link('lib', 'library');
    },
    verdict: 'out of date',
  },
  'a file that was missing': { make: (space) => space.write({ missing: '' }), verdict: 'out of date' },
  'a link in a circle where nothing was': {
    make: (space) => space.link('nodir', 'nodir'),
    verdict: 'out of date',
  },
  'a file that was removed by the run': {
    make: (space) => space.write({ gone: '' }),
    verdict: 'out of date',
  },
  'a new name in a directory': { make: (space) => space.write({ 'src/b': '' }), verdict: 'out of date' },
  'a name that has gone from a directory': { make: (space) => space.remove('src/a'), verdict: 'out of date' },
  'a name that came and went': {
    make: (space) => {
      space.write({ 'src/b': '' });
      space.remove('src/b');
    },
    verdict: 'up to date',
  },
  'a file in a directory that has become one': {
    make: (space) => {
      space.remove('src/a');
      mkdirSync(space.path('src/a'));
    },
    verdict: 'out of date',
  },
  'an output that was edited': { make: (space) => space.write({ 'out.txt': '' }), verdict: 'out of date' },
  'an output that has gone': { make: (space) => space.remove('out.txt'), verdict: 'out of date' },
  'another text of the script': {
    make: (space) => space.write({ 'package.json': scripts({ build: 'true' }) }),
    verdict: 'out of date',
  },
  'another script before it': {
    make: (space) => {
      const { build: text } = JSON.parse(building['package.json']).scripts;
      space.write({ 'package.json': scripts({ prebuild: 'true', build: text }) });
    },
    verdict: 'out of date',
  },
  'a script of another name': {
    make: (space) => {
      const { build: text } = JSON.parse(building['package.json']).scripts;
      space.write({ 'package.json': scripts({ build: text, other: '' }) });
    },
    verdict: 'up to date',
  },
  'another place for meta files': {
    make: (space) => mkdirSync(space.path('node_modules')),
    verdict: 'out of date',
  },
  'no meta file': { make: (space) => space.remove('.oodate/build.meta'), verdict: 'out of date' },
  'a meta file that was cut': {
    make: (space) => truncateSync(space.path('.oodate/build.meta'), 1000),
    verdict: 'out of date',
  },
  'a meta file in its place': {
    make: (space) => {
      copyFileSync(space.path('.oodate/build.meta'), space.path('copy'));
      space.rename('copy', '.oodate/build.meta');
    },
    verdict: 'up to date',
  },
};

describe.each(Object.entries(changes))('%s', (_, { make, verdict }) => {
  test(`is not proven, and ${verdict}`, async () => {
    const space = await built();
    expect(await isProven(space)).toBe(true);
    make(space);
    expect(await isProven(space)).toBe(false);
    if (verdict === 'up to date') await space.upToDate(['build']);
    else expect((await space.oodate('check', 'build')).status).toBe(1);
    expect(await isProven(space)).toBe(verdict === 'up to date');
  });
});

describe('a call is not proven', () => {
  test.each([
    ['with another value of a variable', { WHO: 'you' }],
    ['without a variable that was set', { WHO: undefined }],
    ['with a variable that was not set', { WHO: 'me', NEW: '' }],
    ['with another secret', { WHO: 'me', A_TOKEN: 'b' }],
    ['with another PATH', { WHO: 'me', PATH: `${process.env.PATH}:/nowhere` }],
    ['with an own variable of oodate', { WHO: 'me', OODATE_X: '1' }],
    ['inside a trace', { WHO: 'me', OODATE_PROBE: '1' }],
    ['with a variable that a shell does not pass on', { WHO: 'me', 'a.b': '1' }],
  ])('%s', async (_, env) => {
    const space = workspace(building);
    const same = { WHO: 'me', A_TOKEN: 'a' };
    await space.oodateWith({ env: same }, ...build);
    expect(await isProven(space, build, { env: same })).toBe(true);
    expect(await isProven(space, build, { env: { A_TOKEN: 'a', ...env } })).toBe(false);
  });

  test('with options, before the script or after it', async () => {
    const space = await built();
    const options = '--force --json --dry-run --untraced --quiet --mode=mtime --meta=x --help -C. -q other';
    for (const option of options.split(' '))
      for (const words of [
        ['run', option, 'build'],
        ['run', 'build', option],
      ])
        expect({ words, isProven: await isProven(space, words) }).toEqual({ words, isProven: false });
    await space.oodate('run', 'build', '--quiet');
    expect(await isProven(space, ['run', 'build', '--quiet'])).toBe(false);
  });

  test('for another command of oodate', async () => {
    const space = await built();
    for (const command of ['check', 'why']) expect(await isProven(space, [command, 'build'])).toBe(false);
  });

  test('with other words', async () => {
    const space = await built();
    expect(await isProven(space, [...build, '--'])).toBe(false);
    expect(await isProven(space, [...build, '--', 'x'])).toBe(false);
    expect(await isProven(space, ['run', '--', 'build'])).toBe(false);
  });

  test('from another directory, though the script is the same', async () => {
    const space = await built();
    expect(await isProven(space, build, { cwd: 'src' })).toBe(false);
    await space.upToDate(['build'], { cwd: 'src' });
    expect(await isProven(space, build, { cwd: 'src' })).toBe(true);
    space.write({ 'src/package.json': scripts({ build: 'true' }) });
    expect(await isProven(space, build, { cwd: 'src' })).toBe(false);
  });

  test('of a command in a directory by another name', async () => {
    const space = workspace({ 'real/in.txt': 'one\n' });
    space.link('other', 'real');
    const words = ['run', '--', 'cat', 'in.txt'];
    await space.run(['sh', '-c', 'cd other && "$0" "$@"', oodate, ...words]);
    const options = (pwd: string) => ({ cwd: 'real', env: { PWD: space.path(pwd) } });
    expect(await isProven(space, words, options('other'))).toBe(true);
    expect(await isProven(space, words, options('real'))).toBe(false);
    mkdirSync(space.path('elsewhere'));
    space.link('other', 'elsewhere');
    expect(await isProven(space, words, options('other'))).toBe(false);
  });

  test('of a command in a directory that has become a package', async () => {
    const space = workspace({ 'package.json': '{}', 'sub/in.txt': 'one\n' });
    const words = ['run', '--', 'cat', 'in.txt'];
    await space.oodateWith({ cwd: 'sub' }, ...words);
    expect(await isProven(space, words, { cwd: 'sub' })).toBe(true);
    space.write({ 'sub/package.json': '{}' });
    expect(await isProven(space, words, { cwd: 'sub' })).toBe(false);
    await space.ran(words.slice(1), 'nothing is known of an earlier run', { cwd: 'sub' });
  });

  test('with other standard input, if that was read', async () => {
    const space = workspace({ a: 'A\n' });
    const words = ['run', '--', 'cat'];
    const from = (file: string) => ({ under: ['sh', '-c', `exec "$@" < ${file}`, 'sh'] });
    await space.oodateWith(from('/dev/null'), ...words);
    expect(await isProven(space, words, from('/dev/null'))).toBe(true);
    expect(await isProven(space, words, from('a'))).toBe(false);
    // Else it is a pipe.
    expect(await isProven(space, words)).toBe(false);
    expect((await space.oodateWith(from('a'), ...words)).stdout).toBe('A\n');
    expect(await isProven(space, words, from('a'))).toBe(false);
  });

  test('by another Node', async () => {
    const space = await built();
    const options = { env: { PATH: `${space.path('bin')}:/usr/bin:/bin` } };
    space.link('bin/node', process.execPath);
    await space.kept(['build'], '', options);
    expect(await isProven(space, build, options)).toBe(true);
    copyFileSync(process.execPath, space.path('node'));
    space.link('bin/node', '../node');
    expect(await isProven(space, build, options)).toBe(false);
  });

  test('where its output was not kept, and somebody reads that now', async () => {
    const space = workspace(building);
    const toNull = { under: ['sh', '-c', 'exec "$@" > /dev/null', 'sh'] };
    await space.oodateWith(toNull, ...build);
    expect(await isProven(space, build, toNull)).toBe(true);
    expect(await isProven(space)).toBe(false);
    await space.ran(['build'], 'what it writes to stdout was not kept');
    expect(await isProven(space)).toBe(true);
  });

  test('after a failed run, or while one is under way', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat in.txt; echo begun; read x < fifo; false' }),
    });
    space.write({ 'in.txt': '' });
    spawnSync('mkfifo', [space.path('fifo')]);
    const running = space.start([oodate, ...build]);
    await running.says('begun');
    expect(await isProven(space)).toBe(false);
    space.write({ fifo: 'x\n' });
    expect((await running.end()).status).toBe(1);
    expect(await isProven(space)).toBe(false);
  });

  test('by an oodate of another place', async () => {
    const space = await built();
    const { status } = await space.run([
      ...['sh', '-c', '"$0" "$@"; exit $?', proofProgram],
      ...[copyOf(space, program), ...build],
    ]);
    expect(status).toBe(75);
  });
});

function copyOf(space: Workspace, file: string): string {
  copyFileSync(file, space.path('program.js'));
  return space.path('program.js');
}

test('a change right after the run is seen, however short after it', async () => {
  const space = await built();
  for (const text of ['two\n', 'six\n', 'ten\n']) {
    space.write({ 'in.txt': text });
    expect(await isProven(space)).toBe(false);
    await space.ran(['build'], 'in.txt changed');
    expect(space.read('out.txt')).toBe(`${text}far\n`);
  }
});

test('a proof of another user is no proof', async () => {
  const space = await built();
  expect(process.geteuid?.()).toBe(0);
  for (const proof of proofsIn(space)) spawnSync('chown', ['65534', proof]);
  expect(await isProven(space)).toBe(false);
});

test('values of variables cannot be read in a proof', async () => {
  const space = workspace(building);
  await space.oodateWith({ env: { A_TOKEN: 'hush-hush', WHO: 'some-body' } }, ...build);
  expect(proofsIn(space)).toHaveLength(1);
  for (const proof of proofsIn(space)) expect(space.read(proof)).not.toMatch(/hush|some-body/);
});

test('a proof that is damaged in any byte, or cut anywhere, is none and does no harm', async () => {
  const space = workspace({ 'in.txt': '' });
  await space.oodate('run', '--', buildActs({ static: true }), 'read', 'in.txt', 'stat=ENOENT', 'x');
  const words = ['proof', String(dice().seed), String(rounds(3000)), ...proofsIn(space)];
  expect(words).toHaveLength(4);
  const { status, stderr } = spawnSync(findFuzzer(), words, { cwd: space.folder, encoding: 'utf8' });
  expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: '' });
});

test('who stops reading what is written again hears no complaint', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat big' }), big: 'x'.repeat(1 << 20) });
  await space.oodate(...build);
  expect(await isProven(space)).toBe(true);
  const line = 'set -o pipefail; ("$0" "$@"; exit $?) | head -c 1';
  const { stdout, stderr, status } = await space.run(['bash', '-c', line, proofProgram, program, ...build]);
  expect({ stdout, status }).toEqual({ stdout: 'x', status: 0 });
  expect(stderr).toMatch(/^oodate: build is up to date .*\n$/);
});

test('a full disk for what is written again is trouble', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat in.txt' }), 'in.txt': 'one\n' });
  await space.oodate(...build);
  const { stderr, status } = await space.run(['sh', '-c', '"$0" run build > /dev/full', oodate]);
  expect(stderr).toBe('oodate: the output cannot be written: No space left on device\n');
  expect(status).toBe(125);
});

test('many inputs in many directories are compared, the last as well as the first', async () => {
  const files: Record<string, string> = { 'package.json': scripts({ build: 'cat */*' }) };
  for (let n = 0; n < 4000; n += 1) files[`d${n % 7}/${n}`] = String(n);
  const space = workspace(files);
  await space.kept(['build']);
  expect(await isProven(space)).toBe(true);
  for (const name of ['d0/0', 'd1/1996', 'd2/3999']) {
    space.touch(name);
    expect(await isProven(space)).toBe(false);
    await space.upToDate(['build']);
    expect(await isProven(space)).toBe(true);
  }
});

describe('oodate-sh', () => {
  const shell = oodate.replace(/oodate$/, 'oodate-sh');

  test.each([
    ['as it is', (_space: Workspace) => shell],
    [
      "by npm's link",
      (space: Workspace) => {
        space.link('node_modules/oodate', dirname(dirname(shell)));
        space.link('node_modules/.bin/oodate-sh', '../oodate/bin/oodate-sh');
        return space.path('node_modules/.bin/oodate-sh');
      },
    ],
    [
      "by somebody's link",
      (space: Workspace) => {
        space.link('far/sh', shell);
        space.link('bin/my-sh', '../far/sh');
        return space.path('bin/my-sh');
      },
    ],
  ])('runs a script, called %s', async (_, shellIn) => {
    const space = workspace();
    const { stdout, stderr, status } = await space.run([
      shellIn(space),
      '-c',
      'echo "$0 $1"; exit 3',
      "a 'b'",
      'c',
    ]);
    expect({ stdout, stderr, status }).toEqual({ stdout: "a 'b' c\n", stderr: '', status: 3 });
  });

  test('does not run one that is proven to be up to date', async () => {
    const space = workspace();
    const words = ['sh', '-c', 'echo no'];
    writeProof(space, words, []);
    expect((await space.run([shell, '-c', 'echo no'])).stdout).toBe('proven\n');
    expect((await space.run([shell, '-c', 'echo no '])).stdout).toBe('no\n');
  });
});
