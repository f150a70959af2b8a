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
  /** Content and state that belong together, or why it cannot be read. */
  digest(path: AbsolutePath): DigestedFile | { readonly errno: string };
  /** As `listedName` writes them, names in byte order; undefined if it is no readable directory. */
  list(path: AbsolutePath): readonly string[] | undefined;
}

export type FileState =
  | { readonly type: 'absent' }
  | { readonly type: 'unreadable'; readonly errno: string }
  | { readonly type: 'link'; readonly target: string; readonly ctime: bigint }
  | PresentDirectory
  | { readonly type: 'special'; readonly ctime: bigint }
  | PresentFile;

/** Times in nanoseconds since the epoch. */
export interface PresentDirectory {
  readonly type: 'directory';
  readonly mtime: bigint;
  readonly ctime: bigint;
  /** When it was made; its ctime on a file system that does not know. */
  readonly made: bigint;
}

export interface PresentFile {
  readonly type: 'file';
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly inode: bigint;
  /** Permission bits, as in st_mode & 0o7777. */
  readonly mode: number;
}

export interface DigestedFile {
  /** SHA-256 in hex. */
  readonly digest: string;
  /** The state that the file had before and after it was read. */
  readonly file: PresentFile;
}
