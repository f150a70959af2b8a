import { closeSync, openSync, readSync } from 'node:fs';
import { type AbsolutePath, encodePath, fsPath } from '@oodate/filemon';
import type { MetaFile, RecordedFile, RecordedState, RunRecord } from '@oodate/meta-file';
import { type FileState, type FileStates, snapshotStates, type Target } from '@oodate/planner';
import { accessSetOf, factsDigester, formatAccessSet, isPortable, relativeTo } from './access-set.js';
import type { Digest } from './digest.js';
import { type Asker, readIndex } from './known-results.js';
import { type Hindrance, hindranceOf, wantedOutputs } from './outputs.js';
import { type Question, questionOf } from './question.js';
import type { ActionResult } from './remote-execution.js';
import { formatIndex, holds, type KnownEntry, type KnownSet, withKnown } from './stored-index.js';
import { longest, packMeta } from './stored-meta.js';
import type { WantedOutput } from './wanted-output.js';

/**
 * Keeps the result of a run that has just ended well, so that `findKnownResult` finds it. Gives what hinders that,
 * if anything does. Rejects with a StoreError if the store cannot be written.
 */
export async function keepResult(
  target: Target,
  meta: MetaFile & { readonly run: RunRecord },
  disk: FileStates,
  asker: Asker,
): Promise<Hindrance | undefined> {
  const { store, root, decision } = asker;
  const { run } = meta;
  const hindrance = hindranceOf(run, asker);
  if (hindrance !== undefined) return hindrance;
  const set = accessSetOf(run, root);
  const packedSet = formatAccessSet(set);
  const packedMeta = packMeta(meta);
  if (packedMeta === undefined || packedSet.length > longest.set) return { kind: 'too-long-record' };

  const wanted = wantedOutputs(run);
  const isBound = !isPortable(run, root) || namesRoot(meta.output, wanted, root);
  const question = questionOf(target, root, decision.variables);
  const files = snapshotStates(beforeRun(run, disk), run);
  const place = isBound ? root : '';
  const key = question.resultKey(factsDigester(root, files, decision.isIgnored)(set), place);
  const inUse = store.use(wanted.flatMap((output) => (output.type === 'file' ? [output.digest] : [])));
  try {
    for (const output of wanted) if (output.type === 'file') await store.putFile(output.path, output.digest);
    store.writeEntry(key, {
      ...entryOf(wanted, root, store.putBytes(new Uint8Array())),
      result: { meta: store.putBytes(packedMeta), root: place },
    });
    learn(question, { digest: store.putBytes(packedSet), root: place }, { key, root: place }, asker);
  } finally {
    inUse.release();
  }
  await store.collectIfNeeded();
  return undefined;
}

/** The disk with what was there before the run in the place of what it has changed. */
function beforeRun(run: RunRecord, disk: FileStates): FileStates {
  const before = new Map<AbsolutePath, Exclude<RecordedFile['before'], string | undefined>>();
  for (const { path, before: state } of run.files) if (typeof state === 'object') before.set(path, state);
  const state = (path: AbsolutePath, look: (path: AbsolutePath) => FileState): FileState => {
    const known = before.get(path);
    return known === undefined ? look(path) : asFound(known);
  };
  return {
    ...disk,
    state: (path) => state(path, disk.state),
    linkState: (path) => state(path, disk.linkState),
    digest: (path) => {
      const known = before.get(path);
      if (known?.type !== 'file' || known.digest === undefined) return disk.digest(path);
      return { digest: known.digest, file: known };
    },
  };
}

/** What a state of a record says of the disk. Of what is no file nobody asks for the times. */
function asFound(state: RecordedState): FileState {
  switch (state.type) {
    case 'link':
    case 'special':
      return { ...state, ctime: 0n };
    case 'directory':
      return { ...state, mtime: 0n, ctime: 0n, made: 0n };
    default:
      return state;
  }
}

/** What other readers of the store need to know. */
function entryOf(wanted: readonly WantedOutput[], root: AbsolutePath, emptyTree: Digest): ActionResult {
  const path = (output: WantedOutput) => relativeTo(root, output.path);
  return {
    outputFiles: wanted.flatMap((output) =>
      output.type === 'file' ? [{ path: path(output), digest: output.digest, mode: output.mode }] : [],
    ),
    outputSymlinks: wanted.flatMap((output) =>
      output.type === 'link' ? [{ path: path(output), target: output.target }] : [],
    ),
    outputDirectories: wanted.flatMap((output) =>
      output.type === 'directory' ? [{ path: path(output), treeDigest: emptyTree }] : [],
    ),
  };
}

/** Two runs may add to it at the same time, and the later would undo the earlier: who finds that does it again. */
function learn(question: Question, set: KnownSet, result: KnownEntry, { store }: Asker): void {
  // What is damaged was told of when it was looked for, and is replaced now.
  const asker = { store, report: () => {} };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const known = withKnown(readIndex(question, asker), set, result);
    const digest = store.putBytes(formatIndex(known));
    store.writeEntry(question.key, {
      outputFiles: [{ path: 'known.json', digest, mode: 0o444 }],
      outputSymlinks: [],
      outputDirectories: [],
    });
    if (holds(readIndex(question, asker), set, result)) return;
  }
}

/** Whether the path of the project stands in what the command made, which then belongs to that place. */
function namesRoot(output: Uint8Array, wanted: readonly WantedOutput[], root: AbsolutePath): boolean {
  const needles = [...new Set([root, encodeURI(root)])].map((text) => encodePath(text));
  const isIn = (bytes: Buffer) => needles.some((needle) => bytes.includes(needle));
  return (
    isIn(Buffer.from(output)) ||
    wanted.some((made) => {
      if (made.type === 'link') return isIn(encodePath(made.target));
      return (
        made.type === 'file' && isInFile(made.path, isIn, Math.max(...needles.map(({ length }) => length)))
      );
    })
  );
}

const block = Buffer.allocUnsafe(1 << 20);

function isInFile(path: AbsolutePath, isIn: (bytes: Buffer) => boolean, longestNeedle: number): boolean {
  const fd = openSync(fsPath(path), 'r');
  try {
    let carried = 0;
    for (;;) {
      const count = readSync(fd, block, carried, block.length - carried, null);
      if (count === 0) return false;
      const end = carried + count;
      if (isIn(block.subarray(0, end))) return true;
      carried = Math.min(end, longestNeedle - 1);
      block.copyWithin(0, end - carried, end);
    }
  } finally {
    closeSync(fd);
  }
}
