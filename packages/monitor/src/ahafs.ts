import type { ContentReason, EventKind, MonitorEvent, ProcessFacts } from './monitor-event.js';

/*
 * Events as AIX's Event Infrastructure prints them: docs/formats/ahafs.md says what is the same and what is not.
 * (Sources: "AIX Event Infrastructure for AIX and AIX clusters" in the documentation of AIX 7.3, for the layout;
 * sys/ahafs_evProds.h of AIX for the numbers of modFile.)
 */

export type AhafsLevel = 1 | 2 | 3;

/** Of AIX's modFile. */
const fileCodes: Readonly<Record<Exclude<ContentReason, 'ENTRY'>, number>> = {
  WRITE: 1000,
  UNMOUNT: 1001,
  MAP: 1002,
  REMOVE: 1003,
  RENAME: 1004,
  FCLEAR: 1005,
  FTRUNC: 1006,
  OVERMOUNT: 1007,
};

/** What AIX has no number for that means the same. */
const ownCodes: Readonly<Record<Exclude<EventKind, 'OVER'>, number>> = {
  CONTENT: 2000,
  ATTRIBUTE: 2001,
  DELETE: 2002,
  EXEC: 2003,
  EXIT: 2004,
  OPEN: 2005,
  STATE: 2006,
};
const entryCode = 2007;

/** `level`: 1 who and what, 2 also the path, 3 also the stack. */
export function formatAhafs(event: MonitorEvent, level: AhafsLevel): string {
  const code = codeOf(event);
  if (code === undefined) return 'BUF_WRAP\n';
  const { time, sequence, process } = event;
  const lines = ['BEGIN_EVENT_INFO'];
  if (time !== undefined) lines.push(`TIME_tvsec=${time.seconds}`, `TIME_tvnsec=${time.nanoseconds}`);
  if (sequence !== undefined) lines.push(`SEQUENCE_NUM=${sequence}`);
  if (process !== undefined) lines.push(...processLines(process));
  lines.push(`RC_FROM_EVPROD=${code}`);
  if (level >= 2) lines.push(...messageLines(event));
  if (level >= 3) lines.push(...stackLines(event));
  lines.push('END_EVENT_INFO');
  return `${lines.join('\n')}\n`;
}

function processLines({ pid, uid, loginUid, gid, name }: ProcessFacts): string[] {
  if (uid === undefined || gid === undefined || name === undefined) return [`PID=${pid}`];
  return [
    `PID=${pid}`,
    `UID=${uid}`,
    // Of somebody who has not logged in, as the kernel says it: (uid_t)-1.
    `UID_LOGIN=${loginUid ?? 4294967295}`,
    `GID=${gid}`,
    `PROG_NAME=${oneLine(name)}`,
  ];
}

function codeOf({ event, reason }: MonitorEvent): number | undefined {
  if (event === 'OVER') return undefined;
  if (event !== 'CONTENT' || reason === undefined) return ownCodes[event];
  return reason === 'ENTRY' ? entryCode : fileCodes[reason];
}

function messageLines({ path, entry }: MonitorEvent): string[] {
  if (path === undefined) return [];
  const lines = [path, ...(entry === undefined ? [] : [entry])].map(oneLine);
  return ['BEGIN_EVPROD_INFO', ...lines, 'END_EVPROD_INFO'];
}

function stackLines({ stacks }: MonitorEvent): string[] {
  const frames = [...(stacks?.kernel ?? []), ...(stacks?.user ?? [])];
  return frames.length === 0 ? [] : ['STACK_TRACE', ...frames.map(oneLine)];
}

/** Any name must stay in its line. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found
  return text.replace(/[\x00-\x1f\x7f\\]/g, (character) =>
    character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
