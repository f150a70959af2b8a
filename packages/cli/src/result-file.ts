import { randomBytes } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isKernelPath } from '@oodate/filemon';
import { assertWordsIntact } from './argument-words.js';
import { CliError } from './cli-error.js';
import { writeOut } from './output-streams.js';
import { pathWords } from './words.js';

/**
 * Writes what a command was asked for to this file, at once and as a whole: who reads it meanwhile has the former one.
 * `-`: stdout. Throws a CliError.
 */
export function writeResultFile(name: string, content: string | Uint8Array): void {
  assertWordsIntact([name]);
  if (name === '-') {
    writeOut(1, content);
    return;
  }
  try {
    const former = statSync(name, { throwIfNoEntry: false });
    // Nothing can be put in the place of a pipe or a device, nor of a file that is open already, as for /dev/stdout.
    if (former?.isFile() === false || isKernelPath(resolve(name)))
      writeFileSync(name, content, { flag: 'a' });
    // What a symbolic link leads to is written, and not the link.
    else replaceFile(former === undefined ? name : realpathSync(name), content, former?.mode);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const where = pathWords(name, process.cwd());
    throw new CliError('FILE_NOT_WRITABLE', `${where} cannot be written (${code})`, undefined, { cause });
  }
}

function replaceFile(path: string, content: string | Uint8Array, mode: number | undefined): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, content, { flag: 'wx', ...(mode !== undefined && { mode }) });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
