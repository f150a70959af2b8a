import { linkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { findingFields, neverSchema } from '@oodate/explain';
import { type Result, scripts, type Workspace, workspace } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';
import { parse } from 'valibot';

/*
 * Why a path is no input of a target, or how it is one.
 */

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

const build = [
  'cat src/a now/f > out',
  'ls lib > names',
  'cat missing/z alias',
  'test -d gone',
  'cat old kept >> kept',
  'rm -f old lib/was',
  'echo 1 > tmp',
  'rm tmp',
  'cat out /proc/self/stat',
  'true',
];

/** The script's lines run in turn, each as a program of its own. */
function space(): Workspace {
  const made = workspace({
    'package.json': JSON.stringify({
      name: 'p',
      version: '1.0.0',
      scripts: { build: 'sh -x build.sh 2> /dev/null || true' },
      oodate: { ignore: ['lib/skipped', '!lib/skipped/but'] },
    }),
    'build.sh': `${build.join('\n')}\n`,
    'src/a': 'a',
    'src/b': 'b',
    'real/f': 'f',
    'real/g': 'g',
    'lib/one': '1',
    'lib/skipped': '',
    'lib/was': '',
    'other/x': '',
    old: 'o',
    kept: 'k',
  });
  made.link('now', 'real');
  made.link('alias', 'real/g');
  linkSync(made.path('real/f'), made.path('hard'));
  return made;
}

async function told(made: Workspace, words: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await made.oodate('why', ...words);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

const outOfDate = 'build would be out of date';
const staysUp = 'whatever becomes of it, build stays up to date';

const answers: readonly (readonly [string, string, ...string[]])[] = [
  ['src/a', 'src/a is an input of build: read by cat src/a now/f', `with other content ${outOfDate}`],
  ['lib', 'lib is an input of build: listed by ls lib', `after some changes in it ${outOfDate}`],
  [
    'now',
    'now is an input of build: looked at as a symbolic link by cat src/a now/f',
    `after some changes in it ${outOfDate}`,
  ],
  // The link and what it leads to both count.
  ['alias', 'alias is an input of build: read by cat missing/z alias', `with other content ${outOfDate}`],
  [
    'missing/z',
    'missing/z is an input of build: looked for and missing by cat missing/z alias',
    `if it came to be, ${outOfDate}`,
  ],
  [
    'out',
    'out is an output of build: written by sh -x build.sh',
    'it was used only after that',
    `with other content ${outOfDate}`,
  ],
  ['names', 'names is an output of build: written by sh -x build.sh', `with other content ${outOfDate}`],
  [
    'kept',
    'kept is an output of build: written by sh -x build.sh',
    'what was there before was used, but what counts is what was left',
    `with other content ${outOfDate}`,
  ],
  [
    'old',
    'old is an output of build: removed by rm -f old lib/was',
    'what was there before was used, but what counts is what was left',
    `if it came to be, ${outOfDate}`,
  ],
  ['tmp', 'tmp is no input of build: made and removed again by sh -x build.sh', staysUp],
  [
    'lib/skipped',
    'lib/skipped is no input of build: it is ignored',
    'by lib/skipped of the setting ignore (package.json)',
  ],
  ['/proc/self/stat', '/proc/self/stat is no input of build: the kernel makes it up'],
  ['.oodate/build.meta', '.oodate/build.meta is no input of build: oodate itself keeps it'],
  [
    '.npm/_logs/1.log',
    '.npm/_logs/1.log is no input of build: a tool keeps its own books there',
    'they differ from run to run, and decide nothing',
  ],
  ['src/b', 'src/b is no input of build: it was never opened', staysUp],
  ['other', 'other is no input of build: it was never opened', staysUp],
  [
    'src',
    'src is no input of build: it was never opened',
    'below it src/a was read',
    `after some changes in it ${outOfDate}`,
  ],
  [
    'real/f',
    'real/f is no input of build: it was never opened',
    'the same file is now/f (by the symbolic link now), which was read by cat src/…',
    `with other content ${outOfDate}`,
  ],
  [
    'hard',
    'hard is no input of build: it was never opened',
    'the same file is now/f (a hard link), which was read by cat src/a now/f',
    `with other content ${outOfDate}`,
  ],
  [
    'lib/two',
    'lib/two is no input of build: it is not there, and was not looked for',
    'the directory lib was listed by ls lib',
    `if it came to be, ${outOfDate}`,
  ],
  [
    'lib/deep/er',
    'lib/deep/er is no input of build: it is not there, and was not looked for',
    'the directory lib was listed by ls lib',
    `if it came to be, ${outOfDate}`,
  ],
  [
    'gone/x',
    'gone/x is no input of build: it is not there, and was not looked for',
    'the directory gone was looked for and missing by sh -x build.sh',
    `if it came to be, ${outOfDate}`,
  ],
  [
    'missing',
    'missing is no input of build: it is not there, and was not looked for',
    'below it missing/z was looked for and missing',
    staysUp,
  ],
  [
    'lib/was/x',
    'lib/was/x is no input of build: it is not there, and was not looked for',
    `if it came to be, ${outOfDate}`,
  ],
  ['nowhere/to/be', 'nowhere/to/be is no input of build: it is not there, and was not looked for', staysUp],
];

describe.each(backends)('with %s', (backend) => {
  let made: Workspace;

  beforeEach(async () => {
    made = space();
    await made.kept(['--backend', backend, 'build']);
  });

  test('why --never tells of each path how it was used, or what is nearest to that', async () => {
    const paths = answers.flatMap(([path]) => ['--never', path]);
    const expected = answers.map(([, first, ...more]) =>
      [first, ...more.map((line) => `  ${line}`), ''].join('\n'),
    );
    expect(await told(made, [...paths, 'build'])).toBe(expected.join('\n'));
    expect(await told(made, ['-v', '--never', 'real/f', 'build'])).toContain(
      ', which was read by cat src/a now/f\n',
    );
    const json = JSON.parse(await told(made, [...paths, '--json', 'build']));
    expect(parse(neverSchema, json)).toEqual(json);
    expect(json.findings.map(({ path }: { path: string }) => path)).toEqual(
      answers.map(([path]) => made.path(path)),
    );
    const kinds = new Set(json.findings.map(({ kind }: { kind: string }) => kind));
    expect([...kinds, 'no-good-record'].sort()).toEqual(Object.keys(findingFields).sort());
  });
});

describe('what why --never says counts', () => {
  const paths = [
    'src/a',
    'src/b',
    'out',
    'kept',
    'old',
    'tmp',
    'lib/one',
    'lib/two',
    'lib/skipped',
    'real/f',
    'missing/z',
    'other/x',
  ];

  test('is what the decision says after such a change', async () => {
    const made = space();
    await made.kept(['build']);
    const words = paths.flatMap((path) => ['--never', path]);
    const { findings } = JSON.parse(await told(made, [...words, '--json', 'build']));
    const counts = findings.map(({ counts }: { counts: object }) => counts);
    const seen = [];
    for (const path of paths) {
      const presence = await isOutOfDate(made, path, () =>
        made.exists(path) ? made.rename(path, 'aside') : made.write({ [path]: '' }),
      );
      const content = await isOutOfDate(made, path, () => made.write({ [path]: 'other content' }));
      seen.push({ content, presence });
    }
    await made.upToDate(['build']);
    expect(counts).toEqual(seen);
    expect(seen).toContainEqual({ content: false, presence: true });
  });

  async function isOutOfDate(made: Workspace, path: string, change: () => void): Promise<boolean> {
    const was = made.exists(path) ? made.read(path) : undefined;
    const hadFolder = made.exists('missing');
    change();
    const { status } = await made.oodate('check', 'build');
    if (was === undefined) made.remove(hadFolder ? path : path.replace(/^missing\/.*/, 'missing'));
    else writeFileSync(made.path(path), was);
    made.remove('aside');
    return status === 1;
  }
});

test('an ignored path is told with where that is said', async () => {
  const made = workspace({ 'package.json': scripts({ build: 'cat in' }), in: '1' });
  await made.kept(['build']);
  const lines = (source: string) =>
    `in is no input of build: it is ignored\n  by 'i?' of the setting ignore (${source})\n  the last run used it: read\n`;
  expect(await told(made, ['--ignore', 'i?', '--never', 'in', 'build'])).toBe(lines('--ignore'));
  const environment = { env: { OODATE_IGNORE: 'x i?' } };
  const { stdout } = await made.oodateWith(environment, 'why', '--never', 'in', 'build');
  expect(stdout).toBe(lines('OODATE_IGNORE'));
});

test('without a good record there is nothing to tell, and why', async () => {
  const made = workspace({ 'package.json': scripts({ build: 'exit 3' }), in: '1' });
  const asked = ['--never', 'in', 'build'];
  expect(await told(made, asked)).toBe(
    'nothing tells what build uses\n  nothing is known of an earlier run (no .oodate/build.meta)\n',
  );
  await made.oodate('run', 'build');
  expect(await told(made, asked)).toBe(
    'nothing tells what build uses\n  the last run failed with exit status 3\n',
  );
  const json = JSON.parse(await told(made, ['--json', ...asked]));
  expect(parse(neverSchema, json)).toEqual(json);
  expect(json.findings).toEqual([
    expect.objectContaining({
      kind: 'no-good-record',
      reason: { kind: 'last-run-failed', exit: { status: 3, signal: 0 } },
      counts: { content: false, presence: false },
    }),
  ]);
});

test('what was left running is told, since what it used is not known', async () => {
  const made = workspace({
    'package.json': scripts({ build: 'node start.cjs; cat in' }),
    // It is there by its own name as soon as it is started, which one that a shell starts is not.
    'start.cjs': "require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' }).unref();",
    in: '',
  });
  await made.kept(['build']);
  const words = ['--never', 'late', '--json', 'build'];
  const json = JSON.parse(await told(made, words));
  expect(parse(neverSchema, json)).toEqual(json);
  const { nearest } = json.findings[0];
  expect(nearest).toEqual([
    { kind: 'left-running', processes: [{ pid: expect.any(Number), name: 'sleep' }] },
  ]);
  const { pid } = nearest[0].processes[0];
  process.kill(pid);
  expect(await told(made, ['--never', 'late', 'build'])).toBe(
    'late is no input of build: it is not there, and was not looked for\n' +
      `  some went on when the command had ended, unwatched: sleep (${pid})\n` +
      `  ${staysUp}\n`,
  );
});

test('names are relative to the current directory, and meta files and commands are targets too', async () => {
  const made = workspace({ 'package.json': scripts({ build: 'cat sub/in' }), 'sub/in': '1' });
  await made.kept(['build']);
  await made.kept(['--', 'cat', 'sub/in']);
  const asked = async (...words: string[]): Promise<Result> =>
    made.oodateWith({ cwd: 'sub' }, 'why', ...words);
  const { stdout } = await asked('--never', './in', '../.oodate/build.meta');
  expect(stdout).toMatch(/^in is an input of build: read by cat sub\/in\n/);
  const command = await made.oodate('why', '--never', 'sub/in', '--', 'cat', 'sub/in');
  expect(command.stdout).toMatch(/^sub\/in is an input of cat sub\/in: read by cat sub\/in\n/);
});
