import { readFileSync } from 'node:fs';
import { logFormats } from '@oodate/filemon';
import type { DecisionOptions } from '@oodate/planner';
import yargs, { type Argv } from 'yargs';
import { splitArguments } from './argument-words.js';
import {
  type BmakeArguments,
  bmakeOptionNames,
  bmakeRequest,
  refuseBmakeArguments,
} from './bmake-arguments.js';
import { CliError } from './cli-error.js';
import type { BmakeRequest } from './commands/bmake.js';
import { enterDirectory } from './directory.js';
import { isTraced } from './judgement.js';
import { nearNames } from './near-names.js';
import { findPackage } from './package-script.js';
import { type NamedTarget, resolveTarget } from './target.js';
import { openTerminal, stdoutColumns } from './terminal.js';
import { namedFiles, stdinPath } from './traced-files.js';

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

  const parser = yargs(withStdinNamed(own))
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
      (y) => bmakeOptions(decisionOptions(targetUsage(y, 'why'))),
      (argv) => ends(whyCommand(argv, rest)),
    )
    .command(
      'check [script..]',
      'Tell by the exit status alone: 0 up to date, 1 out of date, 2 trouble',
      (y) => bmakeOptions(decisionOptions(targetUsage(y, 'check'))),
      (argv) => ends(checkCommand(argv, rest)),
    )
    .command(
      'trace [script..]',
      'Run a command and write its filemon log',
      (y) => logOptions(y),
      (argv) => ends(traceCommand(argv, rest)),
    )
    .command('meta', 'Show, check or convert what was seen: meta files and filemon logs', (y) =>
      metaCommands(y, rest, ends),
    )
    .command(
      'bmake',
      "Run the system's bmake, and put filemon sections into its meta files",
      (y) =>
        y.usage("oodate bmake [bmake's arguments]\n\nAll arguments are bmake's own. Exit status: bmake's."),
      () =>
        ends(
          import('./commands/bmake-run.js').then(({ runBmake }) =>
            runBmake(rest ?? [], openTerminal(isTraced())),
          ),
        ),
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

/** yargs loses a `-` that stands for a file. As the value of an option it keeps it. */
function withStdinNamed(own: readonly string[]): string[] {
  const isFile = (at: number) => own[0] === 'meta' && !/^-(?:o|-output)$/.test(own[at - 1] ?? '');
  return own.map((word, at) => (word === '-' && isFile(at) ? stdinPath : word));
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
  decisionMode: {
    choices: ['content', 'mtime', 'bmake'] as const,
    default: 'content' as const,
    describe: "Compare files by content, or by time and size; or decide as bmake's meta mode does",
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

function keepingOptions<T>(y: Argv<T>) {
  return directoryOption(y)
    .option('force', options.force)
    .option('json', options.json)
    .option('meta', options.meta);
}

function decisionOptions<T>(y: Argv<T>) {
  return keepingOptions(y).option('mode', options.decisionMode);
}

function runOptions<T>(y: Argv<T>) {
  return keepingOptions(y)
    .option('mode', options.mode)
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

/** They mean something with --mode bmake alone. */
function bmakeOptions<T>(y: Argv<T>) {
  const words = { type: 'string', requiresArg: true, group: bmakeGroup } as const;
  const flag = { type: 'boolean', group: bmakeGroup } as const;
  return y
    .option('format', {
      choices: ['oodate', 'bmake'] as const,
      group: bmakeGroup,
      describe: "Say the reasons in these words: ours, or bmake's own",
    })
    .option('command', {
      ...words,
      array: true,
      describe: 'A command of the target as it is now; once for each',
    })
    .option('ignore-paths', { ...words, describe: '.MAKE.META.IGNORE_PATHS' })
    .option('ignore-patterns', { ...words, describe: '.MAKE.META.IGNORE_PATTERNS' })
    .option('ignore-filter', { ...words, describe: '.MAKE.META.IGNORE_FILTER' })
    .option('cmp-filter', { ...words, describe: '.MAKE.META.CMP_FILTER' })
    .option('bailiwick', { ...words, describe: '.MAKE.META.BAILIWICK' })
    .option('missing-meta', { ...flag, describe: 'Out of date without a meta file' })
    .option('missing-filemon', { ...flag, describe: 'Out of date without a filemon section' })
    .option('ignore-cmd', { ...flag, describe: 'Changed commands do not count' })
    .option('curdirok', { ...flag, describe: 'Meta files in .CURDIR count' })
    .example('oodate check --mode bmake obj/*.meta', "bmake's verdict by these meta files")
    .example('oodate why --mode bmake -C src all', 'what bmake would make there, and why');
}

const bmakeGroup = 'With --mode bmake:';

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

interface KeepingArguments extends TargetArguments {
  readonly force: boolean | undefined;
  readonly json: boolean | undefined;
  readonly mode: string;
}

interface DecisionArguments extends KeepingArguments, BmakeArguments {}

interface RunArguments extends KeepingArguments {
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

async function whyCommand(argv: DecisionArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.mode === 'bmake') {
    const { bmakeWhy } = await import('./commands/bmake.js');
    return bmakeWhy(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments(argv);
  const { why } = await import('./commands/why.js');
  return why(targetOf(argv, rest), decisionOf(argv));
}

async function checkCommand(argv: DecisionArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.mode === 'bmake') {
    const { bmakeCheck } = await import('./commands/bmake.js');
    return bmakeCheck(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments(argv);
  const { check } = await import('./commands/check.js');
  return check(targetOf(argv, rest), decisionOf(argv));
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

/** `oodate meta show|verify|convert`; without one of these words it is `show`. */
function metaCommands(
  y: Argv,
  rest: readonly string[] | undefined,
  ends: (given: number | Promise<number>) => Promise<void>,
) {
  const named = (argv: TargetArguments) => {
    enterDirectory(argv.directory);
    return namedFiles({ names: argv.script, rest, meta: argv.meta });
  };
  const json = (argv: { json: boolean | undefined }) => argv.json === true;
  return y
    .usage(
      'oodate meta [show] <file or script>…\noodate meta verify <file>…\noodate meta convert --to FORMAT <file>…',
    )
    .command(
      ['show [script..]', '$0'],
      'Show commands, processes, accesses, output and the record of the run',
      (z) =>
        namedFileOptions(z, 'show', 'build', "what the script's last run used").option('json', options.json),
      (argv) =>
        ends((async () => (await import('./commands/meta-show.js')).showFiles(named(argv), json(argv)))()),
    )
    .command(
      'verify [script..]',
      'Say what is wrong with them, line by line; exit status 1 if anything is',
      (z) =>
        namedFileOptions(z, 'verify', '*.meta', 'whether they can be trusted').option('json', options.json),
      (argv) =>
        ends(
          (async () => (await import('./commands/meta-verify.js')).verifyFiles(named(argv), json(argv)))(),
        ),
    )
    .command(
      'convert [script..]',
      'Write them as one log or meta file of another filemon, or as a depfile',
      (z) => convertOptions(z),
      (argv) =>
        ends(
          (async () => {
            const { convert } = await import('./commands/meta-convert.js');
            const { to, output, target, phony } = argv;
            const files = named(argv);
            return convert(
              files,
              { to, output, targets: target, phony: phony === true },
              openTerminal(false),
            );
          })(),
        ),
    );
}

function namedFileOptions(y: Argv, command: string, example: string, meaning: string) {
  return directoryOption(
    y
      .usage(
        `oodate meta ${command} [options] <file or script>…\noodate meta ${command} [options] -- command [argument…]`,
      )
      .positional('script', {
        type: 'string',
        array: true,
        default: [],
        describe:
          'Script of package.json if there is one of that name, else a meta file or filemon log; - is stdin',
      }),
  )
    .option('meta', options.meta)
    .example(`oodate meta ${command} ${example}`, meaning);
}

function convertOptions(y: Argv) {
  return namedFileOptions(y, 'convert', '--to make -o foo.d foo.meta', 'what make includes')
    .option('to', {
      choices: [...logFormats, 'make', 'ninja'] as const,
      demandOption: true,
      describe: 'A kind of filemon, or a depfile for make or ninja',
    })
    .option('output', {
      type: 'string',
      requiresArg: true,
      alias: 'o',
      describe: 'Where it goes; else stdout',
    })
    .option('target', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [] as string[],
      describe: 'In a depfile: this instead of what was written',
    })
    .option('phony', { type: 'boolean', describe: 'In a depfile: a rule for each input, so that one may go' })
    .epilogue('Several files become one: that of a target with all their commands, in this order.');
}

function targetOf(argv: TargetArguments, rest: readonly string[] | undefined): NamedTarget {
  enterDirectory(argv.directory);
  return resolveTarget({ names: argv.script, rest, meta: argv.meta }, process.env);
}

function decisionOf({ force, mode, json }: KeepingArguments): DecisionOptions & { readonly json: boolean } {
  return { force: force === true, mode: mode === 'mtime' ? 'mtime' : 'content', json: json === true };
}

function bmakeRequestOf(argv: DecisionArguments, rest: readonly string[] | undefined): BmakeRequest {
  for (const name of ['force', 'meta'] as const)
    if (argv[name] !== undefined)
      throw new CliError('USAGE', `--${name} has no meaning with --mode bmake`, 'see oodate check --help');
  enterDirectory(argv.directory);
  return bmakeRequest(argv.script, rest ?? [], argv, argv.json === true);
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

const commands = ['run', 'why', 'check', 'meta', 'trace', 'bmake', 'doctor', 'completion'] as const;

const optionNames = [
  ...bmakeOptionNames,
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
  'to',
  'target',
  'phony',
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
