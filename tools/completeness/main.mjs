// Writes docs/completeness.md from real runs:
//
//   npm run completeness
//
// The runs are those of the tests, which compare them with the page where this writes it.

import { fileURLToPath } from 'node:url';
import { runProgram, runTool } from '../programs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

await runTool('completeness', () =>
  runProgram(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      // Each test file adds to the page what it found.
      '--runInBand',
      'tools/completeness',
      ...process.argv.slice(2),
    ],
    { cwd: root, env: { ...process.env, OODATE_COMPLETENESS: 'write' } },
  ),
);
