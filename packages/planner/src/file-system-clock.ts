import { closeSync, fstatSync, openSync, rmSync, writeSync } from 'node:fs';
import { fsPath } from '@oodate/filemon';

/**
 * The clock that file times are taken from. It is coarser than the present: on
 * Linux it moves with the timer interrupt, so two changes less than a tick apart
 * can have the same time, and a file written now can have a time before now.
 */

/** Nanoseconds: the longest tick that Linux is built with (100 a second). */
export const clockTick = 10_000_000n;

/**
 * Waits, for a few milliseconds at most, until the clock of the file system of
 * `folder` has passed `time` (nanoseconds since the epoch), and returns it. What
 * is changed after that has a later time than what was changed before `time`.
 * Where nothing can be written, or the clock of a server is behind, it returns a
 * time that is not late enough; then files count as changed too recently to be
 * told by their times, and their contents are compared.
 */
export function settledClock(folder: string, time: bigint): bigint {
  const name = fsPath(`${folder}/.clock.${process.pid}`);
  let fd: number | undefined;
  try {
    fd = openSync(name, 'w');
    const giveUp = process.hrtime.bigint() + 5n * clockTick;
    for (;;) {
      // Asked first: what runs in between may take long, and then the clock has gone on.
      const isLast = process.hrtime.bigint() > giveUp;
      writeSync(fd, '.', 0);
      const now = fstatSync(fd, { bigint: true }).mtimeNs;
      if (now > time || isLast) return now;
    }
  } catch {
    return BigInt(Date.now()) * 1_000_000n - clockTick;
  } finally {
    if (fd !== undefined) {
      closeSync(fd);
      rmSync(name, { force: true });
    }
  }
}
