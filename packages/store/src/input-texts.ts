import { closeSync, realpathSync } from 'node:fs';
import { type AbsolutePath, decodePath, fsPath, isWithin, nameOf } from '@oodate/filemon';
import type { RecordedContent, RecordedState, RunRecord } from '@oodate/meta-file';
import type { DecisionOptions } from '@oodate/planner';
import { type Digest, digestOf } from './digest.js';
import type { DiskStore } from './disk-store.js';
import { openRegular, readWhole } from './open-file.js';
import { errnoOf } from './store-error.js';
import { type KeptText, TextBundle, unlessDamaged } from './text-bundle.js';

/** What is kept of the inputs of one run at most; sizes in bytes. */
export const mostOfInputs = { files: 500, size: 32 * 1024, bytes: 4 * 1024 * 1024 } as const;

/** So many files are kept as objects of their own. To make a file takes longer than to read many. */
const fewFiles = 16;

/**
 * The small texts among the inputs of a target's runs, kept so that it can be shown later what has changed in them.
 * `metaFile`: of the target.
 */
export class InputTexts {
  readonly #store: DiskStore;
  readonly #bundle: TextBundle;

  constructor(store: DiskStore, metaFile: string) {
    this.#store = store;
    this.#bundle = new TextBundle(store, metaFile);
  }

  /** Keeps those of a run that lie in the project. Rejects with a StoreError if the store cannot be written. */
  async keep(
    run: RunRecord,
    root: AbsolutePath,
    { isIgnored = () => false }: Pick<DecisionOptions, 'isIgnored'>,
  ): Promise<void> {
    const inputs = smallInputs(run, root, isIgnored);
    const bundled = this.#bundle.names();
    const fresh = inputs.filter(({ digest }) => !bundled.has(digest.hash) && !this.#store.hasToUse(digest));
    const realRoot = realPath(root);
    const read = fresh.flatMap((input) => {
      const text = realRoot === undefined ? undefined : textOf(input, realRoot);
      return text === undefined ? [] : [text];
    });
    if (read.length <= fewFiles) for (const { bytes } of read) this.#store.putBytes(bytes);
    else
      this.#bundle.replace([
        ...this.#bundle.texts(new Set(inputs.map(({ digest }) => digest.hash))),
        ...read,
      ]);
    await this.#store.collectIfNeeded();
  }

  /**
   * What was in a file that has changed, and what is in it now; undefined if one of both is not known, is no small
   * file, or is not to be shown.
   */
  changed(
    path: AbsolutePath,
    was: RecordedState,
    is: RecordedState,
  ): { readonly was: Buffer; readonly is: Buffer } | undefined {
    if (was.type !== 'file' || is.type !== 'file' || was.digest === undefined) return undefined;
    if (was.size > mostOfInputs.size || is.size > mostOfInputs.size) return undefined;
    const real = realPath(path);
    if (real === undefined || ![was, is].every((state) => mayBeKept(path, state) && mayBeKept(real, state)))
      return undefined;
    const present = contentOf(path, Number(is.size));
    const former = present && this.#formerText({ hash: was.digest, size: Number(was.size) });
    return former && { was: former, is: present };
  }

  /** undefined if the store does not have it, or not as it was. */
  #formerText(digest: Digest): Buffer | undefined {
    const [bundled] = this.#bundle.texts(new Set([digest.hash]));
    return bundled?.bytes ?? unlessDamaged(() => this.#store.read(digest, mostOfInputs.size));
  }
}

interface SmallInput {
  readonly path: AbsolutePath;
  readonly state: RecordedContent;
  readonly digest: Digest;
}

/** Those first that have changed, as they will again. */
function smallInputs(
  run: RunRecord,
  root: AbsolutePath,
  isIgnored: (path: AbsolutePath) => boolean,
): SmallInput[] {
  const changed = new Set(run.because?.reasons.map(({ path }) => path));
  const all = run.files.flatMap((file): SmallInput[] => {
    const { path, use, state } = file;
    if (use !== 'read' && use !== 'executed' && use !== 'extra') return [];
    if (state.type !== 'file' || state.digest === undefined || state.size > mostOfInputs.size) return [];
    if (!isWithin(path, root) || !mayBeKept(path, state) || isIgnored(path)) return [];
    return [{ path, state, digest: { hash: state.digest, size: Number(state.size) } }];
  });
  const inOrder = [
    ...all.filter(({ path }) => changed.has(path)),
    ...all.filter(({ path }) => !changed.has(path)),
  ];
  let room: number = mostOfInputs.bytes;
  return inOrder.slice(0, mostOfInputs.files).filter(({ digest }) => {
    room -= digest.size;
    return room >= 0;
  });
}

/** Names of files that hold keys or passwords. */
const secretNames =
  /^(?:\.env.*|\.envrc|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|\.pypirc|\.pgpass|\.htpasswd|id_[a-z0-9]+|.*(?:secret|credential|password).*|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg|env|tfvars|tfstate))$/i;

/** Nothing that its owner alone may read, that is named like a secret, or that was installed. */
function mayBeKept(path: AbsolutePath, { mode }: Pick<RecordedContent, 'mode'>): boolean {
  return (mode & 0o077) !== 0 && !path.includes('/node_modules/') && !secretNames.test(nameOf(path));
}

/** undefined if it has other content by now, is no text, or is behind a link no part of the project. */
function textOf({ path, state, digest }: SmallInput, realRoot: AbsolutePath): KeptText | undefined {
  const real = realPath(path);
  if (real === undefined || !isWithin(real, realRoot) || !mayBeKept(real, state)) return undefined;
  const bytes = contentOf(path, digest.size);
  if (bytes === undefined || bytes.includes(0) || digestOf(bytes).hash !== digest.hash) return undefined;
  return { digest, bytes };
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
