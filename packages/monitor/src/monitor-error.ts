/** Something cannot be monitored, or not any more. The message is one sentence without an end. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';

  constructor(
    /**
     * Of a path: `THROUGH_LINK`, `NAME_TOO_LONG`, `NOT_THERE`, `NOT_REACHABLE`, `KERNEL_FILE_SYSTEM`, `NETWORK_FILE_SYSTEM`,
     * `UNSUITABLE_FILE_SYSTEM`, `TOO_MANY`, `NOT_ABSOLUTE`, `NAME_NOT_UTF8`, `CHANGES_TOO_FAST`. Of a request: `NOT_EXPRESSED`, `BAD_REQUEST`,
     * `NOT_TOLD`, `NEEDS_ROOT`, `CLOSED`. Of a backend: `NO_PROBE`, `UNSUPPORTED_PLATFORM`, `MONITOR_FAILED`, `MONITOR_ENDED`,
     * or why the backend does not work, such as `NO_CAPABILITY`.
     */
    readonly code: string,
    message: string,
    /** What to do about it. */
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
