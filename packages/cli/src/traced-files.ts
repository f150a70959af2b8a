import { readFileSync, statSync } from 'node:fs';
import { type AbsolutePath, isAbsolutePath, joinPath } from '@oodate/filemon';
import { type ReadRecord, readMetaFile, type TracedFile } from '@oodate/meta-file';
import { CliError } from './cli-error.js';
import { findPackage } from './package-script.js';
import { resolveTarget, type TargetName } from './target.js';
import { pathWords } from './words.js';

/** A meta file or filemon log that the user named, in full. */
export interface NamedFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** As a file, what `-` stands for. */
export const stdinPath = '/dev/stdin';

/**
 * The files that the words name; or, after `--`, the meta file of the target. A word
 * is a script of package.json if there is one of that name, and else a file; with a
 * slash in it, it is never a script.
 */
export async function namedFiles(name: TargetName): Promise<NamedFile[]> {
  const { names, rest, meta } = name;
  if (rest !== undefined || meta !== undefined || names.length === 0)
    return [readNamed((await resolveTarget(name, process.env)).metaFile)];
  return Promise.all(names.map(async (word) => readNamed(await pathNamed(word))));
}

/**
 * Those words that name meta files and no scripts: all or none, as of both together
 * there is no one answer. Throws a CliError.
 */
export function metaFilesAmong({ names, rest, meta }: TargetName): readonly string[] {
  const metaFiles = names.filter((name) => name.endsWith('.meta') && !isScript(name));
  const [first] = metaFiles;
  const other = names.find((name) => !metaFiles.includes(name));
  if (first === undefined) return [];
  if (other !== undefined)
    throw new CliError('USAGE', `${first} is a meta file, and ${other} is not`, 'name one or the other');
  if (rest !== undefined || meta !== undefined)
    throw new CliError(
      'USAGE',
      `${first} is a meta file: it tells command and place itself`,
      'name the meta file alone',
    );
  return metaFiles;
}

async function pathNamed(word: string): Promise<string> {
  if (isScript(word)) return scriptsFile(word);
  const path = joinPath(process.cwd() as AbsolutePath, word);
  const isFileName = word.includes('/') || /\.(?:meta|log)$/.test(word);
  if (!isFileName && statSync(path, { throwIfNoEntry: false }) === undefined)
    // Says that there is no such script, and which there are.
    return scriptsFile(word);
  return path;
}

async function scriptsFile(name: string): Promise<string> {
  return (await resolveTarget({ names: [name], rest: undefined }, process.env)).metaFile;
}

function isScript(word: string): boolean {
  if (word.includes('/')) return false;
  try {
    return findPackage(process.cwd()).scripts.has(word);
  } catch {
    return false;
  }
}

function readNamed(path: string): NamedFile {
  try {
    return { path, bytes: readFileSync(path === stdinPath ? 0 : path) };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw noMetaFile(readMetaFile(path));
    const why = code === 'EISDIR' ? 'is a directory' : `cannot be read (${code})`;
    throw new CliError('FILE_UNREADABLE', `${fileWords(path)} ${why}`, undefined, { cause });
  }
}

/** What to say where no run is known. */
export function noMetaFile(record: ReadRecord): CliError {
  const where = pathWords(record.metaFile, process.cwd());
  if (record.kind === 'former')
    return new CliError('NO_META_FILE', `${where} no longer holds, since the last run was no success`);
  if (record.kind === 'damaged')
    return new CliError(
      'NO_META_FILE',
      `the meta file ${where} is damaged: ${record.message}`,
      'run it again',
    );
  return new CliError(
    'NO_META_FILE',
    `there is no meta file ${where}`,
    'run the target once with: oodate run',
  );
}

/** The name of the file for people. */
export function fileWords(path: string): string {
  return path === stdinPath ? 'stdin' : pathWords(path, process.cwd());
}

/** Where the relative names in the file's log begin. */
export function directoryOf(file: TracedFile): AbsolutePath {
  if (file.kind === 'meta' && isAbsolutePath(file.meta.cwd)) return file.meta.cwd;
  return process.cwd() as AbsolutePath;
}
