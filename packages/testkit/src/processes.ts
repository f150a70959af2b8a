import { readdirSync, readFileSync } from 'node:fs';

/** The processes that this one has started and that have not been waited for; none if it has gone. */
export function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Those that have this variable, `NAME=value`, in the environment that they were started with; zombies have none. */
export function processesWith(variable: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).split('\0').includes(variable))
    .map(Number);
}

/** What is no longer there, or not ours to read, is empty. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
