import { checkLines, TraceError } from '@oodate/tracer';
import type { BackendName } from './monitor.js';
import { backendNames } from './monitor.js';

/** Whether one backend works on this machine, as was found by trying it. */
export interface MonitorBackendReport {
  readonly name: BackendName;
  readonly works: boolean;
  /** Why it does not work, for programs; empty if it does. */
  readonly code: string;
  /** What it is if it works, else why it does not. */
  readonly sentence: string;
  /** What to do to make it work; empty if it does. */
  readonly remedy: string;
}

/** Tries every backend, best first. */
export function monitorBackends(): MonitorBackendReport[] {
  return [...nativeBackends(), inotifyBackend()];
}

function nativeBackends(): MonitorBackendReport[] {
  try {
    return checkLines('--monitor').flatMap(({ name, word, ...row }) => {
      const known = backendNames.find((each) => each === name);
      return known === undefined || word === 'limit' ? [] : [{ name: known, works: word === 'yes', ...row }];
    });
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    const { code, message, hint } = error;
    return backendNames
      .filter((name) => name !== 'inotify')
      .map((name) => ({ name, works: false, code, sentence: message, remedy: hint ?? '' }));
  }
}

function inotifyBackend(): MonitorBackendReport {
  const works = process.platform === 'linux';
  return {
    name: 'inotify',
    works,
    code: works ? '' : 'UNSUPPORTED_PLATFORM',
    sentence: works
      ? 'inotify(7): that a file has changed, without any privilege; not who did it, nor what is written to mapped memory'
      : `inotify is Linux's, and this is ${process.platform}`,
    remedy: '',
  };
}
