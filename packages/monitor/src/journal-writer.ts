import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { type AbsolutePath, childOf, encodePath } from '@oodate/filemon';
import type { EventTime } from './event-time.js';

/** Bytes from which on a journal goes on in another file, as of the native recorder. */
const fullSize = 2 * 1024 * 1024;

/** Writes the journal in the folder of a recorder. */
export class JournalWriter {
  readonly #path: AbsolutePath;
  readonly #head: string;
  #file: number;
  #size: number;

  /** @param since when this recorder began */
  constructor(folder: AbsolutePath, backend: string, since: EventTime) {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    this.#path = childOf(folder, 'journal');
    this.#head = lineOf({ journal: 1, backend, since, boot });
    this.#file = openForWriting(this.#path);
    this.#size = fstatSync(this.#file).size;
    // Behind half a line a new one begins.
    this.#write(this.#size === 0 ? this.#head : `\n${this.#head}`);
  }

  /** Bytes of the file that is written to now. */
  get size(): number {
    return this.#size;
  }

  write(entry: object): void {
    if (this.#size >= fullSize) this.#begin();
    this.#write(lineOf(entry));
  }

  close(): void {
    closeSync(this.#file);
  }

  #begin(): void {
    renameSync(encodePath(this.#path), encodePath(`${this.#path}.1`));
    closeSync(this.#file);
    this.#file = openForWriting(this.#path);
    this.#size = 0;
    this.#write(this.#head);
  }

  #write(text: string): void {
    this.#size += writeSync(this.#file, text);
  }
}

function lineOf(entry: object): string {
  return `${JSON.stringify(entry)}\n`;
}

function openForWriting(path: AbsolutePath): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  return openSync(encodePath(path), O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600);
}
