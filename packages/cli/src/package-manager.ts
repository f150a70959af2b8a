import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPackage } from './package-script.js';

/** How a package manager is made to start scripts by another shell; `prefix`: not at all, so that each script has to say it. */
type ShellSetting =
  | {
      readonly kind: 'line';
      readonly file: string;
      readonly line: (shell: string) => string;
      readonly key: RegExp;
    }
  | { readonly kind: 'prefix' };

export interface PackageManager {
  /** As a person calls it: `npm`, `pnpm 12`, `yarn 1`. */
  readonly name: string;
  /** Where its settings stand: the top of the workspace. */
  readonly root: string;
  readonly shell: ShellSetting;
}

const npmrc: ShellSetting = {
  kind: 'line',
  file: '.npmrc',
  line: (shell) => `script-shell=${shell}`,
  key: /^\s*script-shell\s*=\s*(.*?)\s*$/,
};
const yarnrc: ShellSetting = {
  kind: 'line',
  file: '.yarnrc',
  line: (shell) => `script-shell "${shell}"`,
  key: /^\s*script-shell\s+"?(.*?)"?\s*$/,
};
const pnpmWorkspace: ShellSetting = {
  kind: 'line',
  file: 'pnpm-workspace.yaml',
  line: (shell) => `scriptShell: ${shell}`,
  key: /^scriptShell:\s*["']?(.*?)["']?\s*$/,
};

/** All files in which `oodate init` can have set a line. */
export const shellSettings = [npmrc, yarnrc, pnpmWorkspace] as const;

/** A lock file, or the like, shows who installs here. */
const marks: readonly (readonly [string, string])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['pnpm-workspace.yaml', 'pnpm'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['.yarnrc.yml', 'yarn@4'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
];

/**
 * The package manager in use in `directory`: by the key "packageManager" of package.json, by the files
 * that it leaves, by who has called oodate, or else npm. Throws a CliError if there is no package.
 */
export function findPackageManager(directory: string, userAgent: string | undefined): PackageManager {
  const nearest = findPackage(directory);
  for (let root = nearest.directory; ; root = dirname(root)) {
    const declared = existsSync(join(root, 'package.json'))
      ? findPackage(root).manifest.packageManager
      : undefined;
    if (typeof declared === 'string') return packageManager(declared, root);
    const mark = marks.find(([file]) => existsSync(join(root, file)));
    if (mark !== undefined) return packageManager(versioned(mark[1], root, userAgent), root);
    if (root === dirname(root)) break;
  }
  const [caller = 'npm'] = /^(?:npm|pnpm|yarn|bun)\/\S+/.exec(userAgent ?? '') ?? [];
  return packageManager(caller.replace('/', '@'), nearest.directory);
}

/** The version is that of the caller, if it is the same program, or can be seen in the lock file. */
function versioned(name: string, root: string, userAgent: string | undefined): string {
  const [, version] = new RegExp(`^${name}/(\\S+)`).exec(userAgent ?? '') ?? [];
  if (version !== undefined) return `${name}@${version}`;
  if (name === 'yarn') {
    const isFirst = readFileSync(join(root, 'yarn.lock'), 'utf8').includes('yarn lockfile v1');
    return isFirst ? 'yarn@1' : 'yarn@4';
  }
  return name;
}

function packageManager(spec: string, root: string): PackageManager {
  const [, name = 'npm', major] = /^(\w+)(?:@\D*(\d+))?/.exec(spec) ?? [];
  const known = major === undefined ? name : `${name} ${major}`;
  return { name: known, root, shell: shellSetting(name, major === undefined ? undefined : Number(major)) };
}

function shellSetting(name: string, major: number | undefined): ShellSetting {
  if (name === 'bun' || (name === 'yarn' && (major ?? 1) > 1)) return { kind: 'prefix' };
  if (name === 'yarn') return yarnrc;
  // pnpm 10 reads both; those after it no settings of their own in .npmrc.
  return name === 'pnpm' ? (major === undefined || major > 10 ? pnpmWorkspace : npmrc) : npmrc;
}
