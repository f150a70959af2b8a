import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { until } from './until.js';
import { scripts, workspace } from './workspace.js';

const copying = { 'package.json': scripts({ build: 'cat in.txt > out.txt' }), 'in.txt': 'one' };

test('an expectation that fails says what was run before and what that said', async () => {
  const space = workspace();
  await space.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
  expect(() => space.fail('not as expected')).toThrow(
    'not as expected\n\n$ sh -c echo out; echo err >&2; exit 3\nout\nerr\n[3]',
  );
});

test('a workspace that is closed is gone, and what ran in it has ended', async () => {
  const space = workspace();
  const running = space.start(['sleep', '1000']);
  space.close();
  expect((await running.ended()).signal).toBe('SIGKILL');
  expect(existsSync(space.folder)).toBe(false);
});

test('a command sees the plain environment and no more', async () => {
  const { stdout } = await workspace().run(['/usr/bin/env'], { env: { EXTRA: '1', LANG: undefined } });
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.sort()).toEqual(['EXTRA', 'HOME', 'OODATE_STORE_ENABLED', 'PATH']);
});

test('a command reads what it is told, and is heard when it speaks', async () => {
  const running = workspace().start(['sh', '-c', 'read word; echo "got $word"; read word; exit 4']);
  running.tell('one\n');
  await running.says('got one\n');
  expect(await running.end()).toMatchObject({ status: 4, stdout: 'got one\n' });
  await expect(running.says('nothing')).rejects.toThrow('it ended without "nothing"');
});

test('a command that is not there is an error of the test', async () => {
  await expect(workspace().run(['no-such-command'])).rejects.toThrow('ENOENT');
});

test('files of any name are linked, read, renamed, touched and removed', () => {
  const space = workspace({ 'd/a': 'text' });
  space.link('link', 'd/a');
  expect(space.read('link')).toBe('text');
  space.rename('d/a', 'b');
  expect([space.exists('d/a'), space.exists('link'), space.exists('b')]).toEqual([false, false, true]);
  const odd = Buffer.from([0x64, 0x2f, 0xff]);
  writeFileSync(space.path(odd), '');
  expect(space.exists(odd)).toBe(true);
  space.remove(odd);
  expect(space.exists(odd)).toBe(false);
});

test('a workspace can lie in the checkout', async () => {
  const space = workspace({}, { inCheckout: true });
  const running = space.start(['sh', '-c', 'echo > made']);
  await until(() => space.exists('made'));
  expect((await running.end()).status).toBe(0);
  expect(space.folder).toContain('/.work/');
});

test('the expectations of a run are met or not as oodate does', async () => {
  const space = workspace(copying);
  await expect(space.upToDate(['build'])).rejects.toThrow('it is not up to date');
  await space.upToDate(['build']);
  await expect(space.ran(['build'])).rejects.toThrow('it did not run');
  space.write({ 'in.txt': 'two' });
  await expect(space.because(['build'], ['other.txt changed'])).rejects.toThrow(
    'why does not say: other.txt changed',
  );
  await expect(space.because(['build'], [])).rejects.toThrow('why should not say: in.txt changed');
  await expect(space.kept(['build'], 'other.txt changed')).rejects.toThrow('the reason is not other.txt');
});
