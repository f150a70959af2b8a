import { readFileSync } from 'node:fs';
import { logFormats } from '@oodate/filemon';
import yargs, { type Argv } from 'yargs';
import { splitArguments } from './argument-words.js';
import { withPlainSwitches } from './bmake-arguments.js';
import { CliError } from './cli-error.js';
import { enterDirectory } from './directory.js';
import { isTraced } from './judgement.js';
import { monitorCommands } from './monitor-command-line.js';
import { nearNames } from './near-names.js';
import {
  backendOption,
  configOptions,
  decisionOptions,
  directoryOption,
  jsonOption,
  metaOption,
  monitorOptions,
  runOptions,
  watchOptions,
  whyOptions,
} from './options.js';
import { findPackage } from './package-script.js';
import { settingFlags, targetCommands } from './target-commands.js';
import { openTerminal, stdoutColumns } from './terminal.js';
import { namedFiles, stdinPath } from './traced-files.js';

/**
 * Reads the arguments and does what they say. Gives the exit status. What stands
 * after `--` belongs to the user's command and is never parsed.
 */
export async function runCommandLine(
  args: readonly string[],
  { run, watch, why, check } = targetCommands,
): Promise<number> {
  const completing = args.includes('--get-yargs-completions');
  const { own, rest } = completing ? { own: args, rest: undefined } : splitArguments(args);
  let status = 0;
  const ends = async (given: number | Promise<number>): Promise<void> => {
    status = await given;
  };

  const parser = yargs(withStdinNamed(isDecision(own) ? withPlainSwitches(own) : own))
    .scriptName('oodate')
    .locale('en')
    .usage('Runs a command only if something it really used has changed, and says why.\n\noodate <command>')
    .command(
      'run [script..]',
      'Run a script of package.json, or a command, if it is out of date',
      (y) => runHelp(targetUsage(y, 'run')),
      (argv) => ends(run(argv, rest)),
    )
    .command(
      'watch [script..]',
      'Run it whenever something it used has changed, until Ctrl-C',
      (y) => watchHelp(targetUsage(y, 'watch')),
      (argv) => ends(watch(argv, rest)),
    )
    .command(
      'why [script..]',
      'Say why it is out of date, with every reason',
      (y) => decisionHelp(targetUsage(y, 'why').options(whyOptions)),
      (argv) => ends(why(argv, rest)),
    )
    .command(
      'check [script..]',
      'Tell by the exit status alone: 0 up to date, 1 out of date, 2 trouble',
      (y) => decisionHelp(targetUsage(y, 'check').options(decisionOptions)),
      (argv) => ends(check(argv, rest)),
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
    .command('monitor', 'Tell who changes files, as it happens', (y) => monitorCommands(y, ends, rest))
    .command(
      'doctor',
      'Say what works on this machine and, of what does not, why',
      (y) =>
        y
          .usage(
            'oodate doctor [--fix]\n\n' +
              'Exit status: 1 if no command can be traced here; with --fix, if what it shows is still to be done.',
          )
          .options(directoryOption)
          .option('fix', {
            type: 'boolean',
            describe: 'Have the bpf backend work for others than root, too; shows how, and asks',
          })
          .option('yes', { type: 'boolean', alias: 'y', describe: 'Do not ask' }),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          argv.fix === true
            ? import('./commands/doctor-fix.js').then(({ fixBackends }) => fixBackends(argv.yes === true))
            : import('./commands/doctor.js').then(({ doctor }) => doctor()),
        );
      },
    )
    .command(
      'init',
      'Have the package manager in use run scripts through oodate',
      (y) =>
        y
          .usage('oodate init [options]\n\nShows what it will change, and asks.')
          .options(directoryOption)
          .option('dry-run', { type: 'boolean', describe: 'Only show it' })
          .option('yes', { type: 'boolean', alias: 'y', describe: 'Do not ask' })
          .option('undo', { type: 'boolean', describe: 'Have it run them by itself again' }),
      (argv) => {
        enterDirectory(argv.directory);
        const { dryRun, yes, undo } = argv;
        return ends(
          import('./commands/init.js').then(({ init }) =>
            init({ dryRun: dryRun === true, yes: yes === true, undo: undo === true }),
          ),
        );
      },
    )
    .command(
      'config',
      'Show the settings in force, and where each comes from',
      (y) => y.usage('oodate config [options]').options(configOptions),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          import('./commands/config.js').then(({ showSettings }) =>
            showSettings(settingFlags(argv), argv.json === true),
          ),
        );
      },
    )
    .command('cache', 'Show, shrink, check or empty the store of results', (y) => cacheCommands(y, ends))
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
      // yargs throws some of its own.
      throw error === undefined || error.name === 'YError'
        ? usageError(message ?? error.message, own)
        : error;
    });
  await parser.parseAsync();
  return status;
}

function isDecision([command]: readonly string[]): boolean {
  return command === 'why' || command === 'check';
}

/** yargs loses a `-` that stands for a file. As the value of an option it keeps it. */
function withStdinNamed(own: readonly string[]): string[] {
  const [command] = own;
  const isFile = (at: number) =>
    (command === 'meta' && !/^-(?:o|-output)$/.test(own[at - 1] ?? '')) ||
    (command === 'why' && own.slice(0, at).includes('--if-changed'));
  return own.map((word, at) => (word === '-' && isFile(at) ? stdinPath : word));
}

function targetUsage(y: Argv, command: string): Argv<{ script: string[] }> {
  return y
    .usage(
      `oodate ${command} [options] <script> [-- argument…]\noodate ${command} [options] -- command [argument…]`,
    )
    .positional('script', {
      type: 'string',
      array: true,
      default: [],
      describe:
        command === 'run'
          ? 'Name of a script of package.json'
          : 'Name of a script of package.json, or meta files',
    });
}

function runHelp<T>(y: Argv<T>) {
  return y
    .options(runOptions)
    .example('oodate run build', 'run the script "build" if it is out of date')
    .example('oodate run -C packages/a build', 'the same in another package')
    .example('oodate run -- cc -c foo.c -o foo.o', 'run a command if it is out of date')
    .example('oodate run -r build test', 'in all packages of the workspace, in an order that is learned')
    .example('oodate run --dry-run build', 'only say what would be done, and why')
    .epilogue(
      'Exit status: that of the command (128 + n if signal n ended it); 0 if it was up to date; ' +
        '127 if the command was not found, 126 if it cannot be executed, 125 for trouble of oodate.',
    );
}

function watchHelp<T>(y: Argv<T>) {
  return y
    .options(watchOptions)
    .example('oodate watch build', 'run the script "build" each time it is out of date')
    .epilogue('It ends by the signal that ends it; with 125 to 127, as of run, if it cannot begin.');
}

function decisionHelp<T>(y: Argv<T>) {
  return y
    .example('oodate check --mode bmake obj/*.meta', "bmake's verdict by these meta files")
    .example('oodate why --mode bmake -C src all', 'what bmake would make there, and why');
}

function logOptions(y: Argv) {
  return y
    .usage('oodate trace -o LOG -- command [argument…]')
    .options(directoryOption)
    .positional('script', { type: 'string', array: true, default: [], hidden: true })
    .option('output', {
      type: 'string',
      requiresArg: true,
      demandOption: true,
      alias: 'o',
      describe: 'Where the log goes',
    })
    .options(backendOption)
    .example('oodate trace -o log -- make', 'what make and all that it starts reads and writes')
    .epilogue('Exit status: that of the command.');
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
  const named = (argv: { script: string[]; directory: string | undefined; meta: string | undefined }) => {
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
      (z) => namedFileOptions(z, 'show', 'build', "what the script's last run used").options(jsonOption),
      (argv) =>
        ends(
          (async () => (await import('./commands/meta-show.js')).showFiles(await named(argv), json(argv)))(),
        ),
    )
    .command(
      'verify [script..]',
      'Say what is wrong with them, line by line; exit status 1 if anything is',
      (z) => namedFileOptions(z, 'verify', '*.meta', 'whether they can be trusted').options(jsonOption),
      (argv) =>
        ends(
          (async () =>
            (await import('./commands/meta-verify.js')).verifyFiles(await named(argv), json(argv)))(),
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
            const files = await named(argv);
            return convert(
              files,
              { to, output, targets: target, phony: phony === true },
              openTerminal(false),
            );
          })(),
        ),
    );
}

/** `oodate cache status|gc|verify|clear`; without one of these words it is `status`. */
function cacheCommands(y: Argv, ends: (given: number | Promise<number>) => Promise<void>) {
  return y
    .usage('oodate cache [status|gc|verify|clear] [options]')
    .command(
      ['status', '$0'],
      'Say where the store is and what it holds',
      (z) => z.options(cacheOptions),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(import('./commands/cache.js').then(({ showCache }) => showCache(argv.json === true)));
      },
    )
    .command(
      'gc',
      'Remove what was used least recently, until the rest has room',
      (z) =>
        z.usage('oodate cache gc [options]').options(cacheOptions).option('size', {
          type: 'string',
          requiresArg: true,
          describe: 'How much may be left, as in "500 MB"; default: the setting store.size',
        }),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          import('./commands/cache.js').then(({ collectCache }) =>
            collectCache(argv.size, argv.json === true),
          ),
        );
      },
    )
    .command(
      'verify',
      'Read all of it, and remove what is damaged; exit status 1 if anything is',
      (z) => z.usage('oodate cache verify [options]').options(cacheOptions),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(import('./commands/cache.js').then(({ verifyCache }) => verifyCache(argv.json === true)));
      },
    )
    .command(
      'clear',
      'Remove everything that no run is using',
      (z) => z.usage('oodate cache clear [options]').options(cacheOptions),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(import('./commands/cache.js').then(({ clearCache }) => clearCache(argv.json === true)));
      },
    );
}

const cacheOptions = { ...directoryOption, ...jsonOption } as const;

function namedFileOptions(y: Argv, command: string, example: string, meaning: string) {
  return y
    .options(directoryOption)
    .usage(
      `oodate meta ${command} [options] <file or script>…\noodate meta ${command} [options] -- command [argument…]`,
    )
    .positional('script', {
      type: 'string',
      array: true,
      default: [],
      describe:
        'Script of package.json if there is one of that name, else a meta file or filemon log; - is stdin',
    })
    .options(metaOption)
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

function completeScripts(
  _current: string,
  argv: { _?: unknown[] },
  filter: (done: (error: Error | null, defaults?: string[]) => void) => void,
  done: (completions: string[]) => void,
): void {
  filter((_error, defaults = []) => {
    const takesScript = commands.slice(0, 5).some((command) => argv._?.includes(command));
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

const commands = [
  'run',
  'watch',
  'why',
  'check',
  'meta',
  'trace',
  'bmake',
  'monitor',
  'doctor',
  'config',
  'cache',
  'init',
  'completion',
] as const;

const optionNames = [
  ...Object.keys({ ...runOptions, ...whyOptions, ...monitorOptions }),
  'output',
  'to',
  'target',
  'phony',
  'undo',
  'size',
  'fix',
  'yes',
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
