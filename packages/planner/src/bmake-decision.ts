import { encodePath } from '@oodate/filemon';
import type { BmakeFileState, BmakeFiles } from './bmake-files.js';
import { applyModifiers, matchesPattern, wordsOf } from './bmake-modifiers.js';
import type { BmakeFinding, UnusedMetaFile } from './bmake-reason.js';
import type { BmakeSettings } from './bmake-settings.js';

/*
 * bmake's decision over a meta file, to the letter: bmake 20200710, and since
 * 20220112 with .MAKE.META.CMP_FILTER. What is odd below is so in bmake; nothing
 * here is to be mended. docs/guide/bmake.md has the rules in sentences.
 */

/** A target that bmake's ordinary rules find up to date. */
export interface BmakeTarget {
  readonly metaFile: string;
  /** Modification time of the target in whole seconds since the epoch; 0 if it is not there. */
  readonly seconds: number;
  /** As BmakeAttribute has them. */
  readonly attributes: ReadonlySet<BmakeAttribute>;
  /** Now, in their order; undefined if they are not known and shall count as unchanged. */
  readonly commands: readonly BmakeCommand[] | undefined;
  /** The directory bmake works in. */
  readonly cwd: string;
  /** Real path of .OBJDIR. */
  readonly objdir: string;
  readonly curdir: string;
  /** Value of .TARGET: the target's path, if it was found on a search path. */
  readonly path: string;
}

export type BmakeAttribute = 'META' | 'NOMETA' | 'NOMETA_CMP' | 'PHONY' | 'SPECIAL' | 'MAKE' | 'SUBMAKE';

export interface BmakeCommand {
  /** As the makefile has it. */
  readonly source: string;
  /** After expansion. */
  readonly text: string;
}

/** Evaluates what only bmake can. */
export interface BmakeExpressions {
  /** For each `${NAME:L:modifiers}`, the name as it is in the middle of an expression. */
  filterNames(names: readonly string[]): readonly string[];
  /** The modifiers of .MAKE.META.CMP_FILTER applied to a variable with this value. */
  filterCommand(text: string): string;
}

/** The decisions of one run of bmake. What it learned of processes and files goes from one meta file to the next. */
export class BmakeRun {
  readonly settings: BmakeSettings;
  readonly files: BmakeFiles;
  /** The directories of processes that did not exit. */
  readonly directories = new Map<number, ProcessDirectories>();
  readonly #expressions: BmakeExpressions;
  readonly #ignored = new Map<string, boolean>();
  /** What .MAKE.META.IGNORE_FILTER leaves of a name. */
  readonly #filtered = new Map<string, string>();
  readonly #reads = new Map<string, BmakeFileState | 'ignored'>();

  constructor(settings: BmakeSettings, files: BmakeFiles, expressions: BmakeExpressions) {
    this.settings = settings;
    this.files = files;
    this.#expressions = expressions;
  }

  /** What bmake finds in the target's meta file. The target is out of date if a reason is among it. */
  judge(target: BmakeTarget): readonly BmakeFinding[] {
    return this.judgeText(target, this.files.read(target.metaFile));
  }

  /** The same with the text of the meta file, undefined if it cannot be read. */
  judgeText(target: BmakeTarget, text: string | undefined): readonly BmakeFinding[] {
    const { metaFile } = target;
    const unused = this.unusedMetaFile(target);
    if (unused !== undefined) return [{ kind: 'meta-file-unused', metaFile, why: unused }];
    if (text !== undefined) {
      this.#filterNamesIn(text);
      return new MetaFileWalk(this, target, text).findings();
    }
    return this.#mustHaveMetaFile(target) ? [{ kind: 'meta-file-missing', metaFile }] : [];
  }

  /** Why the target has no meta file; undefined if it has one. */
  unusedMetaFile({ attributes, commands, objdir, curdir }: BmakeTarget): UnusedMetaFile | undefined {
    if (attributes.has('NOMETA')) return '.NOMETA';
    if (!attributes.has('META')) {
      if (attributes.has('PHONY')) return '.PHONY';
      if (attributes.has('SPECIAL')) return '.SPECIAL';
      if (attributes.has('MAKE')) return '.MAKE';
    }
    if (commands?.length === 0) return 'no commands';
    const mayBeSubMake = attributes.has('SUBMAKE') && !attributes.has('META');
    if (mayBeSubMake && commands?.some(({ text }) => runsMake(text, this.settings.make))) return '.SUBMAKE';
    if (this.files.stat(objdir).type === 'none') return 'no .OBJDIR';
    if (!this.settings.mode.curdirOk && curdir === objdir) return '.OBJDIR == .CURDIR';
    return undefined;
  }

  #mustHaveMetaFile({ attributes, path, curdir }: BmakeTarget): boolean {
    const { mode } = this.settings;
    if (mode.readOnly || !(mode.missingMeta || attributes.has('META'))) return false;
    const slash = path.lastIndexOf('/');
    return slash <= 0 || !curdir.startsWith(path.slice(0, slash));
  }

  isIgnored(name: string): boolean {
    let ignored = this.#ignored.get(name);
    if (ignored === undefined) {
      ignored = this.#isOnIgnoredPath(name) || this.#matchesIgnorePattern(name) || this.#isFilteredOut(name);
      this.#ignored.set(name, ignored);
    }
    return ignored;
  }

  /** What a read of an absolute name finds. The records of a tree name few files, each very often. */
  look(name: string): BmakeFileState | 'ignored' {
    let found = this.#reads.get(name);
    if (found === undefined) {
      found = this.isIgnored(name) ? 'ignored' : this.files.stat(name);
      this.#reads.set(name, found);
    }
    return found;
  }

  #isOnIgnoredPath(name: string): boolean {
    if (!name.startsWith('/')) return false;
    const real = this.files.realPath(name);
    return this.settings.ignorePaths.some((start) => real.startsWith(start));
  }

  #matchesIgnorePattern(name: string): boolean {
    const { ignorePatterns } = this.settings;
    if (ignorePatterns === undefined) return false;
    const words = wordsOf(name);
    return ignorePatterns.some((pattern) => words.some((word) => matchesPattern(word, pattern)));
  }

  #isFilteredOut(name: string): boolean {
    if (this.settings.ignoreFilter === undefined) return false;
    if (!this.#filtered.has(name)) this.#filterNames([name]);
    return this.#filtered.get(name) === '';
  }

  /** All at once, since each question to bmake takes far longer than a decision. */
  #filterNamesIn(text: string): void {
    if (this.settings.ignoreFilter === undefined) return;
    const names = new Set([...text.matchAll(/^[REW] \S+ (.+)$/gm)].map(([, name]) => name as string));
    this.#filterNames([...names].filter((name) => !this.#filtered.has(name)));
  }

  #filterNames(names: readonly string[]): void {
    const { ignoreFilter = '' } = this.settings;
    const asked: string[] = [];
    for (const name of names) {
      const filtered = applyModifiers(name, ignoreFilter);
      if (filtered === undefined) asked.push(name);
      else this.#filtered.set(name, filtered);
    }
    if (asked.length === 0) return;
    this.#expressions.filterNames(asked).forEach((filtered, index) => {
      this.#filtered.set(asked[index] as string, filtered);
    });
  }

  /** Whether two commands are the same once .MAKE.META.CMP_FILTER was applied to both. */
  areSameFiltered(was: string, is: string): boolean {
    const { cmpFilter } = this.settings;
    if (cmpFilter === undefined) return false;
    const filtered = (text: string) =>
      applyModifiers(text, cmpFilter) ?? this.#expressions.filterCommand(text);
    return filtered(was) === filtered(is);
  }
}

interface ProcessDirectories {
  /** Where the process is. */
  readonly own: string;
  /** The directory that it read last. */
  readonly latest: string;
}

/** Only the first place where the text of ${.MAKE} stands counts. */
function runsMake(command: string, make: string): boolean {
  const at = command.indexOf(make);
  if (at < 0) return false;
  const isSpace = (character: string) => /^[ \t\n]?$/.test(character);
  return isSpace(command.charAt(at + make.length)) && isSpace(command.charAt(at - 1));
}

/** bmake does not compare a command that seems to use .OODATE. It looks for a `$` two characters before the name. */
function seemsToUseOodate(source: string): boolean {
  if (source.includes('$?')) return true;
  const at = source.indexOf('.OODATE');
  return at > 2 && source.charAt(at - 2) === '$';
}

/** One reading of a meta file from its top, up to the first reason. */
class MetaFileWalk {
  readonly #run: BmakeRun;
  readonly #target: BmakeTarget;
  readonly #text: string;
  readonly #findings: BmakeFinding[] = [];
  #missing: string[] = [];
  #isOutOfDate = false;
  /** The line in hand. */
  #line = 0;
  #start = 0;
  #end = 0;
  #isCut = false;
  #next = 0;
  /** The first NUL byte that is not before the line; negative if there is none. */
  #nul: number;
  #inLog = false;
  #commands = 0;
  #seenCwd = false;
  #own: string;
  #latest: string;
  /** The process of the record before; 0 after an X. */
  #pid = 0;
  /** The process that a record named last. */
  #named: number | undefined;

  constructor(run: BmakeRun, target: BmakeTarget, text: string) {
    this.#run = run;
    this.#target = target;
    this.#text = text;
    this.#own = target.cwd;
    this.#latest = target.cwd;
    this.#nul = text.indexOf('\0');
  }

  findings(): readonly BmakeFinding[] {
    while (!this.#isOutOfDate && this.#nextLine()) {
      if (this.#isCut) this.#reason({ kind: 'line-truncated', line: this.#line, length: this.#lineBytes() });
      else if (this.#inLog) this.#readRecord();
      else this.#readHead(this.#text.slice(this.#start, this.#end));
    }
    const [missing] = this.#missing;
    if (missing !== undefined) this.#reason({ kind: 'file-missing', path: missing });
    if (!this.#isOutOfDate && !this.#inLog && this.#run.settings.mode.missingFilemon)
      this.#reason({ kind: 'filemon-section-missing' });
    return this.#findings;
  }

  #reason(reason: Unplaced): void {
    this.#isOutOfDate = true;
    this.#remark(reason);
  }

  #remark(finding: Unplaced): void {
    this.#findings.push({ ...finding, metaFile: this.#target.metaFile });
  }

  /** Goes to the next line, which is then from #start to #end, its newline left out. False at the end of the file. */
  #nextLine(): boolean {
    if (this.#next >= this.#text.length) return false;
    this.#line += 1;
    this.#start = this.#next;
    const newline = this.#text.indexOf('\n', this.#start);
    this.#end = newline < 0 ? this.#text.length : newline;
    this.#next = this.#end + 1;
    this.#isCut = newline < 0;
    if (this.#nul >= 0) this.#cutAtNul();
    return true;
  }

  /** For bmake a line ends at a NUL byte, and then has no newline. */
  #cutAtNul(): void {
    if (this.#nul < this.#start) this.#nul = this.#text.indexOf('\0', this.#start);
    if (this.#nul < 0 || this.#nul >= this.#end) return;
    this.#end = this.#nul;
    this.#isCut = true;
  }

  #lineBytes(from = this.#start): number {
    return encodePath(this.#text.slice(from, this.#end)).length;
  }

  #readHead(line: string): void {
    if (line.startsWith('-- filemon') || line.startsWith('# buildmon')) {
      this.#inLog = true;
      return;
    }
    const space = line.indexOf(' ');
    const word = space < 0 ? line : line.slice(0, space);
    const rest = space < 0 ? undefined : line.slice(space + 1);
    if (word === 'CMD') this.#compareCommand(rest);
    else if (word === 'CWD') this.#compareDirectory(rest);
  }

  #compareCommand(rest: string | undefined): void {
    const { commands, attributes } = this.#target;
    if (commands === undefined && !this.#seenCwd) return;
    const command = commands?.[this.#commands];
    if (command === undefined) {
      this.#reason({ kind: 'build-command-removed', line: this.#line });
      return;
    }
    this.#commands += 1;
    const isSpared = seemsToUseOodate(command.source);
    if (isSpared) this.#remark({ kind: 'command-not-compared', line: this.#line });
    const more = this.#linesOf(command.text);
    if (rest === undefined || isSpared || attributes.has('NOMETA_CMP')) return;
    const change = { line: this.#line, was: rest + more, is: command.text };
    if (change.was === change.is || this.#run.areSameFiltered(change.was, change.is)) return;
    if (this.#run.settings.mode.ignoreCommands) this.#remark({ kind: 'command-change-ignored', ...change });
    else this.#reason({ kind: 'build-command-changed', ...change });
  }

  /** The lines that a command of several lines takes besides its first, each with a newline before it. */
  #linesOf(command: string): string {
    const first = this.#start;
    let lines = '';
    for (let at = command.indexOf('\n'); at >= 0; at = command.indexOf('\n', at + 1)) {
      if (!this.#nextLine()) break;
      lines += `\n${this.#text.slice(this.#start, this.#end)}`;
      if (!this.#isCut) continue;
      this.#remark({ kind: 'truncated-in-command', line: this.#line, length: this.#lineBytes(first) });
      break;
    }
    return lines;
  }

  #compareDirectory(rest: string | undefined): void {
    const { commands, cwd, curdir } = this.#target;
    const line = this.#line;
    this.#seenCwd = true;
    if (commands !== undefined && this.#commands < commands.length)
      this.#reason({ kind: 'build-command-added', line });
    if (rest === undefined || rest === '') this.#reason({ kind: 'record-malformed', line });
    else if (rest !== cwd) this.#reason({ kind: 'cwd-changed', line, was: rest, is: curdir });
  }

  #readRecord(): void {
    const text = this.#text;
    const end = this.#end;
    const letter = text.charAt(this.#start);
    let at = this.#afterSpace(this.#start);
    if (letter !== '#' && letter !== 'V' && at < end) {
      this.#enterProcess(numberAt(text, at, end));
      at = this.#afterSpace(at);
    }
    if (at >= end) this.#malformed();
    else this.#readData(letter, text.slice(at, end));
  }

  /** The place after the next space in the line, or its end. */
  #afterSpace(from: number): number {
    const end = this.#end;
    for (let at = from; at < end; at += 1) if (this.#text.charCodeAt(at) === 0x20) return at + 1;
    return end;
  }

  #readData(letter: string, data: string): void {
    switch (letter) {
      case 'R':
        this.#read(data);
        break;
      case 'E':
        if (this.#read(data)) this.#latest = this.#own;
        break;
      case 'W':
        this.#write(data, false);
        break;
      case 'C':
        this.#enterDirectory(data);
        break;
      case 'F':
        this.#fork(numberAt(data, 0, data.length));
        break;
      case 'X':
        this.#exit();
        break;
      case 'D':
        this.#remove(data);
        break;
      case 'M':
      case 'L':
        this.#readPair(letter, data);
        break;
      // bmake knows no other.
      default:
    }
  }

  /** The pair of directories in use stays where nothing is known of the process. */
  #enterProcess(pid: number): void {
    if (pid <= 0 || pid === this.#pid) return;
    const { directories } = this.#run;
    if (this.#pid > 0) directories.set(this.#pid, this.#directories());
    this.#pid = pid;
    this.#named = pid;
    const known = directories.get(pid);
    if (known === undefined) return;
    this.#own = known.own;
    this.#latest = known.latest;
  }

  #directories(): ProcessDirectories {
    return { own: this.#own, latest: this.#latest };
  }

  #enterDirectory(name: string): void {
    this.#own = name;
    this.#latest = name;
    if (this.#named !== undefined) this.#run.directories.set(this.#named, this.#directories());
  }

  #fork(child: number): void {
    if (child > 0) this.#run.directories.set(child, this.#directories());
  }

  #exit(): void {
    if (this.#named !== undefined) this.#run.directories.delete(this.#named);
    this.#pid = 0;
  }

  #readPair(letter: 'M' | 'L', data: string): void {
    const space = data.indexOf(' ');
    if (space < 0 || space + 1 === data.length) {
      this.#malformed();
      return;
    }
    const from = unquoted(data.slice(0, space));
    const to = unquoted(data.slice(space + 1));
    if (letter === 'M') this.#remove(from);
    this.#write(to, letter === 'L');
    if (letter === 'L') this.#read(from);
  }

  #remove(name: string): void {
    if (!name.startsWith('/') || this.#missing.length === 0) return;
    const below = `${name}/`;
    this.#missing = this.#missing.filter((missing) => missing !== name && !missing.startsWith(below));
  }

  #write(name: string, isLink: boolean): void {
    const { settings, files } = this.#run;
    if (!name.startsWith('/') || name.startsWith(this.#target.cwd)) return;
    if (!settings.bailiwick.some((start) => name.startsWith(start))) return;
    if (name.startsWith(settings.temporary)) return;
    const isThere = isLink ? files.hasName(name) : files.stat(name).type !== 'none';
    if (!isThere && !this.#run.isIgnored(name)) this.#miss(name);
  }

  /** False if the name is left out of account, and with it what follows from an E. */
  #read(name: string): boolean {
    if (name.startsWith('/')) {
      const state = this.#run.look(name);
      if (state === 'ignored') return false;
      this.#compare(name, state);
      if (state.type === 'none' && state.errno === 'ENOENT' && !name.startsWith(this.#target.cwd))
        this.#miss(name);
      return true;
    }
    if (this.#run.isIgnored(name) || name === '.') return false;
    const path = this.#find(name);
    this.#compare(path, this.#run.files.stat(this.#placeOf(path)));
    return true;
  }

  #compare(path: string, state: BmakeFileState): void {
    if (state.type === 'directory') this.#latest = this.#run.files.realPath(this.#placeOf(path));
    else if (state.type === 'file' && state.seconds > this.#target.seconds)
      this.#reason({ kind: 'file-newer', line: this.#line, path });
  }

  /** Where a relative name is: the first place where it exists counts, however old it is; or the last that was tried. */
  #find(name: string): string {
    const { cwd } = this.#target;
    let path = `${this.#latest}/${name}`;
    if (this.#latest !== this.#own && !this.#isThere(path)) path = `${this.#own}/${name}`;
    if (this.#own !== cwd && !this.#isThere(path)) path = `${cwd}/${name}`;
    return path;
  }

  #isThere(path: string): boolean {
    return this.#run.files.stat(this.#placeOf(path)).type !== 'none';
  }

  /** After a relative C the path is relative, too: to where bmake is. */
  #placeOf(path: string): string {
    return path.startsWith('/') ? path : `${this.#target.cwd}/${path}`;
  }

  #miss(name: string): void {
    if (!this.#missing.includes(name)) this.#missing.push(name);
  }

  #malformed(): void {
    this.#reason({ kind: 'record-malformed', line: this.#line });
  }
}

type Unplaced = WithoutMetaFile<BmakeFinding>;
type WithoutMetaFile<Finding> = Finding extends BmakeFinding ? Omit<Finding, 'metaFile'> : never;

/** As atoi(3) of the text from `start` to `end`. */
function numberAt(text: string, start: number, end: number): number {
  let at = start;
  let number = 0;
  for (; at < end; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (at > start) return number | 0;
  const digits = /^[ \t\v\f\r]*([+-]?\d+)/.exec(text.slice(start, end))?.[1];
  return digits === undefined ? 0 : Number(digits) | 0;
}

/** Without the quote at its start, and without the next one and all that follows it. */
function unquoted(name: string): string {
  if (!name.startsWith("'")) return name;
  const end = name.indexOf("'", 1);
  return end < 0 ? name.slice(1) : name.slice(1, end);
}
