// Builds, then checks lint, format, types and what is published, then runs all tests. Words after it go to jest:
//
//   node tools/test.mjs [packages/planner -t 'a changed input' ...]
//
// What a test needs from the system and is missing is installed where that can be done without asking. Else
// those tests are skipped and named at the end; with CI=true they fail.

import { fileURLToPath } from 'node:url';
import { aptLine, installPackages } from './debian-packages.mjs';
import { runProgram, runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

await runTool('test', async () => {
  if (runProgram(process.execPath, ['tools/build.mjs'], { cwd: root }) !== 0) return 1;
  // The probe may gain a backend by what was installed.
  if (await installTestPrograms())
    runProgram(process.execPath, ['tools/build.mjs', '--quiet'], { cwd: root });
  // A slip in the format must not hide what the tests have to say, so all of them run.
  const failed = checks(process.argv.slice(2))
    .filter(([, ...words]) => runProgram(process.execPath, words, { cwd: root }) !== 0)
    .map(([name]) => name);
  if (failed.length === 0) return 0;
  throw new ToolError('FAILED', `not passed: ${failed.join(', ')}`);
});

function checks(jestWords) {
  return [
    ['lint and format', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    ['types of the tests', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.tests.json'],
    ['packages', 'tools/check-packages.mjs'],
    [
      'tests',
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...jestWords,
    ],
  ];
}

async function installTestPrograms() {
  const { missingTools } = await import('../packages/testkit/dist/test-tools.js');
  const packages = missingTools().flatMap((tool) => tool.packages);
  if (packages.length === 0) return false;
  const say = (line) => process.stdout.write(`${line}\n`);
  if (installPackages(packages, 'some tests need', say)) return true;
  say(`Some tests need what is missing here. As root: ${aptLine(packages)}`);
  return false;
}
