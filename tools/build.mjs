// Builds everything from a fresh checkout: installs what is missing, then compiles the packages and the probe.
// It runs before there are dependencies, so it has none.
//
//   node tools/build.mjs [--quiet]

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptLine, installPackages } from './debian-packages.mjs';
import { runPnpm } from './pnpm.mjs';
import { ask, findProgram, runQuietly, runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const say = process.argv.includes('--quiet') ? () => {} : (line) => process.stdout.write(`${line}\n`);

await runTool('build', async () => {
  requireNode(manifest.engines.node.replace('>=', ''));
  if (!isInstalled()) installDependencies(manifest.packageManager);
  compilePackages();
  await bundlePackages();
  if (!isProbePlatform())
    say(
      `The probe is not built: it needs Linux on x64 or arm64, and this is ${process.platform} on ${process.arch}. ` +
        'Here oodate can run commands with --untraced only.',
    );
  else if (!isProbeBuilt()) buildProbe();
  return 0;
});

function requireNode(minimum) {
  const [major, minor] = minimum.split('.').map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor < major || (ownMajor === major && ownMinor < minor))
    throw new ToolError(
      'NODE_TOO_OLD',
      `Node ${process.versions.node} is too old`,
      `install Node ${minimum} or newer and run this again`,
    );
}

/** pnpm leaves a copy of the lockfile that it installed last. */
function isInstalled() {
  const installed = join(root, 'node_modules/.pnpm/lock.yaml');
  if (!existsSync(installed)) return false;
  if (!readFileSync(installed).equals(readFileSync(join(root, 'pnpm-lock.yaml')))) return false;
  return readdirSync(join(root, 'packages')).every((name) => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
    );
    return Object.keys({ ...dependencies, ...devDependencies }).every((dependency) =>
      existsSync(join(root, 'packages', name, 'node_modules', dependency)),
    );
  });
}

function installDependencies(packageManager) {
  say(`Installing the dependencies with ${packageManager}`);
  // With CI set pnpm asks nothing: it replaces a node_modules that another package manager has made.
  const env = { ...process.env, CI: 'true' };
  if (!runPnpm(packageManager, ['install', '--frozen-lockfile'], { cwd: root, env }))
    throw new ToolError(
      'NOT_INSTALLED',
      'the dependencies could not be installed, for the reason above',
      'see that npm can reach its registry from here, and run this again',
    );
}

function compilePackages() {
  if (!runQuietly(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root }))
    throw new ToolError('NOT_COMPILED', 'the packages do not compile, for the reasons above');
  for (const name of readdirSync(join(root, 'packages'))) removeOutdated(join(root, 'packages', name));
}

/** The compiler leaves what it made of sources that are gone, and all of dist is published. */
function removeOutdated(folder) {
  // What the command is bundled to has no files of the compiler's.
  if (!existsSync(join(folder, 'dist/index.js'))) return;
  for (const name of readdirSync(join(folder, 'dist')))
    if (/\.(d\.ts|js)$/.test(name) && !existsSync(join(folder, 'src', name.replace(/\.(d\.ts|js)$/, '.ts'))))
      rmSync(join(folder, 'dist', name), { recursive: true });
}

async function bundlePackages() {
  // Only now, since it imports a dependency.
  const { bundlePage } = await import('./page-bundle.mjs');
  await bundlePage(root);
  const { bundleCli } = await import('./bundle.mjs');
  await bundleCli(root);
}

function isProbePlatform() {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
}

function isProbeBuilt() {
  return ask('make', ['-q', '-C', 'packages/tracer/native'], { cwd: root }) !== undefined;
}

function buildProbe() {
  const missing = missingBuildPackages();
  if (missing.length > 0 && !installPackages(missing, 'building the probe needs', say))
    throw new ToolError(
      'NO_COMPILER',
      'the probe cannot be built without a C compiler, make and the headers of libc and Linux',
      `run this as root, and then build again: ${aptLine(missing)}`,
    );
  say('Building the probe');
  if (!runQuietly('make', ['-C', 'packages/tracer/native'], { cwd: root }))
    throw new ToolError('PROBE_NOT_BUILT', 'the probe could not be built, for the reason above');
}

function missingBuildPackages() {
  const packages = [];
  if (findProgram('make') === undefined) packages.push('make');
  if (findProgram('cc') === undefined) return [...packages, 'gcc', 'libc6-dev'];
  const input = '#include <stdio.h>\n#include <linux/seccomp.h>\n';
  if (ask('cc', ['-E', '-x', 'c', '-'], { input }) === undefined) packages.push('libc6-dev');
  return packages;
}
