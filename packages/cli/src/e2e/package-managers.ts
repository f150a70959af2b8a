import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Installed side by side, beside the npm that Node brings. */
const versions = {
  npm12: 'npm:npm@12.2.0',
  pnpm10: 'npm:pnpm@10.34.0',
  pnpm12: 'npm:pnpm@12.21.0',
  yarn1: 'npm:yarn@1.22.22',
  yarn4: 'npm:@yarnpkg/cli-dist@4.18.1',
  bun: `npm:@oven/bun-linux-${process.arch === 'arm64' ? 'aarch64' : 'x64-baseline'}@1.4.5`,
};

const work = fileURLToPath(new URL('../../../../.work', import.meta.url));
const folder = join(
  work,
  Object.values(versions)
    .join('+')
    .replaceAll(/npm:|@\w+\//g, ''),
);
const installed = (program: string) => ['node', join(folder, 'node_modules', program)];

/** The words with which each package manager is started, once `installPackageManagers` has been called. */
export const packageManagers = {
  npm: ['npm'],
  'npm 12': installed('npm12/bin/npm-cli.js'),
  'pnpm 10': installed('pnpm10/bin/pnpm.cjs'),
  'pnpm 12': installed('pnpm12/bin/pnpm.mjs'),
  'yarn 1': installed('yarn1/bin/yarn.js'),
} as const;

/** Those that let nobody choose the shell of scripts. */
export const shellessManagers = {
  'yarn 4': installed('yarn4/bin/yarn.js'),
  bun: [join(folder, 'node_modules/bun/bin/bun')],
} as const;

/** What a package manager would check or fetch by itself is not what tests are about. */
export const packageManagerEnvironment = {
  COREPACK_ENABLE_STRICT: '0',
  npm_config_manage_package_manager_versions: 'false',
  pnpm_config_pm_on_fail: 'ignore',
  pnpm_config_verify_deps_before_run: 'false',
};

/** Into a folder in the checkout, where they stay for the next time. */
export function installPackageManagers(): void {
  if (existsSync(folder)) return;
  mkdirSync(work, { recursive: true });
  // Several test files may do so at the same time.
  const own = mkdtempSync(join(work, 'package-managers-'));
  const manifest = { name: 'package-managers', private: true, dependencies: versions };
  writeFileSync(join(own, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: own,
    stdio: 'pipe',
  });
  try {
    renameSync(own, folder);
  } catch {
    rmSync(own, { recursive: true });
  }
}
