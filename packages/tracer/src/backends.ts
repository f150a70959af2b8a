import { spawnSync } from 'node:child_process';

import { findProbe } from './probe.js';
import { TraceError } from './trace-error.js';

/** Whether one way of seeing works on this machine, as the probe found by trying it. */
export interface BackendReport {
  readonly name: string;
  readonly works: boolean;
  /** Why it does not work, for programs; empty if it does. */
  readonly code: string;
  /** What it is if it works, else why it does not. */
  readonly sentence: string;
  /** What to do to make it work; empty if it does. */
  readonly remedy: string;
  /** What it does less well here than it could; none if it does not work. */
  readonly limits: readonly BackendLimit[];
}

export interface BackendLimit {
  /** For programs: `NO_NEW_PRIVS`, `INTERRUPTED_CALLS`, `SLOW_WAKE_UP`, `UNKNOWN_ENDS`, `NO_IO_URING`, `IO_URING`. */
  readonly code: string;
  readonly sentence: string;
  /** What to do about it; empty if there is nothing. */
  readonly remedy: string;
}

/** A line of what the probe says of its backends. */
export interface CheckLine {
  readonly name: string;
  /** `yes`, `no`, or `limit`. */
  readonly word: string;
  readonly code: string;
  readonly sentence: string;
  readonly remedy: string;
}

/** What the probe says to `--check`. `words` come before it. Throws a TraceError if there is no probe. */
export function checkLines(...words: readonly string[]): CheckLine[] {
  const { stdout, error } = spawnSync(findProbe(), [...words, '--check'], { encoding: 'utf8' });
  if (error !== undefined)
    throw new TraceError('PROBE_FAILED', 'the probe could not be started', 125, undefined, { cause: error });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [name = '', word = '', code = '', sentence = '', remedy = ''] = line.split('\t');
    return { name, word, code, sentence, remedy };
  });
}

/** Tries every backend, best first. Throws a TraceError if there is no probe. */
export async function probeBackends(): Promise<BackendReport[]> {
  const rows = checkLines();
  return rows
    .filter(({ word }) => word !== 'limit')
    .map(({ word, ...row }) => ({
      ...row,
      works: word === 'yes',
      limits: rows
        .filter(({ name, word }) => name === row.name && word === 'limit')
        .map(({ code, sentence, remedy }) => ({ code, sentence, remedy })),
    }));
}
