import { beforeEach, describe, expect, test } from '@jest/globals';
import { scripts, type Workspace, workspace } from '@oodate/testkit';

/*
 * The answer of why as remarks for GitHub, and as a graph.
 */

let space: Workspace;

beforeEach(async () => {
  space = workspace({
    '.git': '',
    'package.json': scripts({
      compile: 'cp src/a.txt dist/a.txt',
      bundle: 'cat dist/a.txt > out; ls src',
      other: 'true',
    }),
    'src/a.txt': 'a',
    'dist/.keep': '',
  });
  for (const name of ['compile', 'bundle', 'other']) await space.kept([name]);
});

async function told(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout, stderr, status } = await space.oodateWith({ env }, 'why', ...words);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout;
}

describe('--format github', () => {
  test('writes a remark at each file that is a cause, and one for all other causes', async () => {
    space.write({ 'src/50%, new': '', 'dist/a.txt': 'edited' });
    expect(await told(['--format', 'github', 'bundle'], { MODE: '1:2', LEVEL: '3' })).toBe(
      [
        "::notice file=src/50%25%2C new,title=bundle is out of date%2C for 4 reasons::the directory src has gained '50%25, new'; used by ls src",
        '::notice file=dist/a.txt,title=bundle is out of date%2C for 4 reasons::dist/a.txt changed (was 1 byte, is 6); used by cat dist/a.txt%0Anot as compile left it%0Acompile is out of date itself: run that first',
        "::notice title=bundle is out of date%2C for 4 reasons::the variable LEVEL was not set, is '3'%0Athe variable MODE was not set, is '1:2'",
        '',
      ].join('\n'),
    );
  });

  test('tells of all targets of the project where none is named, and nothing of what is up to date', async () => {
    expect(await told(['--format', 'github'])).toBe('');
    space.write({ 'src/a.txt': 'aa' });
    expect(await told(['--format', 'github'])).toMatch(
      /^::notice file=src\/a\.txt,title=compile is out of date%2C for 1 reason::src\/a\.txt changed [^\n]*\n$/,
    );
  });

  test('writes as many as GitHub shows, unless all are asked for', async () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`in/${at}`, '1']));
    space.write({ ...many, 'package.json': scripts({ read: `cat ${Object.keys(many).join(' ')}` }) });
    await space.kept(['read']);
    space.write(Object.fromEntries(Object.keys(many).map((name) => [name, '22'])));
    const lines = (await told(['--format', 'github', 'read'])).trim().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe(
      '::notice title=read is out of date%2C for 12 reasons::and 3 more (-v shows all)',
    );
    expect((await told(['--format', 'github', '-v', 'read'])).trim().split('\n')).toHaveLength(12);
  });

  test('takes meta files, and a target with no record', async () => {
    space.write({ 'src/a.txt': 'aa' });
    expect(await told(['--format', 'github', '.oodate/compile.meta'])).toContain(
      '::notice file=src/a.txt,title=compile',
    );
    space.remove('.oodate/compile.meta');
    expect(await told(['--format', 'github', 'compile'])).toBe(
      '::notice title=compile is out of date%2C for 1 reason::nothing is known of an earlier run (no .oodate/compile.meta)\n',
    );
  });

  test('writes a remark at each path of --if-changed, with what it would do', async () => {
    expect(await told(['--if-changed', 'src/a.txt', 'README.md', '--format', 'github'])).toBe(
      '::notice file=src/a.txt,title=2 of 3 targets would be out of date::' +
        'compile: src/a.txt: read by cp src/a.txt dist/a.txt%0A' +
        'bundle: uses dist/a.txt, which compile makes\n',
    );
    expect(await told(['bundle', '--if-changed', 'src/new', '--format', 'github'])).toBe(
      '::notice file=src/new,title=bundle would be out of date::bundle: src: listed by ls src\n',
    );
  });
});

describe('--format dot and svg', () => {
  const nodesAndEdges = (dot: string) => dot.split('\n').filter((line) => /^ {2}t\d/.test(line));

  test('show all targets of the project, and who uses what another one makes', async () => {
    expect(nodesAndEdges(await told(['--format', 'dot']))).toEqual([
      '  t1 [label="bundle\\nup to date"];',
      '  t2 [label="compile\\nup to date"];',
      '  t3 [label="other\\nup to date"];',
      '  t2 -> t1 [label="dist/a.txt"];',
    ]);
  });

  test('show of a named target what leads to it, and why it is out of date', async () => {
    space.write({ 'src/a.txt': 'aa' });
    const found = nodesAndEdges(await told(['--format', 'dot', 'bundle']));
    expect(found).toEqual([
      '  t1 [label="bundle\\nup to date"];',
      expect.stringMatching(
        /^ {2}t2 \[label="compile\\nout of date:\\nsrc\/a\.txt changed \(was 1 byte, is 2\)", style=filled,/,
      ),
      '  t2 -> t1 [label="dist/a.txt"];',
    ]);
    const svg = await told(['--format', 'svg', 'bundle']);
    expect(svg).toMatch(/^<\?xml .*<svg .*>src\/a\.txt changed \(was 1 byte, is 2\)<.*<\/svg>\n$/s);
  });

  test('need a record', async () => {
    space.remove('.oodate/bundle.meta');
    expect(await space.oodate('why', '--format', 'svg', 'bundle')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'oodate: bundle is out of date, and nothing tells what it uses; run it once with: oodate run\n',
    });
  });
});
