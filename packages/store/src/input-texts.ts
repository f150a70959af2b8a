import { closeSync, realpathSync } from 'node:fs';
import { type AbsolutePath, decodePath, fsPath, isWithin, nameOf } from '@oodate/filemon';
import type { RecordedContent, RecordedFile, RecordedState, RunRecord } from '@oodate/meta-file';
import type { DecisionOptions } from '@oodate/planner';
import { type Digest, digestOf } from './digest.js';
import type { DiskStore } from './disk-store.js';
import { openRegular, readWhole } from './open-file.js';
import { errnoOf, StoreError } from './store-error.js';

/** What is kept of the inputs of one run at most; sizes in bytes. */
export const mostOfInputs = { files: 500, size: 32 * 1024, bytes: 4 * 1024 * 1024 } as const;

/**
 * Keeps the small texts among the inputs of a run that lie in the project, so that it can be shown later what has changed
 * in them. Rejects with a StoreError if the store cannot be written.
 */
export async function keepInputTexts(
  run: RunRecord,
  store: DiskStore,
  root: AbsolutePath,
  { isIgnored = () => false }: Pick<DecisionOptions, 'isIgnored'>,
): Promise<void> {
  const realRoot = realPath(root);
  let room: number = mostOfInputs.bytes;
  for (const { path, state } of smallInputs(run, root, isIgnored).slice(0, mostOfInputs.files)) {
    room -= Number(state.size);
    if (room < 0) break;
    const digest = { hash: state.digest, size: Number(state.size) };
    if (store.hasToUse(digest)) continue;
    const real = realPath(path);
    // A link may lead to what is no part of the project, or is a secret by its own name.
    if (real === undefined || realRoot === undefined || !isWithin(real, realRoot) || !mayBeKept(real, state))
      continue;
    const text = textOf(path, digest);
    if (text !== undefined) store.putBytes(text);
  }
  await store.collectIfNeeded();
}

interface SmallInput {
  readonly path: AbsolutePath;
  readonly state: RecordedContent & { readonly digest: string };
}

/** Those first that have changed, as they will again. */
function smallInputs(
  run: RunRecord,
  root: AbsolutePath,
  isIgnored: (path: AbsolutePath) => boolean,
): SmallInput[] {
  const changed = new Set(run.because?.reasons.map(({ path }) => path));
  const isSmallInput = (file: RecordedFile): file is RecordedFile & SmallInput => {
    const { path, use, state } = file;
    return (
      (use === 'read' || use === 'executed' || use === 'extra') &&
      state.type === 'file' &&
      state.digest !== undefined &&
      state.size <= mostOfInputs.size &&
      isWithin(path, root) &&
      mayBeKept(path, state) &&
      !isIgnored(path)
    );
  };
  const inputs = run.files.filter(isSmallInput);
  return [
    ...inputs.filter(({ path }) => changed.has(path)),
    ...inputs.filter(({ path }) => !changed.has(path)),
  ];
}

/** Names of files that hold keys or passwords. */
const secretNames =
  /^(?:\.env.*|\.envrc|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|\.pypirc|\.pgpass|\.htpasswd|id_[a-z0-9]+|.*(?:secret|credential|password).*|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg|env|tfvars|tfstate))$/i;

/** Nothing that its owner alone may read, that is named like a secret, or that was installed. */
function mayBeKept(path: AbsolutePath, { mode }: Pick<RecordedContent, 'mode'>): boolean {
  return (mode & 0o077) !== 0 && !path.includes('/node_modules/') && !secretNames.test(nameOf(path));
}

/**
 * What was in a file that has changed, and what is in it now; undefined if one of both is not known, is no small file,
 * or is not to be shown.
 */
export function changedTexts(
  path: AbsolutePath,
  was: RecordedState,
  is: RecordedState,
  store: DiskStore,
): { readonly was: Buffer; readonly is: Buffer } | undefined {
  if (was.type !== 'file' || is.type !== 'file' || was.digest === undefined) return undefined;
  if (was.size > mostOfInputs.size || is.size > mostOfInputs.size) return undefined;
  const real = realPath(path);
  if (real === undefined || ![was, is].every((state) => mayBeKept(path, state) && mayBeKept(real, state)))
    return undefined;
  const present = contentOf(path, Number(is.size));
  const former = present && objectOf({ hash: was.digest, size: Number(was.size) }, store);
  return former && { was: former, is: present };
}

/** undefined if the store does not have it, or not as it was. */
function objectOf(digest: Digest, store: DiskStore): Buffer | undefined {
  try {
    return store.read(digest, mostOfInputs.size);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** undefined if it has other content by now, or is no text. */
function textOf(path: AbsolutePath, { hash, size }: Digest): Buffer | undefined {
  const bytes = contentOf(path, size);
  if (bytes === undefined || bytes.includes(0) || digestOf(bytes).hash !== hash) return undefined;
  return bytes;
}

/** undefined if it has another size by now, or cannot be read. */
function contentOf(path: AbsolutePath, size: number): Buffer | undefined {
  try {
    const opened = openRegular(path);
    if (opened === undefined) return undefined;
    try {
      return opened.size === size ? readWhole(opened.file, size) : undefined;
    } finally {
      closeSync(opened.file);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function realPath(path: AbsolutePath): AbsolutePath | undefined {
  try {
    return decodePath(realpathSync.native(fsPath(path), { encoding: 'buffer' })) as AbsolutePath;
  } catch {
    return undefined;
  }
}
