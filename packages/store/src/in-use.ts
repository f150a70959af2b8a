import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { isRunning, ownProcess } from '@oodate/meta-file';

/*
 * Temporary files and marks are named OWNER.N: PLACE.PID.START.N. The place stands for the system and the pid
 * namespace that the process runs in, since what has run elsewhere (in a container, on another machine, before the
 * system's start) cannot be asked for from here; what it has left counts as abandoned when it has not been touched
 * for a day.
 */

/** Milliseconds. */
const longAgo = 24 * 60 * 60 * 1000;

let names = 0;

/** A name that no other process gives, and this one only once. */
export function ownName(): string {
  names += 1;
  return `${ownPlace()}.${ownProcess().replace(' ', '.')}.${names}`;
}

/** Whether the process that gave this name has ended. `touched`: milliseconds since the epoch. */
export function isAbandoned(name: string, touched: number): boolean {
  const [place, pid, start] = name.split('.');
  return place === ownPlace() && place !== nowhere
    ? !isRunning(`${pid} ${start}`)
    : Date.now() - touched > longAgo;
}

const nowhere = 'nowhere';

let place: string | undefined;

function ownPlace(): string {
  place ??= findPlace();
  return place;
}

function findPlace(): string {
  try {
    const system = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
    return createHash('sha256')
      .update(`${system}${readlinkSync('/proc/self/ns/pid')}`)
      .digest('hex')
      .slice(0, 8);
  } catch {
    return nowhere;
  }
}

/** Of each mark: names of objects and entries, one a line. */
export function marksFolder(folder: AbsolutePath): AbsolutePath {
  return `${folder}/gc/in-use` as AbsolutePath;
}

/** Gives back how to take the mark away. Where none can be written nothing can be removed either. */
export function markInUse(folder: AbsolutePath, names: readonly string[]): () => void {
  const name = ownName();
  const mark = fsPath(`${marksFolder(folder)}/${name}`);
  try {
    mkdirSync(fsPath(marksFolder(folder)), { recursive: true, mode: 0o700 });
    // It is there as a whole or not at all.
    const unfinished = fsPath(`${folder}/tmp/${name}`);
    writeFileSync(unfinished, names.join('\n'));
    renameSync(unfinished, mark);
  } catch {
    return () => {};
  }
  return () => rmSync(mark, { force: true });
}
