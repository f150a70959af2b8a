import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { until } from './until.js';
import { inWorkspace } from './workspace.js';

test('a test that fails says what was run and what it said, and leaves nothing behind', async () => {
  let folder = '';
  const story = inWorkspace(async (workspace) => {
    folder = workspace.folder;
    await workspace.run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    workspace.start(['sleep', '1000']);
    throw new Error('not as expected');
  });
  await expect(story()).rejects.toThrow(
    'not as expected\n\n$ sh -c echo out; echo err >&2; exit 3\nout\nerr\n[3]\n\n$ sleep 1000\n[still running]',
  );
  expect(existsSync(folder)).toBe(false);
});

test(
  'a command sees the plain environment and no more',
  inWorkspace(async (workspace) => {
    const { stdout } = await workspace.run(['/usr/bin/env'], { env: { EXTRA: '1', LANG: undefined } });
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.sort()).toEqual(['EXTRA', 'HOME', 'PATH']);
  }),
);

test(
  'a command reads the input it is given',
  inWorkspace(async (workspace) => {
    expect((await workspace.run(['cat'], { input: 'a\n' })).stdout).toBe('a\n');
  }),
);

test(
  'a command that is not there is an error of the test',
  inWorkspace(async (workspace) => {
    await expect(workspace.run(['no-such-command'])).rejects.toThrow('ENOENT');
  }),
);

test(
  'files of any name are written, linked, renamed, touched and removed',
  inWorkspace(async (workspace) => {
    const odd = Buffer.from([0x64, 0x2f, 0xff]);
    workspace.write(odd, 'text');
    workspace.symlink('link', odd);
    expect(workspace.read('link')).toBe('text');
    workspace.rename(odd, 'plain');
    expect([workspace.exists(odd), workspace.exists('plain')]).toEqual([false, true]);
    workspace.write(odd);
    workspace.remove(odd);
    expect(workspace.exists(odd)).toBe(false);
  }),
);

test(
  'a workspace can lie in the checkout',
  inWorkspace(
    async (workspace) => {
      const started = workspace.start(['sh', '-c', 'echo > made']);
      await until(() => workspace.exists('made'));
      expect((await started.ended).status).toBe(0);
      expect(workspace.folder).toContain('/.work/');
    },
    { inCheckout: true },
  ),
);
