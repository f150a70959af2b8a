import { expect, test } from '@jest/globals';
import { scripts, type Workspace, workspace } from '@oodate/testkit';

async function kept(): Promise<Workspace> {
  const space = workspace({ in: 'one', 'sub/none': '' });
  await space.kept(['--meta', 'out.meta', '--', 'sh', '-c', 'cat in > out']);
  return space;
}

test('a meta file of oodate’s is judged as its command would be, from any directory', async () => {
  const space = await kept();
  expect(await space.oodate('check', 'out.meta')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(await space.oodate('check', '-C', 'sub', '../out.meta')).toMatchObject({ status: 0, stderr: '' });
  expect((await space.oodate('why', '--mode', 'content', 'out.meta')).stdout).toMatch(
    /^sh -c 'cat in > out' is up to date \(\d+ inputs unchanged; ran in/,
  );
  space.write({ in: 'two' });
  await space.because(['out.meta'], ['in changed (3 bytes as before; was of ']);
  await space.because(['out.meta'], ['in changed', 'the variable CC was not set, is'], {
    env: { CC: 'gcc' },
  });
  expect((await space.oodate('check', 'out.meta')).status).toBe(1);
  space.write({ in: 'one' });
  space.touch('in');
  expect((await space.oodate('check', 'out.meta')).status).toBe(0);
  expect((await space.oodate('check', '--mode', 'mtime', 'out.meta')).status).toBe(1);
});

test('of several meta files each is told of, and one that is out of date decides', async () => {
  const space = await kept();
  await space.kept(['--meta', 'other.meta', '--', 'cat', 'sub/none']);
  space.write({ in: 'two' });
  const { stdout, status } = await space.oodate('check', '--json', 'other.meta', 'out.meta');
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'out of date',
    targets: [
      { metaFile: space.path('other.meta'), verdict: 'up to date', reasons: [], counts: { outputs: 0 } },
      { metaFile: space.path('out.meta'), verdict: 'out of date', reasons: [{ kind: 'input-changed' }] },
    ],
  });
});

test.each<[string, (space: Workspace) => void, string]>([
  ['is damaged', (space) => space.write({ 'out.meta': space.read('out.meta').slice(0, -9) }), 'is damaged'],
  [
    'was kept before a run that did not end',
    (space) => space.rename('out.meta', 'out.meta.last'),
    'did not come to its end',
  ],
])('a meta file that %s is a reason', async (_title, change, reason) => {
  const space = await kept();
  change(space);
  expect((await space.oodate('check', 'out.meta')).status).toBe(1);
  await space.because(['out.meta'], [reason]);
});

test.each([
  ['one that is not there', ['none.meta'], 'there is no meta file none.meta'],
  ['one together with a script', ['out.meta', 'build'], 'out.meta is a meta file, and build is not'],
  [
    'one with a command',
    ['out.meta', '--', 'true'],
    'out.meta is a meta file: it tells command and place itself',
  ],
])('%s cannot be judged', async (_title, words, message) => {
  const space = await kept();
  const { status, stderr } = await space.oodate('check', ...words);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});

test('a script may have the name of a meta file', async () => {
  const space = workspace({ 'package.json': scripts({ 'out.meta': 'true' }) });
  await space.kept(['out.meta']);
  expect((await space.oodate('check', 'out.meta')).status).toBe(0);
});
