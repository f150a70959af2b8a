import type {
  Advice,
  Cause,
  ChainStep,
  Culprit,
  CulpritProcess,
  CycleLink,
  ImaginedCause,
  LastRun,
  NearPath,
  NeverFinding,
  PathRole,
  ReasonProcess,
  Search,
  SparedPath,
  TextDifference,
  VersionChange,
  Writer,
} from '@oodate/explain';

import type { ConversionLosses, NetworkUse, Problem, ProcessExit, ProcessLife } from '@oodate/filemon';
import type { ConvertedFile, MergeRefusal, RecordedContent, RecordedState, Use } from '@oodate/meta-file';
import type { BmakeFinding, BmakeReason, BmakeRuleReason, Reason, VariableValue } from '@oodate/planner';
import type { Collection, DamagedFile, Hindrance, StoreStatus, Verification } from '@oodate/store';
import { sizeWords } from './byte-size.js';
import type { OutOfDateMaker } from './causes.js';
import type { FileChange } from './commands/init.js';
import type { Counts } from './counts.js';
import type { NearResult } from './result-store.js';
import type { SettingSource } from './settings-layer.js';
import { quoteWord, quoteWords } from './shell-quoting.js';
import { signalName } from './signals.js';
import { unreachable } from './unreachable.js';
import { userName } from './user-names.js';
import type { Loop } from './watch-loop.js';

/*
 * All that oodate says of a run, in one place. A clause has no capital and no
 * full stop, so that it can stand after a colon. `cwd` is where the user is:
 * paths below it are shown relative to it.
 */

/** A path as a person can read and paste it. */
export function pathWords(path: string, cwd: string): string {
  const below = cwd === '/' ? '/' : `${cwd}/`;
  const near = path === cwd ? '.' : path.startsWith(below) ? path.slice(below.length) : path;
  return textWords(near);
}

/** A name for people: control characters and bytes that are not UTF-8 as in bash's `$'...'`, odd ones quoted. */
export function textWords(text: string): string {
  if (/^[\p{L}\p{M}\p{N}_@%+=:,.~/[\]-]+$/u.test(text)) return text;
  if (!/[\p{Cc}\p{Cs}]/u.test(text)) return quoteWord(text);
  return `$'${text.replace(/['\\]/g, '\\$&').replace(/\p{Cc}|\p{Cs}/gu, escapedCharacter)}'`;
}

/** A control character, or a byte that is not UTF-8. */
function escapedCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const known = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
  return (
    known ??
    `\\x${(code >= 0xdc80 && code <= 0xdcff ? code - 0xdc00 : code & 0xff).toString(16).padStart(2, '0')}`
  );
}

/** A target's name in a message. */
export function nameWords(name: string): string {
  return cutName(name, 60);
}

function cutName(name: string, columns: number): string {
  const line = name.replace(/\s+/g, ' ');
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/**
 * How much is told of what was and what is. 'short': in a line of a run; 'times': when a file was modified, where its
 * size tells no difference; 'all': always that, and lists as a whole.
 */
export type Detail = 'short' | 'times' | 'all';

/** Why a target is out of date, as a clause. */
export function reasonWords(reason: Reason, cwd: string, detail: Detail = 'short'): string {
  const path = 'path' in reason ? pathWords(reason.path, cwd) : '';
  switch (reason.kind) {
    case 'no-record':
      return `nothing is known of an earlier run (no ${pathWords(reason.metaFile, cwd)})`;
    case 'record-damaged':
      return `the meta file ${pathWords(reason.metaFile, cwd)} is damaged: ${textLineWords(reason.message)}`;
    case 'record-foreign':
      return reason.version === undefined
        ? `the meta file ${pathWords(reason.metaFile, cwd)} was not written by oodate`
        : `the meta file ${pathWords(reason.metaFile, cwd)} is of version ${reason.version}, which this oodate does not read`;
    case 'last-run-failed':
      return `the last run ${exitWords(reason.exit)}`;
    case 'last-run-unfinished':
      return 'the last run did not come to its end';
    case 'last-run-incomplete':
      return `not all that the last run did could be seen: ${listWords(reason.causes.map(textLineWords), detail)}`;
    case 'forced':
      return '--force was given';
    case 'command-changed':
      return `the command was ${commandsWords(reason.was)}, is ${commandsWords(reason.is)}`;
    case 'directory-changed':
      return `it ran in ${pathWords(reason.was, cwd)}, would run in ${pathWords(reason.is, cwd)}`;
    case 'variable-changed':
      return variableWords(reason.name, reason.was, reason.is, detail);
    case 'network-used':
      return `the last run ${networkWords(reason.uses)}`;
    case 'output-not-recorded':
      return `what it writes to ${listWords(reason.streams.map(streamWords), detail)} was not kept by the last run`;
    case 'input-changed':
    case 'looked-at-changed':
      return `${path} ${changeWords(reason.was, reason.is, cwd, detail)}`;
    case 'input-gone':
      return reason.was === undefined
        ? `${path} is gone`
        : `${path} is gone, was ${stateWords(reason.was, cwd)}`;
    case 'input-newer':
      return `${path} is newer than the target`;
    case 'extra-input-new':
      return `${path} is an extra input by the settings, and was none`;
    case 'input-appeared':
      return `${path} is there now (${stateWords(reason.is, cwd)}), was looked for and not there`;
    case 'standard-input-changed':
      return `standard input was ${stdinWords(reason.was, cwd)}, is ${stdinWords(reason.is, cwd)}`;
    case 'link-changed':
      return `${path} was a link to ${pathWords(reason.was, cwd)}, is ${stateWords(reason.is, cwd)}`;
    case 'listing-changed':
      return `the directory ${path} ${listingWords(reason.gained, reason.lost, detail)}`;
    case 'changed-while-running':
      return `${path} was changed by someone else while the command ran`;
    case 'output-gone':
      return `${path}, which the command had made, is gone`;
    case 'output-changed':
      return `${path} is not as the command left it: it ${changeWords(reason.was, reason.is, cwd, detail)}`;
    case 'removed-came-back':
      return `${path}, which the command had removed, is there again (${stateWords(reason.is, cwd)})`;
    case 'input-unreadable':
      return `${path} cannot be read now (${textLineWords(reason.errno)})`;
    default:
      return unreachable(reason);
  }
}

/** The first of them, with who is to blame for it if that is known, and how many more there are. */
export function reasonsWords(
  [first, ...others]: readonly Reason[],
  cwd: string,
  culprit?: Culprit | undefined,
): string {
  const by = culprit === undefined ? '' : culpritTail(culprit, first, cwd);
  const clause = first === undefined ? '' : `${reasonWords(first, cwd)}${by}`;
  return others.length === 0 ? clause : `${clause} (and ${others.length} more)`;
}

/** Why bmake would make a target, as a clause. */
export function bmakeReasonWords(reason: BmakeReason | BmakeRuleReason, cwd: string): string {
  const place =
    'metaFile' in reason
      ? `${pathWords(reason.metaFile, cwd)}${'line' in reason ? `, line ${reason.line}` : ''}: `
      : '';
  return `${place}${bmakeClause(reason, cwd)}`;
}

function bmakeClause(reason: BmakeReason | BmakeRuleReason, cwd: string): string {
  switch (reason.kind) {
    case 'target-not-there':
      return 'it is not there';
    case 'older-than-source':
      return `it is older than ${textWords(reason.source)}, or that is made first`;
    case 'made-by-rule':
      return `bmake makes it by an ordinary rule (${reason.rule})`;
    case 'file-newer':
      return `${pathWords(reason.path, cwd)} is newer than the target`;
    case 'file-missing':
      return `${pathWords(reason.path, cwd)}, which its commands used, is gone`;
    case 'build-command-changed':
      return `the command was ${textInQuotes(reason.was)}, is ${textInQuotes(reason.is)}`;
    case 'build-command-removed':
      return 'it had a command that it has no more';
    case 'build-command-added':
      return 'it has a command that it had not';
    case 'cwd-changed':
      return `it ran in ${pathWords(reason.was, cwd)}, would run in ${pathWords(reason.is, cwd)}`;
    case 'filemon-section-missing':
      return 'there is no filemon section';
    case 'meta-file-missing':
      return 'the meta file is missing';
    case 'record-malformed':
      return 'the line is malformed';
    case 'line-truncated':
      return `the line is cut short after ${count(reason.length, 'byte')}`;
    default:
      return unreachable(reason);
  }
}

/** What bmake itself says with -dM, to the letter. */
export function bmakeTellsWords(finding: BmakeFinding, target: string): string {
  const { kind, metaFile } = finding;
  const place = 'line' in finding ? `${metaFile}: ${finding.line}` : metaFile;
  switch (kind) {
    case 'file-newer':
      return `${place}: file '${finding.path}' is newer than the target...`;
    case 'file-missing':
      return `${place}: missing files: ${finding.path}...`;
    case 'build-command-changed':
    case 'command-change-ignored':
      return `${place}: a build command has changed\n${finding.was}\nvs\n${finding.is}`;
    case 'build-command-removed':
      return `${place}: there were more build commands in the meta data file than there are now...`;
    case 'build-command-added':
      return `${place}: there are extra build commands now that weren't in the meta data file`;
    case 'cwd-changed':
      return `${place}: the current working directory has changed from '${finding.was}' to '${finding.is}'`;
    case 'filemon-section-missing':
      return `${place}: missing filemon data`;
    case 'meta-file-missing':
      return `${place}: required but missing`;
    case 'record-malformed':
      return `bmake: ${place}: malformed`;
    case 'line-truncated':
    case 'truncated-in-command':
      return `bmake: ${place}: line truncated at ${finding.length}`;
    case 'command-not-compared':
      return `${place}: cannot compare command using .OODATE`;
    case 'meta-file-unused':
      return `Skipping meta for ${target}: ${finding.why}`;
    default:
      return unreachable(finding);
  }
}

/** Which process used a path, in so many columns if that can be; empty if it is not known. */
export function processWords(process: ReasonProcess | null, cwd: string, columns: number): string {
  return userWords(process, 'used by ', cwd, columns);
}

/** How it used the path and what started it, a line each. */
export function processLines(process: ReasonProcess, cwd: string): string[] {
  const { how, parents } = process;
  const whole = ({ words, executable }: ReasonProcess['parents'][number]) =>
    words !== null ? textLineWords(words.replace(/ \\$/, ' …')) : pathWords(executable ?? '', cwd);
  return [`${howWords(how)} ${whole(process)}`, ...parents.map((parent) => `started by ${whole(parent)}`)];
}

/** What else belongs to a cause, a line each. */
export function causeDetails(cause: Cause, cwd: string, detail: Detail): string[] {
  const { reason, culprit, search, tool, writer, usedBy } = cause;
  return [
    ...(culprit === null ? [] : [culpritClause(culprit, reason, cwd, detail)]),
    ...(search === null ? [] : [searchWords(search, cwd, detail)]),
    ...(tool === null ? [] : [toolWords(tool)]),
    ...(writer === null ? [] : writerLines(writer, cause.reason, cwd, detail)),
    ...(detail === 'all' && usedBy.length > 0
      ? [`also an input of ${listWords(usedBy.map(nameWords), detail)}`]
      : []),
  ];
}

/** What has changed in a small text, at most so many lines of it, each with its mark at its start. */
export function differenceLines({ hunks, more }: TextDifference, most: number): string[] {
  const lines = hunks.flatMap(({ is, lines: changed }) => [`@@ line ${is}`, ...changed.map(textLineWords)]);
  const isChange = (line: string) => /^[+-]/.test(line);
  const left = lines.slice(most).filter(isChange).length + more;
  return left === 0
    ? lines.slice(0, most)
    : [...lines.slice(0, most), `and ${left} more ${left === 1 ? 'line' : 'lines'} removed or added`];
}

/** `more`: causes that are not shown. */
export function moreCausesWords(more: number): string {
  return `and ${more} more (-v shows all)`;
}

function searchWords({ missing, found }: Search, cwd: string, detail: Detail): string {
  const places = listWords(
    missing.map((path) => pathWords(path, cwd)),
    detail,
  );
  return `looked for at ${places}, ${found === null ? 'and found nowhere' : `then found at ${pathWords(found, cwd)}`}`;
}

function toolWords({ was, is }: VersionChange): string {
  const known = (version: string | null) =>
    version === null ? 'of no known version' : textLineWords(version);
  return `was ${known(was)}, is ${known(is)}`;
}

function writerLines(writer: Writer, reason: Reason, cwd: string, detail: Detail): string[] {
  const { path, left, because, outOfDate } = writer;
  const name = nameWords(writer.target);
  const when = detail === 'all' ? ` at ${momentWords(BigInt(Date.parse(writer.ran)) * 1_000_000n)}` : '';
  const did = writer.use === 'removed' ? 'removed' : 'made';
  const [own, ...above] = because;
  const what = 'path' in reason && reason.path === path ? '' : `${pathWords(path, cwd)} was `;
  const lines =
    left === false
      ? ['is' in reason && did === 'made' ? `not as ${name} left it${when}` : `${name} had ${did} it${when}`]
      : [
          `${what}${did} by ${name}${when}${whyRanWords(own, cwd)}`,
          ...above.map(
            (step) =>
              `${pathWords(step.path, cwd)} was made by ${nameWords(step.target)}${whyRanWords(step, cwd)}`,
          ),
        ];
  return outOfDate ? [...lines, `${name} is out of date itself: run that first`] : lines;
}

/** The same behind the words of the reason. */
function culpritTail(culprit: Culprit, reason: Reason | undefined, cwd: string): string {
  const clause = culpritClause(culprit, reason, cwd, 'short');
  return clause.startsWith('changed ') ? clause.slice('changed'.length) : `, ${clause}`;
}

/** When it was changed last, and by whom, as a clause. */
function culpritClause(culprit: Culprit, reason: Reason | undefined, cwd: string, detail: Detail): string {
  const { path, did, time, process: actor } = culprit;
  const what =
    reason !== undefined && 'path' in reason && reason.path === path ? '' : `${pathWords(path, cwd)} `;
  const by = actor === null ? '' : ` by ${culpritActorWords(actor, detail)}`;
  return `${what}${did} ${dayTimeWords(nanosecondsOf(time))}${by}`;
}

function culpritActorWords(actor: CulpritProcess, detail: Detail): string {
  const { pid, uid, words, of } = actor;
  const program = detail === 'all' && words !== null ? textLineWords(quoteWords(words)) : programWords(actor);
  const user = uid === null || uid === process.geteuid?.() ? [] : [`user ${textWords(userName(uid))}`];
  const behalf = of === null ? [] : [`of ${textWords(of.name)}`];
  return `${program} (${[`pid ${pid}`, ...user, ...behalf].join(', ')})`;
}

/** What a process executes, as short as it can be recognised: names without their directories, as many words as have room. */
export function programWords({ words, executable, name }: Executed): string {
  const [program = '', ...others] = words ?? [];
  if (program === '')
    return textWords(
      typeof executable === 'string' ? lastName(executable) : (name ?? 'a process that has ended'),
    );
  let line = textWords(lastName(program));
  for (const word of others) {
    // A text of several words, such as a shell is given, has no last name.
    const isPath = !/^-|[\s=]/.test(word);
    const shown = textWords(isPath ? lastName(word) : word);
    if (line.length + 1 + shown.length > commandColumns) {
      const cut = shown.slice(0, Math.max(0, commandColumns - line.length - 2));
      return isPath || cut.length < 8 ? `${line} …` : `${line} ${cut}…`;
    }
    line += ` ${shown}`;
  }
  return line;
}

const commandColumns = 40;

interface Executed {
  readonly name?: string | null | undefined;
  readonly executable?: string | null | undefined;
  readonly words?: readonly string[] | null | undefined;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/', path.length - 2) + 1);
}

/** Nanoseconds since the epoch by the clock of the user; the day, if it is not today or is asked for. */
export function dayTimeWords(moment: bigint, day: 'always' | 'other' = 'other'): string {
  const [date, clock] = timeWords(moment);
  const time = clock.slice(0, 8);
  if (day === 'always') return `${date} ${time}`;
  const [today] = timeWords(BigInt(Date.now()) * 1_000_000n);
  return `${date === today ? '' : `on ${date} `}at ${time}`;
}

function whyRanWords(step: ChainStep | undefined, cwd: string): string {
  if (step === undefined || step.reason === null) return '';
  if (step.reason.kind === 'no-record') return ', which ran for the first time';
  const more = step.more === 0 ? '' : ` (and ${step.more} more)`;
  return `, which ran since ${reasonWords(step.reason, cwd)}${more}`;
}

function howWords(how: ReasonProcess['how']): string {
  if (how[0] === 'executed') return 'executed as';
  // Who reads has looked, too.
  const uses = how
    .filter((use, at) => at === 0 || use !== 'looked')
    .map((use) => (use === 'missing' ? 'looked for' : use === 'looked' ? 'looked at' : use));
  return `${uses.length === 0 ? 'used' : uses.join(' and ')} by`;
}

/** At least its first word; of a program that is named by its whole path only the name. */
function shortCommandWords(words: string, columns: number): string {
  const line = textLineWords(words.replace(/ \\$/, ' …')).replace(/^\/(?:[^ '/]*\/)*(?=[^ '/])/, '');
  if (line.length <= columns) return line;
  const [first = ''] = line.split(' ');
  const cut = line.slice(0, Math.max(0, columns - 1)).trimEnd();
  return cut.length > first.length ? `${cut}…` : first;
}

/**
 * Why a path is no input of the target, or how it is one: a line for that, and one each for what is nearest to it and for what
 * would come of a change. Command lines are cut at so many columns, if that can be.
 */
export function neverWords(finding: NeverFinding, name: string, cwd: string, columns: number): string[] {
  const path = pathWords(finding.path, cwd);
  const title = nameWords(name);
  const no = `${path} is no input of ${title}`;
  const by = (start: string, process: ReasonProcess | null, before = ' by ') =>
    `${start}${userWords(process, before, cwd, columns - start.length)}`;
  switch (finding.kind) {
    case 'used-path': {
      const use = `${roleWords(finding.use)}${finding.link ? ' as a symbolic link' : ''}`;
      return [by(`${path} is an input of ${title}: ${use}`, finding.process), noticeWords(finding, title)];
    }
    case 'own-output': {
      const did = finding.use === 'removed' ? 'removed' : 'written';
      const before = {
        unseen: finding.usedAfter ? ['it was used only after that'] : [],
        looked: ['before that it was only looked whether it was there'],
        used: ['what was there before was used, but what counts is what was left'],
      }[finding.before];
      const first = by(`${path} is an output of ${title}: ${did}`, finding.process);
      return [first, ...before, noticeWords(finding, title)];
    }
    case 'ignored-path': {
      const source = settingSourceWords(finding.from as SettingSource, cwd);
      const use = finding.use === null ? [] : [`the last run used it: ${roleWords(finding.use)}`];
      return [
        `${no}: it is ignored`,
        `by ${textWords(finding.pattern)} of the setting ignore (${source})`,
        ...use,
      ];
    }
    case 'kernel-path': {
      const leads = finding.leadsTo === null ? [] : [`it leads to ${pathWords(finding.leadsTo, cwd)}`];
      return [`${no}: the kernel makes it up`, ...leads];
    }
    case 'oodate-path':
      return [`${no}: oodate itself keeps it`];
    case 'bookkeeping-path':
      return [`${no}: a tool keeps its own books there`, 'they differ from run to run, and decide nothing'];
    case 'temporary-path':
      return [by(`${no}: made and removed again`, finding.process), noticeWords(finding, title)];
    case 'never-opened':
    case 'not-there': {
      const why =
        finding.kind === 'not-there' ? 'it is not there, and was not looked for' : 'it was never opened';
      const near = finding.nearest.map((one) => nearWords(one, cwd, columns - 2));
      return [`${no}: ${why}`, ...near, noticeWords(finding, title)];
    }
    case 'no-good-record':
      return [`nothing tells what ${title} uses`, reasonWords(finding.reason, cwd)];
    default:
      return unreachable(finding);
  }
}

function noticeWords({ counts, is }: NeverFinding, title: string): string {
  const stays = `whatever becomes of it, ${title} stays up to date`;
  const outOfDate = `${title} would be out of date`;
  if (is === 'absent') return counts.presence ? `if it came to be, ${outOfDate}` : stays;
  if (counts.content)
    return is === 'directory' ? `after some changes in it ${outOfDate}` : `with other content ${outOfDate}`;
  return counts.presence ? `its content does not count; without it ${outOfDate}` : stays;
}

function nearWords(near: NearPath, cwd: string, columns: number): string {
  const by = (start: string, process: ReasonProcess | null) =>
    `${start}${userWords(process, ' by ', cwd, columns - start.length)}`;
  const path = 'path' in near ? pathWords(near.path, cwd) : '';
  switch (near.kind) {
    case 'listed-directory':
      return by(`the directory ${path} was listed`, near.process);
    case 'other-name': {
      const how = near.link === null ? 'a hard link' : `by the symbolic link ${pathWords(near.link, cwd)}`;
      return by(`the same file is ${path} (${how}), which was ${roleWords(near.use)}`, near.process);
    }
    case 'missing-directory':
      return by(`the directory ${path} was looked for and missing`, near.process);
    case 'used-below':
      return near.number === 1
        ? `below it ${path} was ${roleWords(near.use)}`
        : `below it ${near.number} paths were used, as ${path}`;
    case 'left-running': {
      const names = near.processes.map(({ pid, name }) => `${textWords(name)} (${pid})`);
      return `some went on when the command had ended, unwatched: ${listWords(names)}`;
    }
    default:
      return unreachable(near);
  }
}

/** How many of the targets would be out of date; of a single one, whether it would. */
export function ifChangedWords(affected: number, names: readonly string[]): string {
  const [only, ...others] = names;
  const end = affected === 0 ? '' : ':';
  if (only !== undefined && others.length === 0)
    return `${nameWords(only)} would ${affected === 0 ? 'not ' : ''}be out of date${end}`;
  return `${affected === 0 ? 'none' : affected} of ${names.length} targets would be out of date${end}`;
}

export function ifChangedTitle(name: string, isOutOfDate: boolean): string {
  return `${nameWords(name)}${isOutOfDate ? ' (is out of date already)' : ''}`;
}

/** How a target uses what would be another, in so many columns if that can be. */
export function imaginedCauseWords(
  { path, use, process }: ImaginedCause,
  cwd: string,
  columns: number,
): string {
  const start = `${pathWords(path, cwd)}: ${roleWords(use)}`;
  return `${start}${userWords(process, ' by ', cwd, columns - start.length)}`;
}

/** Of a target that uses what another one makes. */
export function afterWords(maker: string, paths: readonly string[], cwd: string): string {
  return `uses ${listWords(paths.map((path) => pathWords(path, cwd)))}, which ${nameWords(maker)} makes`;
}

export function moreWords(number: number): string {
  return `and ${number} more`;
}

/** Empty if there are none. */
export function outOfDateAlreadyWords(names: readonly string[]): string {
  return names.length === 0
    ? ''
    : `out of date already, and not by these: ${listWords(names.map(nameWords))}`;
}

/** Empty if there are none. */
export function unusedChangesWords(paths: readonly string[], cwd: string): string {
  return paths.length === 0 ? '' : `used by none: ${listWords(paths.map((path) => pathWords(path, cwd)))}`;
}

/** Who did it, in so many columns if that can be; empty if that is not known. */
function userWords(process: ReasonProcess | null, before: string, cwd: string, columns: number): string {
  if (process?.words) return `${before}${shortCommandWords(process.words, columns - before.length)}`;
  return process?.executable ? `${before}${pathWords(process.executable, cwd)}` : '';
}

function roleWords(role: PathRole): string {
  return role === 'listed' ? 'listed' : useWords(role);
}

/** `milliseconds`: how long the last run took. */
export function upToDateWords(name: string, counts: Counts, milliseconds: number): string {
  return `${nameWords(name)} is up to date (${count(counts.inputs, 'input')} unchanged; ran in ${durationWords(milliseconds)} last time)`;
}

/** Of a target whose inputs can be compared with its own time only. */
export function noNewerWords(name: string, counts: Counts): string {
  return `${nameWords(name)} is up to date (${count(counts.inputs, 'input')} no newer)`;
}

export function runningWords(name: string, clause: string): string {
  return `running ${nameWords(name)}: ${clause}`;
}

/** `made`: in nanoseconds since the epoch. */
export function restoredWords(
  name: string,
  clause: string,
  outputs: number,
  made: bigint,
  milliseconds: number,
): string {
  return `${nameWords(name)} is restored from ${momentWords(made)} (${count(outputs, 'output')}; ran in ${durationWords(milliseconds)} then): ${clause}`;
}

function momentWords(nanoseconds: bigint): string {
  const [day, time] = timeWords(nanoseconds);
  return `${day} ${time.slice(0, 5)}`;
}

/** Of a target that is up to date by what was brought back. `made`: as above. */
export function wasRestoredWords(made: bigint): string {
  return `known result from ${momentWords(made)}, restored`;
}

/** Of one that would be made of something else then. */
export function outOfDateMakerWords({ target, paths }: OutOfDateMaker, cwd: string): string {
  const made = listWords(
    paths.map((path) => pathWords(path, cwd)),
    'short',
  );
  return `${nameWords(target)}, which makes ${made}, is out of date itself: run that first`;
}

/** Of one that is out of date: what the store could do for it. */
export function nearResultWords({ made, differs }: NearResult, cwd: string): string {
  if (differs.length === 0)
    return `known result from ${momentWords(made)}: "oodate run" restores it, and nothing runs`;
  const shown = differs.slice(0, 3).map((reason) => reasonWords(reason, cwd));
  const more = differs.length > shown.length ? [`${differs.length - shown.length} more`] : [];
  return `the nearest known result, from ${momentWords(made)}, is of another state: ${[...shown, ...more].join('; ')}`;
}

/** Why a result is not kept in the store, and what can be done about it. */
export function hindranceWords(name: string, hindrance: Hindrance, cwd: string): string {
  return `the result of ${nameWords(name)} is not kept in the store: ${hindranceClause(hindrance, cwd)}`;
}

function hindranceClause(hindrance: Hindrance, cwd: string): string {
  const path = 'path' in hindrance ? pathWords(hindrance.path, cwd) : '';
  switch (hindrance.kind) {
    case 'output-outside':
      return `it wrote outside of the project, ${path} (allow that with the setting store.outside)`;
    case 'unknown-before':
      return `it changed ${path}, of which it is not known what it was before (it is from the next run on)`;
    case 'special-output':
      return `${path} is no file that can be kept`;
    case 'changed-while-running':
      return `${path} was changed while it ran`;
    case 'network-used':
      return 'it used the network (allow that with the setting network.ignore)';
    case 'too-long-record':
      return 'its record is too long';
  }
}

export function restartingWords(name: string, clause: string): string {
  return `ending ${nameWords(name)}, to run it anew: ${clause}`;
}

export function waitingWords(name: string): string {
  return `waiting for another run of ${nameWords(name)}`;
}

/** What `oodate init` changes, as lines to remove and to add. */
export function initWords(
  manager: string,
  changes: readonly FileChange[],
  undo: boolean,
  cwd: string,
): string {
  if (changes.length === 0)
    return undo ? 'no script runs through oodate' : `${manager}: scripts run through oodate already`;
  const lines = [`${manager}: scripts ${undo ? 'no longer run' : 'run'} through oodate with this change:`];
  for (const { file, text, removed, added } of changes) {
    lines.push('', `  ${pathWords(file, cwd)}${text === undefined ? ' (removed)' : ''}`);
    lines.push(
      ...removed.map((line) => `  - ${textLineWords(line)}`),
      ...added.map((line) => `  + ${textLineWords(line)}`),
    );
  }
  return lines.join('\n');
}

export function wouldRestoreWords(name: string, clause: string, made: bigint): string {
  return `would restore ${nameWords(name)} from ${momentWords(made)}: ${clause}`;
}

export function wouldRunWords(name: string, clause: string): string {
  return `would run ${nameWords(name)}: ${clause}`;
}

/** Of a target of which no run is known that could be shown. */
export function nothingToShowWords(name: string): string {
  return `there is no record of a good run of ${nameWords(name)} that could be shown`;
}

/** When and how long the last run of a target was, and for how many reasons. */
export function lastRunWords(
  name: string,
  { started, restored, milliseconds, causes, more }: LastRun,
): string {
  const time = durationWords(milliseconds);
  const ran =
    restored === null
      ? `${nameWords(name)} ran${started === null ? '' : ` at ${momentWords(nanosecondsOf(started))}`} in ${time}`
      : `${nameWords(name)} was restored from ${momentWords(nanosecondsOf(restored))} (ran in ${time} then)`;
  if (causes === null) return `${ran}; why was not recorded`;
  return `${ran}, for ${count(causes.length + more, 'reason')}:`;
}

function nanosecondsOf(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1_000_000n;
}

/** What the last run left, against the one before. */
export function lastRunOutcomeWords({ outputs, isAvoidable, milliseconds }: LastRun): string {
  if (outputs === null) return 'what the run before had left is not known';
  if (outputs === 'changed') return 'it left something else than the run before';
  const spared = isAvoidable ? `: its ${durationWords(milliseconds)} could have been spared` : '';
  return `it left the same as the run before${spared}`;
}

/** The title of what could have been spared. */
export const sparedTitle = 'changed, and did not show in the outputs';

export function sparedWords({ path, runs, now }: SparedPath, cwd: string): string {
  const shown = pathWords(path, cwd);
  if (runs === 1) return `${shown} in ${now ? 'this run' : 'an earlier run'}`;
  return `${shown} in ${runs} runs${now ? ', this one included' : ''}`;
}

/** What a setting would spare, a line each. */
export function adviceLines(advice: readonly Advice[]): string[] {
  if (advice.length === 0) return [];
  const values = advice.map(({ value }) => textWords(value));
  return [
    `if these never matter, the setting ignore leaves them out: ${values.join(', ')}`,
    'that they have not shown so far is no proof of that',
  ];
}

export function outOfDateWords(name: string, reasons: number): string {
  const clause = ` is out of date, for ${count(reasons, 'reason')}:`;
  return `${cutName(name, Math.min(60, 80 - clause.length))}${clause}`;
}

export function countsWords({ inputs, missing, listings, outputs }: Counts): string {
  return [
    count(inputs, 'input'),
    `${missing} looked for and missing`,
    count(listings, 'listing'),
    count(outputs, 'output'),
  ].join(', ');
}

export function keptWords(name: string, milliseconds: number, counts: Counts): string {
  return `${ranWords(name, milliseconds)}; kept: ${countsWords(counts)}`;
}

export function failedWords(name: string, exit: ProcessExit): string {
  return `${nameWords(name)} ${exitWords(exit)}; nothing is kept, the next run runs it again`;
}

export function incompleteWords(name: string, milliseconds: number, causes: readonly string[]): string {
  return `${ranWords(name, milliseconds)}; not kept, since not all it did could be seen: ${listWords(causes)}; the next run runs it again`;
}

export function disturbedWords(name: string, milliseconds: number, clause: string): string {
  return `${ranWords(name, milliseconds)}, but is out of date at once: ${clause}; run it again`;
}

/** Of a run that used the network, by whoever it was asked for. */
export function networkedWords(name: string, milliseconds: number, uses: readonly NetworkUse[]): string {
  return `${ranWords(name, milliseconds)}, but is out of date at once: it ${networkWords(uses)}; ${networkHint}`;
}

/** The same, where a package manager asked for it. */
export function leftAloneWords(name: string, uses: readonly NetworkUse[]): string {
  return `${nameWords(name)} runs plainly from now on: it ${networkWords(uses)}; ${networkHint}`;
}

const networkHint = 'if its result does not depend on that, name it in the setting network.ignore';

function networkWords(uses: readonly NetworkUse[]): string {
  const served = uses.includes('used') ? 'used the network and served on it' : 'served on the network';
  return `${uses.includes('served') ? served : 'used the network'}, and what came over it cannot be compared`;
}

export function plainRunWords(name: string, milliseconds: number, why: string): string {
  return `${ranWords(name, milliseconds)}; nothing is kept: ${why}`;
}

export function watchingWords(name: string, { inputs, missing, listings }: Counts): string {
  const watched = [count(inputs, 'input'), `${missing} looked for and missing`, count(listings, 'listing')];
  return `watching ${nameWords(name)}: ${watched.join(', ')}`;
}

/** How a watched target comes to be out of date by having run. */
export function loopWords(name: string, loop: Loop, cwd: string): string {
  return `loop: ${loopClause(nameWords(name), loop, cwd)}`;
}

function loopClause(name: string, loop: Loop, cwd: string): string {
  const [first = '', ...others] = loop.paths.map((path) => pathWords(path, cwd));
  const path = others.length === 0 ? first : `${first} (and ${others.length} more)`;
  switch (loop.kind) {
    case 'targets':
      return cycleWords(loop.links, cwd);
    case 'left-running':
      return `${someoneWords(loop.by)} writes ${path}, which ${name} uses, and was left running by ${name} itself`;
    case 'output-changed':
      return `${name} writes ${path}, and ${someoneWords(loop.by)} changes it each time`;
    case 'changed-while-running':
      return `${path}, which ${name} uses, is changed in every run, by ${someoneWords(loop.by)}`;
    default:
      return unreachable(loop);
  }
}

function cycleWords(links: readonly CycleLink[], cwd: string): string {
  const [one, other] = links;
  if (one !== undefined && links.length === 2 && one.path === other?.path)
    return `${nameWords(one.maker)} and ${nameWords(one.user)} both write ${pathWords(one.path, cwd)}, and each runs since the other one did`;
  return links
    .map(
      ({ maker, path, user }) =>
        `${nameWords(maker)} writes ${pathWords(path, cwd)}, which ${nameWords(user)} uses`,
    )
    .join('; ');
}

/** Of a target in a loop. */
export function leftOutOfDateWords(name: string, { kind }: Loop): string {
  const other = kind === 'left-running' ? 'anything is changed by others' : 'anything else changes';
  return `${nameWords(name)} is left out of date: it runs again when ${other}`;
}

function someoneWords(actor: CulpritProcess | undefined): string {
  return actor === undefined ? 'someone else' : culpritActorWords(actor, 'short');
}

/** What became of one of several scripts. */
export interface ScriptOutcome {
  readonly title: string;
  readonly kind: 'ran' | 'restored' | 'up to date' | 'failed' | 'skipped';
  /** Milliseconds; of what is up to date those of its last run. */
  readonly took?: number | undefined;
}

/** Several scripts at a glance, a line each, and one for all. */
export function summaryWords(outcomes: readonly ScriptOutcome[], milliseconds: number): string[] {
  const width = Math.max(...outcomes.map(({ title }) => nameWords(title).length));
  const lines = outcomes.map(({ title, kind, took }) => {
    const time = took === undefined ? '' : durationWords(took);
    const shown = kind === 'up to date' ? `(${time} last time)` : time;
    return `${nameWords(title).padEnd(width)}  ${kind.padEnd(10)}  ${shown}`.trimEnd();
  });
  const sums = (['ran', 'restored', 'up to date', 'failed', 'skipped'] as const).flatMap((kind) => {
    const number = outcomes.filter((outcome) => outcome.kind === kind).length;
    return number === 0 ? [] : [`${number} ${kind}`];
  });
  return [
    ...lines,
    `${count(outcomes.length, 'script')} in ${durationWords(milliseconds)}: ${sums.join(', ')}`,
  ];
}

/** Of changes that a watch may miss. */
export function unheardWords(why: string): string {
  return `not every change is noticed from now on: ${why}`;
}

/** Where a setting comes from. */
export function settingSourceWords(from: SettingSource, cwd: string): string {
  switch (from.kind) {
    case 'default':
      return 'default';
    case 'file':
      return pathWords(from.file, cwd);
    case 'environment':
      return from.variable;
    case 'flag':
      return from.flag;
    default:
      return unreachable(from);
  }
}

export function settingValueWords(value: string | boolean | readonly string[] | undefined): string {
  if (value === undefined) return '-';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return textWords(value);
  return value.length === 0 ? '-' : value.map(textWords).join(' ');
}

export function unmatchedWords(pattern: string): string {
  return `the pattern ${textWords(pattern)} of extra inputs matches nothing`;
}

export function hashingWords(files: number): string {
  return `reading what may have changed: ${count(files, 'file')}`;
}

export function noteWords(note: string): string {
  return `note: ${note}`;
}

export function logNotWrittenWords(log: string, code: string): string {
  return `the log ${log} cannot be written (${code})`;
}

export function logIncompleteWords(causes: readonly string[]): string {
  return `the log does not show all that the command did: ${listWords(causes)}`;
}

/** The title of the paths that were used so. */
export function useWords(use: Use): string {
  switch (use) {
    case 'executed':
    case 'read':
      return use;
    case 'looked':
      return 'looked at';
    case 'missing':
      return 'looked for and missing';
    case 'extra':
      return 'named in the settings';
    case 'output':
      return 'written';
    case 'removed':
      return 'removed';
    default:
      return unreachable(use);
  }
}

/** The title of the paths that a log has so. */
export function accessWords(
  group: 'executed' | 'read' | 'looked' | 'missing' | 'listed' | 'kept' | 'written' | 'removed',
): string {
  if (group === 'kept') return 'changed or moved, with what was there';
  return group === 'written' || group === 'listed' ? group : useWords(group);
}

/** A line of text that is not ours, without what would move the cursor or change colours. */
export function textLineWords(line: string): string {
  return line.replace(/(?!\t)\p{Cc}|\p{Cs}/gu, escapedCharacter);
}

/** What is wrong where; without a file, with the number of the line alone. */
export function problemWords(file: string | undefined, { line, message }: Problem): string {
  return `${file === undefined ? 'line ' : `${file}:`}${line}: ${textLineWords(message)}`;
}

export function noProblemWords(file: string): string {
  return `${file}: no problems`;
}

/** In lines, each with its end. */
export function storeStatusWords(folder: string, status: StoreStatus, isUsed: boolean): string {
  const { objects, entries, bytes, maxBytes } = status;
  const unused = isUsed ? '' : 'it is not used: store.enabled is false\n';
  return (
    `the store of results is ${textWords(folder)}\n` +
    `${sizeWords(bytes)} of ${sizeWords(maxBytes)}, ${countObjects(objects, entries)}\n${unused}`
  );
}

export function collectionWords({ removedObjects, removedEntries, removedBytes, bytes }: Collection): string {
  const removed =
    removedBytes === 0
      ? 'nothing is removed'
      : `removed ${countObjects(removedObjects, removedEntries)}, ${sizeWords(removedBytes)}`;
  return `${removed}; ${sizeWords(bytes)} are left`;
}

export function damagedFileWords({ path, message, removed }: DamagedFile): string {
  return `${textWords(path)}: ${message}; it is ${removed ? 'removed' : 'not used, and cannot be removed'}`;
}

export function verificationWords({ objects, entries, bytes, damaged }: Verification): string {
  const found = damaged.length === 0 ? 'none is damaged' : `${damaged.length} damaged`;
  return `${countObjects(objects, entries)}, ${sizeWords(bytes)}: ${found}`;
}

function countObjects(objects: number, entries: number): string {
  return `${count(objects, 'object')} and ${entries} ${entries === 1 ? 'entry' : 'entries'}`;
}

/** A process on one line, indented by how deep in the tree it is. */
export function processLifeWords(
  { pid, depth, executables, exit, started, ended }: ProcessLife,
  cwd: string,
): string {
  const programs = executables.map((path) => pathWords(path, cwd)).join(' and then ');
  const end =
    exit === undefined
      ? 'its end is not known'
      : exit.signal === 0
        ? `exit status ${exit.status}`
        : `ended by ${signalName(exit.signal)}`;
  const lasted =
    started === undefined || ended === undefined ? '' : `, ${durationWords((ended - started) / 1000)}`;
  return `${'  '.repeat(depth)}${pid} ${programs === '' ? 'a fork' : programs}, ${end}${lasted}`;
}

/** What a conversion left out or altered, on one line; undefined if that is nothing. */
export function lossesWords(
  { losses, record, untraced }: Omit<ConvertedFile, 'file'>,
  format: string,
): string | undefined {
  const sum = (of: (losses: ConversionLosses) => number) => losses.reduce((total, one) => total + of(one), 0);
  const letters = new Map<string, number>();
  for (const one of losses)
    for (const [letter, times] of one.letters) letters.set(letter, (letters.get(letter) ?? 0) + times);
  const left = [...letters].map(([letter, times]) => count(times, `${letter} record`));
  const unreadable = sum((one) => one.unreadable);
  if (unreadable > 0) left.push(`${count(unreadable, 'line')} that cannot be read`);
  const comments = sum((one) => one.comments);
  if (comments > 0) left.push(count(comments, 'comment'));
  if (record) left.push('the record of the run');
  const parts = left.length === 0 ? [] : [`left out of the ${format} format: ${left.join(', ')}`];
  const exits = sum((one) => one.exits);
  if (exits > 0) parts.push(`${count(exits, 'end')} by a signal written as an exit status`);
  if (untraced > 0) parts.push(`${count(untraced, 'meta file')} had no filemon log`);
  if (untraced > 0 || losses.some(({ incompleteness }) => incompleteness))
    parts.push('what is left does not show everything, so it has no # Bye bye');
  return parts.length === 0 ? undefined : parts.join('; ');
}

export function mergeRefusalWords(refusal: MergeRefusal, cwd: string): string {
  switch (refusal.kind) {
    case 'mixed':
      return 'meta files and filemon logs that stand alone cannot become one file';
    case 'directories':
      return `commands that ran in ${pathWords(refusal.one, cwd)} and in ${pathWords(refusal.other, cwd)} cannot become one target`;
    default:
      return unreachable(refusal);
  }
}

export function heldNamesWords(format: string, names: readonly string[]): string {
  return `a depfile for ${format} cannot hold ${names.length === 1 ? 'the name' : 'the names'} ${listWords(names.map(textWords))}`;
}

/** What a person is told of an error: the sentence, and what to do. */
export function errorWords(message: string, hint: string | undefined): string {
  const sentence = message.replace(/\.$/, '');
  return hint === undefined
    ? sentence
    : `${sentence}; ${hint.replace(/\.$/, '').replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}`;
}

/** Which backend a run has, and which it can be given. */
export function chosenWords(chosen: string, others: readonly string[]): string {
  return others.length === 0 ? chosen : `${chosen}; --backend ${others.join(' or ')} works, too`;
}

/** How the loader of the bpf backend gets these capabilities, what that means, and how it is undone. */
export function grantWords(loader: string, capabilities: string, isRoot: boolean): string {
  const file = textWords(loader);
  const by = isRoot ? '' : 'sudo ';
  return [
    'So that bpf works for others than root:',
    '',
    `  ${by}setcap ${capabilities} ${file}`,
    '',
    'Whoever can execute that file can then see the paths used and the command lines of all that they',
    'start, set-user-id programs included. To have one group alone do so, before that:',
    '',
    `  ${by}chgrp GROUP ${file}`,
    `  ${by}chmod 750 ${file}`,
    '',
    'To undo it (a file that is built or installed anew has none):',
    '',
    `  ${undoWords(file, by)}`,
    '',
  ].join('\n');
}

function undoWords(file: string, by: string): string {
  return `${by}setcap -r ${file}`;
}

export function grantedWords(loader: string): string {
  return `done: others than root can use bpf now; to undo it: ${undoWords(textWords(loader), '')}`;
}

export function worksAlreadyWords(loader: string): string {
  return `bpf works for this user already; to undo that: ${undoWords(textWords(loader), 'sudo ')}`;
}

function stateWords(state: RecordedState, cwd: string): string {
  switch (state.type) {
    case 'absent':
      return 'not there';
    case 'link':
      return `a link to ${pathWords(state.target, cwd)}`;
    case 'directory':
      return 'a directory';
    case 'special':
      return 'a special file';
    case 'unreadable':
      return `out of reach (${textLineWords(state.errno)})`;
    case 'file':
      return `a file of ${count(Number(state.size), 'byte')}`;
    default:
      return unreachable(state);
  }
}

function changeWords(was: RecordedState, is: RecordedState, cwd: string, detail: Detail): string {
  if (was.type === 'file' && is.type === 'file') return contentWords(was, is, detail);
  return `was ${stateWords(was, cwd)}, is ${stateWords(is, cwd)}`;
}

function contentWords(was: RecordedContent, is: RecordedContent, detail: Detail): string {
  if (was.size !== is.size) {
    if (detail === 'all' && was.mtime !== is.mtime) {
      const [then, now] = timePairWords(was.mtime, is.mtime);
      return `changed (was ${count(Number(was.size), 'byte')} of ${then}, is ${is.size} of ${now})`;
    }
    const time = detail === 'all' ? ', and the same time' : '';
    return `changed (was ${count(Number(was.size), 'byte')}, is ${is.size}${time})`;
  }
  const executable = (is.mode & 0o111) !== 0;
  if (executable !== ((was.mode & 0o111) !== 0))
    return executable ? 'became executable' : 'is no longer executable';
  const size = `${count(Number(is.size), 'byte')} as before`;
  if (detail === 'short') return `changed (${size})`;
  if (was.mtime === is.mtime) return `changed (${size}, and the same time)`;
  const [then, now] = timePairWords(was.mtime, is.mtime);
  return `changed (${size}; was of ${then}, is of ${now})`;
}

/** Two times, in nanoseconds since the epoch, as exact as it takes to tell them apart; of one day, that is told once. */
function timePairWords(one: bigint, other: bigint): [string, string] {
  const [day, time] = timeWords(one);
  const [otherDay, otherTime] = timeWords(other);
  // To the second, the millisecond or the nanosecond.
  const length = [8, 12].find(
    (digits) => day !== otherDay || time.slice(0, digits) !== otherTime.slice(0, digits),
  );
  const later = otherTime.slice(0, length);
  return [`${day} ${time.slice(0, length)}`, day === otherDay ? later : `${otherDay} ${later}`];
}

/** The day, and the time to the nanosecond. */
function timeWords(nanoseconds: bigint): [string, string] {
  const moment = new Date(Number(nanoseconds / 1_000_000n));
  const two = (number: number) => String(number).padStart(2, '0');
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':');
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0');
  return [
    [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map(two).join('-'),
    `${time}.${fraction}`,
  ];
}

/** A directory keeps its slash, a link gets the mark that ls gives it. */
function entryWords(name: string): string {
  return textWords(name.replace(/\/([@=])$/, '$1'));
}

/** As in `Target.stdin` of the planner. */
function stdinWords(stdin: string, cwd: string): string {
  const [, offset, path] = /^file (\d+) (.*)$/s.exec(stdin) ?? [];
  if (path !== undefined) return `${pathWords(path, cwd)}${offset === '0' ? '' : ` from byte ${offset} on`}`;
  return stdin === 'null' ? 'empty (/dev/null)' : stdin === 'closed' ? 'closed' : 'a pipe or terminal';
}

function listingWords(gained: readonly string[], lost: readonly string[], detail: Detail): string {
  const change = membersWords(gained.map(entryWords), lost.map(entryWords), detail);
  return change === '' ? 'cannot be listed now' : change;
}

function membersWords(gained: readonly string[], lost: readonly string[], detail: Detail): string {
  const parts: string[] = [];
  if (gained.length > 0) parts.push(`has gained ${listWords(gained, detail)}`);
  if (lost.length > 0) parts.push(`has lost ${listWords(lost, detail)}`);
  return parts.join(' and ');
}

function variableWords(name: string, was: VariableValue, is: VariableValue, detail: Detail): string {
  if (was?.hidden || is?.hidden) {
    const change =
      was === undefined ? 'is set now' : is === undefined ? 'is not set now' : 'has another value';
    return `the variable ${textWords(name)} ${change} (values hidden)`;
  }
  const [before, now] = [pathsIn(was), pathsIn(is)];
  if (before === undefined || now === undefined)
    return `the variable ${textWords(name)} was ${valueWords(was)}, is ${valueWords(is)}`;
  const gained = now.filter((path) => !before.includes(path));
  const lost = before.filter((path) => !now.includes(path));
  const change = membersWords(gained.map(textWords), lost.map(textWords), detail);
  return `the variable ${textWords(name)} ${change === '' ? 'has its paths in another order' : change}`;
}

/** Those in a value like that of PATH, which is too long to be compared by eye. */
function pathsIn(value: VariableValue): string[] | undefined {
  const paths = value?.value.split(':') ?? [];
  return paths.length > 1 && paths.every((path) => path.startsWith('/')) ? paths : undefined;
}

function valueWords(value: VariableValue): string {
  if (value === undefined) return 'not set';
  const text = value.value.length <= 200 ? value.value : `${value.value.slice(0, 199)}…`;
  return /[\p{Cc}\p{Cs}]/u.test(text) ? textWords(text) : `'${text}'`;
}

function commandsWords(commands: readonly (readonly string[])[]): string {
  return commands.map((words) => textInQuotes(textLineWords(commandText(words)))).join(' and then ');
}

/** A script is shown as it was written, not as the words that hand it to sh. */
function commandText(words: readonly string[]): string {
  const [program, option, text] = words;
  return program === 'sh' && option === '-c' && words.length === 3 && text !== undefined
    ? text
    : quoteWords(words);
}

function textInQuotes(text: string): string {
  return text.includes('`') ? `"${text}"` : `\`${text}\``;
}

function streamWords(stream: number): string {
  return stream === 1 ? 'stdout' : 'stderr';
}

function exitWords({ status, signal }: ProcessExit): string {
  return signal === 0 ? `failed with exit status ${status}` : `was ended by ${signalName(signal)}`;
}

function ranWords(name: string, milliseconds: number): string {
  return `${nameWords(name)} ran in ${durationWords(milliseconds)}`;
}

function durationWords(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** At most three, and how many more there are; with 'all', all of them. */
function listWords(items: readonly string[], detail: Detail = 'short'): string {
  if (detail === 'all') return items.join(', ');
  const shown = items.slice(0, 3).join(', ');
  return items.length <= 3 ? shown : `${shown} and ${items.length - 3} more`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Of a meta file of bmake's. */
export function noSectionWords(path: string, objection: string): string {
  return `${path} has no filemon section: ${objection}`;
}
