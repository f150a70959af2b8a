import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const demo = fileURLToPath(new URL('demo.mjs', import.meta.url));

test('the demo does what it tells', () => {
  // In its own folder: esbuild lists those above, and that of the other tests changes all the time.
  const { status, stderr } = spawnSync(process.execPath, [demo], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
