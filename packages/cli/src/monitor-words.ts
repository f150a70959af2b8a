import {
  type FileState,
  type MonitorEvent,
  type Outcome,
  originOf,
  type ProcessFacts,
} from '@oodate/monitor';
import type { Colours } from './colours.js';
import { quoteWords } from './shell-quoting.js';
import { unreachable } from './unreachable.js';
import { userName } from './user-names.js';
import { pathWords, programWords, textWords } from './words.js';

/*
 * What `oodate monitor` says of changes to people. As in words.ts, `cwd` is where the user is.
 */

/** A clause: `written by node prettier.js (pid 4711, user karl, of code)`. */
export function monitorEventWords(event: MonitorEvent, outcome: Outcome | undefined): string {
  const { process } = event;
  const what = happeningWords(event, outcome);
  return process === undefined ? what : `${what} by ${actorWords(process)}`;
}

/** What has happened, without who did it. */
function happeningWords(event: MonitorEvent, outcome: Outcome | undefined): string {
  switch (event.event) {
    case 'CONTENT':
      return contentWords(event, outcome);
    case 'ATTRIBUTE':
      return 'attributes changed';
    case 'DELETE':
      return outcome === 'replaced' ? 'replaced' : 'deleted';
    case 'EXEC':
      return 'executed';
    case 'EXIT':
      return 'no longer executed; last';
    case 'OPEN':
      return 'opened';
    case 'OVER':
      return `${event.lost === undefined ? 'some events were' : event.lost === 1 ? 'one event was' : `${event.lost} events were`} lost; what is true now follows`;
    case 'STATE':
      return stateWords(event.state ?? null);
    default:
      return unreachable(event.event);
  }
}

function contentWords({ reason }: MonitorEvent, outcome: Outcome | undefined): string {
  switch (reason) {
    case undefined:
      return 'changed';
    case 'WRITE':
      return 'written';
    case 'MAP':
      return 'mapped for writing';
    case 'FTRUNC':
      return 'truncated';
    case 'FCLEAR':
      return 'cleared in part';
    case 'REMOVE':
      if (outcome === 'known') return 'another of its names removed';
      return outcome === 'replaced' ? 'replaced' : 'removed';
    case 'RENAME':
      if (outcome === 'known') return 'another of its names moved';
      return outcome === 'replaced' ? 'renamed and replaced' : 'renamed';
    case 'UNMOUNT':
      return 'unmounted';
    case 'OVERMOUNT':
      return 'mounted over';
    case 'ENTRY':
      return outcome === 'made' ? 'made' : 'made, removed or moved';
    default:
      return unreachable(reason);
  }
}

function stateWords(state: FileState | null): string {
  if (state === null) return 'is not there';
  if (state.type === 'file') return `is a file of ${state.size} ${state.size === '1' ? 'byte' : 'bytes'}`;
  return state.type === 'link'
    ? `is a link to ${textWords(state.target ?? '')}`
    : `is ${kindWords[state.type]}`;
}

const kindWords = {
  directory: 'a directory',
  fifo: 'a pipe',
  socket: 'a socket',
  block: 'a block device',
  character: 'a device',
} as const;

/** `node prettier.js (pid 4711, user karl, of code)`. */
function actorWords(process: ProcessFacts): string {
  const origin = originOf(process);
  const facts = [`pid ${process.pid}`];
  if (process.uid !== undefined) facts.push(`user ${textWords(userName(process.uid))}`);
  if (origin !== undefined) facts.push(`of ${textWords(origin.name)}`);
  return `${programWords(process)} (${facts.join(', ')})`;
}

/** All that is known of an event besides, a line each. */
export function monitorEventDetails({ process, stacks, sequence, device, inode }: MonitorEvent): string[] {
  const lines: string[] = [];
  if (sequence !== undefined)
    lines.push(`event ${sequence}${inode === undefined ? '' : `, inode ${inode} of device ${device}`}`);
  if (process !== undefined) {
    const { words, wordsCut, executable, parent, gid, loginUid, ancestors = [] } = process;
    if (words !== undefined && words.length > 0)
      lines.push(`command ${shownWords(words)}${wordsCut === true ? ' …' : ''}`);
    if (executable !== undefined) lines.push(`program ${textWords(executable)}`);
    const login = loginUid === undefined ? '' : `, logged in as ${textWords(userName(loginUid))}`;
    if (gid !== undefined) lines.push(`group ${gid}${login}`);
    const above = ancestors.map(({ name, pid }) => `${textWords(name)} (pid ${pid})`).join(', of ');
    if (above !== '' || parent !== undefined) lines.push(`started by ${above || `pid ${parent}`}`);
  }
  for (const frame of [...(stacks?.kernel ?? []), ...(stacks?.user ?? [])])
    lines.push(`at ${textWords(frame)}`);
  return lines;
}

/** The time of day here, to the microsecond. */
function monitorTimeWords(time: MonitorEvent['time']): string {
  if (time === undefined) return '--:--:--.------';
  const moment = new Date(time.seconds * 1000);
  const two = (number: number) => String(number).padStart(2, '0');
  const micro = String(Math.floor(time.nanoseconds / 1000)).padStart(6, '0');
  return `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}.${micro}`;
}

/** The path of an event; of a directory's entry that of the entry. */
export function monitorPathWords({ path, entry }: MonitorEvent, cwd: string): string {
  if (path === undefined) return '';
  return pathWords(entry === undefined ? path : `${path === '/' ? '' : path}/${entry}`, cwd);
}

/** One line; `columns` is what the path gets. */
export function monitorLine(
  event: MonitorEvent,
  clause: string,
  { cwd, columns, colours }: { readonly cwd: string; readonly columns: number; readonly colours: Colours },
): string {
  const path = monitorPathWords(event, cwd);
  const room = ' '.repeat(Math.max(0, columns - path.length));
  return `${colours.dim(monitorTimeWords(event.time))}  ${colours.bold(path)}${room}  ${clause}`;
}

/** What is monitored, and by what. */
export function monitoringWords(
  paths: readonly string[],
  files: number,
  mount: string | undefined,
  backend: string,
  cwd: string,
): string {
  const named = paths.map((path) => pathWords(path, cwd));
  const shown = named.length > 3 ? [...named.slice(0, 2), `${named.length - 2} more`] : named;
  if (mount !== undefined) shown.push(`the whole file system of ${pathWords(mount, cwd)}`);
  const count = files > paths.length ? ` (${files} files and directories)` : '';
  const last = shown.pop() ?? '';
  return `monitoring ${shown.length === 0 ? last : `${shown.join(', ')} and ${last}`}${count} by ${backend}`;
}

export function noProcessWords(): string {
  return 'inotify does not tell who it was; root has backends that do, see "oodate doctor"';
}

export function noStacksWords(backend: string): string {
  return `${backend} does not tell stacks; the backend bpf does`;
}

export function followedWords(path: string, cwd: string): string {
  return `${pathWords(path, cwd)} was replaced; the new one is monitored now`;
}

export function nothingLeftWords(): string {
  return 'nothing is left to monitor';
}

export function goneWords(path: string, cwd: string): string {
  return `${pathWords(path, cwd)} is gone`;
}

function shownWords(words: readonly string[]): string {
  // Any control character would reach the terminal.
  return words.some((word) => /\p{Cc}|\p{Cs}/u.test(word))
    ? words.map(textWords).join(' ')
    : quoteWords(words);
}
