import type { Options } from 'yargs';

/*
 * The options of the commands that decide about targets. yargs makes help, errors
 * and completion of these tables, and plain-arguments.ts reads plain words by them.
 */

/** As yargs has it, and no wider than plain-arguments.ts reads it. */
export interface Option extends Options {
  readonly type: 'boolean' | 'string';
  readonly describe: string;
  readonly array?: true;
  readonly choices?: readonly string[];
  /** One letter. */
  readonly alias?: string;
}

/** The values of the options in a table, by their names; undefined where one was not given. */
export type ArgumentsOf<Table> = {
  readonly [Name in keyof Table]?:
    | (Table[Name] extends { array: true }
        ? readonly string[]
        : Table[Name] extends { type: 'boolean' }
          ? boolean
          : string)
    | undefined;
};

const value = { type: 'string', requiresArg: true } as const;
const flag = { type: 'boolean' } as const;

export const directoryOption = {
  directory: { ...value, alias: 'C', describe: 'Work as if started in this directory' },
} as const;

export const jsonOption = { json: { ...flag, describe: 'Print one JSON object on stdout' } } as const;

export const metaOption = { meta: { ...value, describe: 'Keep what is known in this file' } } as const;

export const backendOption = {
  backend: {
    ...value,
    choices: ['bpf', 'notify'],
    describe: 'Watch the command in this way, not in the one that "oodate doctor" names',
  },
} as const;

const settingValue = {
  ...value,
  group: 'Settings, in place of those of files and variables ("oodate config" shows them):',
} as const;
const settingList = { ...settingValue, array: true, nargs: 1 } as const;

/** By the names of their keys, with a dash for a dot. */
const settingOptions = {
  ignore: { ...settingList, describe: 'Paths that match this never count; once for each' },
  inputs: { ...settingList, describe: 'Files that match this are inputs, used or not' },
  'env-ignore': { ...settingList, describe: 'The variable of this name does not count' },
  'env-require': { ...settingList, describe: 'The variable of this name counts in any case' },
  'network-ignore': { ...settingList, describe: 'Scripts of this name count though they use the network' },
  cache: { ...settingValue, describe: 'Keep what is known in .oodate of this directory' },
} as const satisfies Record<string, Option>;

const keepingOptions = {
  ...directoryOption,
  force: { ...flag, describe: 'Take it for out of date in any case' },
  ...jsonOption,
  ...metaOption,
  ...settingOptions,
} as const;

const modeOption = {
  mode: {
    type: 'string',
    choices: ['content', 'mtime'],
    defaultDescription: '"content"',
    describe: 'Compare files by content, or by time and size',
  },
} as const;

export const configOptions = {
  ...directoryOption,
  ...jsonOption,
  ...settingOptions,
  ...modeOption,
} as const satisfies Record<string, Option>;

const storeOptions = {
  store: {
    ...flag,
    defaultDescription: 'true',
    describe: 'Bring back results from the store, and keep new ones there',
  },
  refresh: { ...flag, describe: 'Bring back no result: run what is out of date, and keep the new result' },
} as const;

export const runOptions = {
  ...keepingOptions,
  ...modeOption,
  'dry-run': { ...flag, describe: 'Say what would be done and why; run nothing' },
  ...backendOption,
  ...storeOptions,
  untraced: { ...flag, describe: 'Run it plainly: in any case, and keep nothing' },
  quiet: { ...flag, alias: 'q', describe: "Say nothing of oodate's own but what went wrong" },
  output: {
    type: 'string',
    choices: ['full', 'errors', 'none'],
    defaultDescription: '"full"',
    describe: "Show all of the command's output, or only if it fails, or nothing",
  },
  recursive: {
    ...flag,
    alias: 'r',
    describe: 'Run the scripts in all packages of the workspace that have them',
  },
  jobs: {
    ...value,
    alias: 'j',
    describe: 'With -r: how many run at the same time; as many as there are processors',
  },
  'keep-going': { ...flag, describe: 'With -r: after a failure go on with what does not need it' },
} as const satisfies Record<string, Option>;

export const watchOptions = {
  ...directoryOption,
  restart: { ...flag, describe: 'End the command when an input changes while it runs, and run it anew' },
  force: { ...flag, describe: 'Run it once in any case' },
  ...metaOption,
  ...settingOptions,
  mode: runOptions.mode,
  ...backendOption,
  ...storeOptions,
  quiet: runOptions.quiet,
  output: runOptions.output,
} as const satisfies Record<string, Option>;

const bmakeValue = { ...value, group: 'With --mode bmake:' } as const;
const bmakeFlag = { ...flag, group: 'With --mode bmake:' } as const;

/** Of `check` and `why`; they mean something with --mode bmake alone. */
export const bmakeOptions = {
  format: {
    ...bmakeValue,
    choices: ['oodate', 'bmake'],
    describe: "Say the reasons in these words: ours, or bmake's own",
  },
  command: {
    ...bmakeValue,
    array: true,
    nargs: 1,
    describe: 'A command of the target as it is now; once for each',
  },
  'ignore-paths': { ...bmakeValue, describe: '.MAKE.META.IGNORE_PATHS' },
  'ignore-patterns': { ...bmakeValue, describe: '.MAKE.META.IGNORE_PATTERNS' },
  'ignore-filter': { ...bmakeValue, describe: '.MAKE.META.IGNORE_FILTER' },
  'cmp-filter': { ...bmakeValue, describe: '.MAKE.META.CMP_FILTER' },
  bailiwick: { ...bmakeValue, describe: '.MAKE.META.BAILIWICK' },
  'missing-meta': { ...bmakeFlag, describe: 'Out of date without a meta file' },
  'missing-filemon': { ...bmakeFlag, describe: 'Out of date without a filemon section' },
  'ignore-cmd': { ...bmakeFlag, describe: 'Changed commands do not count' },
  curdirok: { ...bmakeFlag, describe: 'Meta files in .CURDIR count' },
} as const satisfies Record<string, Option>;

/** Of `check` and `why`. */
export const decisionOptions = {
  ...keepingOptions,
  mode: {
    type: 'string',
    choices: ['content', 'mtime', 'bmake'],
    defaultDescription: '"content"',
    describe: "Compare files by content, or by time and size; or decide as bmake's meta mode does",
  },
  ...bmakeOptions,
} as const satisfies Record<string, Option>;

/** Of the answer of `why`, besides text and JSON. */
export const whyForms = ['github', 'dot', 'svg', 'trace'] as const;

export const whyOptions = {
  ...decisionOptions,
  verbose: { ...flag, alias: 'v', describe: 'Show all causes, and all that is known of each' },
  format: {
    ...value,
    choices: [...bmakeOptions.format.choices, ...whyForms],
    describe:
      'github: remarks for a pull request; dot, svg: the graph of targets; trace: the processes of the last run, for ' +
      'Perfetto or chrome://tracing; with --mode bmake: the reasons in these words, ours or its own',
  },
  after: { ...flag, describe: 'Say why the last run was made, and what could have been spared' },
  'if-changed': {
    ...value,
    array: true,
    describe: 'Say what would be out of date if these paths changed; - is a list on stdin',
  },
  html: { ...value, describe: 'Write it as a page for a browser to this file; - is stdout' },
  never: { ...value, array: true, nargs: 1, describe: 'Say why this path is no input; once for each' },
} as const satisfies Record<string, Option>;

export const monitorOptions = {
  ...directoryOption,
  mask: {
    ...value,
    defaultDescription: '"content,attribute,delete"',
    describe: 'What to tell of the paths: content, attribute, delete, exec, exit, with commas between',
  },
  mount: { ...value, describe: 'Tell of all files of the file system that this path is on; for root' },
  events: {
    ...value,
    defaultDescription: '"content"',
    describe: 'What to tell of the file system: open, exec, content, attribute, with commas between',
  },
  backend: {
    ...value,
    choices: ['bpf', 'fanotify', 'inotify'],
    describe: 'See it in this way, not in the best that works ("oodate doctor" names them)',
  },
  format: {
    ...value,
    choices: ['text', 'json', 'ahafs'],
    defaultDescription: '"text"',
    describe: "Lines for people, JSON lines, or blocks as of AIX's Event Infrastructure",
  },
  json: { ...flag, describe: 'The same as --format json' },
  level: {
    ...value,
    choices: ['1', '2', '3'],
    defaultDescription: '"2"',
    describe: 'With --format ahafs: 1 who and what, 2 also the path, 3 also the stack',
  },
  stacks: { ...flag, describe: 'Tell where in the kernel and in the program it was; with bpf' },
  count: { ...value, alias: 'n', describe: 'End after so many events' },
  verbose: { ...flag, alias: 'v', describe: 'All that is known of each event, and each one' },
} as const satisfies Record<string, Option>;
