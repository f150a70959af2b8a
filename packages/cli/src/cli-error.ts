/** Stops the tool. The message is one sentence without a full stop: what, where; the hint is what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly code: CliErrorCode,
    message: string,
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export type CliErrorCode =
  | 'USAGE'
  | 'NO_DIRECTORY'
  | 'NO_PACKAGE_JSON'
  | 'PACKAGE_JSON_UNREADABLE'
  | 'PACKAGE_JSON_INVALID'
  | 'NO_SUCH_SCRIPT'
  | 'SETTINGS_INVALID'
  | 'SHELL_IS_SET'
  | 'NOT_AGREED'
  | 'NO_META_FILE'
  | 'NO_TIMES'
  | 'NOTHING_TO_SHOW'
  | 'FILE_UNREADABLE'
  | 'FILE_NOT_WRITABLE'
  | 'NOT_CONVERTIBLE'
  | 'COMMAND_NOT_FOUND'
  | 'CANNOT_EXECUTE'
  | 'FRONT_ENDED'
  | 'NOT_WATCHABLE'
  | 'NO_WORKSPACE'
  | 'WORKSPACE_UNREADABLE'
  | 'WORD_NOT_UTF8'
  | 'LOG_NOT_WRITABLE'
  | 'NOT_FIXABLE'
  | 'NO_SETCAP'
  | 'NO_FILE_CAPABILITIES'
  | 'SETCAP_FAILED'
  | 'NOT_OWN_PROJECT'
  | 'NO_RECORDER'
  | 'NO_BMAKE'
  | 'BMAKE_REFUSED';
