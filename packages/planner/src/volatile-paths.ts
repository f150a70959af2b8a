import { type AbsolutePath, normalizePath } from '@oodate/filemon';
import { temporaryLauncherFolder } from './volatile-variables.js';

/**
 * Paths that tools keep for their own bookkeeping, which differ from one run to
 * the next and say nothing about what a build should do. They and all below them
 * are no inputs and no outputs. Like the volatile variables this list is short:
 * what a tool reads to decide anything is not on it.
 */
const volatilePaths: readonly { readonly path: string; readonly why: string }[] = [
  { path: '_logs', why: 'npm lists and prunes its debug logs at every run' },
  { path: '_update-notifier-last-checked', why: 'npm notes when it last looked for a newer npm' },
];

/** The volatile paths for commands with this environment; folders too that yarn makes for one run and names in PATH. */
export function volatilePathsFor(environment: Readonly<NodeJS.ProcessEnv>): AbsolutePath[] {
  const { npm_config_cache: cache, HOME: home, PATH = '' } = environment;
  const launchers = PATH.split(':').filter((folder) => temporaryLauncherFolder.test(folder));
  const folder = cache ?? (home === undefined ? '' : `${home}/.npm`);
  const own = folder.startsWith('/') ? volatilePaths.map(({ path }) => `${folder}/${path}`) : [];
  return [...own, ...launchers].map(normalizePath);
}
