import type { RecordedContent, RecordedFile, RecordedState } from '@oodate/meta-file';
import type { FileState, FileStates, PresentFile } from './file-states.js';

interface ComparisonOptions {
  readonly mode?: 'content' | 'mtime';
  readonly digestAll?: boolean;
}

/**
 * Whether `now` differs from what was recorded, in what matters for the use of
 * the file. `recorded` is the file-system time at which the record was made. An
 * errno if this cannot be found out.
 */
export function difference(
  file: RecordedFile,
  now: FileState,
  recorded: bigint,
  files: FileStates,
  options: ComparisonOptions,
): 'none' | 'changed' | { readonly errno: string } {
  const was = file.state;
  if (now.type === 'unreadable' && was.type !== 'unreadable') return { errno: now.errno };
  if (was.type !== now.type) return 'changed';
  if (was.type === 'link' && now.type === 'link') return was.target === now.target ? 'none' : 'changed';
  if (was.type !== 'file' || now.type !== 'file') return 'none';
  if (file.use !== 'read' && !sameExecutableBits(was, now)) return 'changed';
  return contentDifference(file, was, now, recorded, files, options);
}

function contentDifference(
  file: RecordedFile,
  was: RecordedContent,
  now: PresentFile,
  recorded: bigint,
  files: FileStates,
  options: ComparisonOptions,
): 'none' | 'changed' | { readonly errno: string } {
  if (was.size !== now.size) return 'changed';
  if (options.mode === 'mtime') return was.mtime === now.mtime ? 'none' : 'changed';
  const untouched = isSameFile(was, now, recorded);
  if (untouched && options.digestAll !== true) return 'none';
  if (was.digest === undefined) return untouched ? 'none' : 'changed';
  const found = files.digest(file.path);
  if ('errno' in found) return { errno: found.errno };
  return found.digest === was.digest ? 'none' : 'changed';
}

/**
 * The same file with the same content, by everything that a change of its content cannot leave as it is: the
 * kernel alone sets ctime. `recorded` is as for `difference`: what was changed at that time or later could
 * have been changed once more within the same tick of the clock, after it was recorded. (Source: git's "racy" entries.)
 */
export function isSameFile(was: RecordedContent, now: PresentFile, recorded: bigint): boolean {
  return (
    was.ctime === now.ctime &&
    was.ctime < recorded &&
    was.mtime === now.mtime &&
    was.size === now.size &&
    was.inode === now.inode &&
    was.mode === now.mode
  );
}

function sameExecutableBits(was: RecordedContent, now: PresentFile): boolean {
  return (was.mode & 0o111) === (now.mode & 0o111);
}

/** The present state in the words of the record; a file's content is not looked at. */
export function presentState(state: FileState): RecordedState {
  switch (state.type) {
    case 'file':
      return { ...state, digest: undefined };
    case 'link':
      return { type: 'link', target: state.target };
    case 'directory':
    case 'special':
      return { type: state.type };
    case 'absent':
    case 'unreadable':
      return state;
  }
}
