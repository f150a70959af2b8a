import { type AbsolutePath, joinPath } from '@oodate/filemon';
import type { DecisionOptions } from '@oodate/planner';
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
    store: storeOf(process.env.OODATE_STORE),
    findExtraInputs: extra?.extraInputsOf(inputs),
  };
}

function storeOf(folder: string | undefined): SettingsEffect['store'] {
  if (folder === undefined || folder === '') return undefined;
  return { folder: folder as AbsolutePath, maxBytes: 10 * 2 ** 30, isAllowed: () => false };
}
