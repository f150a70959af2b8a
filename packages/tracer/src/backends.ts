import { execa } from 'execa';

import { findProbe } from './probe.js';

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
}

/** Tries every backend, best first. Throws a TraceError if there is no probe. */
export async function probeBackends(): Promise<BackendReport[]> {
  const { stdout } = await execa(findProbe(), ['--check'], { reject: false });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', works, code = '', sentence = '', remedy = ''] = line.split('\t');
      return { name, works: works === 'yes', code, sentence, remedy };
    });
}
