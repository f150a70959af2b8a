import { type FilemonProblemCode, filemonProblems, filemonRecords } from './log-text.js';
import { parseChild } from './processes.js';
import type { FilemonRecord, Problem, ProcessRecord } from './record.js';

/** The codes of what `checkFilemonLog` finds beyond the problems of single lines, with what each means. */
export const logProblems = {
  'empty-log': 'log without a record',
  'no-version': 'record before the line with the version',
  'unknown-version': 'version that no filemon has',
  'versions-differ': 'version other than that of the comment above it',
  'no-target-pid': 'log without the pid of its target',
  'bad-comment': 'comment without the number that belongs there',
  'stop-before-start': 'end that is before the start',
  'no-end': 'log without its last line, # Bye bye, so perhaps cut short',
  'after-end': 'record after the line # Bye bye',
  'unknown-process': 'record of a process that no fork record names',
  'after-exit': 'record of a process that has ended',
  'repeated-fork': 'fork record of a process that is there already',
  'no-exit': 'first record of a process whose end is not told',
  'unknown-program': 'exec record without the path of the program',
  'lone-time': 'time record without the fork, exec or exit that it is of',
  incomplete: 'from here the trace is incomplete',
} as const;

export type LogProblemCode = keyof typeof logProblems;

/**
 * Everything that is wrong with a log, in the order of its lines: what cannot be
 * read, and what does not fit together. A log without problems is one that
 * decisions may be built on. At most 100 problems are listed.
 */
export function checkFilemonLog(log: Uint8Array): Problem[] {
  const problems: Problem[] = [];
  const check = new LogCheck();
  for (const record of filemonRecords([log], problems)) check.add(record);
  const all = [...problems.filter(({ code }) => code !== moreProblems), ...check.end()];
  all.sort((one, other) => one.line - other.line);
  const left = problems.find(({ code }) => code === moreProblems) ?? all[problemsListed];
  if (left === undefined) return all;
  const more = { code: moreProblems, line: left.line, message: filemonProblems[moreProblems] };
  return [...all.slice(0, problemsListed), more];
}

const problemsListed = 100;
const moreProblems = 'more-problems' satisfies FilemonProblemCode;

interface SeenProcess {
  /** Line of its first record. */
  readonly line: number;
  forked: boolean;
}

class LogCheck {
  readonly #problems: Problem[] = [];
  readonly #alive = new Map<number, SeenProcess>();
  readonly #ended = new Set<number>();
  readonly #leftRunning = new Set<number>();
  /** Processes without a fork record that began while others were alive: a late one may still come. */
  readonly #strangers = new Map<number, SeenProcess>();
  #line = 0;
  #records = 0;
  #titled: number | undefined;
  #version: number | undefined;
  #targetPid = false;
  #start: number | undefined;
  #versionTold = false;
  /** The line and process of the T record just seen. */
  #time: { readonly line: number; readonly pid: number } | undefined;
  #bye = false;
  /** Older filemons, whose X has one number, stop with the first process, so that others may have no end. */
  #endsAll = true;

  add(record: FilemonRecord): void {
    this.#line += 1;
    switch (record.kind) {
      case 'comment':
        this.#addComment(record.text);
        break;
      case 'version':
        this.#addVersion(record.version);
        break;
      case 'process':
        this.#records += 1;
        if (this.#version === undefined && !this.#versionTold) {
          this.#versionTold = true;
          this.#tell('no-version');
        }
        if (this.#bye) this.#tell('after-end');
        this.#addProcessRecord(record);
        break;
      case 'unreadable':
        break;
    }
  }

  #addComment(text: string): void {
    if (text === ' Bye bye') {
      this.#bye = true;
      return;
    }
    const match = /^ (filemon version|Target pid|Start|Stop|Left running)\b ?(.*)$/s.exec(text);
    if (match === null) return;
    const [, word, rest = ''] = match;
    switch (word) {
      case 'filemon version':
        this.#titled = /^\d{1,3}$/.test(rest) ? Number(rest) : undefined;
        if (this.#titled === undefined) this.#tell('bad-comment');
        break;
      case 'Target pid':
        this.#targetPid = true;
        if (parseChild(rest) === undefined) this.#tell('bad-comment');
        break;
      case 'Start':
      case 'Stop':
        this.#addTime(word, rest);
        break;
      case 'Left running':
        this.#leftRunning.add(Number.parseInt(rest, 10));
        break;
    }
  }

  #addTime(word: 'Start' | 'Stop', text: string): void {
    const time = /^\d{1,10}\.\d{6}$/.test(text) ? Number(text) : undefined;
    if (time === undefined) this.#tell('bad-comment');
    else if (word === 'Start') this.#start ??= time;
    else if (this.#start !== undefined && time < this.#start) this.#tell('stop-before-start');
  }

  #addVersion(version: number): void {
    this.#version = version;
    if (version < 2 || version > 5) this.#tell('unknown-version');
    else if (this.#titled !== undefined && this.#titled !== version) this.#tell('versions-differ');
  }

  #addProcessRecord({ letter, pid, data }: ProcessRecord): void {
    this.#followTime(letter, pid);
    if (letter === 'Q') {
      this.#tell('incomplete', `: ${data}`);
      return;
    }
    this.#meet(pid);
    if (letter === 'E' && data === '<unknown>') this.#tell('unknown-program');
    else if (letter === 'F') this.#fork(parseChild(data));
    else if (letter === 'X') this.#exit(pid, data);
  }

  #followTime(letter: string, pid: number): void {
    const time = this.#time;
    this.#time = letter === 'T' ? { line: this.#line, pid } : undefined;
    if (time !== undefined && (time.pid !== pid || !'FEX'.includes(letter)))
      this.#tellAt(time.line, 'lone-time');
  }

  #meet(pid: number): void {
    if (this.#alive.has(pid)) return;
    const process = { line: this.#line, forked: false };
    if (this.#alive.size > 0) {
      if (this.#ended.has(pid)) this.#tell('after-exit');
      else this.#strangers.set(pid, process);
    }
    this.#alive.set(pid, process);
  }

  #fork(child: number | undefined): void {
    if (child === undefined) return;
    const known = this.#alive.get(child);
    if (known?.forked) this.#tell('repeated-fork');
    // Some kernels write the F of a vfork only when the child has done its exec.
    if (known !== undefined) known.forked = true;
    else this.#alive.set(child, { line: this.#line, forked: true });
    this.#strangers.delete(child);
  }

  #exit(pid: number, data: string): void {
    if (!data.includes(' ')) this.#endsAll = false;
    this.#alive.delete(pid);
    this.#ended.add(pid);
  }

  end(): Problem[] {
    if (this.#records === 0) this.#tellAt(Math.max(1, this.#line), 'empty-log');
    if (this.#time !== undefined) this.#tellAt(this.#time.line, 'lone-time');
    if (!this.#targetPid) this.#tellAt(1, 'no-target-pid');
    for (const { line } of this.#strangers.values()) this.#tellAt(line, 'unknown-process');
    if (!this.#bye) this.#tellAt(Math.max(1, this.#line), 'no-end');
    else if (this.#endsAll)
      for (const [pid, { line }] of this.#alive)
        if (!this.#leftRunning.has(pid)) this.#tellAt(line, 'no-exit');
    return this.#problems;
  }

  #tell(code: LogProblemCode, more = ''): void {
    this.#tellAt(this.#line, code, more);
  }

  #tellAt(line: number, code: LogProblemCode, more = ''): void {
    this.#problems.push({ code, line, message: `${logProblems[code]}${more}` });
  }
}
