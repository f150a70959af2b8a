import { homedir } from 'node:os';
import { type AbsolutePath, joinPath, normalizePath } from '@oodate/filemon';
import type { DecisionOptions } from '@oodate/planner';
import { parseSize } from './byte-size.js';
import type { ExtraInputs } from './extra-inputs.js';
import { matchesName } from './name-pattern.js';
import type { Settings } from './settings.js';

/** What settings mean for one target. */
export interface SettingsEffect {
  /** What all this was made of. */
  readonly settings: Settings;
  readonly decision: Pick<DecisionOptions, 'mode' | 'isIgnored' | 'variables' | 'ignoresNetwork'>;
  /** Where meta files are kept; undefined: in their usual places. */
  readonly cache: AbsolutePath | undefined;
  /** The store of results; undefined if there is to be none. */
  readonly store:
    | {
        readonly folder: AbsolutePath;
        readonly maxBytes: number;
        /** Whether small texts among the inputs are kept as well. */
        readonly keepsInputs: boolean;
        /** Whether outputs at this path, outside of the project, may be kept and brought back. */
        readonly isAllowed: (path: AbsolutePath) => boolean;
      }
    | undefined;
  /** Absolute paths of the extra inputs that are there now; undefined if none are asked for. */
  readonly findExtraInputs: (() => ExtraInputs) | undefined;
}

/** `name`: of the target, as the user calls it; undefined where there is none. */
export async function settingsEffect(settings: Settings, name?: string): Promise<SettingsEffect> {
  const { mode, cache, ignore, inputs } = settings;
  // What matches patterns is loaded only where there are some.
  const patterns = ignore.value.length > 0 ? await import('./path-patterns.js') : undefined;
  const extra = inputs.value.length > 0 ? await import('./extra-inputs.js') : undefined;
  return {
    settings,
    decision: {
      mode: mode.value,
      ignoresNetwork:
        name !== undefined && settings['network.ignore'].value.some((pattern) => matchesName(pattern, name)),
      variables: { ignore: settings['env.ignore'].value, require: settings['env.require'].value },
      ...(patterns !== undefined && { isIgnored: patterns.pathMatcher(ignore) }),
    },
    cache: cache.value === undefined ? undefined : joinPath(cache.from.directory, cache.value),
    store: await storeOf(settings),
    findExtraInputs: extra?.extraInputsOf(inputs),
  };
}

async function storeOf(settings: Settings): Promise<SettingsEffect['store']> {
  const outside = settings['store.outside'];
  const patterns = outside.value.length > 0 ? await import('./path-patterns.js') : undefined;
  if (!settings['store.enabled'].value) return undefined;
  return {
    folder: storeFolder(settings),
    maxBytes: parseSize(settings['store.size'].value) as number,
    keepsInputs: settings['store.inputs'].value,
    isAllowed: patterns === undefined ? () => false : patterns.pathMatcher(outside),
  };
}

/** Where the store is, used or not. */
export function storeFolder(
  settings: Settings,
  environment: Readonly<NodeJS.ProcessEnv> = process.env,
): AbsolutePath {
  const { value, from } = settings['store.directory'];
  if (value !== undefined) return joinPath(from.directory, value);
  const { XDG_CACHE_HOME: cache, HOME: home } = environment;
  // One that is relative is to be ignored. (Source: XDG Base Directory Specification.)
  if (cache?.startsWith('/')) return normalizePath(`${cache}/oodate`);
  return normalizePath(`${home?.startsWith('/') ? home : homedir()}/.cache/oodate`);
}
