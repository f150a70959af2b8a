import { readFileSync } from 'node:fs';

/** A text that no other process has: its number, and when it was started, as numbers are used again. */
export function ownProcess(): string {
  return `${process.pid} ${startOf(process.pid) ?? '-'}`;
}

/** Whether the process with this identity still runs. One that cannot be seen from here does not. */
export function isRunning(identity: string): boolean {
  const [pid = '', start] = identity.split(' ');
  return /^\d+$/.test(pid) && start !== undefined && startOf(Number(pid)) === start;
}

/** In ticks of the clock since the system's start: proc_pid_stat(5). Undefined if it has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}
