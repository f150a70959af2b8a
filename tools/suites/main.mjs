// Runs the test suites of real projects alone and traced, and prints whether the results are the same.
//
//   npm run suites [-- NAME ...]
//
// The exit status is 1 if any differs.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, ToolError } from '../programs.mjs';
import { suites } from './suites.mjs';
import { runThrice } from './three-runs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

await runTool('suites', () => {
  const names = process.argv.slice(2);
  for (const name of names)
    if (!suites.some((suite) => suite.name === name))
      throw new ToolError(
        'NO_SUCH_SUITE',
        `there is no suite named ${name}`,
        `one of: ${suites.map((s) => s.name)}`,
      );
  const chosen = suites.filter(({ name }) => names.length === 0 || names.includes(name));
  const same = chosen.map((suite) => {
    const results = runThrice(suite, { root, work: join(root, '.work/suites') });
    for (const { way, status, seconds, tests, differences } of results) {
      const verdict = differences.length === 0 ? 'the same' : `${differences.length} lines differ`;
      process.stdout.write(
        `${suite.name.padEnd(8)}${way.padEnd(14)}exit status ${status}, ${tests} results, ${seconds} s, ${verdict}\n`,
      );
      for (const line of differences.slice(0, 20)) process.stdout.write(`    ${line}\n`);
    }
    return results.every(
      ({ status, differences }) => status === results[0].status && differences.length === 0,
    );
  });
  return same.every(Boolean) ? 0 : 1;
});
