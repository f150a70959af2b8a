import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { decodePath, encodePath, fsPath } from '@oodate/filemon';

/*
 * Beside the meta file X.meta of a script there can be X.meta.plain: then package managers run
 * the script plainly, as long as its text is the one in that file. It only spares a trace, so
 * one that is lost or cannot be written does no harm.
 */

/** Whether the script is to run plainly as long as it has this text. */
export function isPlainScript(metaFile: string, text: string): boolean {
  try {
    return decodePath(readFileSync(fsPath(placeOf(metaFile)))) === text;
  } catch {
    return false;
  }
}

/** False if it could not be noted. */
export function notePlainScript(metaFile: string, text: string): boolean {
  try {
    writeFileSync(fsPath(placeOf(metaFile)), encodePath(text));
    return true;
  } catch {
    return false;
  }
}

export function forgetPlainScript(metaFile: string): void {
  try {
    rmSync(fsPath(placeOf(metaFile)), { force: true });
  } catch {
    // It stays as it is.
  }
}

function placeOf(metaFile: string): string {
  return `${metaFile}.plain`;
}
