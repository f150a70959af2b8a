import { matchesName } from './name-pattern.js';
import type { Settings } from './settings.js';

/*
 * Which scripts oodate-sh runs through oodate. A name is cut at its colons: `dev:web` is
 * a `dev`. `pre` and `post` before a name change nothing.
 */

/** They run until they are stopped, talk with a person, or act on what is not a file: nothing of that can be skipped. */
const longRunning = [
  'console',
  'debug',
  'deploy',
  'dev',
  'develop',
  'init',
  'login',
  'preview',
  'release',
  'repl',
  'restart',
  'serve',
  'server',
  'start',
  'stop',
  'storybook',
  'upload',
  'watch',
];

/** Package managers run them by themselves when they install, pack and publish. */
const lifecycle = [
  'dependencies',
  'install',
  'pack',
  'prepare',
  'publish',
  'publishOnly',
  'uninstall',
  'version',
];

/** `script` is what `npm_lifecycle_event` says; undefined outside of a script. */
export function isLearned(
  script: string | undefined,
  settings: Pick<Settings, 'scripts.include' | 'scripts.exclude'>,
): boolean {
  // npx is no script, and neither is what a package manager names for its own use.
  if (script === undefined || script === '' || script === 'npx' || script.startsWith('_')) return false;
  if (settings['scripts.exclude'].value.some((pattern) => matchesName(pattern, script))) return false;
  const included = settings['scripts.include'].value;
  if (included !== undefined) return included.some((pattern) => matchesName(pattern, script));
  const parts = script.split(':').flatMap((part) => [part, part.replace(/^(?:pre|post)(?=.)/, '')]);
  return !parts.some((part) => longRunning.includes(part) || lifecycle.includes(part));
}
