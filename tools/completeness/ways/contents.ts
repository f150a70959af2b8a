import { linkSync, statSync, utimesSync } from 'node:fs';
import { buildActs, buildReader } from '@oodate/testkit';
import { edit } from '../changes.js';
import { git } from '../git.js';
import { tryChangeWhileRunning } from '../trial.js';
import type { Way, WayGroup } from '../way.js';

/** The content of in.txt, got in this way. */
export function reading(on: string, command: Way['command'], more: Partial<Way> = {}): Way {
  return {
    on,
    files: { 'in.txt': 'one\n' },
    command,
    change: edit('in.txt'),
    says: 'in.txt changed (was 4 bytes, is 8)',
    ...more,
  };
}

/** That backend sees what is opened through a ring, but not what becomes of it. */
const throughRing = {
  says: 'not all that the last run did could be seen: files were used by name through io_uring',
  short: 'a ring can be had, and what uses files by name through one is never skipped',
};

export const contents: WayGroup = {
  title: 'The content of a file',
  ways: [
    reading('a file that it reads', 'cat in.txt > out.txt'),
    reading('a file that a command without a shell reads', ['cp', 'in.txt', 'out.txt']),
    reading('a file that is its standard input', 'tr a-z A-Z < in.txt > out.txt'),
    reading('a file that is the standard input of oodate', ['cp', '/dev/stdin', 'out.txt'], {
      start: { under: ['sh', '-c', 'exec "$@" < in.txt', 'sh'] },
    }),
    reading('a file that an oodate reads which it runs', 'oodate run --quiet -- cp in.txt out.txt'),
    reading('a file read by a static program', 'reader-static open in.txt > out.txt', {
      prepare: () => void buildReader({ static: true }),
    }),
    reading('a file read by syscall(2)', 'reader syscall in.txt > out.txt'),
    reading(
      'a file read by a raw system call of a dynamic program, as Bun does',
      'reader raw in.txt > out.txt',
    ),
    reading('a file read by openat2', 'reader openat2 in.txt > out.txt'),
    reading('a file read by openat from a directory', 'reader openat in.txt > out.txt'),
    reading(
      'a file read by io_uring, with ordinary calls as the second choice',
      'reader ring in.txt > out.txt',
      { under: { bpf: throughRing } },
    ),
    reading('a file read by io_uring alone', 'reader ring-only in.txt > out.txt', {
      says: '',
      fails: true,
      short: 'the probe cannot see into a ring, so it lets the kernel refuse it (ENOSYS)',
      under: { bpf: throughRing },
    }),
    reading('a file read by another thread', 'reader thread in.txt > out.txt'),
    reading('a file read by mmap', 'reader map in.txt > out.txt'),
    reading('a file read by sendfile', 'reader sendfile in.txt > out.txt'),
    reading('a file read by copy_file_range', 'reader copy in.txt > out.txt'),
    reading('a file read by splice', 'reader splice in.txt > out.txt'),
    reading('a file read by /proc/self/fd', 'reader handed in.txt > out.txt'),
    reading('a file read by /dev/fd', 'cat /dev/fd/3 3< in.txt > out.txt'),
    reading('a file read by a process in the background', 'cat in.txt > out.txt & wait'),
    reading('a file outside the package', 'cat ../in.txt > out.txt', {
      files: { 'in.txt': 'one\n', 'package/x': '' },
      start: { cwd: 'package' },
      witness: 'package/out.txt',
      says: '…/in.txt changed (was 4 bytes, is 8)',
    }),
    reading('a file that git ignores', 'cat in.txt > out.txt', {
      needs: 'git',
      files: { 'in.txt': 'one\n', '.gitignore': 'in.txt\n' },
      prepare: (space) => git(space, 'init'),
    }),
    reading('a file under node_modules', 'cat node_modules/p/in.txt > out.txt', {
      files: { 'node_modules/p/in.txt': 'one\n' },
      change: edit('node_modules/p/in.txt'),
      says: 'node_modules/p/in.txt changed (was 4 bytes, is 8)',
    }),
    reading('an edit that leaves the size, and puts the time back', 'cat in.txt > out.txt', {
      change: {
        words: 'in.txt gets as many other bytes and its old time',
        make(space) {
          const { atimeMs, mtimeMs } = statSync(space.path('in.txt'));
          space.write({ 'in.txt': 'two\n' });
          utimesSync(space.path('in.txt'), atimeMs / 1000, mtimeMs / 1000);
        },
      },
      says: 'in.txt changed (4 bytes as before)',
    }),
    reading('a file that another takes the place of', 'cat in.txt > out.txt', {
      prepare: (space) => space.write({ 'old.txt': 'old\n' }),
      change: { words: 'mv old.txt in.txt', make: (space) => space.rename('old.txt', 'in.txt') },
      says: 'in.txt changed (4 bytes as before)',
    }),
    reading('a directory on the way that another takes the place of', 'cat sub/in.txt > out.txt', {
      files: { 'sub/in.txt': 'one\n', 'other/in.txt': 'two\n' },
      change: {
        words: 'mv sub old; mv other sub',
        make(space) {
          space.rename('sub', 'old');
          space.rename('other', 'sub');
        },
      },
      says: 'sub/in.txt changed (4 bytes as before)',
    }),
    reading('a file with another name (hard link)', 'cat in.txt > out.txt', {
      prepare: (space) => linkSync(space.path('in.txt'), space.path('other.txt')),
      change: edit('other.txt'),
    }),
    reading('a file that it rewrites', 'sed -i s/one/two/ in.txt', {
      witness: 'in.txt',
      says: 'in.txt is not as the command left it: it changed (was 4 bytes, is 8)',
    }),
    reading(
      'a file that someone else edits while it runs',
      '$(command -v acts) read in.txt remote socket write out.txt',
      {
        prepare: () => void buildActs(),
        change: { ...edit('in.txt'), words: 'in.txt is edited after it was read and before the end' },
        says: 'in.txt was changed by someone else while the command ran',
        trial: tryChangeWhileRunning,
      },
    ),
  ],
};
