import { type AbsolutePath, isKernelPath, normalizePath } from '@oodate/filemon';
import { metaFolderOf } from '@oodate/meta-file';
import type { Target } from '@oodate/planner';
import fastGlob from 'fast-glob';
import { bySign } from './path-patterns.js';
import type { Setting } from './settings.js';

export interface ExtraInputs {
  readonly paths: NonNullable<Target['extraInputs']>;
  /** Patterns that match nothing. */
  readonly unmatched: readonly string[];
}

/** Finds the files that match the patterns of the setting now. */
export function extraInputsOf({ value, from }: Setting<readonly string[]>): () => ExtraInputs {
  const { positive, negative } = bySign(value);
  return () => {
    const paths = new Set<AbsolutePath>();
    const unmatched: string[] = [];
    for (const pattern of positive) {
      const found = fastGlob
        .sync(pattern, {
          cwd: from.directory,
          ignore: negative,
          absolute: true,
          dot: true,
          suppressErrors: true,
        })
        .map((path) => normalizePath(path))
        // What oodate itself keeps changes with every run; what the kernel makes up has no state to compare.
        .filter((path) => metaFolderOf(path) === undefined && !isKernelPath(path));
      if (found.length === 0) unmatched.push(pattern);
      for (const path of found) paths.add(path);
    }
    return { paths: [...paths].sort(), unmatched };
  };
}
