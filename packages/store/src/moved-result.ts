import { type AbsolutePath, childOf, directoriesAbove } from '@oodate/filemon';
import type { MetaFile, RecordedFile, RunRecord } from '@oodate/meta-file';
import { pathWithAbove } from './package-folders.js';
import { movedPath, movedText } from './project-root.js';

interface Result {
  readonly meta: MetaFile;
  readonly run: RunRecord;
}

/**
 * The result as it would be had the run been made in a project at `to`. `above`: what it looked for in vain in each
 * directory above the project.
 */
export function movedResult(
  { meta, run }: Result,
  from: AbsolutePath,
  to: AbsolutePath,
  above: readonly string[],
): Result {
  if (from === to) return { meta, run };
  const text = (value: string) => movedText(value, from, to);
  const bytes = (value: Uint8Array) => Buffer.from(text(Buffer.from(value).toString('latin1')), 'latin1');
  return {
    meta: {
      ...meta,
      commands: meta.commands.map(text),
      cwd: text(meta.cwd),
      ...(meta.filemon !== undefined && { filemon: bytes(meta.filemon) }),
    },
    run: lookingAbove(movedRecord(run, from, to), from, to, above),
  };
}

function movedRecord(run: RunRecord, from: AbsolutePath, to: AbsolutePath): RunRecord {
  const text = (value: string) => movedText(value, from, to);
  const path = (value: AbsolutePath) => movedPath(value, from, to);
  return {
    ...run,
    commands: run.commands.map((words) => words.map(text)),
    cwd: path(run.cwd),
    ...(run.logicalCwd !== undefined && { logicalCwd: path(run.logicalCwd) }),
    ...(run.stdin !== undefined && { stdin: text(run.stdin) }),
    environment: run.environment.map((variable) => {
      const { name, value, hidden } = variable;
      if (hidden) return variable;
      return { ...variable, value: text(name === 'PATH' ? pathWithAbove(value, from, to) : value) };
    }),
    files: run.files.map((file) => ({
      ...file,
      path: path(file.path),
      by: file.by === undefined ? undefined : path(file.by as AbsolutePath),
      state: file.state.type === 'link' ? { ...file.state, target: text(file.state.target) } : file.state,
    })),
    listings: run.listings.map((listing) => ({
      ...listing,
      path: path(listing.path),
      by: listing.by === undefined ? undefined : path(listing.by as AbsolutePath),
    })),
  };
}

function lookingAbove(
  run: RunRecord,
  from: AbsolutePath,
  to: AbsolutePath,
  names: readonly string[],
): RunRecord {
  const all = (root: AbsolutePath) =>
    [...directoriesAbove(root)].flatMap((folder) => names.map((name) => childOf(folder, name)));
  const former = new Set(all(from));
  const looks = all(to).map(
    (path): RecordedFile => ({
      path,
      use: 'missing',
      state: { type: 'absent' },
      by: undefined,
      disturbed: false,
    }),
  );
  const above = new Set(directoriesAbove(from));
  const stays = ({ path, state }: RecordedFile) =>
    !former.has(path) && !(state.type === 'directory' && above.has(path));
  return { ...run, files: [...run.files.filter(stays), ...looks] };
}
