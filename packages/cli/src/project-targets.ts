import { readdirSync } from 'node:fs';
import { type KnownTarget, knownTargets } from '@oodate/explain';
import { type AbsolutePath, fsPath, isWithin, joinPath } from '@oodate/filemon';
import { isUnderWay, metaFolder } from '@oodate/meta-file';
import { CliError } from './cli-error.js';
import { findPackage, packageDirectory } from './package-script.js';
import { loadSettings, type SettingFlags } from './settings.js';
import { settingsEffect } from './settings-effect.js';
import { findWorkspace } from './workspace-packages.js';

/** What belongs together: a workspace, or else a package, or else a directory. */
export interface Project {
  readonly root: AbsolutePath;
  /** Those whose last run was a good one. Of other packages the name stands after theirs, as `run -r` shows it. */
  readonly targets: readonly KnownTarget[];
  /** Where their meta files are. */
  readonly folders: readonly AbsolutePath[];
}

/** The project that `directory` belongs to. Throws a CliError. */
export async function findProject(
  directory: AbsolutePath,
  environment: Readonly<NodeJS.ProcessEnv>,
  flags: SettingFlags = {},
): Promise<Project> {
  const own = packageDirectory(directory) as AbsolutePath;
  const workspace = await findWorkspace(own);
  const root = (workspace?.directory ?? own) as AbsolutePath;
  const titles = new Map<string, string>([[root, titleOf(root)]]);
  for (const { directory: folder, title } of workspace?.packages ?? []) titles.set(folder, title);
  const folders = await metaFolders([own, directory, ...titles.keys()] as AbsolutePath[], environment, flags);
  const innermostFirst = [...titles.keys(), own].sort((one, other) => other.length - one.length);
  const targets = knownTargets(
    folders.flatMap((folder) => filesIn(folder, '.meta')),
    (name, { cwd }) => {
      const found = innermostFirst.find((folder) => isWithin(cwd, folder as AbsolutePath)) ?? own;
      return found === own ? name : `${titles.get(found)} ${name}`;
    },
  );
  // Projects can share a directory for their meta files.
  return { root, targets: targets.filter(({ run }) => isWithin(run.cwd, root)), folders };
}

/** Whether a target runs whose meta file is in one of these folders. */
export function anyUnderWay(folders: readonly AbsolutePath[]): boolean {
  return folders.some((folder) =>
    filesIn(folder, '.meta.last').some((former) => isUnderWay(former.slice(0, -'.last'.length))),
  );
}

async function metaFolders(
  directories: readonly AbsolutePath[],
  environment: Readonly<NodeJS.ProcessEnv>,
  flags: SettingFlags,
): Promise<AbsolutePath[]> {
  const found = [...new Set(directories)].map(async (directory) => {
    const { cache } = await settingsEffect(await loadSettings(directory, environment, flags));
    return metaFolder(directory, cache);
  });
  return [...new Set(await Promise.all(found))];
}

function filesIn(folder: AbsolutePath, ending: string): string[] {
  try {
    return readdirSync(fsPath(folder))
      .filter((name) => name.endsWith(ending))
      .sort()
      .map((name) => joinPath(folder, name));
  } catch {
    // No run has been recorded there, or it cannot be seen.
    return [];
  }
}

function titleOf(root: AbsolutePath): string {
  try {
    const { manifest, directory } = findPackage(root);
    return directory === root && typeof manifest.name === 'string' ? manifest.name : '.';
  } catch (error) {
    if (error instanceof CliError) return '.';
    throw error;
  }
}
