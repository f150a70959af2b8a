/** A meta file that cannot be written. The command can run all the same; its result is only not remembered. */
export class MetaFileError extends Error {
  override readonly name = 'MetaFileError';
  readonly code: MetaFileErrorCode;
  /** What can be done about it. */
  readonly hint: string | undefined;

  constructor(code: MetaFileErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

export type MetaFileErrorCode = 'META_FILE_NOT_WRITABLE' | 'META_FILE_IS_DIRECTORY' | 'META_FOLDER_GONE';
