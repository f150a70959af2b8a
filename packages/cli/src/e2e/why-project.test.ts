import { describe, expect, test } from '@jest/globals';
import { oodate, scripts, type Workspace, workspace } from '@oodate/testkit';

/*
 * What the records of other targets of the project tell of a cause.
 */

interface Report {
  readonly reasons: readonly {
    readonly writer: { readonly target: string; readonly outOfDate: boolean } | null;
    readonly usedBy: readonly string[];
  }[];
}

async function told(space: Workspace, cwd: string, ...words: string[]): Promise<Report['reasons']> {
  const { stdout, stderr, status } = await space.oodateWith({ cwd }, 'why', '--json', ...words);
  if (status !== 0 || stderr !== '') space.fail('why could not tell');
  return (JSON.parse(stdout) as Report).reasons;
}

const manifest = (name: string, texts: Readonly<Record<string, string>>) =>
  JSON.stringify({ name, version: '1.0.0', scripts: texts });

const workspaceFiles = {
  'package.json': JSON.stringify({
    name: 'top',
    workspaces: ['packages/*'],
    scripts: { all: 'cat packages/*/out' },
  }),
  'packages/core/package.json': manifest('@x/core', { build: 'cat in > out' }),
  'packages/core/in': '1',
  'packages/app/package.json': manifest('@x/app', {
    build: 'cat ../core/out > out',
    lint: 'cat ../core/out',
  }),
};

async function builtWorkspace(): Promise<Workspace> {
  const space = workspace(workspaceFiles);
  await space.kept(['build'], '', { cwd: 'packages/core' });
  await space.kept(['build'], '', { cwd: 'packages/app' });
  await space.kept(['lint'], '', { cwd: 'packages/app' });
  await space.kept(['all']);
  return space;
}

describe('of a workspace', () => {
  test('targets of other packages are named with these, and those of the same one as they are', async () => {
    const space = await builtWorkspace();
    space.write({ 'packages/core/in': '22' });
    await space.ran(['build'], '', { cwd: 'packages/core' });
    expect(await told(space, 'packages/app', 'build')).toMatchObject([
      { writer: { target: '@x/core build', outOfDate: false }, usedBy: ['lint', 'top all'] },
    ]);
    expect(await told(space, '.', 'all')).toMatchObject([
      { writer: { target: '@x/core build' }, usedBy: ['@x/app build', '@x/app lint'] },
    ]);
  });

  test('what makes an input is judged as it would be run in its package', async () => {
    const space = await builtWorkspace();
    const isWriterOutOfDate = async () => (await told(space, 'packages/app', 'build'))[0]?.writer?.outOfDate;
    space.write({ 'packages/core/in': '22' });
    await space.ran(['build'], '', { cwd: 'packages/core' });
    expect(await isWriterOutOfDate()).toBe(false);
    space.write({ 'packages/core/package.json': manifest('@x/core', { build: 'cat in in > out' }) });
    expect(await isWriterOutOfDate()).toBe(true);
  });

  test('trouble of another package does not keep why from telling', async () => {
    const space = await builtWorkspace();
    space.write({ 'packages/core/oodate.config.json': '{', 'packages/core/out': '22' });
    expect(await told(space, 'packages/app', 'build')).toMatchObject([{ writer: null, usedBy: [] }]);
  });
});

test('a damaged record of another target is passed over', async () => {
  const space = workspace({
    'package.json': scripts({ one: 'cat in', two: 'cat in ', three: 'cat in  ' }),
    in: '1',
  });
  for (const name of ['one', 'two', 'three']) await space.kept([name]);
  space.write({ '.oodate/two.meta': space.read('.oodate/two.meta').slice(0, 400), in: '22' });
  expect(await told(space, '.', 'one')).toMatchObject([{ usedBy: ['three'] }]);
});

test('records in a directory that the settings name are known, but not those of another project', async () => {
  const settings = { 'oodate.config.json': JSON.stringify({ cache: 'kept' }) };
  const package_ = { 'package.json': scripts({ one: 'cat ../in', two: 'cat ../in ' }) };
  const space = workspace({ ...settings, in: '1' });
  for (const folder of ['p', 'q']) {
    space.write(
      Object.fromEntries(Object.entries(package_).map(([name, text]) => [`${folder}/${name}`, text])),
    );
    for (const name of ['one', 'two']) await space.kept([name], '', { cwd: folder });
  }
  space.write({ in: '22' });
  expect(await told(space, 'p', 'one')).toMatchObject([{ usedBy: ['two'] }]);
});

test('commands are targets as scripts are', async () => {
  const space = workspace({ in: '1' });
  await space.kept(['--', 'cp', 'in', 'copy']);
  await space.kept(['--', 'cat', 'copy']);
  space.write({ in: '22' });
  await space.ran(['--', 'cp', 'in', 'copy']);
  expect(await told(space, '.', '--', 'cat', 'copy')).toMatchObject([{ writer: { target: 'cp in copy' } }]);
});

test('a part of a script that npm runs is a target too', async () => {
  const texts = { prebuild: 'cat in > part', build: 'cat part > out', use: 'cat part' };
  const space = workspace({ 'package.json': scripts(texts), in: '1' });
  const npm = ['npm', 'run', 'build', `--script-shell=${oodate.replace(/oodate$/, 'oodate-sh')}`];
  await space.run(npm);
  await space.kept(['use']);
  space.write({ in: '22' });
  await space.run(npm);
  expect(await told(space, '.', 'use')).toMatchObject([
    { writer: { target: 'prebuild', outOfDate: false }, usedBy: ['build'] },
  ]);
});
