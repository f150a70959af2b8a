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
  { names: ['NODE_PATH'], why: 'set by the wrapper through which pnpm starts oodate' },
  { names: ['OODATE_*'], why: 'for oodate itself' },
];

/** The variables that a decision compares, by name in order. */
export function comparedEnvironment(environment: Readonly<NodeJS.ProcessEnv>): Map<string, string> {
  const compared = new Map<string, string>();
  for (const name of Object.keys(environment).sort()) {
    const value = environment[name];
    if (value !== undefined && !isVolatile(name)) compared.set(name, value);
  }
  return compared;
}

const volatileNames = new Set<string>();
const volatileStarts: string[] = [];
for (const name of volatileVariables.flatMap(({ names }) => names)) {
  if (name.endsWith('*')) volatileStarts.push(name.slice(0, -1));
  else volatileNames.add(name);
}

function isVolatile(name: string): boolean {
  return volatileNames.has(name) || volatileStarts.some((start) => name.startsWith(start));
}
