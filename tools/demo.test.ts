import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { inWorkspace } from '@oodate/testkit';

const demo = fileURLToPath(new URL('demo.mjs', import.meta.url));

test(
  'the demo does what it tells',
  inWorkspace(
    async (workspace) => {
      const { status, stderr } = await workspace.run([process.execPath, demo, workspace.path('demo')]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
    // Where the project of the demo finds its compiler and bundler.
    { inCheckout: true },
  ),
);
