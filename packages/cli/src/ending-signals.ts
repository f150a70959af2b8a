import { constants } from 'node:os';
import { signalStatus } from './signals.js';

/** Signals that end this process, but not before it has come to an end of its own. */
export interface EndingSignals {
  /** The first that has come. */
  readonly signal: NodeJS.Signals | undefined;
  /** Ends this process by that signal, so that a shell's loop ends too; gives the exit status for where that fails. */
  end(): number;
  release(): void;
}

/** `came`: called for each that comes. */
export function holdEndingSignals(came: (signal: NodeJS.Signals) => void): EndingSignals {
  let first: NodeJS.Signals | undefined;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
  const handler = (signal: NodeJS.Signals) => {
    first ??= signal;
    came(signal);
  };
  for (const signal of signals) process.on(signal, handler);
  const release = () => {
    for (const signal of signals) process.off(signal, handler);
  };
  return {
    get signal() {
      return first;
    },
    end() {
      release();
      if (first === undefined) return 0;
      process.kill(process.pid, first);
      return signalStatus(constants.signals[first]);
    },
    release,
  };
}
