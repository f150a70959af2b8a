import { appendFileSync, lstatSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type AbsolutePath, fsPath } from '@oodate/filemon';
import { ownName } from './in-use.js';

/*
 * How full the store is, without counting it: gc/added has the bytes that a collection has left, and a line for what
 * each process has added since. What a process adds before it is killed is missing, until the next collection.
 */

/** Bytes of the file. A collection, which makes it short, is due long before reading it takes time. */
const maxLength = 1 << 16;

export function noteAdded(folder: AbsolutePath, bytes: number): void {
  appendFileSync(fsPath(addedPath(folder)), `${bytes}\n`, { mode: 0o600 });
}

export function setAdded(folder: AbsolutePath, bytes: number): void {
  const temporary = fsPath(`${folder}/tmp/${ownName()}`);
  writeFileSync(temporary, `${bytes}\n`, { mode: 0o600 });
  renameSync(temporary, fsPath(addedPath(folder)));
}

/** Bytes in the store as far as is known; undefined if they are to be counted. */
export function addedBytes(folder: AbsolutePath): number | undefined {
  try {
    const path = fsPath(addedPath(folder));
    const stats = lstatSync(path);
    if (!stats.isFile() || stats.size > maxLength) return undefined;
    const text = readFileSync(path, 'latin1');
    if (!/^(\d{1,15}\n)+$/.test(text)) return undefined;
    return text
      .trimEnd()
      .split('\n')
      .reduce((sum, line) => sum + Number(line), 0);
  } catch {
    return undefined;
  }
}

function addedPath(folder: AbsolutePath): string {
  return `${folder}/gc/added`;
}
