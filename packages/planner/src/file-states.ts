import type { AbsolutePath } from '@oodate/filemon';

/**
 * The present state of the disk, as far as the decision needs it. The real one
 * is `diskFileStates`; tests have one in memory whose clock they move.
 * Synchronous: a decision is many small looks, and awaiting each costs more than
 * the look. Nothing throws for what is merely not there.
 */
export interface FileStates {
  /** What the path leads to, symbolic links followed. */
  state(path: AbsolutePath): FileState;
  /** The path itself: a symbolic link is a link. */
  linkState(path: AbsolutePath): FileState;
  /** SHA-256 in hex, or the errno code if it cannot be read. */
  digest(path: AbsolutePath): { readonly digest: string } | { readonly errno: string };
  /** Names in byte order (path text), or undefined if it is no readable directory. */
  list(path: AbsolutePath): readonly string[] | undefined;
}

export type FileState =
  | { readonly type: 'absent' }
  | { readonly type: 'unreadable'; readonly errno: string }
  | { readonly type: 'link'; readonly target: string }
  | { readonly type: 'directory'; readonly mtime: bigint; readonly ctime: bigint }
  | { readonly type: 'special' }
  | {
      readonly type: 'file';
      readonly size: bigint;
      readonly mtime: bigint;
      readonly ctime: bigint;
      readonly inode: bigint;
      readonly mode: number;
    };
