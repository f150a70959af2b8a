import type { AbsolutePath } from '@oodate/filemon';
import { type Collection, DiskStore } from '@oodate/store';
import { parseSize } from '../byte-size.js';
import { CliError } from '../cli-error.js';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import { loadSettings } from '../settings.js';
import { storeFolder } from '../settings-effect.js';
import { collectionWords, damagedFileWords, storeStatusWords, verificationWords } from '../words.js';

/** Each works on the store that is set for the current directory, used or not, and gives the exit status. */
export async function showCache(json: boolean): Promise<number> {
  const { store, isUsed } = await openStore();
  const status = await store.status();
  if (json) printJson({ directory: store.folder, isUsed, ...status });
  else writeOut(1, storeStatusWords(store.folder, status, isUsed));
  return 0;
}

/** `size`: what may be left, as the user wrote it; default: that of the settings. */
export async function collectCache(size: string | undefined, json: boolean): Promise<number> {
  const maxBytes = size === undefined ? undefined : parseSize(size);
  if (size !== undefined && maxBytes === undefined)
    throw new CliError('USAGE', `--size takes a size, and "${size}" is none`, 'as in --size "500 MB"');
  const { store } = await openStore();
  tellCollection(store.folder, await store.collect(maxBytes === undefined ? {} : { maxBytes }), json);
  return 0;
}

/** Says of each damaged object and entry what is wrong with it. Gives 1 if there is any. */
export async function verifyCache(json: boolean): Promise<number> {
  const { store } = await openStore();
  const verification = await store.verify();
  const { damaged } = verification;
  if (json) printJson({ directory: store.folder, ...verification });
  else {
    for (const file of damaged) writeOut(1, `${damagedFileWords(file)}\n`);
    writeOut(1, `${verificationWords(verification)}\n`);
  }
  return damaged.length > 0 ? 1 : 0;
}

export async function clearCache(json: boolean): Promise<number> {
  const { store } = await openStore();
  tellCollection(store.folder, await store.clear(), json);
  return 0;
}

async function openStore(): Promise<{ store: DiskStore; isUsed: boolean }> {
  const settings = await loadSettings(process.cwd() as AbsolutePath, process.env);
  const maxBytes = parseSize(settings['store.size'].value) as number;
  return {
    store: new DiskStore(storeFolder(settings), { maxBytes }),
    isUsed: settings['store.enabled'].value,
  };
}

function tellCollection(directory: AbsolutePath, collection: Collection, json: boolean): void {
  if (json) printJson({ directory, ...collection });
  else writeOut(1, `${collectionWords(collection)}\n`);
}
