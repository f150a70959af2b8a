// Before the tests that use it, builds the probe with AddressSanitizer and UBSan. The reports of an earlier run go.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly, ToolError } from './programs.mjs';

const native = fileURLToPath(new URL('../packages/tracer/native', import.meta.url));

export default function buildSanitizedProbe() {
  const folder = join(native, 'build/sanitize');
  if (!runQuietly('make', ['-s', '-j2', '-C', native, 'SANITIZE=1', 'all', 'fuzz']))
    throw new ToolError(
      'PROBE_NOT_BUILT',
      'the probe could not be built with sanitizers, for the reason above',
    );
  for (const name of readdirSync(folder)) if (name.startsWith('report.')) rmSync(join(folder, name));
}
