import { constants } from 'node:os';

/** `SIGKILL` for 9. */
export function signalName(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `signal ${number}`;
}

/** The exit status by which a shell tells that a signal ended a command. */
export function signalStatus(signal: number): number {
  return 128 + signal;
}

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** Does something that such signals to the whole process group shall not end: who else has them decides. */
export async function ignoringSignals<Result>(action: () => Promise<Result>): Promise<Result> {
  const ignore = () => {};
  for (const signal of ending) process.on(signal, ignore);
  try {
    return await action();
  } finally {
    for (const signal of ending) process.off(signal, ignore);
  }
}
