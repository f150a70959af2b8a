// Checks what is published: packs it, asks publint and arethetypeswrong about each tarball, and knip what is there
// that no one uses. Prints what they find.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packPackages } from './pack.mjs';
import { runQuietly, runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await runTool('check-packages', async () => {
  const failed = runs('knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors') ? [] : ['knip'];
  for (const file of packPackages(join(root, '.work/checked'))) {
    const tarball = readFileSync(file);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer } });
    for (const message of messages)
      process.stderr.write(`${pkg.name}: ${formatMessage(message, pkg, { color: false })}\n`);
    if (messages.length > 0) failed.push(`publint of ${basename(file)}`);
    // Modules alone are what is meant: Node 20.19 can require one, which arethetypeswrong does not know.
    if (isLibrary(pkg) && !runs('@arethetypeswrong/cli/dist/index.js', file, '--profile', 'esm-only'))
      failed.push(`arethetypeswrong of ${basename(file)}`);
  }
  if (failed.length === 0) return 0;
  throw new ToolError('FINDINGS', `not passed: ${failed.join(', ')}`);
});

function isLibrary({ exports }) {
  return exports?.['.'] !== undefined;
}

function runs(program, ...words) {
  return runQuietly(process.execPath, [join(root, 'node_modules', program), ...words], { cwd: root });
}
