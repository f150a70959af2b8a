const ownNames = 'OODATE_*';

/** `yarn--1795244710882-0.123` of yarn 1, `xfs-0a1b2c3d` of later ones. */
export const temporaryLauncherFolder = /^\/.*\/(?:yarn--\d+-[\d.]+|xfs-[0-9a-f]{8})$/;

/**
 * Environment variables that are not compared: they differ from one terminal or
 * caller to the next and say nothing about what a build should do. A variable
 * that plausibly changes a result is not here, however often it differs (PATH,
 * NODE_ENV, NODE_OPTIONS, CC, CFLAGS, CI, LANG, TZ, FORCE_COLOR, npm_lifecycle_event, npm_package_version).
 * A name that ends in `*` stands for all names that begin so.
 */
export const volatileVariables: readonly { readonly names: readonly string[]; readonly why: string }[] = [
  {
    names: ['PWD', 'OLDPWD', 'INIT_CWD'],
    why: 'directories of the caller; that of the command is compared by itself',
  },
  { names: ['SHLVL', '_'], why: 'bookkeeping of the shell' },
  {
    names: [
      'TERM',
      'TERM_*',
      'TERMCAP',
      'TERMINFO',
      'COLORTERM',
      'COLUMNS',
      'LINES',
      'VTE_VERSION',
      'WINDOWID',
    ],
    why: 'the terminal and its size',
  },
  { names: ['TMUX', 'TMUX_PANE', 'STY', 'WINDOW'], why: 'the window of tmux or screen' },
  { names: ['SSH_*', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'], why: 'the connection and the display' },
  {
    names: [
      'XDG_SESSION_*',
      'XDG_SEAT',
      'XDG_VTNR',
      'DBUS_SESSION_BUS_ADDRESS',
      'INVOCATION_ID',
      'JOURNAL_STREAM',
    ],
    why: 'the login session or service',
  },
  { names: ['npm_lifecycle_script', 'npm_command'], why: 'the npm script that the call came from' },
  {
    names: ['npm_execpath', 'npm_node_execpath', 'npm_config_user_agent'],
    why: 'the package manager that was called',
  },
  {
    names: ['npm_package_json', 'npm_package_resolved', 'npm_package_integrity'],
    why: 'where the package lies',
  },
  {
    names: [
      'npm_config_cache',
      'npm_config_globalconfig',
      'npm_config_global_prefix',
      'npm_config_init_module',
      'npm_config_local_prefix',
      'npm_config_node_gyp',
      'npm_config_noproxy',
      'npm_config_npm_version',
      'npm_config_prefix',
      'npm_config_userconfig',
    ],
    why: 'set by npm for every script; what is read from these places is an input itself',
  },
  {
    names: ['COLOR', 'EDITOR', 'VISUAL'],
    why: 'set by npm for every script: whether it writes to a terminal, and what a person edits with',
  },
  {
    names: [
      'npm_config_allow_scripts',
      'npm_config_audit',
      'npm_config_color',
      'npm_config_fund',
      'npm_config_loglevel',
      'npm_config_progress',
      'npm_config_script_shell',
      'npm_config_update_notifier',
      'npm_config_yes',
    ],
    why: 'what npm itself says and asks, and how it starts scripts',
  },
  {
    names: [
      'BERRY_BIN_FOLDER',
      'PNPM_SCRIPT_SRC_DIR',
      'npm_config_verify_deps_before_run',
      'pnpm_config_verify_deps_before_run',
    ],
    why: 'set by yarn and pnpm for every script',
  },
  { names: ['NODE_PATH'], why: 'set by the wrapper through which pnpm starts oodate' },
  { names: [ownNames], why: 'for oodate itself' },
];

/** What a user says of variables. Names may end in `*`, as those above. */
export interface VariableChoice {
  /** These are not compared. */
  readonly ignore?: readonly string[];
  /** These are compared, though they are volatile or to be ignored. */
  readonly require?: readonly string[];
}

/** The variables that a decision compares, by name in order. */
export function comparedEnvironment(
  environment: Readonly<NodeJS.ProcessEnv>,
  choice: VariableChoice = {},
): Map<string, string> {
  const isCompared = comparedVariables(choice);
  const compared = [...recordedEnvironment(environment)].filter(([name]) => isCompared(name));
  return new Map(compared.map(([name, value]) => [name, comparedValue(name, value)]));
}

/** What is compared of the value: of PATH all but the folders that package managers put before it for themselves. */
export function comparedValue(name: string, value: string): string {
  if (name !== 'PATH') return value;
  return value
    .split(':')
    .filter((folder) => !isLauncherFolder(folder))
    .join(':');
}

/** Where npm and pnpm keep their own node-gyp, and yarn its wrappers of node and itself, for one run at a time. */
const launcherFolders = [/\/node-gyp-bin$/, temporaryLauncherFolder];

function isLauncherFolder(folder: string): boolean {
  return launcherFolders.some((pattern) => pattern.test(folder));
}

/** The variables that a record holds, by name in order: also those that are not compared now, as they may be later. */
export function recordedEnvironment(environment: Readonly<NodeJS.ProcessEnv>): Map<string, string> {
  const recorded = new Map<string, string>();
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name];
    if (value !== undefined && !isOwn(name)) recorded.set(name, value);
  }
  return recorded;
}

/** Names as above, of variables that no decision compares by this choice. */
export function ignoredVariables({ ignore = [], require = [] }: VariableChoice): string[] {
  const names = [...volatileNames, ...ignore].filter((name) => name !== ownNames);
  return names.filter((name) => !require.some((required) => canBothMean(name, required)));
}

/** Whether there is a name that both stand for. */
function canBothMean(one: string, other: string): boolean {
  const starts = (name: string, start: string) => start.endsWith('*') && name.startsWith(start.slice(0, -1));
  return one === other || starts(one, other) || starts(other, one);
}

/** Whether a decision compares the variable of that name. */
export function comparedVariables({ ignore = [], require = [] }: VariableChoice): (name: string) => boolean {
  const isIgnored = ignore.length === 0 ? isVolatile : matcher([...volatileNames, ...ignore]);
  const isRequired = matcher(require);
  return (name) => !isOwn(name) && (!isIgnored(name) || isRequired(name));
}

function matcher(names: readonly string[]): (name: string) => boolean {
  const whole = new Set(names);
  const starts = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  return (name) => whole.has(name) || starts.some((start) => name.startsWith(start));
}

const volatileNames = volatileVariables.flatMap(({ names }) => names);
const isVolatile = matcher(volatileNames);
const isOwn = matcher([ownNames]);
