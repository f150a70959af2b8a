import { getSystemErrorMap } from 'node:util';

export type StoreErrorCode =
  | 'OBJECT_MISSING'
  | 'OBJECT_DAMAGED'
  | 'OBJECT_TOO_LARGE'
  | 'ENTRY_DAMAGED'
  | 'RESULT_REFUSED'
  | 'STORE_FOREIGN'
  | 'STORE_NOT_READABLE'
  | 'STORE_NOT_WRITABLE';

/** Something is wrong with the store or what is in it. The message is one sentence without an end. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /** What the user can do. */
  readonly hint: string | undefined;

  constructor(code: StoreErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** `why`: a sentence about it. */
export function damagedEntry(why: string, cause?: unknown): StoreError {
  return new StoreError('ENTRY_DAMAGED', `an entry of the store is damaged: ${why}`, undefined, { cause });
}

export function damagedObject(why: string): StoreError {
  return new StoreError('OBJECT_DAMAGED', `an object of the store is damaged: ${why}`);
}

/** Of what node:fs throws: `ENOENT` and the like. */
export function errnoOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The same in words: "no space left on device". */
export function systemWords(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}
