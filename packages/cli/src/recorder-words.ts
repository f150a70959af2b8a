import { type JournalEvent, momentOf, type RecorderGreeting, type RecorderStatus } from '@oodate/monitor';
import { sizeWords } from './byte-size.js';
import { monitorEventWords, monitorPathWords } from './monitor-words.js';
import type { RecorderPlace } from './recorder-place.js';
import { dayTimeWords, textWords } from './words.js';

/* What oodate says of a recorder and its journal, beside words.ts. */

export function recordsWords(root: string, backend: string, pid: number): string {
  return `a recorder runs for ${textWords(root)} (backend ${backend}, pid ${pid})`;
}

export function stoppedWords(root: string): string {
  return `the recorder of ${textWords(root)} has ended`;
}

export function noRecorderWords(root: string): string {
  return `no recorder runs for ${textWords(root)}`;
}

/** `why`: the native one cannot record. */
export function withoutProcessesWords(why: string): string {
  return `it cannot tell who changes a file: ${why}; "oodate doctor" says what its backends need`;
}

/** What a recorder cannot tell by what it can, as clauses. */
export function notTold(tells: readonly string[]): string[] {
  return [
    ['process', 'which process changes a file'],
    ['reasons', 'whether a file was written, cut short or cleared in part'],
    ['map', 'what is written to mapped memory'],
    ['inputs', 'that nothing has changed: runs look at the files themselves'],
  ].flatMap(([telling = '', clause = '']) => (tells.includes(telling) ? [] : [clause]));
}

export function recorderStatusLines(
  { root, folder }: RecorderPlace,
  { backend, pid, tells }: RecorderGreeting,
  { since, paths, sets, doubtful, over, inputs, events, lost, journal }: RecorderStatus,
): string[] {
  const cannot = notTold(tells);
  const state = [
    ...(doubtful > 0 ? [`${doubtful} to be looked at again`] : []),
    ...(over > 0 ? [`${over} out of date`] : []),
  ].join(', ');
  return [
    `project      ${textWords(root)}`,
    `recorder     pid ${pid}, backend ${backend}, since ${dayTimeWords(momentOf(since))}`,
    `watches      ${counted(paths, 'path')}, and ${counted(inputs, 'file')} of ${counted(sets, 'target')}${state === '' ? '' : ` (${state})`}`,
    `journal      ${sizeWords(journal)} in ${textWords(folder)}: ${counted(events, 'change')} since then${lost > 0 ? `, and ${lost} lost` : ''}`,
    ...cannot.map((clause, at) => `${at === 0 ? 'cannot tell  ' : ' '.repeat(13)}${clause}`),
  ];
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** `lines`: so many of a journal say nothing. */
export function damagedLinesWords(folder: string, lines: number): string {
  return `${counted(lines, 'line')} of the journal in ${textWords(folder)} cannot be read`;
}

/** A line of the journal for people. */
export function journalLine(event: JournalEvent, cwd: string): string {
  const when = dayTimeWords(momentOf(event.time), 'always');
  return `${when}  ${monitorPathWords(event, cwd)} ${monitorEventWords(event, undefined)}`;
}
