import { createHash } from 'node:crypto';
import {
  condenseRecords,
  decodePath,
  encodePath,
  type FilemonRecord,
  filemonRecords,
  formatFilemonLog,
  type Problem,
  parseNamePair,
} from '@oodate/filemon';
import { formatRunRecord, parseRunRecord, recordStart, recordVersion } from './record-lines.js';
import type { RunRecord } from './run-record.js';
import { SecretsCover } from './secret-variables.js';

/*
 * bmake's layout, line by line:
 *
 *   # Meta data file PATH
 *   CMD COMMAND                        for each command
 *   CWD DIRECTORY
 *   TARGET NAME
 *   OODATE NAMES                       only if there are any
 *   ENV NAME=VALUE                     only in bmake's mode "env"
 *   -- command output --
 *   OUTPUT
 *
 *   *** Error code N                   only if the target failed
 *
 *   -- filemon acquired metadata --    only if it was traced
 *   FILEMON LOG
 *
 * A text with a newline (a command, a value) covers several lines. Below the log
 * stand our own lines, which bmake takes for comments: the record of the run
 * (record-lines.ts), and as the last line of all
 *
 *   # oodate check SHA-256
 *
 * of all bytes before that line. A log ends with `# Bye bye`, so a cut log is
 * known as such; but only the check tells of a cut record or a changed byte.
 */

export interface MetaFile {
  /** Path of the meta file itself, as its first line has it (path text). */
  readonly path: string;
  /** The commands as text, each as a whole. */
  readonly commands: readonly string[];
  readonly cwd: string;
  readonly target: string;
  /** bmake's .OODATE, if it was not empty. */
  readonly oodate?: string;
  /** `NAME=value` for each variable; bmake writes them only when asked to. */
  readonly env?: readonly string[];
  /** What the commands wrote, stdout and stderr as one stream. */
  readonly output: Uint8Array;
  /** If the target failed, what follows `*** Error code `: the number, and perhaps `(ignored)`. */
  readonly error?: string;
  /** The filemon log; undefined if the commands were not traced. */
  readonly filemon?: Uint8Array;
  /** Only in a file that oodate wrote, and only if its check shows that no byte has changed. */
  readonly run?: RunRecord;
}

export interface ParsedMetaFile {
  readonly meta: MetaFile;
  /** Whether the file has a record of oodate's and, if so, which version it claims to be. */
  readonly recordVersion?: number;
  /** Number of the line that the filemon log begins with; undefined if there is none. */
  readonly filemonLine?: number;
  readonly problems: readonly Problem[];
}

/** Whether the bytes are those of a meta file, perhaps a damaged one, and not of a filemon log alone. */
export function isMetaFile(bytes: Uint8Array): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.indexOf('# Meta data file ') === 0 || buffer.includes(`\n${outputStart}\n`);
}

/** The file to the byte. A `run` needs a `filemon`, since its lines belong to that section. */
export function formatMetaFile(meta: MetaFile): Buffer {
  const head = [`# Meta data file ${meta.path}`];
  for (const command of meta.commands) head.push(`CMD ${command}`);
  head.push(`CWD ${meta.cwd}`, `TARGET ${meta.target}`);
  if (meta.oodate !== undefined) head.push(`OODATE ${meta.oodate}`);
  for (const assignment of meta.env ?? []) head.push(`ENV ${assignment}`);
  head.push('-- command output --\n');
  const parts: Uint8Array[] = [encodePath(head.join('\n')), meta.output];
  if (meta.error !== undefined) parts.push(Buffer.from(`\n${errorStart}${meta.error}\n`));
  parts.push(Buffer.from('\n'));
  if (meta.filemon !== undefined) parts.push(Buffer.from(`${filemonStart}\n`), meta.filemon);
  if (meta.run !== undefined) {
    parts.push(encodePath(formatRunRecord(meta.run)));
    parts.push(Buffer.from(`${checkStart}${digest(parts)}\n`));
  }
  return Buffer.concat(parts);
}

/** What was understood and the problems found; damage never throws. */
export function parseMetaFile(bytes: Uint8Array): ParsedMetaFile {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const problems: Problem[] = [];
  const headEnd = findHeadEnd(buffer);
  const head = parseHead(decodePath(buffer.subarray(0, headEnd ?? buffer.length)), problems);
  if (headEnd === undefined) {
    problems.push({ code: 'no-output', line: 1, message: 'meta file without its command output' });
    return { meta: { ...head, output: new Uint8Array() }, problems };
  }
  const bodyStart = headEnd + outputStart.length + 1;
  // Output of a command may hold the line as well, a log cannot: so the last one counts.
  const bodyEnd = lastLineIndex(buffer, filemonStart, bodyStart);
  const body = buffer.subarray(Math.min(bodyStart, buffer.length), bodyEnd ?? buffer.length);
  const base = { ...head, ...parseBody(body, lineAt(buffer, bodyStart), problems) };
  if (bodyEnd === undefined) return { meta: base, problems };

  const section = buffer.subarray(bodyEnd + filemonStart.length + 1);
  const logEnd = recordIndex(section);
  const filemonLine = lineAt(buffer, section.byteOffset - buffer.byteOffset);
  if (logEnd === undefined) return { meta: { ...base, filemon: section }, filemonLine, problems };
  const filemon = section.subarray(0, logEnd);
  const line = filemonLine + lineAt(section, logEnd) - 1;
  const version = Number.parseInt(
    section.toString('latin1', logEnd + recordStart.length, logEnd + recordStart.length + 9),
    10,
  );
  const checked = checkedLength(buffer);
  if (checked === undefined) {
    problems.push({ code: 'check-failed', line, message: 'check at the end that does not fit the file' });
    return { meta: { ...base, filemon }, recordVersion: version, filemonLine, problems };
  }
  if (version !== recordVersion)
    return { meta: { ...base, filemon }, recordVersion: version, filemonLine, problems };
  const lines = decodePath(section.subarray(logEnd, section.length - (buffer.length - checked)));
  const run = parseRunRecord(lines, line, problems);
  if (run === undefined) return { meta: { ...base, filemon }, recordVersion: version, filemonLine, problems };
  // Only good runs have a record: what looks like bmake's line about an error is output.
  const meta = { ...head, output: body.subarray(0, -1), filemon, run };
  return { meta, recordVersion: version, filemonLine, problems };
}

/**
 * The log as it is kept in a meta file: without the looks that repeat an earlier
 * one, and with `W to` for a link. bmake takes the first name of an L for a file that
 * was read. The text of a symbolic link is none, and where it leads nowhere, or is
 * relative, the target would be out of date for ever; a hard link has an R of its own. What variables of the
 * environment hold that look secret is covered in the command lines.
 */
export function filemonSection(log: Uint8Array, environment: Readonly<NodeJS.ProcessEnv>): Buffer {
  const records = linksAsWrites(condenseRecords(filemonRecords([log])));
  return formatFilemonLog(secretsCovered(records, new SecretsCover(environment)));
}

function* secretsCovered(
  records: Iterable<FilemonRecord>,
  secrets: SecretsCover,
): Generator<FilemonRecord, void, undefined> {
  for (const record of records)
    if (record.kind === 'process' && record.letter === 'P')
      yield { ...record, data: secrets.cover(record.data) };
    else yield record;
}

function* linksAsWrites(records: Iterable<FilemonRecord>): Generator<FilemonRecord, void, undefined> {
  for (const record of records) {
    const names = record.kind === 'process' && record.letter === 'L' ? parseNamePair(record.data) : undefined;
    if (record.kind === 'process' && names?.certain) yield { ...record, letter: 'W', data: names.to };
    else yield record;
  }
}

const outputStart = '-- command output --';
const filemonStart = '-- filemon acquired metadata --';
const errorStart = '*** Error code ';
const checkStart = '# oodate check ';

type Head = Pick<MetaFile, 'path' | 'commands' | 'cwd' | 'target' | 'oodate' | 'env'>;

function parseHead(text: string, problems: Problem[]): Head {
  const lines = text.split('\n');
  if (text.endsWith('\n')) lines.pop();
  const title = '# Meta data file ';
  const path = lines[0]?.startsWith(title) ? lines[0].slice(title.length) : undefined;
  if (path === undefined)
    problems.push({ code: 'no-title', line: 1, message: 'meta file without its first line' });

  // A command may cover several lines, one of which may look like any other; a CWD with a TARGET below is certain.
  let cwdLine = lines.findIndex(
    (line, at) => line.startsWith('CWD ') && lines[at + 1]?.startsWith('TARGET '),
  );
  if (cwdLine < 0) {
    problems.push({ code: 'no-directory', line: 1, message: 'meta file without its CWD and TARGET lines' });
    cwdLine = lines.length;
  }
  const commands = continued(lines.slice(path === undefined ? 0 : 1, cwdLine), 'CMD ');
  const cwd = lines[cwdLine]?.slice('CWD '.length) ?? '';
  const target = lines[cwdLine + 1]?.slice('TARGET '.length) ?? '';
  let next = cwdLine + 2;
  const oodate = lines[next]?.startsWith('OODATE ') ? lines[next]?.slice('OODATE '.length) : undefined;
  if (oodate !== undefined) next += 1;
  const env = continued(lines.slice(next), 'ENV ');
  return {
    path: path ?? '',
    commands,
    cwd,
    target,
    ...(oodate === undefined ? {} : { oodate }),
    ...(env.length === 0 ? {} : { env }),
  };
}

/** The texts behind `prefix`, each with the lines that follow it up to the next. */
function continued(lines: readonly string[], prefix: string): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    if (line.startsWith(prefix)) texts.push(line.slice(prefix.length));
    else if (texts.length > 0) texts.push(`${texts.pop()}\n${line}`);
  }
  return texts;
}

function parseBody(body: Buffer, line: number, problems: Problem[]): Pick<MetaFile, 'output' | 'error'> {
  if (body.at(-1) !== newline) {
    problems.push({ code: 'output-cut', line, message: 'command output without its end' });
    return { output: body };
  }
  const output = body.subarray(0, -1);
  const errorAt = output.lastIndexOf(`\n${errorStart}`);
  const error =
    errorAt < 0
      ? undefined
      : /^(\d+(?:\(ignored\))?)\n$/.exec(output.toString('latin1', errorAt + 1 + errorStart.length));
  return error?.[1] === undefined ? { output } : { output: output.subarray(0, errorAt), error: error[1] };
}

const newline = 10;

/** Where the line before the output begins. A command of several lines may hold one like it, but above CWD and TARGET. */
function findHeadEnd(buffer: Buffer): number | undefined {
  const title = buffer.indexOf(`\n${outputStart}\n`);
  for (let at = title; at >= 0; at = buffer.indexOf(`\n${outputStart}\n`, at + 1))
    if (/(?:^|\n)CWD .*\nTARGET /.test(buffer.toString('latin1', 0, at))) return at + 1;
  return title < 0 ? undefined : title + 1;
}

function lastLineIndex(buffer: Buffer, text: string, from: number): number | undefined {
  const at = buffer.lastIndexOf(`\n${text}\n`);
  // The newline before it is that of bmake, after the output.
  return at < from ? undefined : at + 1;
}

/** Where our lines begin in the filemon section. */
function recordIndex(section: Buffer): number | undefined {
  if (section.indexOf(recordStart) === 0) return 0;
  const at = section.indexOf(`\n${recordStart}`);
  return at < 0 ? undefined : at + 1;
}

/** The length of what the check at the end covers; undefined if it does not fit or is not there. */
function checkedLength(buffer: Buffer): number | undefined {
  const length = buffer.length - checkLength;
  if (length < 0) return undefined;
  const expected = `${checkStart}${digest([buffer.subarray(0, length)])}\n`;
  return buffer.toString('latin1', length) === expected ? length : undefined;
}

const checkLength = checkStart.length + 64 + 1;

function digest(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function lineAt(buffer: Buffer, offset: number): number {
  let line = 1;
  for (let at = buffer.indexOf(newline); at >= 0 && at < offset; at = buffer.indexOf(newline, at + 1))
    line += 1;
  return line;
}
