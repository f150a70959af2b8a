import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findPackage, type Package, scriptEnvironment, scriptsToRun, scriptWords } from './package-script.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'package-script-')));

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function writeManifest(name: string, text: string): string {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), text);
  return directory;
}

function packageWith(scripts: Record<string, string>, more: object = {}): Package {
  const manifest = { name: 'p', version: '1.2.3', scripts, ...more };
  const file = join(root, 'x', 'y', 'package.json');
  return { file, directory: dirname(file), manifest, scripts: new Map(Object.entries(scripts)) };
}

describe('the nearest package.json', () => {
  test('is found from a directory below it', () => {
    const directory = writeManifest('above', '{"scripts": {"build": "true"}}');
    mkdirSync(join(directory, 'src', 'deep'), { recursive: true });
    expect(findPackage(join(directory, 'src', 'deep'))).toMatchObject({
      directory,
      file: join(directory, 'package.json'),
    });
  });

  test('may begin with a byte order mark', () => {
    const directory = writeManifest('marked', '\uFEFF{"scripts": {"build": "true"}}');
    expect([...findPackage(directory).scripts]).toEqual([['build', 'true']]);
  });

  test.each([
    {
      name: 'cut',
      text: '{"scripts": {',
      code: 'PACKAGE_JSON_INVALID',
      message: /cut\/package\.json.* is not valid JSON/,
    },
    {
      name: 'comma',
      text: '{\n  "a": 1,\n}',
      code: 'PACKAGE_JSON_INVALID',
      message: /comma\/package\.json:3:1 is not valid/,
    },
    { name: 'list', text: '[]', code: 'PACKAGE_JSON_INVALID', message: /does not hold a JSON object/ },
    {
      name: 'odd',
      text: '{"scripts": []}',
      code: 'PACKAGE_JSON_INVALID',
      message: /"scripts" in .* is not an object/,
    },
  ])('is told to be wrong where it is: $name', ({ name, text, code, message }) => {
    const directory = writeManifest(name, text);
    expect(() => findPackage(directory)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test('is told to be unreadable if it is a directory', () => {
    const directory = join(root, 'unreadable');
    mkdirSync(join(directory, 'package.json'), { recursive: true });
    expect(() => findPackage(directory)).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_JSON_UNREADABLE',
        message: expect.stringContaining('EISDIR'),
      }),
    );
  });

  test('is told to be missing if there is none', () => {
    expect(() => findPackage('/')).toThrow(expect.objectContaining({ code: 'NO_PACKAGE_JSON' }));
  });
});

describe('the scripts that run', () => {
  test.each([
    { scripts: { build: 'tsc' }, args: [], expected: [['build', 'tsc']] },
    { scripts: { build: 'tsc' }, args: ['-w', 'a b'], expected: [['build', "tsc -w 'a b'"]] },
    {
      scripts: { build: 'tsc', prebuild: 'rm x', postbuild: 'ls' },
      args: ['-w'],
      expected: [
        ['prebuild', 'rm x'],
        ['build', 'tsc -w'],
        ['postbuild', 'ls'],
      ],
    },
  ])('are $expected', ({ scripts, args, expected }) => {
    const found = scriptsToRun(packageWith(scripts), 'build', args);
    expect(found.map(({ name, text }) => [name, text])).toEqual(expected);
  });

  test.each([
    { scripts: { build: 'tsc' }, hint: 'did you mean build?' },
    { scripts: { lint: 'x', test: 'y' }, hint: 'it has lint, test' },
    { scripts: {}, hint: 'it has no scripts' },
  ])('are missed with the hint "$hint"', ({ scripts, hint }) => {
    expect(() => scriptsToRun(packageWith(scripts), 'biuld', [])).toThrow(
      expect.objectContaining({ code: 'NO_SUCH_SCRIPT', hint }),
    );
  });

  test('run in turn, each with its own npm_lifecycle_event and text', () => {
    const [program = '', ...args] = scriptWords([
      { name: 'prebuild', text: 'echo "$npm_lifecycle_event: $npm_lifecycle_script"' },
      { name: 'build', text: 'echo "$npm_lifecycle_event"; true' },
      { name: 'postbuild', text: 'echo "$npm_lifecycle_event"' },
    ]);
    const { stdout, status } = spawnSync(program, args, { encoding: 'utf8' });
    expect(stdout).toBe('prebuild: echo "$npm_lifecycle_event: $npm_lifecycle_script"\nbuild\npostbuild\n');
    expect(status).toBe(0);
  });

  test.each([
    { failing: 0, output: '' },
    { failing: 1, output: 'a\n' },
    { failing: 2, output: 'a\nb\n' },
  ])('stop at the first that fails, with its status: number $failing', ({ failing, output }) => {
    const texts = ['echo a', 'echo b', 'echo c'].map((text, at) => (at === failing ? 'exit 7' : text));
    const [program = '', ...args] = scriptWords(texts.map((text, at) => ({ name: `s${at}`, text })));
    const { stdout, status } = spawnSync(program, args, { encoding: 'utf8' });
    expect({ stdout, status }).toEqual({ stdout: output, status: 7 });
  });
});

describe('the environment of a script', () => {
  const found = packageWith(
    { build: 'tsc' },
    { config: { port: 80, deep: { on: true } }, bin: { p: 'cli.js' }, engines: null },
  );
  const environment = scriptEnvironment(
    found,
    'build',
    { PATH: '/usr/bin:/bin', HOME: '/home/u' },
    '/where/the/user/is',
  );

  test.each([
    ['HOME', '/home/u'],
    ['INIT_CWD', '/where/the/user/is'],
    ['NODE', process.execPath],
    ['npm_node_execpath', process.execPath],
    ['npm_lifecycle_event', 'build'],
    ['npm_lifecycle_script', 'tsc'],
    ['npm_package_name', 'p'],
    ['npm_package_version', '1.2.3'],
    ['npm_package_config_port', '80'],
    ['npm_package_config_deep_on', 'true'],
    ['npm_package_bin_p', 'cli.js'],
    ['npm_package_engines', ''],
  ])('has %s=%s', (name, value) => {
    expect(environment[name]).toBe(value);
  });

  test('has the bin folders of the package and of each directory above it first on PATH', () => {
    const folders = environment.PATH?.split(':') ?? [];
    expect(folders.slice(0, 3)).toEqual(
      ['x/y', 'x', ''].map((name) => join(root, name, 'node_modules/.bin')),
    );
    expect(folders.slice(-3)).toEqual(['/node_modules/.bin', '/usr/bin', '/bin']);
  });

  test('has the same PATH when npm has put the bin folders there before', () => {
    const { PATH } = scriptEnvironment(found, 'build', { PATH: environment.PATH }, '/');
    expect(PATH).toBe(environment.PATH);
  });
});
