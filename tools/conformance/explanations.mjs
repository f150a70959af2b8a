/**
 * Why the witness and our log may differ: each with its reason, in one table. What is not in here is a defect.
 *
 * @typedef {object} Explanation
 * @property {string} name    a few words, for the table of results
 * @property {string} reason  a sentence or two, for the document
 * @property {(difference: import('./differences.mjs').Difference, context: Context) => boolean} explains
 *
 * @typedef {object} Context
 * @property {(letter: string, data: string) => string | undefined} witnessed  the kind of this record, if
 *   the witness expects it
 * @property {(letter: string, data: string) => boolean} logged     is it in our log?
 * @property {boolean} isThroughRing  does our log say that files were used through io_uring?
 */

/** @type {Explanation[]} */
export const explanations = [
  {
    name: 'below a renamed folder',
    reason:
      'A rename where a name holds a space or a quote is D and W, as M cannot tell such names apart. For a folder ' +
      'the probe then adds a W for each path below it; the kernel makes one call.',
    explains: ({ side, letter, data }, { witnessed }) =>
      side === 'extra' &&
      letter === 'W' &&
      foldersOf(data).some((folder) => / |'/.test(folder) && witnessed('W', folder)),
  },
  {
    name: 'folder just being made',
    reason:
      'Threads or processes that write into a folder which they make: whether one of them looks for its file in ' +
      'vain first, or finds that the folder is already there, is a matter of time. So it is whether the bpf backend, which ' +
      'asks some milliseconds later why a call failed, still finds the folder missing. In both runs all was made in the end.',
    explains: ({ letter, data }, { witnessed, logged }) => {
      const isMade = (path) => witnessed('W', path) === 'made directory' && logged('W', path);
      if (isMade(data)) return letter === 'S' || letter === 'N';
      return (
        letter === 'N' &&
        witnessed('W', data) !== undefined &&
        logged('W', data) &&
        foldersOf(data).some(isMade)
      );
    },
  },
  {
    name: 'device not opened',
    reason:
      'Whether a device can be opened is for its driver to say: /dev/tty cannot, without a terminal. The probe ' +
      'writes R or W where the kernel refuses, which strace sees. Below /dev nothing is an input.',
    explains: ({ side, letter, data }, { witnessed, logged }) =>
      isBelow(data, '/dev') &&
      (side === 'missing'
        ? letter === 'S' && (logged('R', data) || logged('W', data))
        : (letter === 'R' || letter === 'W') && witnessed('S', data) !== undefined),
  },
  {
    name: 'memory of threads',
    reason:
      'malloc of glibc reads /sys/devices/system/cpu/online when threads compete for memory, and ' +
      '/proc/sys/vm/overcommit_memory when it gives some back, which is a matter of time. Neither is an input.',
    explains: ({ letter, data }) =>
      letter === 'R' && ['/sys/devices/system/cpu/online', '/proc/sys/vm/overcommit_memory'].includes(data),
  },
  {
    name: 'code of Node',
    reason:
      'Node maps its code once more from its own file where the kernel happens to have put it far from what V8 makes. ' +
      'The file is an input in any case, as it was executed.',
    explains: ({ letter, data }, { witnessed }) =>
      letter === 'R' && data.endsWith('/node') && witnessed('E', data) !== undefined,
  },
  {
    name: 'through io_uring',
    reason:
      'The bpf backend lets programs have their rings. What is done through one is no call: the log says so in a Q ' +
      'record, and is trusted for nothing. strace refuses the ring, and sees the calls that are made instead.',
    explains: ({ side }, { isThroughRing }) => side === 'missing' && isThroughRing,
  },
];

function isBelow(path, folder) {
  return path.startsWith(`${folder}/`);
}

/** All folders above a path, but not the root. */
function foldersOf(path) {
  const names = path.split('/');
  return names.slice(2).map((_, index) => names.slice(0, index + 2).join('/'));
}
