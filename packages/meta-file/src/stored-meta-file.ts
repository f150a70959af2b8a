import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AbsolutePath, decodePath, encodePath, fsPath, type ProcessExit } from '@oodate/filemon';
import { formatMetaFile, type MetaFile, parseMetaFile } from './meta-file.js';
import { MetaFileError } from './meta-file-error.js';
import { metaFolderOf } from './meta-file-names.js';
import { isRunning, ownProcess } from './process-identity.js';
import type { RunRecord } from './run-record.js';

/*
 * The life of a meta file X.meta. Before a run it is renamed to X.meta.last, so
 * that whatever happens next nothing is there to be trusted, and that file gets
 * the line `# oodate attempt started PROCESS`. A run that does not succeed adds one line
 * more, on how it ended. A run that succeeds writes a new X.meta and removes
 * X.meta.last. So a lone X.meta.last means that the last run was not a good one,
 * and its last line tells how it was. Two runs at once see each other's lines.
 */

/** How a run ended that was no success. */
export type Attempt =
  | { readonly kind: 'failed'; readonly exit: ProcessExit }
  | { readonly kind: 'incomplete'; readonly causes: readonly string[] };

/** What is known of a target from its meta file. `metaFile` is where it is, or would be. */
export type ReadRecord = { readonly metaFile: string } & (
  | { readonly kind: 'none' }
  | { readonly kind: 'good'; readonly meta: MetaFile; readonly run: RunRecord }
  /** `attempt` is undefined if the last run was killed before it could say how it ended. */
  | { readonly kind: 'former'; readonly attempt: Attempt | undefined }
  /** `message` is a clause: "it is a directory". */
  | { readonly kind: 'damaged'; readonly message: string }
  /** Written by bmake (no version), or by an oodate that writes another version of the record. */
  | { readonly kind: 'foreign'; readonly meta: MetaFile; readonly version: number | undefined }
);

/** Never throws: what cannot be read is `damaged`. */
export function readMetaFile(path: string): ReadRecord {
  let bytes: Buffer;
  try {
    bytes = readFileSync(fsPath(path));
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return readFormer(path);
    return { kind: 'damaged', metaFile: path, message: unreadable(code) };
  }
  const { meta, recordVersion, problems } = parseMetaFile(bytes);
  if (meta.run !== undefined) return { kind: 'good', metaFile: path, meta, run: meta.run };
  const problem = problems[0];
  if (problem !== undefined)
    return { kind: 'damaged', metaFile: path, message: `${problem.message} (line ${problem.line})` };
  return { kind: 'foreign', metaFile: path, meta, version: recordVersion };
}

function readFormer(path: string): ReadRecord {
  let bytes: Buffer;
  try {
    bytes = readFileSync(fsPath(formerPath(path)));
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'none', metaFile: path };
    return { kind: 'damaged', metaFile: formerPath(path), message: unreadable(code) };
  }
  const lastLine = bytes.subarray(bytes.lastIndexOf('\n', bytes.length - 2) + 1);
  return { kind: 'former', metaFile: path, attempt: parseAttempt(decodePath(lastLine)) };
}

/** Puts the file in its place as a whole. Throws MetaFileError. */
export function writeMetaFile(path: string, meta: MetaFile): void {
  orNotWritable(path, () => {
    remakeFolder(path);
    const temporary = temporaryPath(path);
    try {
      writeFileSync(fsPath(temporary), formatMetaFile(meta));
      renameSync(fsPath(temporary), fsPath(path));
    } catch (error) {
      rmSync(fsPath(temporary), { force: true });
      throw error;
    }
    rmSync(fsPath(formerPath(path)), { force: true });
  });
}

/** What a run left in the place of the meta file when it began. */
export interface RunMark {
  readonly line: string;
  /** Another run of the target was under way by then. */
  readonly isSecond: boolean;
}

/** Before a run: what the file says no longer holds. Throws MetaFileError. */
export function invalidateMetaFile(path: string): RunMark {
  const line = `${startedStart}${ownProcess()}`;
  return orNotWritable(path, () => {
    makeFolder(path);
    if (statSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory()) throw new IsDirectory();
    try {
      renameSync(fsPath(path), fsPath(formerPath(path)));
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
    appendFileSync(fsPath(formerPath(path)), `${line}\n`);
    const others = startedLines(path).filter((other) => other !== line);
    return { line, isSecond: others.some((other) => isRunning(other.slice(startedStart.length))) };
  });
}

/**
 * Whether no other run of the target was under way at any time of this one, which
 * now ends. Where there was, one may have recorded what the other had half written.
 */
export function wasAlone(path: string, { line, isSecond }: RunMark): boolean {
  if (isSecond) return false;
  const last = startedLines(path).at(-1);
  // Gone: with its folder, or because another run has kept its result.
  return last === undefined ? !existsSync(fsPath(path)) : last === line;
}

/** Whether a run of the target is under way, so that what it leaves is not known yet. */
export function isUnderWay(path: string): boolean {
  const record = existsSync(fsPath(path)) ? undefined : readFormer(path);
  if (record?.kind !== 'former' || record.attempt !== undefined) return false;
  return startedLines(path).some((line) => isRunning(line.slice(startedStart.length)));
}

function startedLines(path: string): string[] {
  try {
    const lines = readFileSync(fsPath(formerPath(path)), 'latin1').split('\n');
    return lines.filter((line) => line.startsWith(startedStart));
  } catch {
    return [];
  }
}

/** After a run that was no success. Throws MetaFileError. */
export function noteAttempt(path: string, attempt: Attempt): void {
  orNotWritable(path, () => {
    remakeFolder(path);
    appendFileSync(fsPath(formerPath(path)), encodePath(`${formatAttempt(attempt)}\n`));
  });
}

const attemptStart = '# oodate attempt ';
const startedStart = `${attemptStart}started `;

function formatAttempt(attempt: Attempt): string {
  switch (attempt.kind) {
    case 'failed':
      return `${attemptStart}failed ${attempt.exit.status} ${attempt.exit.signal}`;
    case 'incomplete':
      return `${attemptStart}incomplete ${JSON.stringify(attempt.causes)}`;
  }
}

function parseAttempt(line: string): Attempt | undefined {
  const failed = /^# oodate attempt failed (-?\d+) (\d+)\n$/.exec(line);
  if (failed !== null)
    return { kind: 'failed', exit: { status: Number(failed[1]), signal: Number(failed[2]) } };
  const incomplete = /^# oodate attempt incomplete (\[.*\])\n$/.exec(line);
  if (incomplete === null) return undefined;
  try {
    return { kind: 'incomplete', causes: (JSON.parse(incomplete[1] as string) as unknown[]).map(String) };
  } catch {
    return undefined;
  }
}

function formerPath(path: string): string {
  return `${path}.last`;
}

/** In the same folder, so that the rename stays within one file system. */
function temporaryPath(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return `${path.slice(0, slash)}.${process.pid}.${path.slice(slash, slash + 200)}.tmp`;
}

function makeFolder(path: string): void {
  mkdirSync(fsPath(path.slice(0, path.lastIndexOf('/')) || '/'), { recursive: true });
}

/**
 * After a run that has removed it. What lies around a folder of ours, such as
 * node_modules, or a folder that the user chose, is not for us to bring back.
 */
function remakeFolder(path: string): void {
  const folder = metaFolderOf(path as AbsolutePath);
  if (folder !== undefined && !existsSync(fsPath(folder))) mkdirSync(fsPath(folder));
}

class IsDirectory extends Error {
  readonly code = 'EISDIR';
}

function orNotWritable<Written>(path: string, write: () => Written): Written {
  try {
    return write();
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EISDIR')
      throw new MetaFileError('META_FILE_IS_DIRECTORY', `The meta file ${path} is a directory.`, {
        hint: 'Remove that directory.',
        cause: error,
      });
    if (code === 'ENOENT')
      throw new MetaFileError('META_FOLDER_GONE', `The folder of the meta file ${path} has been removed.`, {
        cause: error,
      });
    throw new MetaFileError('META_FILE_NOT_WRITABLE', `The meta file ${path} cannot be written (${code}).`, {
      hint: 'Make its folder writable, or name another place with --meta FILE.',
      cause: error,
    });
  }
}

function unreadable(errno: string): string {
  return errno === 'EISDIR' ? 'it is a directory' : `it cannot be read (${errno})`;
}

function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
