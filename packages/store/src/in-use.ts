import { hash, randomInt } from 'node:crypto';
import { closeSync, constants, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { isRunning, ownProcess } from '@oodate/meta-file';
import { openRegular, readWhole } from './open-file.js';
import { errnoOf } from './store-error.js';
import { namesIn, statsOf } from './stored-files.js';

/*
 * Temporary files and marks are named OWNER.ID: PLACE.PID.START.ID. The place stands for the system and the pid
 * namespace that the process runs in, since what has run elsewhere (in a container, on another machine, before the
 * system's start) cannot be asked for from here; what it has left counts as abandoned when it has not been touched
 * for a day.
 */

/** Milliseconds. */
const longAgo = 24 * 60 * 60 * 1000;

/** A name that has not been given before, by this process or another. */
export function ownName(): string {
  owner ??= `${ownPlace()}.${ownProcess().replace(' ', '.')}`;
  return `${owner}.${randomInt(2 ** 47)}`;
}

let owner: string | undefined;

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
    return hash('sha256', `${system}${readlinkSync('/proc/self/ns/pid')}`).slice(0, 8);
  } catch {
    return nowhere;
  }
}

/**
 * Keeps collections from removing what has these names (`cas/abcd…`, `ac/abcd…`); gives back how to end that. Where it
 * cannot be noted nothing can be removed either.
 */
export function markInUse(folder: AbsolutePath, names: readonly string[]): () => void {
  const name = ownName();
  const mark = fsPath(`${marksFolder(folder)}/${name}`);
  const unfinished = fsPath(`${temporaryFolder(folder)}/${name}`);
  try {
    // It is there as a whole or not at all.
    writeFileSync(unfinished, names.join('\n'), { mode: 0o600 });
    renameSync(unfinished, mark);
  } catch {
    rmSync(unfinished, { force: true });
    return () => {};
  }
  return () => rmSync(mark, { force: true });
}

/** The names that processes have marked. */
export function namesInUse(folder: AbsolutePath): ReadonlySet<string> {
  return new Set(
    namesIn(marksFolder(folder)).flatMap((name) => markedNames(`${marksFolder(folder)}/${name}`)),
  );
}

function markedNames(mark: string): string[] {
  try {
    const opened = openRegular(mark as AbsolutePath, constants.O_NOFOLLOW);
    if (opened === undefined) return [];
    try {
      return readWhole(opened.file, opened.size).toString('latin1').split('\n');
    } finally {
      closeSync(opened.file);
    }
  } catch (error) {
    // It has been taken away.
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** What processes that have ended have left: temporary files and marks. */
export function* abandonedFiles(folder: AbsolutePath): Generator<{ path: AbsolutePath; size: number }> {
  for (const directory of [temporaryFolder(folder), marksFolder(folder)])
    for (const name of namesIn(directory)) {
      const path = `${directory}/${name}` as AbsolutePath;
      const stats = statsOf(path);
      if (stats !== undefined && isAbandoned(name, Number(stats.mtimeMs)))
        yield { path, size: Number(stats.size) };
    }
}

function temporaryFolder(folder: AbsolutePath): string {
  return `${folder}/tmp`;
}

function marksFolder(folder: AbsolutePath): string {
  return `${folder}/gc/in-use`;
}
