import { readFileSync } from 'node:fs';
import type { DecisionOptions } from '@oodate/planner';
import yargs, { type Argv } from 'yargs';
import { splitArguments } from './argument-words.js';
import { CliError } from './cli-error.js';
import { isTraced } from './judgement.js';
import { nearNames } from './near-names.js';
import { findPackage } from './package-script.js';
import { type NamedTarget, resolveTarget } from './target.js';
import { openTerminal, stdoutColumns } from './terminal.js';

/**
 * Reads the arguments and does what they say. Gives the exit status. What stands
 * after `--` belongs to the user's command and is never parsed.
 */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const completing = args.includes('--get-yargs-completions');
  const { own, rest } = completing ? { own: args, rest: undefined } : splitArguments(args);
  let status = 0;
  const ends = async (given: number | Promise<number>): Promise<void> => {
    status = await given;
  };

  const parser = yargs([...own])
    .scriptName('oodate')
    .locale('en')
    .usage('Runs a command only if something it really used has changed, and says why.\n\noodate <command>')
    .command(
      'run [script..]',
      'Run a script of package.json, or a command, if it is out of date',
      (y) => runOptions(targetUsage(y, 'run')),
      (argv) => ends(runCommand(argv, rest)),
    )
    .command(
      'why [script..]',
      'Say why it is out of date, with every reason',
      (y) => decisionOptions(targetUsage(y, 'why')),
      (argv) =>
        ends(import('./commands/why.js').then(({ why }) => why(targetOf(argv, rest), decisionOf(argv)))),
    )
    .command(
      'check [script..]',
      'Tell by the exit status alone: 0 up to date, 1 out of date, 2 trouble',
      (y) => decisionOptions(targetUsage(y, 'check')),
      (argv) =>
        ends(
          import('./commands/check.js').then(({ check }) => check(targetOf(argv, rest), decisionOf(argv))),
        ),
    )
    .command(
      'trace [script..]',
      'Run a command and write its filemon log',
      (y) => logOptions(y),
      (argv) => ends(traceCommand(argv, rest)),
    )
    .command(
      'meta [script..]',
      'Show what is known of the last run of a script or command, or what a meta file says',
      (y) =>
        directoryOption(targetUsage(y, 'meta'))
          .option('json', options.json)
          .option('meta', options.meta)
          .example('oodate meta build', "what the script's last run used"),
      (argv) => ends(showMeta(argv, rest)),
    )
    .command(
      'doctor',
      'Say what works on this machine and, of what does not, why',
      (y) => directoryOption(y.usage('oodate doctor\n\nExit status: 1 if no command can be traced here.')),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(import('./commands/doctor.js').then(({ doctor }) => doctor()));
      },
    )
    .completion('completion', 'Print a script for completion in bash or zsh', completeScripts)
    .example('oodate run build', 'the script "build", if what it used has changed')
    .example('oodate run test -- --verbose', 'the script "test" with an argument')
    .example('oodate run -- cc -c foo.c -o foo.o', 'a command, its words passed on untouched')
    .example('oodate why build', 'every reason for which it would run')
    .epilogue('Help on a command: oodate <command> --help')
    .version(ownVersion())
    .help()
    .alias('help', 'h')
    .strict()
    .demandCommand(1)
    .wrap(Math.min(100, stdoutColumns()))
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? usageError(message, own);
    });
  await parser.parseAsync();
  return status;
}

const options = {
  force: { type: 'boolean', describe: 'Take it for out of date in any case' },
  json: { type: 'boolean', describe: 'Print one JSON object on stdout' },
  meta: { type: 'string', requiresArg: true, describe: 'Keep what is known in this file' },
  mode: {
    choices: ['content', 'mtime'] as const,
    default: 'content' as const,
    describe: 'Compare files by content, or by time and size',
  },
  backend: { type: 'string', requiresArg: true, describe: 'See in this way; "oodate doctor" lists them' },
  dryRun: { type: 'boolean', describe: 'Say what would be done and why; run nothing' },
  untraced: { type: 'boolean', describe: 'Run it plainly: in any case, and keep nothing' },
  quiet: {
    type: 'boolean',
    default: false,
    alias: 'q',
    describe: "Say nothing of oodate's own but what went wrong",
  },
  directory: {
    type: 'string',
    requiresArg: true,
    alias: 'C',
    describe: 'Work as if started in this directory',
  },
} as const;

function targetUsage(y: Argv, command: string): Argv<{ script: string[] }> {
  return y
    .usage(
      `oodate ${command} [options] <script> [-- argument…]\noodate ${command} [options] -- command [argument…]`,
    )
    .positional('script', {
      type: 'string',
      array: true,
      default: [],
      describe: 'Name of a script of package.json',
    });
}

function directoryOption<T>(y: Argv<T>) {
  return y.option('directory', options.directory);
}

function decisionOptions<T>(y: Argv<T>) {
  return directoryOption(y)
    .option('force', options.force)
    .option('json', options.json)
    .option('meta', options.meta)
    .option('mode', options.mode);
}

function runOptions<T>(y: Argv<T>) {
  return decisionOptions(y)
    .option('dry-run', options.dryRun)
    .option('backend', options.backend)
    .option('untraced', options.untraced)
    .option('quiet', options.quiet)
    .example('oodate run build', 'run the script "build" if it is out of date')
    .example('oodate run -C packages/a build', 'the same in another package')
    .example('oodate run -- cc -c foo.c -o foo.o', 'run a command if it is out of date')
    .example('oodate run --dry-run build', 'only say what would be done, and why')
    .epilogue(
      'Exit status: that of the command (128 + n if signal n ended it); 0 if it was up to date; ' +
        '127 if the command was not found, 126 if it cannot be executed, 125 for trouble of oodate.',
    );
}

function logOptions(y: Argv) {
  return directoryOption(y.usage('oodate trace -o LOG -- command [argument…]'))
    .positional('script', { type: 'string', array: true, default: [], hidden: true })
    .option('output', {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      alias: 'o',
      describe: 'Where the log goes',
    })
    .option('backend', options.backend)
    .example('oodate trace -o log -- make', 'what make and all that it starts reads and writes')
    .epilogue('Exit status: that of the command.');
}

interface TargetArguments {
  readonly script: readonly string[];
  readonly directory: string | undefined;
  readonly meta: string | undefined;
}

interface DecisionArguments extends TargetArguments {
  readonly force: boolean | undefined;
  readonly json: boolean | undefined;
  readonly mode: 'content' | 'mtime';
}

interface RunArguments extends DecisionArguments {
  readonly dryRun: boolean | undefined;
  readonly backend: string | undefined;
  readonly untraced: boolean | undefined;
  readonly quiet: boolean | undefined;
}

async function runCommand(argv: RunArguments, rest: readonly string[] | undefined): Promise<number> {
  const target = targetOf(argv, rest);
  const { run } = await import('./commands/run.js');
  const runOptions = {
    ...decisionOf(argv),
    dryRun: argv.dryRun === true,
    backend: argv.backend,
    untraced: argv.untraced === true,
    ownPlace: argv.meta !== undefined,
  };
  // Inside a traced command the outer oodate speaks; what is said here would be output of that command.
  return run(target, runOptions, openTerminal(argv.quiet === true || isTraced()));
}

async function traceCommand(
  argv: {
    script: readonly string[];
    output: string;
    backend: string | undefined;
    directory: string | undefined;
  },
  rest: readonly string[] | undefined,
): Promise<number> {
  const [stray] = argv.script;
  if (stray !== undefined)
    throw new CliError(
      'USAGE',
      `"${stray}" stands before --`,
      'the command goes after it, as in: oodate trace -o log -- make',
    );
  enterDirectory(argv.directory);
  const { traceCommand: trace } = await import('./commands/trace.js');
  return trace(rest, { log: argv.output, backend: argv.backend }, openTerminal(false));
}

async function showMeta(
  argv: TargetArguments & { json: boolean | undefined },
  rest: readonly string[] | undefined,
): Promise<number> {
  enterDirectory(argv.directory);
  const { showMeta: show } = await import('./commands/meta.js');
  return show({ names: argv.script, rest, meta: argv.meta }, argv.json === true);
}

function targetOf(argv: TargetArguments, rest: readonly string[] | undefined): NamedTarget {
  enterDirectory(argv.directory);
  return resolveTarget({ names: argv.script, rest, meta: argv.meta }, process.env);
}

function decisionOf({ force, mode, json }: DecisionArguments): DecisionOptions & { readonly json: boolean } {
  return { force: force === true, mode, json: json === true };
}

function enterDirectory(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    process.chdir(directory);
    process.env.PWD = process.cwd();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'ENOTDIR'
          ? 'is no directory'
          : `cannot be entered (${code})`;
    throw new CliError('NO_DIRECTORY', `the directory ${directory} ${why}`, undefined, { cause });
  }
}

function completeScripts(
  _current: string,
  argv: { _?: unknown[] },
  filter: (done: (error: Error | null, defaults?: string[]) => void) => void,
  done: (completions: string[]) => void,
): void {
  filter((_error, defaults = []) => {
    const takesScript = commands.slice(0, 4).some((command) => argv._?.includes(command));
    done(takesScript ? [...scriptNames(), ...defaults] : defaults);
  });
}

function scriptNames(): string[] {
  try {
    return [...findPackage(process.cwd()).scripts.keys()];
  } catch {
    return [];
  }
}

const commands = ['run', 'why', 'check', 'meta', 'trace', 'doctor', 'completion'] as const;

const optionNames = [
  'force',
  'json',
  'meta',
  'mode',
  'backend',
  'dry-run',
  'untraced',
  'quiet',
  'directory',
  'output',
  'help',
  'version',
];

/** yargs's message as one sentence of ours, with what may have been meant. */
function usageError(message: string, own: readonly string[]): CliError {
  const [command] = own;
  const seeHelp = `see oodate ${commands.some((name) => name === command) ? `${command} ` : ''}--help`;
  const unknown = /^Unknown (argument|command)s?: (.*?)(?:,|$)/m.exec(message)?.[2];
  if (unknown === undefined) {
    if (command === undefined || message.startsWith('Not enough non-option'))
      return new CliError('USAGE', 'a command of oodate is missing', `it is one of ${commands.join(', ')}`);
    return new CliError('USAGE', message.replace(/\s*\n\s*/g, ' '), seeHelp);
  }
  const isOption = own.some((word) => word.startsWith('-') && word.replace(/^-+/, '').startsWith(unknown));
  const near = nearNames(unknown, isOption ? optionNames : commands);
  const shown = isOption ? near.map((name) => `--${name}`) : near;
  const what = isOption
    ? `there is no option ${unknown.length === 1 ? '-' : '--'}${unknown}`
    : `there is no command "${unknown}"`;
  return new CliError('USAGE', what, near.length > 0 ? `did you mean ${shown.join(' or ')}?` : seeHelp);
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
