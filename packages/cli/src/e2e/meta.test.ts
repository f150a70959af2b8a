import { describe, expect, test } from '@jest/globals';
import { oodate, requireTool, scripts, type Workspace, workspace } from '@oodate/testkit';

const copying = {
  'package.json': scripts({ build: 'cat in.txt > out.txt', show: 'true' }),
  'in.txt': 'one\n',
};

const log = [
  '# filemon version 5',
  '# Target pid 7',
  'V 5',
  'E 7 /bin/sh',
  'F 7 8',
  'E 8 /bin/cc',
  'R 8 /src/a.c',
  'N 8 /src/a.h',
  'W 8 /obj/a.o',
  'X 8 0 9',
  'X 7 1 0',
  '# Bye bye',
  '',
].join('\n');

async function kept(): Promise<Workspace> {
  const space = workspace(copying);
  await space.kept(['build']);
  return space;
}

describe('a word of meta', () => {
  test('is a script if there is one of that name, also where there is a file', async () => {
    const space = await kept();
    space.write({ build: 'no meta file' });
    const { stdout } = await space.oodate('meta', 'build');
    expect(stdout).toMatch(/^meta file {2}\.oodate\/build\.meta$/m);
    expect((await space.oodate('meta', 'show', 'build')).stdout).toBe(stdout);
    expect((await space.oodate('meta', 'verify', './build')).stdout).toContain('build:1: ');
  });

  test('is a subcommand before it is a script', async () => {
    const space = workspace(copying);
    await space.kept(['show']);
    expect((await space.oodate('meta', 'show', 'show')).stdout).toMatch(/^command +true$/m);
  });

  test('is else a file', async () => {
    const space = workspace({ a: log });
    expect((await space.oodate('meta', 'a')).stdout).toMatch(/^log +a$/m);
  });

  test('after -- is a command', async () => {
    const space = workspace({ 'in.txt': 'x' });
    await space.kept(['--', 'cat', 'in.txt']);
    expect((await space.oodate('meta', '--', 'cat', 'in.txt')).stdout).toMatch(/^command +cat in\.txt$/m);
    expect((await space.oodate('meta', 'verify', '--', 'cat', 'in.txt')).status).toBe(0);
  });

  test.each([
    { words: ['verify', 'none.meta'], sentence: 'there is no meta file none.meta' },
    { words: ['show', 'nothing'], sentence: 'there is no script "nothing"' },
    { words: ['show', './'], sentence: ' is a directory' },
    { words: ['convert', 'a.log'], sentence: 'Missing required argument: to' },
    { words: ['convert', '--to', 'xml', 'a.log'], sentence: 'Invalid values' },
    {
      words: ['convert', '--to', 'netbsd', '--phony', 'a.log'],
      sentence: '--target and --phony are for depfiles',
    },
    {
      words: ['convert', '--to', 'netbsd', '-o', 'no/such/file', 'a.log'],
      sentence: 'no/such/file cannot be written',
    },
    { words: ['convert', '--to', 'make', 'cut.log'], sentence: 'does not show all that the command did' },
    { words: ['convert', '--to', 'make', 'in.log'], sentence: 'names no file that was written' },
    {
      words: ['convert', '--to', 'make', 'odd.log'],
      sentence: "a depfile for make cannot hold the name '/a;b'",
    },
    { words: ['convert', '--to', 'oodate', 'a.log', 'b.meta'], sentence: 'cannot become one file' },
  ])('that is trouble is told, with status 2: $words', async ({ words, sentence }) => {
    const space = workspace({
      ...copying,
      'a.log': log,
      'cut.log': log.slice(0, -1),
      'in.log': log.replace('W 8 /obj/a.o\n', ''),
      'odd.log': log.replace('a.c', '../a;b'),
      'b.meta': `# Meta data file /b.meta\nCMD x\nCWD /\nTARGET b\n-- command output --\n\n-- filemon acquired metadata --\n${log}`,
    });
    const { status, stdout, stderr } = await space.oodate('meta', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^oodate: [^\n]*\n$/);
  });
});

describe('meta show', () => {
  test('shows the processes of a log as a tree, and its accesses in groups', async () => {
    const { stdout, status } = await workspace({ 'a.log': log }).oodate('meta', 'show', 'a.log');
    expect(status).toBe(0);
    expect(stdout).toBe(
      [
        ...['log        a.log', '', 'executed', '  /bin/sh', '  /bin/cc', '', 'read', '  /src/a.c'],
        ...['', 'looked for and missing', '  /src/a.h', '', 'written', '  /obj/a.o'],
        ...['', 'processes', '  7 /bin/sh, exit status 1', '    8 /bin/cc, ended by SIGKILL', ''],
      ].join('\n'),
    );
  });

  test('shows how long each process lasted, where the log has its times', async () => {
    const timed = log
      .replace('F 7 8\n', 'T 7 20000\nF 7 8\n')
      .replace('X 8 ', 'T 8 332600\nX 8 ')
      .replace('X 7 ', 'T 7 900000\nX 7 ');
    const space = workspace({ 'a.log': timed });
    expect((await space.oodate('meta', 'show', 'a.log')).stdout).toMatch(
      / {2}7 \/bin\/sh, exit status 1\n {4}8 \/bin\/cc, ended by SIGKILL, 0\.31 s\n$/,
    );
    const { processes } = JSON.parse((await space.oodate('meta', 'show', '--json', 'a.log')).stdout);
    expect(processes).toMatchObject([
      { started: null, executedAt: [null], ended: 900000 },
      { started: 20000, executedAt: [null], ended: 332600 },
    ]);
  });

  test('as JSON has all of it, and the record', async () => {
    const space = await kept();
    const { stdout } = await space.oodate('meta', 'show', '--json', 'build');
    const shown = JSON.parse(stdout);
    expect(shown).toMatchObject({
      metaFile: space.path('.oodate/build.meta'),
      kind: 'meta',
      target: 'build',
      directory: space.folder,
      commands: ['cat in.txt > out.txt'],
      output: { bytes: 0, text: '' },
      error: null,
      log: { version: 5, exit: { status: 0, signal: 0 }, ended: true, incomplete: [], notes: [] },
      counts: { outputs: 1 },
      run: { version: 2, cwd: space.folder },
      problems: [],
    });
    expect(shown.log.stopped).toBeGreaterThanOrEqual(shown.log.started);
    expect(shown.processes[0]).toMatchObject({ parent: null, depth: 0, exit: { status: 0, signal: 0 } });
    expect(shown.accesses.read).toContainEqual({
      path: space.path('in.txt'),
      by: expect.stringMatching(/\/cat$/),
    });
    expect(shown.accesses.written).toMatchObject([{ path: space.path('out.txt') }]);
  });

  test('of several files gives one object for each, in order', async () => {
    const space = workspace({ 'a.log': log, 'b.log': log.replace('cc', 'dd') });
    const { stdout } = await space.oodate('meta', '--json', 'a.log', 'b.log');
    const objects = stdout.split(/^(?=\{)/m).map((text) => JSON.parse(text));
    expect(objects.map(({ metaFile }) => metaFile)).toEqual([space.path('a.log'), space.path('b.log')]);
  });

  test("shows a file of bmake's, with its output, and what is wrong with it", async () => {
    const text =
      '# Meta data file /o/x.meta\nCMD make x\nCWD /o\nTARGET x\n-- command output --\nred \x1b[31m\n\n*** Error code 2\n\n';
    const { stdout } = await workspace({ 'x.meta': text }).oodate('meta', 'x.meta');
    expect(stdout).toMatch(/^target +x\ncommand +make x\ndirectory +\/o\nfailed +error code 2$/m);
    expect(stdout).toContain('problems\n  line 9: meta file without a filemon log\n');
    expect(stdout).toContain('output\n  red \\x1b[31m\n');
  });
});

describe('meta verify', () => {
  test('says for each file that it has no problems, or which, where', async () => {
    const space = workspace({ 'good.log': log, 'bad.log': log.replace('E 8 /bin/cc', 'E 8') });
    const { status, stdout } = await space.oodate('meta', 'verify', 'good.log', 'bad.log');
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: 'good.log: no problems\nbad.log:6: record with nothing after the pid\n',
    });
    expect((await space.oodate('meta', 'verify', 'good.log')).status).toBe(0);
    const json = JSON.parse((await space.oodate('meta', 'verify', '--json', 'bad.log')).stdout);
    expect(json).toEqual({
      metaFile: space.path('bad.log'),
      problems: [{ code: 'no-data', line: 6, message: 'record with nothing after the pid' }],
    });
  });

  test('finds a changed byte in a meta file of ours', async () => {
    const space = await kept();
    expect((await space.oodate('meta', 'verify', 'build')).stdout).toBe('.oodate/build.meta: no problems\n');
    space.write({ 'x.meta': space.read('.oodate/build.meta').replace('TARGET build', 'TARGET bvild') });
    const { status, stdout } = await space.oodate('meta', 'verify', 'x.meta');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^x\.meta:\d+: check at the end that does not fit the file\n$/);
  });

  test('reads stdin as -', async () => {
    const space = workspace({ 'a.log': log });
    const { stdout } = await space.run(['sh', '-c', '"$0" meta verify - < a.log', oodate]);
    expect(stdout).toBe('stdin: no problems\n');
  });
});

describe('meta convert', () => {
  test('writes another format and says in one line what that cannot hold', async () => {
    const space = workspace({ 'a.log': log });
    const { status, stdout, stderr } = await space.oodate('meta', 'convert', '--to', 'netbsd', 'a.log');
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr:
        'oodate: left out of the netbsd format: 1 N record; 1 end by a signal written as an exit status\n',
    });
    expect(stdout).toBe(
      log
        .replace('version 5', 'version 4')
        .replace('V 5', 'V 4')
        .replace('N 8 /src/a.h\n', '')
        .replace('X 8 0 9', 'X 8 137')
        .replace('X 7 1 0', 'X 7 1'),
    );
  });

  test('puts the path of the new file into a meta file', async () => {
    const space = await kept();
    const { stderr } = await space.oodate('meta', 'convert', '--to', 'oodate', '-o', 'x.meta', 'build');
    expect(stderr).toBe('');
    expect(space.read('x.meta')).toContain(`# Meta data file ${space.path('x.meta')}\n`);
    expect((await space.oodate('meta', 'verify', 'x.meta')).stdout).toBe('x.meta: no problems\n');
  });

  test('gives make what it needs to know when to run again', async () => {
    const space = workspace({
      Makefile: 'out.o:\n\tcc -I"inc dir" -c main.c -o out.o\n-include out.d\n',
      'main.c': '#include "a b.h"\nint main(void) { return A; }\n',
      'inc dir/a b.h': '#define A 0\n',
    });
    await space.kept(['--meta', 'out.meta', '--', 'cc', '-Iinc dir', '-c', 'main.c', '-o', 'out.o']);
    const depfile = ['meta', 'convert', '--to', 'make', '--phony', '-o', 'out.d', 'out.meta'];
    expect((await space.oodate(...depfile)).stderr).toBe('');
    const make = async () => (await space.run(['make', '-q'])).status;
    expect(await make()).toBe(0);
    space.touch('inc dir/a b.h');
    expect(await make()).toBe(1);
    space.remove('inc dir/a b.h');
    space.write({ 'main.c': 'int main(void) { return 0; }\n' });
    expect((await space.run(['make'])).status).toBe(0);
  });

  (requireTool('ninja') ? test : test.skip)(
    'gives ninja what it needs to know when to run again',
    async () => {
      const space = workspace({
        'build.ninja': [
          'rule r',
          `  command = "${oodate}" run -q --meta out.meta -- cc -c main.c -o out.o && "${oodate}" meta convert --to ninja --target out.o -o out.d out.meta`,
          '  depfile = out.d',
          '  deps = gcc',
          'build out.o: r',
          '',
        ].join('\n'),
        'main.c': '#include "a b.h"\nint main(void) { return A; }\n',
        'a b.h': '#define A 0\n',
      });
      const ninja = async () => (await space.run(['ninja'])).stdout;
      expect(await ninja()).toContain('[1/1]');
      expect(await ninja()).toContain('no work to do');
      space.write({ 'a b.h': '#define A 1\n' });
      space.touch('a b.h');
      expect(await ninja()).toContain('[1/1]');
    },
  );
});
