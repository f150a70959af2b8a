import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { workspace } from '@oodate/testkit';

const demo = fileURLToPath(new URL('demo.mjs', import.meta.url));

test('the demo does what it tells', async () => {
  // Where the project of the demo finds its compiler and bundler.
  const space = workspace({}, { inCheckout: true });
  const { status, stderr } = await space.run([process.execPath, demo, space.path('demo')]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
