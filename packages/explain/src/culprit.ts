import type { AbsolutePath } from '@oodate/filemon';

/** The last change of what a reason is about, as somebody has written it down who watched the files. */
export interface Culprit {
  /** That of the reason; of a listing the name in the directory. */
  readonly path: AbsolutePath;
  readonly did: CulpritAct;
  /** ISO 8601. */
  readonly time: string;
  /** null if it could not be told who it was. */
  readonly process: CulpritProcess | null;
}

export const culpritActs = ['changed', 'made', 'removed'] as const;
export type CulpritAct = (typeof culpritActs)[number];

export interface CulpritProcess {
  readonly pid: number;
  /** Of its user. This and what follows is null if it is not known. */
  readonly uid: number | null;
  /** As the kernel has it: 15 bytes at most. */
  readonly name: string | null;
  /** Not of another user's process. */
  readonly executable: string | null;
  /** Its command line; likewise. */
  readonly words: readonly string[] | null;
  /** On whose behalf it worked: its nearest ancestor that is no shell; null if none is known. */
  readonly of: { readonly pid: number; readonly name: string } | null;
}
