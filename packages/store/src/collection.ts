import type { AbsolutePath } from '@oodate/filemon';
import { setAdded } from './added-bytes.js';
import { abandonedFiles, namesInUse } from './in-use.js';
import { removeFile, type StoredFile, spaceOf, statsOf, storedFiles } from './stored-files.js';

/** What was taken out of a store, and what is left. */
export interface Collection {
  readonly removedObjects: number;
  readonly removedEntries: number;
  /** Of both, and of what processes that have ended had begun to write. */
  readonly removedBytes: number;
  /** Bytes that are left. */
  readonly bytes: number;
}

/**
 * Removes what was used least recently until at most so many bytes are left, and what processes that have ended have
 * left behind. Nothing that a process is using is removed. Throws what the system does.
 */
export function collectFiles(folder: AbsolutePath, maxBytes: number): Collection {
  let removedBytes = 0;
  for (const { path, size } of abandonedFiles(folder)) {
    removeFile(path);
    removedBytes += spaceOf(size);
  }
  const inUse = namesInUse(folder);
  const files = [...storedFiles(folder)].sort(byLastUse);
  const removed = { ac: 0, cas: 0 };
  let bytes = files.reduce((sum, { size }) => sum + spaceOf(size), 0);
  for (const { kind, hash, path, isFile, size, lastUse } of files) {
    if (isFile && (bytes <= maxBytes || inUse.has(`${kind}/${hash}`))) continue;
    // Used since it was listed: then it is no longer among the oldest.
    const now = statsOf(path);
    if (now !== undefined && now.mtimeNs !== lastUse) continue;
    removeFile(path);
    removed[kind] += 1;
    bytes -= spaceOf(size);
    removedBytes += spaceOf(size);
  }
  setAdded(folder, bytes);
  return { removedObjects: removed.cas, removedEntries: removed.ac, removedBytes, bytes };
}

/** An entry goes before the objects that were used with it. */
function byLastUse(one: StoredFile, other: StoredFile): number {
  if (one.lastUse !== other.lastUse) return one.lastUse < other.lastUse ? -1 : 1;
  return one.path < other.path ? -1 : 1;
}
