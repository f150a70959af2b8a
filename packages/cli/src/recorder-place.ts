import { statSync } from 'node:fs';
import { type AbsolutePath, encodePath } from '@oodate/filemon';
import { findRecorder, recorderFolder } from '@oodate/monitor';
import { projectRoot } from '@oodate/store';
import { CliError } from './cli-error.js';

/** The project that the current directory is in, and where its recorder has its folder. */
export interface RecorderPlace {
  readonly root: AbsolutePath;
  readonly folder: AbsolutePath;
}

/** `file`: the folder that has it is preferred to one that a recorder would be started in now. */
export function recorderPlace(file: 'socket' | 'journal'): RecorderPlace {
  const cwd = process.cwd() as AbsolutePath;
  const root = projectRoot(cwd) ?? cwd;
  return { root, folder: findRecorder(cwd, file) ?? recorderFolder(root) };
}

/** What root starts by sudo would be root's, and of no use to who asked for it. Throws a CliError. */
export function assertOwnProject(root: AbsolutePath): void {
  const { uid } = statSync(encodePath(root));
  if (process.geteuid?.() === 0 && uid !== 0 && process.env.SUDO_UID !== undefined)
    throw new CliError(
      'NOT_OWN_PROJECT',
      `${root} belongs to the user ${uid}, and a recorder that root starts would write for root alone`,
      'start it without sudo; for the bpf backend see "oodate doctor --fix", or "oodate monitor record unit --system"',
    );
}
