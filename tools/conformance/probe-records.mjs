import { filemonRecords } from '../../packages/filemon/dist/index.js';

/** Those about processes alone: two runs have other numbers and times, and command lines hold names that are drawn by lot. */
const aboutProcesses = 'FXPT';

/**
 * The records about files in a log that the probe wrote, and what keeps the log from being trusted.
 *
 * @param {Buffer} log
 * @returns {{records: {letter: string, data: string}[], problems: string[], isComplete: boolean}}  isComplete: the probe
 *   does not tell that something was unseen
 */
export function recordsOf(log) {
  const damage = [];
  const records = [];
  const problems = [];
  let ended = false;
  let isComplete = true;
  for (const record of filemonRecords([log], damage)) {
    if (record.kind === 'comment' && record.text === ' Bye bye') ended = true;
    if (record.kind !== 'process' || aboutProcesses.includes(record.letter)) continue;
    if (record.letter === 'Q') {
      isComplete = false;
      problems.push(`the log is incomplete: ${record.data}`);
    } else records.push({ letter: record.letter, data: record.data });
  }
  problems.push(...damage.map(({ line, message }) => `line ${line} of the log: ${message}`));
  if (!ended) problems.push('the log has no end');
  return { records, problems, isComplete };
}
