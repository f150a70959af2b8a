import type { FileStates } from '@oodate/planner';
import { writeOut } from './output-streams.js';
import { coloursFor, isTerminal } from './terminal.js';
import { hashingWords } from './words.js';

/** Shorter work needs no explanation. */
const patienceMilliseconds = 300;
const intervalMilliseconds = 100;

/** A line on a terminal that counts the files whose content is read; it is gone when that has ended. */
export interface HashingProgress {
  /** To look at files by. */
  readonly files: FileStates;
  end(): void;
}

/** `quiet`: show nothing. Nothing is shown either where stderr is no terminal, or in a CI job. */
export function showHashing(files: FileStates, quiet: boolean): HashingProgress {
  const { CI, TERM } = process.env;
  if (quiet || !isTerminal(2) || TERM === 'dumb' || (CI !== undefined && CI !== '' && CI !== 'false'))
    return { files, end: () => {} };
  const { dim } = coloursFor(2);
  let due = performance.now() + patienceMilliseconds;
  let count = 0;
  let isShown = false;
  const step = () => {
    count += 1;
    const now = performance.now();
    if (now < due) return;
    due = now + intervalMilliseconds;
    isShown = true;
    writeOut(2, `\r${dim(`oodate: ${hashingWords(count)}`)}${eraseToEnd}`);
  };
  return {
    files: {
      state: (path) => files.state(path),
      linkState: (path) => files.linkState(path),
      list: (path) => files.list(path),
      digest: (path) => {
        step();
        return files.digest(path);
      },
    },
    end: () => {
      if (isShown) writeOut(2, `\r${eraseToEnd}`);
      isShown = false;
    },
  };
}

const eraseToEnd = '\x1b[K';
