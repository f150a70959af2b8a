import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { scripts, workspace } from '@oodate/testkit';

const typescript = fileURLToPath(new URL('../../../../node_modules/typescript', import.meta.url));

describe('cc', () => {
  const files = {
    'main.c': '#include <value.h>\nint main(void) { return VALUE; }\n',
    'late/value.h': '#define VALUE 1\n',
    'early/other.h': '',
  };
  const words = ['--', 'cc', '-Iearly', '-Ilate', '-o', 'main', 'main.c'];

  test('is up to date on the second run, its temporary files notwithstanding', async () => {
    const space = workspace(files);
    await space.kept(words);
    await space.upToDate(words);
  });

  test('runs when a header is edited, and when one comes earlier on the include path', async () => {
    const space = workspace(files);
    await space.kept(words);
    space.write({ 'late/value.h': '#define VALUE 2\n' });
    await space.kept(words, 'late/value.h changed');
    space.write({ 'early/value.h': '#define VALUE 3\n' });
    await space.because(words, [
      'early/value.h is there now (a file of 16 bytes), was looked for and not there',
    ]);
    await space.kept(words);
    expect((await space.run(['./main'])).status).toBe(3);
    await space.upToDate(words);
  });
});

describe('make', () => {
  test('is up to date on the second run, and makes only what is due', async () => {
    const space = workspace({
      Makefile: 'all: a.o b.o\n%.o: %.c\n\tcc -c -o $@ $<\n',
      'a.c': 'int a;\n',
      'b.c': 'int b;\n',
    });
    await space.kept(['--', 'make']);
    await space.upToDate(['--', 'make']);
    space.write({ 'b.c': 'long b;\n' });
    const { stdout } = await space.kept(['--', 'make'], 'b.c changed');
    expect(stdout).toBe('cc -c -o b.o b.c\n');
    await space.upToDate(['--', 'make']);
  });
});

describe('tsc', () => {
  const config = JSON.stringify({
    compilerOptions: { composite: true, rootDir: 'src', outDir: 'dist', types: [], skipLibCheck: true },
    include: ['src'],
  });

  function project() {
    const space = workspace({
      'package.json': scripts({ build: 'tsc -b', 'build:part': 'cd part && tsc -p .' }),
      'tsconfig.json': config,
      'src/a.ts': 'export const a: number = 1;\n',
    });
    space.link('node_modules/typescript', typescript);
    space.link('node_modules/.bin/tsc', '../typescript/bin/tsc');
    return space;
  }

  test('-b, which reads and rewrites its own tsbuildinfo, is up to date on the second run', async () => {
    const space = project();
    await space.kept(['build']);
    expect(space.exists('tsconfig.tsbuildinfo')).toBe(true);
    await space.upToDate(['build']);
    space.write({ 'src/a.ts': 'export const a: number = 22;\n' });
    await space.because(['build'], ['src/a.ts changed']);
    await space.kept(['build']);
    expect(space.read('dist/a.js')).toContain('22');
    await space.upToDate(['build']);
  });

  test('runs when a source is added', async () => {
    const space = project();
    await space.kept(['build']);
    space.write({ 'src/b.ts': 'export const b = 2;\n' });
    await space.kept(['build'], 'the directory src has gained b.ts');
    expect(space.exists('dist/b.js')).toBe(true);
    await space.upToDate(['build']);
  });

  test('runs when a package.json nearer to a source now answers a question of the compiler', async () => {
    const space = project();
    await space.kept(['build']);
    space.write({ 'src/package.json': '{"type": "commonjs"}' });
    await space.ran(['build'], /src(\/package\.json is there now| has gained package\.json)/);
  });

  test('runs when a tsconfig.json nearer by would be found', async () => {
    const space = project();
    space.write({
      'part/x.ts': 'export {};\n',
      'find.sh':
        'for f in part/tsconfig.json tsconfig.json; do [ -e $f ] && exec tsc -p $f --outDir out; done\n',
      'package.json': scripts({ build: 'sh find.sh' }),
    });
    await space.kept(['build']);
    await space.upToDate(['build']);
    space.write({ 'part/tsconfig.json': '{"compilerOptions": {"types": []}, "files": ["x.ts"]}' });
    await space.kept(['build'], 'part/tsconfig.json is there now');
    await space.upToDate(['build']);
  });
});

describe('a script', () => {
  test('that writes to a temporary name and renames is up to date on the second run', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'tr a-z A-Z < in.txt > out.tmp && mv out.tmp out.txt' }),
      'in.txt': 'x',
    });
    await space.kept(['build']);
    await space.upToDate(['build']);
    space.write({ 'in.txt': 'y' });
    await space.kept(['build'], 'in.txt changed');
    expect(space.read('out.txt')).toBe('Y');
    await space.upToDate(['build']);
  });

  test('that reads and rewrites its own cache is up to date on the second run, and runs when that is edited', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat in.txt >> cache.txt; wc -l < cache.txt > count.txt' }),
      'in.txt': 'x\n',
      'cache.txt': 'old\n',
    });
    await space.kept(['build']);
    await space.upToDate(['build']);
    space.write({ 'cache.txt': '' });
    await space.kept(['build'], 'cache.txt is not as the command left it');
    await space.upToDate(['build']);
  });

  test('of pipes, lists and here-documents is seen as a whole', async () => {
    const space = workspace({
      'package.json': scripts({
        build:
          'sort < in.txt | uniq -c > count.txt && (cd sub && cat ../in.txt more.txt) > all.txt; cat <<END > here.txt\ntext\nEND',
      }),
      'in.txt': 'b\na\nb\n',
      'sub/more.txt': 'c\n',
    });
    await space.kept(['build']);
    expect(space.read('all.txt')).toBe('b\na\nb\nc\n');
    await space.upToDate(['build']);
    space.write({ 'sub/more.txt': 'd\n' });
    await space.kept(['build'], 'sub/more.txt changed');
    await space.upToDate(['build']);
  });

  test('that makes and removes temporary files is up to date on the second run', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'mkdir tmp && cp in.txt tmp/x && cat tmp/x > out.txt && rm -r tmp' }),
      'in.txt': 'x',
    });
    await space.kept(['build']);
    await space.upToDate(['build']);
  });

  test('runs with its pre and post scripts as one target', async () => {
    const space = workspace({
      'package.json': scripts({
        prebuild: 'cat pre.txt > made.txt',
        build: 'cat made.txt > out.txt; echo "$npm_lifecycle_event" >> out.txt',
        postbuild: 'cat out.txt post.txt > final.txt',
      }),
      'pre.txt': 'pre\n',
      'post.txt': 'post\n',
    });
    await space.kept(['build']);
    expect(space.read('final.txt')).toBe('pre\nbuild\npost\n');
    await space.upToDate(['build']);
    space.write({ 'post.txt': 'last\n' });
    await space.kept(['build'], 'post.txt changed');
    await space.upToDate(['build']);
  });
});
