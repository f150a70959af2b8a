/** The command could not be run or traced. */
export class TraceError extends Error {
  override readonly name = 'TraceError';

  constructor(
    /**
     * `COMMAND_NOT_FOUND`, `CANNOT_EXECUTE`; `SECCOMP_UNAVAILABLE`, `SECCOMP_FORBIDDEN`, `SECCOMP_BUSY`,
     * `MEMORY_FORBIDDEN`; `NOT_BUILT`, `NO_CAPABILITY`, `NOT_GRANTED`, `NOT_PERMITTED`, `OLD_KERNEL`, `NO_BTF`, `LOCKED_DOWN`,
     * `BPF_REFUSED`, `LOADER_FAILED`; `NO_SUCH_BACKEND`, `NO_PROCESS`, `NO_SESSION`; `NO_PROBE`, `UNSUPPORTED_PLATFORM`, `PROBE_FAILED`,
     * `LOG_NOT_WRITABLE`. After `PROBE_FAILED` the command may still run, after the others nothing of it has.
     */
    readonly code: string,
    message: string,
    /** Exit status in the manner of env(1): 127 not found, 126 not executable, 125 for the rest. */
    readonly status: number,
    /** What to do about it. */
    readonly hint?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
