import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type RunCause, readMetaFile } from '@oodate/meta-file';
import { oodate, scripts, type Workspace, workspace } from '@oodate/testkit';

/** What the record of the last run says of why it was made. */
function causeIn(space: Workspace, script = 'build', folder = '.'): RunCause | undefined {
  const record = readMetaFile(space.path(`${folder}/.oodate/${script}.meta`));
  return record.kind === 'good' ? record.run.because : space.fail(`the record is ${record.kind}`);
}

const reason = (kind: string, path: string) => expect.objectContaining({ kind, path });

/** Sums up its inputs, so that not each change of them shows. */
const building = {
  'package.json': scripts({ build: 'cat src/a src/b | sort -u > out' }),
  'src/a': 'one\n',
  'src/b': 'one\ntwo\n',
};

describe('the record of a run says why it was made', () => {
  test('the first time, that there was no record', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    const metaFile = space.path('.oodate/build.meta');
    expect(causeIn(space)).toEqual({ reasons: [{ kind: 'no-record', metaFile }], more: 0, spared: [] });
  });

  test('with each of several reasons, the first of which is said', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    space.write({ 'src/a': 'three\n', 'src/b': 'four\n' });
    space.remove('out');
    await space.kept(['build'], /^src\/a changed \(was 4 bytes, is 6\) \(and 2 more\)$/);
    expect(causeIn(space)).toEqual({
      reasons: [
        reason('input-changed', space.path('src/a')),
        reason('input-changed', space.path('src/b')),
        reason('output-gone', space.path('out')),
      ],
      more: 0,
      outputs: 'changed',
      spared: [],
    });
  });

  test('with twenty of more than that', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`src/${at}`, '1']));
    const space = workspace({ 'package.json': scripts({ build: 'cat src/* > out' }), ...many });
    await space.kept(['build']);
    space.write(Object.fromEntries(Object.keys(many).map((name) => [name, '2'])));
    await space.kept(['build'], / \(and 29 more\)$/);
    expect(causeIn(space)).toMatchObject({ reasons: { length: 20 }, more: 10 });
  });

  test('that it was forced, and what had changed besides', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    space.write({ 'src/a': 'five\n' });
    await space.kept(['--force', 'build'], /--force was given \(and 1 more\)$/);
    expect(causeIn(space)).toMatchObject({
      reasons: [{ kind: 'forced' }, reason('input-changed', space.path('src/a'))],
      outputs: 'changed',
    });
    await space.kept(['--force', 'build'], /--force was given$/);
    expect(causeIn(space)).toMatchObject({ reasons: [{ kind: 'forced' }], outputs: 'same' });
  });

  test('that the one before had failed; nothing is known then of what that had left', async () => {
    const space = workspace();
    const failing = ['--meta', 'm', '--', 'sh', '-c', 'test -e ok'];
    await space.oodate('run', ...failing);
    space.write({ ok: '' });
    await space.kept(failing, /^the last run failed with exit status 1$/);
    const record = readMetaFile(space.path('m'));
    expect(record.kind === 'good' && record.run.because).toEqual({
      reasons: [{ kind: 'last-run-failed', exit: { status: 1, signal: 0 } }],
      more: 0,
      spared: [],
    });
  });

  test('of each script that run -r runs', async () => {
    const space = workspace({
      'package.json': JSON.stringify({ workspaces: ['p'] }),
      'p/package.json': JSON.stringify({ name: 'p', scripts: { build: 'cat in > out' } }),
      'p/in': '1',
    });
    await space.oodate('run', '-r', 'build');
    space.write({ 'p/in': '22' });
    space.remove('p/out');
    const { stderr } = await space.oodate('run', '-r', 'build');
    expect(stderr).toContain('running p build: p/in changed (was 1 byte, is 2) (and 1 more)\n');
    expect(causeIn(space, 'build', 'p')).toMatchObject({ outputs: 'changed', more: 0 });
  });

  test('of each run of a watch', async () => {
    const space = workspace(building);
    const running = space.start([oodate, 'watch', 'build']);
    await running.says('oodate: watching ');
    space.write({ 'src/a': 'five\n' });
    await running.says('oodate: watching ', 2);
    running.kill('SIGINT');
    await running.ended();
    expect(causeIn(space)).toMatchObject({
      reasons: [reason('input-changed', space.path('src/a'))],
      outputs: 'changed',
    });
  });
});

describe('an input that changes and leaves the outputs the same', () => {
  test('is counted, until a change of it shows', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    const change = async (files: Record<string, string>) => {
      space.write(files);
      await space.kept(['build']);
      const cause = causeIn(space);
      return [
        cause?.outputs,
        Object.fromEntries((cause?.spared ?? []).map((input) => [input.path, input.runs])),
      ];
    };
    const [a, b] = [space.path('src/a'), space.path('src/b')];
    expect(await change({ 'src/a': '\none\n' })).toEqual(['changed', {}]);
    expect(await change({ 'src/a': 'one\n\n' })).toEqual(['same', { [a]: 1 }]);
    expect(await change({ 'src/a': '\none\n', 'src/b': 'two\none\n' })).toEqual(['same', { [a]: 2, [b]: 1 }]);
    expect(await change({ 'src/b': 'one\ntwo\nthree\n' })).toEqual(['changed', { [a]: 2 }]);
    expect(await change({ 'src/a': 'four\n' })).toEqual(['changed', {}]);
  });
});

describe('with a store', () => {
  let store: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    store = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-store-')));
    env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: store };
  });
  afterEach(() => rmSync(store, { recursive: true, force: true }));

  test('what is brought back has the reasons for that, and not those of the run that made it', async () => {
    const space = workspace(building);
    await space.kept(['build'], '', { env });
    space.write({ 'src/a': 'two\nthree\n' });
    await space.kept(['build'], '', { env });
    expect(causeIn(space)).toMatchObject({ outputs: 'changed' });
    space.write({ 'src/a': 'one\n' });
    space.remove('out');
    const { stderr } = await space.oodateWith({ env }, 'run', 'build');
    expect(stderr).toMatch(
      /^oodate: build is restored from .*: src\/a changed \(was 10 bytes, is 4\) \(and 1 more\)$/m,
    );
    expect(causeIn(space)).toEqual({
      reasons: [reason('input-changed', space.path('src/a')), reason('output-gone', space.path('out'))],
      more: 0,
      outputs: 'changed',
      spared: [],
    });
    space.remove('out');
    await space.oodateWith({ env }, 'run', 'build');
    expect(causeIn(space)).toMatchObject({
      reasons: [reason('output-gone', space.path('out'))],
      outputs: 'same',
    });
  });
});

test('with --json every reason is given', async () => {
  const space = workspace(building);
  await space.kept(['build']);
  space.write({ 'src/a': 'three\n', 'src/b': 'four\n' });
  const { stdout } = await space.oodate('run', '--json', 'build');
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'out of date',
    reasons: [reason('input-changed', space.path('src/a')), reason('input-changed', space.path('src/b'))],
    run: { kept: true },
  });
});
