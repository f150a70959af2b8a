import { readFileSync } from 'node:fs';
import { type ImaginedChange, type KnownTarget, type WhatIf, whatIf } from '@oodate/explain';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { diskFileStates, type FileStates, snapshotStates } from '@oodate/planner';
import { assertWordsIntact } from '../argument-words.js';
import {
  askedTargets,
  graphOf,
  isExtraInput,
  isUnnamed,
  knownTargetsHere,
  withGoodRecord,
} from '../asked-targets.js';
import { type ChangedName, parseChangedPaths } from '../changed-paths.js';
import { formatNotice, repositoryPath } from '../github-notice.js';
import { decisionNow } from '../judgement.js';
import { writeOut } from '../output-streams.js';
import { printJson } from '../report.js';
import type { TargetName } from '../target.js';
import { coloursFor, stdoutColumns } from '../terminal.js';
import { stdinPath } from '../traced-files.js';
import type { WhyForm } from '../why-form.js';
import {
  afterWords,
  ifChangedTitle,
  ifChangedWords,
  imaginedCauseWords,
  moreWords,
  nameWords,
  outOfDateAlreadyWords,
  unusedChangesWords,
} from '../words.js';
import { wrapped } from '../wrapped-text.js';

export interface IfChangedOptions {
  readonly form: WhyForm;
  readonly verbose: boolean;
}

/** Says on stdout which targets would be out of date if these paths changed. `-` among the words: those that stdin lists, too. */
export async function whyIfChanged(
  words: readonly string[],
  name: TargetName,
  options: IfChangedOptions,
): Promise<number> {
  const files = snapshotStates(diskFileStates());
  const changes = changesOf(words, files);
  const asked = (await askedTargets(name)).map(withGoodRecord);
  // What a target uses may be made by another one, also where only one is asked about.
  const others = isUnnamed(name) ? [] : (await knownTargetsHere(name)).map(withGoodRecord);
  const all = [...new Map([...others, ...asked].map((one) => [one.known.metaFile, one])).values()];
  const judged = all.map(({ known, asked: one }) => ({
    known,
    target: one.target,
    options: decisionNow(one.settings.decision),
    isExtraInput: isExtraInput(one),
  }));
  const graph = await graphOf(
    all.map(({ known }) => known),
    name.flags,
  );
  const found = whatIf(judged, changes, files, graph);
  const isAsked = new Set(asked.map(({ known }) => known.metaFile));
  const answer = {
    changes: changes.map(({ path }) => path),
    unused: unusedOf(changes, found),
    asked: found.filter(({ known }) => isAsked.has(known.metaFile)),
    told: withMakers(found, isAsked),
  };
  if (options.form === 'json') printJson(jsonOf(answer));
  else if (options.form === 'github') writeOut(1, noticesOf(answer));
  else writeOut(1, textOf(answer, options.verbose));
  return 0;
}

interface Answer {
  readonly changes: readonly AbsolutePath[];
  /** Those that no target uses, asked about or not. */
  readonly unused: readonly AbsolutePath[];
  readonly asked: readonly WhatIf[];
  /** Also those by which a target that is asked about would be out of date. */
  readonly told: readonly WhatIf[];
}

/** The changed ones first, then those that come after them. */
function withMakers(found: readonly WhatIf[], asked: ReadonlySet<string>): WhatIf[] {
  const told = new Set(asked);
  const byMetaFile = new Map(found.map((one) => [one.known.metaFile, one]));
  // What is added to a set is visited, too.
  for (const metaFile of told)
    for (const { known } of byMetaFile.get(metaFile)?.after ?? []) told.add(known.metaFile);
  const isFirst = ({ causes }: WhatIf) => causes.length > 0;
  const all = found.filter(({ known }) => told.has(known.metaFile));
  return [...all.filter(isFirst), ...all.filter((one) => !isFirst(one))];
}

function changesOf(words: readonly string[], files: FileStates): ImaginedChange[] {
  assertWordsIntact(words);
  const names = words.flatMap((word): ChangedName[] =>
    word === stdinPath || word === '-'
      ? parseChangedPaths(readFileSync(0))
      : [{ name: word, change: undefined }],
  );
  const cwd = process.cwd() as AbsolutePath;
  const changes = new Map<AbsolutePath, ImaginedChange>();
  for (const { name, change } of names) {
    const path = joinPath(cwd, name);
    changes.set(path, {
      path,
      of: change ?? (files.linkState(path).type === 'absent' ? 'presence' : 'content'),
    });
  }
  return [...changes.values()];
}

function isAffected({ causes, after }: WhatIf): boolean {
  return causes.length > 0 || after.length > 0;
}

function unusedOf(changes: readonly ImaginedChange[], found: readonly WhatIf[]): AbsolutePath[] {
  const used = new Set(found.flatMap(({ causes }) => causes.flatMap((cause) => cause.changes)));
  return changes.map(({ path }) => path).filter((path) => !used.has(path));
}

/** Described in docs/formats, and kept stable. */
function jsonOf({ changes, unused, asked, told }: Answer): object {
  return {
    version: 1,
    changes,
    unused,
    targets: told.map((one) => ({
      name: one.known.name,
      metaFile: one.known.metaFile,
      asked: asked.includes(one),
      affected: isAffected(one),
      outOfDate: one.outOfDate,
      causes: one.causes,
      after: one.after.map(({ known, paths }) => ({ name: known.name, metaFile: known.metaFile, paths })),
    })),
  };
}

function textOf({ asked, told, unused }: Answer, verbose: boolean): string {
  const { bold, dim } = coloursFor(1);
  const affected = told.filter(isAffected);
  const lines = [titleOf(asked)];
  for (const one of affected) {
    const { known, outOfDate, causes, after } = one;
    const most = verbose ? Number.POSITIVE_INFINITY : mostLines;
    const more = causes.length + after.length - most;
    lines.push('');
    if (affected.length > 1 || asked.length > 1)
      lines.push(`  ${bold(ifChangedTitle(known.name, outOfDate))}`);
    lines.push(...linesOf(one, most));
    if (more > 0) lines.push(`    ${dim(moreWords(more))}`);
  }
  const already = asked.filter((one) => one.outOfDate && !isAffected(one));
  const rest = [
    outOfDateAlreadyWords(already.map(({ known }) => known.name)),
    unusedChangesWords(unused, process.cwd()),
  ].filter((line) => line !== '');
  if (rest.length > 0) lines.push('', ...rest.flatMap((line) => wrapped(line, stdoutColumns(), 0)));
  return `${lines.join('\n')}\n`;
}

/** At most so many; command lines are whole if there is no such number. */
function linesOf({ causes, after }: WhatIf, most: number): string[] {
  const cwd = process.cwd();
  const columns = most === Number.POSITIVE_INFINITY ? most : stdoutColumns();
  const shown = causes.slice(0, most).map((cause) => imaginedCauseWords(cause, cwd, columns - 4));
  for (const { known, paths } of after.slice(0, most - shown.length))
    shown.push(afterWords(known.name, paths, cwd));
  return shown.flatMap((line) => wrapped(line, columns, 4));
}

function titleOf(asked: readonly WhatIf[]): string {
  const names = asked.map(({ known }) => known.name);
  return ifChangedWords(asked.filter(isAffected).length, names);
}

/** Of one target. */
const mostLines = 5;

/** One for each changed path by which a target would be out of date. */
function noticesOf({ changes, told, asked }: Answer): string {
  const names = asked.map(({ known }) => known.name);
  const notices = changes.flatMap((path) => {
    const lines = linesOfChange(path, told);
    const affected = asked.filter(({ known }) => lines.has(known.metaFile)).length;
    if (affected === 0) return [];
    const title = ifChangedWords(affected, names).replace(/:$/, '');
    return [formatNotice({ file: repositoryPath(path), title, message: [...lines.values()].join('\n') })];
  });
  return notices.join('');
}

/** By meta file what the change would do to the target: first those that use the path, then those after them, and so on. */
function linesOfChange(path: AbsolutePath, told: readonly WhatIf[]): Map<string, string> {
  const cwd = process.cwd();
  const lines = new Map<string, string>();
  const add = ({ name, metaFile }: KnownTarget, clause: string) =>
    lines.set(metaFile, `${nameWords(name)}: ${clause}`);
  for (const { known, causes } of told) {
    const cause = causes.find((one) => one.changes.includes(path));
    if (cause !== undefined) add(known, imaginedCauseWords(cause, cwd, noticeColumns));
  }
  for (let size = 0; size < lines.size; ) {
    size = lines.size;
    for (const { known, after } of told) {
      const before = after.find((one) => lines.has(one.known.metaFile));
      if (before !== undefined && !lines.has(known.metaFile))
        add(known, afterWords(before.known.name, before.paths, cwd));
    }
  }
  return lines;
}

const noticeColumns = 120;
