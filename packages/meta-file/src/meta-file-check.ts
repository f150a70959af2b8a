import { checkFilemonLog, decodePath, type Problem } from '@oodate/filemon';
import { isMetaFile, parseMetaFile } from './meta-file.js';
import { recordVersion } from './record-lines.js';

/** The codes of what `checkFile` finds beyond `parseMetaFile` and `checkFilemonLog`, with what each means. */
export const metaFileProblems = {
  'no-command': 'meta file without a command',
  'no-filemon': 'meta file without a filemon log',
  'unknown-record': 'record of a version that this oodate does not read',
  'output-like-layout': 'line of output that bmake takes for its own',
} as const;

export type MetaFileProblemCode = keyof typeof metaFileProblems;

/** Everything that is wrong with a meta file, or a filemon log that stands alone, in the order of its lines. */
export function checkFile(bytes: Uint8Array): Problem[] {
  return isMetaFile(bytes) ? checkMetaFile(bytes) : checkFilemonLog(bytes);
}

function checkMetaFile(bytes: Uint8Array): Problem[] {
  const { meta, recordVersion: version, filemonLine, problems: found } = parseMetaFile(bytes);
  const problems = [...found];
  const tell = (code: MetaFileProblemCode, line: number): void => {
    problems.push({ code, line, message: metaFileProblems[code] });
  };
  if (meta.commands.length === 0) tell('no-command', 1);
  for (const line of misreadLines(bytes, filemonLine)) tell('output-like-layout', line);
  if (meta.filemon === undefined || filemonLine === undefined) tell('no-filemon', lastLine(bytes));
  else {
    for (const { code, line, message } of checkFilemonLog(meta.filemon))
      problems.push({ code, line: line + filemonLine - 1, message });
    if (version !== undefined && version !== recordVersion)
      tell('unknown-record', filemonLine + lastLine(meta.filemon));
  }
  return problems.sort((one, other) => one.line - other.line);
}

/** bmake does not tell the parts of the file apart, so it finds commands, a directory and the log in the output too. */
function* misreadLines(bytes: Uint8Array, filemonLine: number | undefined): Generator<number> {
  const lines = decodePath(bytes).split('\n');
  const end = filemonLine === undefined ? lines.length : filemonLine - 2;
  const start = lines.findIndex(
    (line, at) =>
      line === '-- command output --' && lines.slice(0, at).some((above) => above.startsWith('TARGET ')),
  );
  if (start < 0) return;
  for (let at = start + 1; at < end; at += 1)
    if (/^(?:CMD|CWD) |^-- filemon|^# buildmon/.test(lines[at] as string)) yield at + 1;
}

function lastLine(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines += 1;
  return Math.max(1, bytes.at(-1) === 0x0a || bytes.length === 0 ? lines : lines + 1);
}
