import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, fsPath, joinPath } from '@oodate/filemon';
import { isRunning, ownProcess } from './process-identity.js';

/*
 * While X.meta.lock is there, the process whose identity it holds runs the target of X.meta or
 * decides about it, and another that wants to waits. One whose process has ended is no lock.
 */

/** Milliseconds from one look at somebody else's lock to the next. */
const interval = 30;

/**
 * Waits until no other process has the lock of the meta file, and takes it. `onWait` is called once
 * if it has to wait. Returns how to give it back. Where no lock can be written there is none.
 */
export async function lockRun(metaFile: AbsolutePath, onWait: () => void): Promise<() => void> {
  const lock = fsPath(`${metaFile}.lock`);
  const own = ownProcess();
  for (let waits = 0; ; waits += 1) {
    const holder = takeLock(metaFile, lock, own);
    if (holder === own) return () => rmSync(lock, { force: true });
    if (holder === undefined) return () => {};
    if (waits === 0) onWait();
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

/** Who has it now; undefined if there can be none. */
function takeLock(metaFile: AbsolutePath, lock: string | Buffer, own: string): string | undefined {
  const made = fsPath(`${metaFile}.lock.${process.pid}`);
  try {
    mkdirSync(fsPath(joinPath(metaFile, '..')), { recursive: true });
    // Made elsewhere first, so that it is never there without its text.
    writeFileSync(made, own);
    linkSync(made, lock);
    return own;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
  } finally {
    rmSync(made, { force: true });
  }
  const holder = readHolder(lock);
  if (holder !== undefined && isRunning(holder)) return holder;
  rmSync(lock, { force: true });
  return 'nobody';
}

function readHolder(lock: string | Buffer): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return undefined;
  }
}
