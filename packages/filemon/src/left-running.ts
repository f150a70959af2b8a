import type { FilemonRecord } from './record.js';

/** A process that was alive when the command had ended. What it did after that is not in the log. */
export interface LeftRunning {
  readonly pid: number;
  /** As the kernel has it, cut after 15 bytes. */
  readonly name: string;
}

/** In the order of the log. */
export function leftRunning(records: Iterable<FilemonRecord>): LeftRunning[] {
  const found: LeftRunning[] = [];
  for (const record of records) {
    const [, pid, name = ''] =
      (record.kind === 'comment' && /^ Left running (\d{1,10}) (.*)$/s.exec(record.text)) || [];
    if (pid !== undefined) found.push({ pid: Number(pid), name });
  }
  return found;
}
