import { errnoOf, StoreError, systemWords } from './store-error.js';

export type RestoreErrorCode =
  | 'BAD_PATH'
  | 'OUTSIDE_PROJECT'
  | 'IN_THE_WAY'
  | 'NOT_WRITABLE'
  | 'NO_SPACE'
  | 'OBJECT_UNUSABLE'
  | 'NOT_PUT_BACK';

/**
 * Outputs that cannot be restored. The message is one sentence without an end. The tree is as it was,
 * except with NOT_PUT_BACK: that one says where the rest of it is.
 */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly code: RestoreErrorCode;
  /** The output that it is about. */
  readonly path: string;

  constructor(code: RestoreErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/** `cause` is what putting the output at `path` into its place failed with. */
export function restoreErrorOf(cause: unknown, path: string): RestoreError {
  if (cause instanceof RestoreError) return cause;
  const shown = shownPath(path);
  if (cause instanceof StoreError)
    return new RestoreError('OBJECT_UNUSABLE', path, `${shown} cannot be restored: ${cause.message}`, {
      cause,
    });
  const errno = errnoOf(cause);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'NO_SPACE' : 'NOT_WRITABLE';
  return new RestoreError(code, path, `${shown} cannot be restored: ${systemWords(cause)}`, { cause });
}

/** A path from a store may be anything: long, or with characters that a terminal obeys. */
export function shownPath(path: string): string {
  const short = path.length > longestShown ? `${path.slice(0, longestShown)}...` : path;
  return short.replace(/\p{Cc}|\p{Cs}/gu, '\u{FFFD}');
}

const longestShown = 300;
