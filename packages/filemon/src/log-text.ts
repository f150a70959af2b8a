import { parseElapsed } from './log-time.js';
import { parseNamePair } from './name-pair.js';
import { decodePath, encodePath } from './path-text.js';
import { isExit, parseChild } from './processes.js';
import type { FilemonRecord, Problem, UnreadableRecord } from './record.js';

/** The codes of the problems that reading a log can find, with what each means. */
export const filemonProblems = {
  'empty-line': 'empty line',
  'line-cut': 'last line without a newline, so perhaps cut short',
  'nul-byte': 'line with a NUL byte',
  'no-record': 'line that is no record',
  'no-data': 'record with nothing after the pid',
  'data-too-long': 'record longer than any path',
  'unknown-letter': 'record of an unknown kind',
  'bad-child': 'fork record without the pid of the child',
  'bad-exit': 'exit record without a status',
  'bad-time': 'time record without a time',
  'bad-names': 'record without two quoted names',
  'unclear-names': 'record whose two names cannot be told apart with certainty',
  'more-problems': 'more problems follow and are not listed',
} as const;

export type FilemonProblemCode = keyof typeof filemonProblems;

/**
 * The records of a log, one for each line, in order. The chunks may be cut
 * anywhere and may be reused by the caller once the next one is asked for.
 * Damage becomes `unreadable` records and is told in `problems` (the first 100).
 */
export function* filemonRecords(
  chunks: Iterable<Uint8Array>,
  problems: Problem[] = [],
): Generator<FilemonRecord, void, undefined> {
  let line = 0;
  let found = 0;
  const report = (code: FilemonProblemCode): void => {
    found += 1;
    if (found <= problemsKept) problems.push({ code, line, message: filemonProblems[code] });
    else if (found === problemsKept + 1)
      problems.push({ code: 'more-problems', line, message: filemonProblems['more-problems'] });
  };
  for (const lines of wholeLines(chunks)) {
    const holdsNul = lines.includes('\0');
    for (let start = 0; start < lines.length; ) {
      line += 1;
      const end = lines.indexOf('\n', start);
      if (end < 0) {
        report('line-cut');
        yield { kind: 'unreadable', text: lines.slice(start), cut: true };
        return;
      }
      yield holdsNul && lines.slice(start, end).includes('\0')
        ? unreadable(lines, start, end, 'nul-byte', report)
        : parseLine(lines, start, end, report);
      start = end + 1;
    }
  }
}

/** The line of a record as path text, with its newline. */
export function formatRecord(record: FilemonRecord): string {
  switch (record.kind) {
    case 'process':
      return `${record.letter} ${record.pid} ${record.data}\n`;
    case 'version':
      return `V ${record.version}\n`;
    case 'comment':
      return `#${record.text}\n`;
    case 'unreadable':
      return record.cut ? record.text : `${record.text}\n`;
  }
}

/** The log as bytes: exactly those that `filemonRecords` read the records from. */
export function formatFilemonLog(records: Iterable<FilemonRecord>): Buffer {
  const blocks: Buffer[] = [];
  let text = '';
  for (const record of records) {
    text += formatRecord(record);
    if (text.length >= blockSize) {
      blocks.push(encodePath(text));
      text = '';
    }
  }
  blocks.push(encodePath(text));
  return Buffer.concat(blocks);
}

/** Characters or bytes handled at once: many lines, yet little for a piece of text to keep alive. */
const blockSize = 64 * 1024;

const problemsKept = 100;

/** Far above PATH_MAX, and far below what makes work on a damaged log slow. */
const longestData = 32 * 1024;

const letters = 'ACDEFLMRWXSNGKPQT';
const newline = 0x0a;
const space = 0x20;
const hash = 0x23;
const digit0 = 0x30;

/** The log as text in blocks of whole lines; only the last block may lack its newline. */
function* wholeLines(chunks: Iterable<Uint8Array>): Generator<string, void, undefined> {
  let unfinished: Buffer[] = [];
  for (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let start = 0;
    if (unfinished.length > 0) {
      start = chunk.indexOf(newline) + 1;
      unfinished.push(Buffer.from(chunk.subarray(0, start || chunk.length)));
      if (start === 0) continue;
      yield decodePath(Buffer.concat(unfinished));
      unfinished = [];
    }
    while (start < chunk.length) {
      let end = chunk.lastIndexOf(newline, start + blockSize) + 1;
      if (end <= start) end = chunk.indexOf(newline, start + blockSize) + 1;
      if (end === 0) break;
      yield decodePath(chunk.subarray(start, end));
      start = end;
    }
    if (start < chunk.length) unfinished.push(Buffer.from(chunk.subarray(start)));
  }
  if (unfinished.length > 0) yield decodePath(Buffer.concat(unfinished));
}

type Report = (code: FilemonProblemCode) => void;

/**
 * The record in `lines` from `start` up to the newline at `end`. Only the one
 * way of writing a number is taken, so that formatting gives the line back.
 */
function parseLine(lines: string, start: number, end: number, report: Report): FilemonRecord {
  if (start === end) return unreadable(lines, start, end, 'empty-line', report);
  const first = lines.charCodeAt(start);
  if (first === hash) return { kind: 'comment', text: lines.slice(start + 1, end) };
  const isLetter = (first >= 0x41 && first <= 0x5a) || (first >= 0x61 && first <= 0x7a);
  if (!isLetter || lines.charCodeAt(start + 1) !== space)
    return unreadable(lines, start, end, 'no-record', report);

  const numberAt = start + 2;
  let at = numberAt;
  let number = 0;
  for (; at < end; at += 1) {
    const digit = lines.charCodeAt(at) - digit0;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  const digits = at - numberAt;
  if (digits === 0 || digits > 10 || (digits > 1 && lines.charCodeAt(numberAt) === digit0))
    return unreadable(lines, start, end, 'no-record', report);

  const letter = lines.charAt(start);
  if (letter === 'V') {
    if (at === end) return { kind: 'version', version: number };
    return unreadable(lines, start, end, 'no-record', report);
  }
  if (at < end && lines.charCodeAt(at) !== space) return unreadable(lines, start, end, 'no-record', report);
  if (end - at < 2) return unreadable(lines, start, end, 'no-data', report);
  if (end - at > longestData) return unreadable(lines, start, end, 'data-too-long', report);
  const data = lines.slice(at + 1, end);
  checkData(letter, data, report);
  return { kind: 'process', letter, pid: number, data };
}

function checkData(letter: string, data: string, report: Report): void {
  if (letter === 'M' || letter === 'L') {
    const names = parseNamePair(data);
    if (names === undefined) report('bad-names');
    else if (!names.certain) report('unclear-names');
  } else if (letter === 'F') {
    if (parseChild(data) === undefined) report('bad-child');
  } else if (letter === 'X') {
    if (!isExit(data)) report('bad-exit');
  } else if (letter === 'T') {
    if (parseElapsed(data) === undefined) report('bad-time');
  } else if (!letters.includes(letter)) report('unknown-letter');
}

function unreadable(
  lines: string,
  start: number,
  end: number,
  code: FilemonProblemCode,
  report: Report,
): UnreadableRecord {
  report(code);
  return { kind: 'unreadable', text: lines.slice(start, end), cut: false };
}
