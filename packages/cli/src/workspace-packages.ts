import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import glob from 'fast-glob';
import { parse } from 'yaml';
import { CliError } from './cli-error.js';
import { findPackage, type Package } from './package-script.js';

/** Of a workspace: several packages that are kept together, as npm, yarn and pnpm have them. */
export interface WorkspacePackage extends Package {
  /** Its name, or its directory from that of the workspace on. */
  readonly title: string;
  /** Those of the workspace that its manifest names, and what those name, and so on. */
  readonly needs: ReadonlySet<string>;
}

export interface WorkspaceTop {
  readonly directory: string;
  /** By their directories in order; the top of the workspace is none of them. */
  readonly packages: readonly WorkspacePackage[];
}

/** The workspace that `directory` belongs to; undefined if there is none. Throws a CliError. */
export async function findWorkspace(directory: string): Promise<WorkspaceTop | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = await packagesIn(folder);
    if (found !== undefined) return { directory: folder, packages: withNeeds(found) };
    if (folder === dirname(folder)) return undefined;
  }
}

/** The packages of that workspace. Throws a CliError, also if there is none. */
export async function workspacePackages(directory: string): Promise<readonly WorkspacePackage[]> {
  const workspace = await findWorkspace(directory);
  if (workspace !== undefined) return workspace.packages;
  throw new CliError(
    'NO_WORKSPACE',
    `${directory} belongs to no workspace`,
    'packages are named by "workspaces" in package.json, or by pnpm-workspace.yaml',
  );
}

interface FoundPackage {
  readonly found: Package;
  readonly title: string;
}

/** undefined if the folder is not the top of a workspace. */
async function packagesIn(folder: string): Promise<FoundPackage[] | undefined> {
  const patterns = pnpmPatterns(folder) ?? manifestPatterns(folder);
  if (patterns === undefined) return undefined;
  const manifests = await glob(
    patterns.map((pattern) => `${pattern.replace(/\/+$/, '')}/package.json`),
    { cwd: folder, ignore: ['**/node_modules/**'], absolute: true },
  );
  return manifests
    .map((manifest) => dirname(manifest))
    .filter((directory) => directory !== folder)
    .sort()
    .map((directory) => {
      const found = findPackage(directory);
      const { name } = found.manifest;
      return { found, title: typeof name === 'string' ? name : relative(folder, directory) };
    });
}

/** Of pnpm-workspace.yaml; undefined if there is none, or if it names no packages. */
function pnpmPatterns(folder: string): string[] | undefined {
  const file = join(folder, 'pnpm-workspace.yaml');
  if (!existsSync(file)) return undefined;
  try {
    return patternsOf(parse(readFileSync(file, 'utf8'))?.packages);
  } catch (cause) {
    const [message] = (cause as Error).message.split('\n');
    throw new CliError('WORKSPACE_UNREADABLE', `${file} cannot be read: ${message}`, undefined, { cause });
  }
}

/** Of package.json, as npm, yarn and bun have them. One that cannot be read says so when it is needed. */
function manifestPatterns(folder: string): string[] | undefined {
  try {
    const { workspaces } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return patternsOf(workspaces) ?? patternsOf(workspaces?.packages);
  } catch {
    return undefined;
  }
}

function patternsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((pattern) => typeof pattern === 'string') : undefined;
}

const kinds = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

function withNeeds(packages: readonly FoundPackage[]): WorkspacePackage[] {
  const directories = new Map(packages.map(({ found, title }) => [title, found.directory]));
  const named = new Map(
    packages.map(({ found: { directory, manifest } }) => {
      const names = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
      return [directory, names.flatMap((name) => directories.get(name) ?? [])];
    }),
  );
  return packages.map(({ found, title }) => {
    const needs = new Set(named.get(found.directory));
    for (const need of needs) for (const further of named.get(need) ?? []) needs.add(further);
    return { ...found, title, needs };
  });
}
