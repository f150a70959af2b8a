import { basename, dirname, join, resolve } from 'node:path';
import { type AbsolutePath, joinPath } from '@oodate/filemon';
import { bmakeMetaFile } from '@oodate/meta-file';
import {
  type BmakeAttribute,
  type BmakeCommand,
  type BmakeFiles,
  type BmakeFinding,
  type BmakeMode,
  type BmakeReason,
  type BmakeRemark,
  type BmakeRuleReason,
  BmakeRun,
  type BmakeSettings,
  type BmakeVariables,
  diskBmakeFiles,
  isBmakeReason,
  resolveBmakeSettings,
} from '@oodate/planner';
import {
  askCommands,
  askTree,
  askWalk,
  type BmakeTree,
  bmakeExpressions,
  type ExpandedTarget,
} from './bmake-question.js';
import type { WalkedTarget } from './bmake-walk.js';
import { CliError } from './cli-error.js';

/** What bmake would say of one target. */
export interface BmakeJudgement {
  readonly name: string;
  /** Undefined if bmake's ordinary rules have decided. */
  readonly metaFile: string | undefined;
  /** None if the target is up to date. */
  readonly reasons: readonly (BmakeReason | BmakeRuleReason)[];
  readonly remarks: readonly BmakeRemark[];
  /** In bmake's order, reasons and remarks of the meta file together. */
  readonly findings: readonly BmakeFinding[];
}

/** Settings given as options. They win over what the makefiles say. */
export interface BmakeOptions {
  readonly mode: Partial<BmakeMode>;
  readonly variables: BmakeVariables;
  /** The commands of the target now, expanded; undefined if they are not told. */
  readonly commands: readonly string[] | undefined;
}

/** Judges meta files by themselves. Where a command is not told it counts as unchanged. */
export function judgeMetaFiles(metaFiles: readonly string[], options: BmakeOptions): BmakeJudgement[] {
  const files = diskBmakeFiles();
  const run = runWith(files, options);
  const cwd = process.cwd() as AbsolutePath;
  return metaFiles.map((name) => {
    const metaFile = joinPath(cwd, name);
    const text = files.read(metaFile);
    if (text === undefined)
      throw new CliError(
        'NO_META_FILE',
        `the meta file ${name} cannot be read`,
        'name a target to ask for a missing one',
      );
    return judgeAlone(
      run,
      metaFile,
      targetIn(text) ?? basename(metaFile).replace(/\.meta$/, ''),
      options,
      text,
    );
  });
}

/** The target that the head of a meta file names. */
function targetIn(text: string): string | undefined {
  for (let at = 0; at >= 0 && !text.startsWith('-- ', at); at = text.indexOf('\n', at) + 1 || -1)
    if (text.startsWith('TARGET ', at)) return text.slice(at + 'TARGET '.length, text.indexOf('\n', at));
  return undefined;
}

/** Judges targets of the present directory where no makefile can be asked: by the places of their meta files. */
export function judgeAlonePaths(targets: readonly string[], options: BmakeOptions): BmakeJudgement[] {
  const run = runWith(diskBmakeFiles(), options);
  const objdir = process.cwd() as AbsolutePath;
  return targets.map((target) => judgeAlone(run, bmakeMetaFile(objdir, target), target, options));
}

/** Judges all that bmake would examine for these targets, with the makefiles of the present directory. `args` are for bmake. */
export function judgeTree(
  targets: readonly string[],
  args: readonly string[],
  options: BmakeOptions,
): BmakeJudgement[] {
  const asked = askTree(args);
  const files = diskBmakeFiles();
  const tree = { ...asked, settings: withOptions(asked.settings, options, files) };
  const judge = new TreeJudge(tree, [...args, ...filterWords(options)], files);
  const forced = new Map<string, WalkedTarget>();
  // What is out of date by its meta file makes others so by the ordinary rules, and theirs is not read then.
  for (;;) {
    const walked = askWalk(tree, targets, [...forced.values()]);
    const judgements = judge.judge(walked);
    const found = new Set(judgements.filter(isByMetaFile).map(({ name }) => name));
    const added = walked.filter(({ name }) => found.has(name) && !forced.has(name));
    if (added.length === 0) return judgements;
    for (const target of added) forced.set(target.name, target);
  }
}

/** Judges what bmake walked over. What bmake was asked once is kept. */
class TreeJudge {
  readonly #tree: BmakeTree;
  readonly #files: BmakeFiles;
  readonly #expressions: ReturnType<typeof bmakeExpressions>;
  readonly #answers = new Map<string, ExpandedTarget>();

  constructor(tree: BmakeTree, args: readonly string[], files: BmakeFiles) {
    this.#tree = tree;
    this.#files = files;
    this.#expressions = bmakeExpressions(args);
  }

  judge(walked: readonly WalkedTarget[]): BmakeJudgement[] {
    const { settings } = this.#tree;
    const run = new BmakeRun(settings, this.#files, this.#expressions);
    const runnable = walked.filter(
      ({ commands, attributes }) => commands.length > 0 && !attributes.has('SPECIAL'),
    );
    this.#ask(runnable.filter(({ made }) => made === undefined && settings.mode.meta));
    return runnable.map((target) => {
      if (target.made !== undefined) return ruleJudgement(target.name, [target.made]);
      return settings.mode.meta ? this.#judgeByMetaFile(run, target) : ruleJudgement(target.name, []);
    });
  }

  #ask(targets: readonly WalkedTarget[]): void {
    const asked = targets.filter(
      ({ name, commands, attributes }) =>
        !this.#answers.has(name) &&
        !attributes.has('NOMETA') &&
        (commands.some((command) => command.includes('$')) || this.#state(name).type === 'none'),
    );
    askCommands(this.#tree, asked).forEach((answer, index) => {
      this.#answers.set((asked[index] as WalkedTarget).name, answer);
    });
  }

  #judgeByMetaFile(run: BmakeRun, { name, commands, attributes }: WalkedTarget): BmakeJudgement {
    const { cwd, objdir, curdir } = this.#tree;
    const answer = this.#answers.get(name) ?? { path: name, commands: commands.map(plainCommand) };
    const metaFile = bmakeMetaFile(objdir as AbsolutePath, answer.path);
    const state = this.#state(answer.path);
    const seconds = state.type === 'none' ? 0 : state.seconds;
    return metaJudgement(
      name,
      metaFile,
      run.judge({ ...answer, attributes, metaFile, seconds, cwd, objdir, curdir }),
    );
  }

  #state(path: string) {
    return this.#files.stat(path.startsWith('/') ? path : join(this.#tree.cwd, path));
  }
}

function runWith(files: BmakeFiles, options: BmakeOptions): BmakeRun {
  const mode = { ...lenientMode, ...options.mode };
  const variables = { ...options.variables, temporary: process.env.TMPDIR };
  const settings = resolveBmakeSettings(mode, variables, files);
  return new BmakeRun(settings, files, bmakeExpressions(['-r', '-f', '/dev/null', ...filterWords(options)]));
}

/** Who names a meta file wants it to be read. */
const lenientMode: BmakeMode = {
  meta: true,
  curdirOk: true,
  missingMeta: false,
  missingFilemon: false,
  ignoreCommands: false,
  readOnly: false,
};

/** `text`: of the meta file, if it has been read. */
function judgeAlone(
  run: BmakeRun,
  metaFile: string,
  name: string,
  { commands }: BmakeOptions,
  text?: string,
): BmakeJudgement {
  const objdir = run.files.realPath(dirname(metaFile));
  const state = run.files.stat(resolve(objdir, name));
  if (state.type === 'none') return ruleJudgement(name, [{ kind: 'target-not-there' }]);
  const target = {
    metaFile,
    seconds: state.seconds,
    attributes: new Set<BmakeAttribute>(),
    commands: commands?.map(plainCommand),
    cwd: objdir,
    objdir,
    curdir: objdir,
    path: name,
  };
  const findings = text === undefined ? run.judge(target) : run.judgeText(target, text);
  return metaJudgement(name, metaFile, findings);
}

function plainCommand(text: string): BmakeCommand {
  return { source: text, text };
}

function ruleJudgement(name: string, reasons: readonly BmakeRuleReason[]): BmakeJudgement {
  return { name, metaFile: undefined, reasons, remarks: [], findings: [] };
}

function metaJudgement(name: string, metaFile: string, findings: readonly BmakeFinding[]): BmakeJudgement {
  const reasons = findings.filter(isBmakeReason);
  const remarks = findings.filter((finding): finding is BmakeRemark => !isBmakeReason(finding));
  return { name, metaFile, reasons, remarks, findings };
}

function isByMetaFile({ metaFile, reasons }: BmakeJudgement): boolean {
  return metaFile !== undefined && reasons.length > 0;
}

function withOptions(
  settings: BmakeSettings,
  { mode, variables }: BmakeOptions,
  files: BmakeFiles,
): BmakeSettings {
  const given = resolveBmakeSettings(settings.mode, { ...variables, temporary: process.env.TMPDIR }, files);
  return {
    ...settings,
    mode: { ...settings.mode, ...mode },
    ignorePaths: variables.ignorePaths === undefined ? settings.ignorePaths : given.ignorePaths,
    ignorePatterns: given.ignorePatterns ?? settings.ignorePatterns,
    ignoreFilter: given.ignoreFilter ?? settings.ignoreFilter,
    cmpFilter: given.cmpFilter ?? settings.cmpFilter,
    bailiwick: variables.bailiwick === undefined ? settings.bailiwick : given.bailiwick,
  };
}

/** Filters that were given as options, for the bmake that evaluates them. */
function filterWords({ variables: { ignoreFilter, cmpFilter } }: BmakeOptions): string[] {
  return [
    ...(ignoreFilter === undefined ? [] : [`.MAKE.META.IGNORE_FILTER=${ignoreFilter}`]),
    ...(cmpFilter === undefined ? [] : [`.MAKE.META.CMP_FILTER=${cmpFilter}`]),
  ];
}
