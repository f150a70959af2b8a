import { chmodSync, realpathSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RunRecord } from '@oodate/meta-file';
import { type Workspace, workspace } from '@oodate/testkit';
import { ToolVersions, versionChanges, withVersions } from './tool-versions.js';

const npmPackage = (name: string, version: string) => JSON.stringify({ name, version });

function versionOf(space: Workspace, name: string, dpkg = space.path('no-dpkg')): string | undefined {
  const path = space.path(name) as AbsolutePath;
  return new ToolVersions(dpkg).of([path]).get(path);
}

describe('the version of a program', () => {
  test.each([
    ['its npm package', 'node_modules/typescript/bin/tsc', 'typescript 5.4.2'],
    ['its npm package with a scope', 'node_modules/@swc/core/cli.js', '@swc/core 1.2.3'],
    ['the innermost npm package', 'node_modules/typescript/node_modules/inner/bin/x', 'inner 9.0.0'],
    ['the npm package that a link leads into', 'node_modules/.bin/tsc', 'typescript 5.4.2'],
    ['the npm package by its own name', 'node_modules/alias/x', 'typescript 4.0.0'],
  ])('is that of %s', (_, path, version) => {
    const space = workspace({
      'node_modules/typescript/package.json': npmPackage('typescript', '5.4.2'),
      'node_modules/typescript/bin/tsc': '',
      'node_modules/@swc/core/package.json': npmPackage('@swc/core', '1.2.3'),
      'node_modules/@swc/core/cli.js': '',
      'node_modules/typescript/node_modules/inner/package.json': npmPackage('inner', '9.0.0'),
      'node_modules/typescript/node_modules/inner/bin/x': '',
      'node_modules/alias/package.json': npmPackage('typescript', '4.0.0'),
      'node_modules/alias/x': '',
    });
    space.link('node_modules/.bin/tsc', '../typescript/bin/tsc');
    expect(versionOf(space, path)).toBe(version);
  });

  test.each([
    ['the project itself', 'scripts/build.mjs'],
    ['a package of the workspace that is linked', 'node_modules/linked/x'],
    ['what is not there', 'node_modules/typescript/gone'],
    ['a package whose package.json is damaged', 'node_modules/damaged/x'],
    ['a package whose package.json has no version', 'node_modules/odd/x'],
    ['a folder of the package manager', 'node_modules/.cache/tool/x'],
    ['a folder that only looks like one', 'opt/python3.11/bin/x'],
  ])('is not that of %s', (_, path) => {
    const space = workspace({
      'package.json': npmPackage('p', '1.0.0'),
      'scripts/build.mjs': '',
      'packages/linked/package.json': npmPackage('linked', '1.0.0'),
      'packages/linked/x': '',
      'node_modules/typescript/package.json': npmPackage('typescript', '5.4.2'),
      'node_modules/damaged/package.json': '{',
      'node_modules/damaged/x': '',
      'node_modules/odd/package.json': '{"name": "odd", "version": [1]}',
      'node_modules/odd/x': '',
      'node_modules/.cache/tool/package.json': npmPackage('tool', '1.0.0'),
      'node_modules/.cache/tool/x': '',
      'opt/python3.11/bin/x': '',
    });
    space.link('node_modules/linked', '../packages/linked');
    expect(versionOf(space, path)).toBeUndefined();
  });

  test('of Node is what it says itself', () => {
    const node = process.execPath as AbsolutePath;
    expect(new ToolVersions().of([node]).get(node)).toBe(`node ${process.versions.node}`);
  });

  test("of what is Debian's is as dpkg says", async () => {
    const space = workspace();
    const owner = async (path: string) => {
      const [name = ''] = (await space.run(['dpkg-query', '-S', path])).stdout.split(': ');
      const [, version] = (await space.run(['dpkg-query', '-W', name])).stdout.trim().split('\t');
      return `${name.replace(/:.*/, '')} ${version}`;
    };
    const found = new ToolVersions().of([
      '/bin/sh',
      '/usr/bin/env',
      '/usr/bin/tar',
      '/nowhere',
    ] as AbsolutePath[]);
    expect([...found]).toEqual([
      ['/bin/sh', await owner('/bin/dash')],
      ['/usr/bin/env', await owner('/usr/bin/env')],
      ['/usr/bin/tar', await owner('/bin/tar')],
    ]);
  });

  test("of what is Debian's is looked for anew when that has another state", () => {
    const cat = '/usr/bin/cat' as AbsolutePath;
    const space = workspace({
      'dpkg/info/coreutils:amd64.list': '/.\n/bin\n/bin/cat\n',
      'dpkg/info/other.list': '/.\n/bin\n/bin/cat.old\n',
      'dpkg/status':
        'Package: other\nVersion: 1\n\nPackage: coreutils\nStatus: installed\nVersion: 9.1-1\n\n',
    });
    if (realpathSync('/bin/cat') !== cat)
      throw new Error('this is no Debian in which /bin leads to /usr/bin');
    const versions = new ToolVersions(space.path('dpkg'));
    expect(versions.of([cat]).get(cat)).toBe('coreutils 9.1-1');
    space.write({ 'dpkg/status': 'Package: coreutils\nVersion: 9.2\n' });
    expect(versions.of([cat]).get(cat)).toBe('coreutils 9.2');
    space.remove('dpkg');
    expect(versions.of([cat]).get(cat)).toBeUndefined();
  });

  test("is not known where dpkg's data cannot be read", () => {
    const space = workspace({ 'dpkg/status': '', 'dpkg/info': 'no folder' });
    chmodSync(space.path('dpkg/status'), 0o644);
    expect(new ToolVersions(space.path('dpkg')).of(['/usr/bin/env' as AbsolutePath]).size).toBe(0);
  });
});

const file = (path: string, digest: string, use: RecordedFile['use'] = 'executed'): RecordedFile => ({
  path: path as AbsolutePath,
  use,
  state: { type: 'file', size: 1n, mtime: 0n, ctime: 0n, inode: 1n, mode: 0o755, digest },
  by: undefined,
  disturbed: false,
});

const runOf = (...files: RecordedFile[]): RunRecord => ({
  version: 2,
  commands: [['build']],
  cwd: '/' as AbsolutePath,
  environment: [],
  started: 0,
  recorded: 0n,
  files,
  listings: [],
});

describe('a record', () => {
  test('gets the versions of what was executed, and of npm packages whose package.json was read', () => {
    const space = workspace({
      'node_modules/tool/package.json': npmPackage('tool', '1.0.0'),
      'node_modules/tool/cli.js': '',
      'node_modules/tool/lib/package.json': npmPackage('no-package', '7'),
    });
    const names = ['cli.js', 'package.json', 'lib/package.json'].map((name) =>
      space.path(`node_modules/tool/${name}`),
    );
    const [cli = '', manifest = '', inner = ''] = names;
    const run = runOf(
      file(cli, 'a'),
      file(cli, 'a', 'read'),
      file(manifest, 'b', 'read'),
      file(manifest, 'b', 'looked'),
      file(inner, 'c', 'read'),
    );
    const { files } = withVersions(run, undefined, new ToolVersions(space.path('no-dpkg')));
    expect(files.map(({ version }) => version)).toEqual([
      'tool 1.0.0',
      undefined,
      'tool 1.0.0',
      undefined,
      undefined,
    ]);
  });

  test('takes what the last one knows of the same content, but not of a program of npm', () => {
    const space = workspace({
      'node_modules/tool/package.json': npmPackage('tool', '2.0.0'),
      'node_modules/tool/x': '',
    });
    const tool = space.path('node_modules/tool/x');
    const last = runOf(
      { ...file('/usr/bin/cc', 'a'), version: 'gcc 12' },
      { ...file('/usr/bin/as', 'a'), version: 'binutils 1' },
      { ...file(tool, 'a'), version: 'tool 1.0.0' },
    );
    const run = runOf(file('/usr/bin/cc', 'a'), file('/usr/bin/as', 'b'), file(tool, 'a'));
    const { files } = withVersions(run, last, new ToolVersions(space.path('no-dpkg')));
    expect(files.map(({ version }) => version)).toEqual(['gcc 12', undefined, 'tool 2.0.0']);
  });

  test('tells what version a changed file had, by its own or by its package.json', () => {
    const space = workspace({
      'node_modules/tool/package.json': npmPackage('tool', '1.0.0'),
      'node_modules/tool/cli.js': '',
      'node_modules/tool/lib.js': '',
      'src/a.js': '',
    });
    const versions = new ToolVersions(space.path('no-dpkg'));
    const path = (name: string) => space.path(name) as AbsolutePath;
    const names = ['node_modules/tool/cli.js', 'node_modules/tool/lib.js', 'src/a.js'].map(path);
    const [cli = path(''), lib = path('')] = names;
    const manifest = path('node_modules/tool/package.json');
    const run = withVersions(
      runOf(file(cli, 'a'), file(manifest, 'b', 'read'), file(lib, 'c', 'read')),
      undefined,
      versions,
    );
    expect(versionChanges(run, names, versions)).toEqual(new Map());
    space.write({ 'node_modules/tool/package.json': npmPackage('tool', '2.0.0') });
    const change = { was: 'tool 1.0.0', is: 'tool 2.0.0' };
    expect(versionChanges(run, names, versions)).toEqual(
      new Map([
        [cli, change],
        [lib, change],
      ]),
    );
    space.remove('node_modules');
    expect(versionChanges(run, names, versions).get(cli)).toEqual({ was: 'tool 1.0.0', is: null });
  });
});
