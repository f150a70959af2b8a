import { type AbsolutePath, decodePath, encodePath, isAbsolutePath, isBelow } from '@oodate/filemon';
import type { Digest } from './digest.js';
import { RestoreError, shownPath } from './restore-error.js';

/** What a run left at a path that it changed. */
export type WantedOutput =
  | {
      readonly type: 'file';
      readonly path: AbsolutePath;
      readonly digest: Digest;
      /** Permission bits; those beyond 0o777 are never restored. */
      readonly mode: number;
    }
  | { readonly type: 'link'; readonly path: AbsolutePath; readonly target: string }
  | { readonly type: 'directory'; readonly path: AbsolutePath }
  /** The command removes it. */
  | { readonly type: 'absent'; readonly path: AbsolutePath };

/** By path. Throws a RestoreError for what no run can have left, whatever is on the disk. */
export function outputsByPath(
  wanted: readonly WantedOutput[],
  roots: readonly AbsolutePath[],
): Map<AbsolutePath, WantedOutput> {
  const outputs = new Map<AbsolutePath, WantedOutput>();
  for (const output of wanted) {
    checkText(output);
    if (!roots.some((root) => isBelow(output.path, root)))
      throw new RestoreError(
        'OUTSIDE_PROJECT',
        output.path,
        `${shownPath(output.path)} is not in the project`,
      );
    if (outputs.has(output.path)) throw badPath(output.path, 'is an output twice');
    outputs.set(output.path, output);
  }
  return outputs;
}

export function isSameOutput(one: WantedOutput, other: WantedOutput): boolean {
  if (one.type === 'file')
    return other.type === 'file' && one.digest.hash === other.digest.hash && one.mode === other.mode;
  if (one.type === 'link') return other.type === 'link' && one.target === other.target;
  return one.type === other.type;
}

export function badPath(path: string, problem: string): RestoreError {
  return new RestoreError('BAD_PATH', path, `${shownPath(path)} ${problem}`);
}

function checkText(output: WantedOutput): void {
  const { path } = output;
  if (Buffer.byteLength(path) > longestPath) throw badPath(path, 'is longer than a path can be');
  if (!isAbsolutePath(path)) throw badPath(path, 'is not an absolute path without ".", ".." and empty names');
  if (!isPathText(path)) throw badPath(path, 'is no name that a file can have');
  if (path.split('/').some((name) => Buffer.byteLength(name) > longestName))
    throw badPath(path, 'has a name that is longer than one can be');
  if (output.type !== 'link') return;
  const { target } = output;
  if (target === '' || Buffer.byteLength(target) > longestPath || !isPathText(target))
    throw badPath(path, 'is a symbolic link with a text that none can have');
}

/** PATH_MAX without the NUL at the end, and NAME_MAX; in bytes. */
const longestPath = 4095;
const longestName = 255;

/** Two different texts of this kind are two different paths. */
function isPathText(text: string): boolean {
  if (text.includes('\0')) return false;
  return !/\p{Cs}/u.test(text) || decodePath(encodePath(text)) === text;
}
