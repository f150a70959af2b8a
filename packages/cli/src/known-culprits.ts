import type { AbsolutePath } from '@oodate/filemon';
import { findRecorder } from '@oodate/monitor';
import type { Culprits } from './culprits.js';

/** Of the project that the directory is in; undefined where no recorder has kept a journal, and then nothing is loaded. */
export async function culpritsAt(directory: AbsolutePath): Promise<Culprits | undefined> {
  const folder = findRecorder(directory, 'journal');
  if (folder === undefined) return undefined;
  const { Culprits } = await import('./culprits.js');
  return Culprits.in(folder);
}
