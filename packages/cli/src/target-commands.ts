import type { DecisionOptions } from '@oodate/planner';
import { type BmakeArguments, bmakeRequest, refuseBmakeArguments } from './bmake-arguments.js';
import { CliError } from './cli-error.js';
import type { BmakeRequest } from './commands/bmake.js';
import { checkMetaFiles, check as checkTarget } from './commands/check.js';
import { run as runTarget } from './commands/run.js';
import type { WhyOptions } from './commands/why.js';
import { enterDirectory } from './directory.js';
import type { ShownOutput } from './held-output.js';
import { isTraced } from './judgement.js';
import type {
  ArgumentsOf,
  configOptions,
  decisionOptions,
  runOptions,
  watchOptions,
  whyOptions,
} from './options.js';
import type { Resolve } from './proof.js';
import type { StoreUse } from './result-store.js';
import { type SettingFlags, type SettingValues, settingFlag, settingKeys } from './settings.js';
import { type NamedTarget, resolveTarget, type TargetName } from './target.js';
import { openTerminal } from './terminal.js';
import { metaFilesAmong } from './traced-files.js';
import { whyForm } from './why-form.js';
import { unmatchedWords } from './words.js';

/** The words before `--` that are no options: names of scripts, or of what --mode bmake judges. */
interface Scripts {
  readonly script: readonly string[];
}

export type RunArguments = Scripts & ArgumentsOf<typeof runOptions>;
export type WatchArguments = Scripts & ArgumentsOf<typeof watchOptions>;
export type DecisionArguments = Scripts & ArgumentsOf<typeof decisionOptions>;
export type WhyArguments = Scripts & ArgumentsOf<typeof whyOptions>;

/** What `oodate run`, `watch`, `why` and `check` do. They get the words after `--` as `rest`, and give the exit status. */
export const targetCommands = { run, watch, why, check } as const;

async function run(argv: RunArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.recursive === true) return runInPackages(argv, rest);
  const stray = (['jobs', 'keep-going'] as const).find((name) => argv[name] !== undefined);
  if (stray !== undefined) throw new CliError('USAGE', `--${stray} has no meaning without -r`, seeRunHelp);
  enterDirectory(argv.directory);
  const target = await targetOf(argv, rest, argv.quiet === true);
  const options = {
    ...decisionOf(argv),
    dryRun: argv['dry-run'] === true,
    backend: argv.backend,
    untraced: argv.untraced === true,
    store: storeUseOf(argv),
    quiet: argv.quiet === true || isTraced(),
    output: shownOf(argv),
    ownPlace: argv.meta !== undefined,
  };
  // Inside a traced command the outer oodate speaks; what is said here would be output of that command.
  const again: Resolve = (look) => resolveTarget(nameOf(argv, rest), process.env, look);
  return runTarget(target, options, openTerminal(options.quiet), again);
}

async function runInPackages(argv: RunArguments, rest: readonly string[] = []): Promise<number> {
  const stray = (['json', 'meta', 'untraced'] as const).find((name) => argv[name] !== undefined);
  if (stray !== undefined) throw new CliError('USAGE', `--${stray} has no meaning with -r`, seeRunHelp);
  const { script, jobs, directory, backend } = argv;
  if (script.length === 0)
    throw new CliError('USAGE', 'the name of a script is missing', 'as in: oodate run -r build');
  if (jobs !== undefined && !/^[1-9]\d{0,5}$/.test(jobs))
    throw new CliError('USAGE', `--jobs takes a number, and "${jobs}" is none`, seeRunHelp);
  enterDirectory(directory);
  const { runRecursive } = await import('./commands/run-recursive.js');
  return runRecursive(script, rest, {
    ...decisionOf(argv),
    dryRun: argv['dry-run'] === true,
    backend,
    quiet: argv.quiet === true || isTraced(),
    jobs: jobs === undefined ? undefined : Number(jobs),
    keepGoing: argv['keep-going'] === true,
    store: storeUseOf(argv),
    output: shownOf(argv),
    flags: settingFlags(argv),
  });
}

const seeRunHelp = 'see oodate run --help';

async function watch(argv: WatchArguments, rest: readonly string[] | undefined): Promise<number> {
  const { script, directory, meta, backend } = argv;
  enterDirectory(directory);
  const { watch: watchTarget } = await import('./commands/watch.js');
  const flags = settingFlags(argv);
  const resolve = () => resolveTarget({ names: script, rest, meta, flags }, process.env);
  const options = {
    ...decisionOf(argv),
    backend,
    ownPlace: meta !== undefined,
    output: shownOf(argv),
    quiet: argv.quiet === true,
    restart: argv.restart === true,
    store: storeUseOf(argv),
    flags,
  };
  return watchTarget(resolve, options, openTerminal(options.quiet));
}

async function why(argv: WhyArguments, rest: readonly string[] | undefined): Promise<number> {
  const form = whyForm(argv);
  if (argv.mode === 'bmake') {
    const { bmakeWhy } = await import('./commands/bmake.js');
    return bmakeWhy(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments({ ...argv, format: undefined });
  enterDirectory(argv.directory);
  const name = nameOf(argv, rest);
  const verbose = argv.verbose === true;
  if (argv['if-changed'] !== undefined) {
    const { whyIfChanged } = await import('./commands/why-if-changed.js');
    return whyIfChanged(argv['if-changed'], name, { form, verbose });
  }
  if (argv.after === true) {
    const { whyAfter } = await import('./commands/why-after.js');
    return whyAfter(name, { json: form === 'json', verbose });
  }
  if (argv.never !== undefined) {
    const { whyNever } = await import('./commands/why-never.js');
    return whyNever(argv.never, name, { json: form === 'json', verbose });
  }
  const options = { ...decisionOf(argv), verbose, flags: settingFlags(argv) };
  switch (form) {
    case 'trace':
      return (await import('./commands/why-trace.js')).whyTrace(name);
    case 'dot':
    case 'svg':
      return (await import('./commands/why-graph.js')).whyGraph(name, form, argv.force === true);
    case 'github':
      return (await import('./commands/why-github.js')).whyGithub(name, {
        ...options,
        force: argv.force === true,
      });
    default:
      return whyInFull(argv, rest, options);
  }
}

/** In the terminal, as JSON or as a page. */
async function whyInFull(
  argv: WhyArguments,
  rest: readonly string[] | undefined,
  options: WhyOptions,
): Promise<number> {
  const metaFiles = metaFilesIn(argv, rest);
  if (argv.html !== undefined) {
    const { whyMetaFilePage, whyPage } = await import('./commands/why-page.js');
    const paged = { ...options, file: argv.html };
    return metaFiles.length > 0
      ? whyMetaFilePage(metaFiles, paged)
      : whyPage(await targetOf(argv, rest), paged);
  }
  const { whyMetaFiles, why: whyTarget } = await import('./commands/why.js');
  return metaFiles.length > 0
    ? whyMetaFiles(metaFiles, options)
    : whyTarget(await targetOf(argv, rest), options, openTerminal(isTraced()));
}

async function check(argv: DecisionArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.mode === 'bmake') {
    const { bmakeCheck } = await import('./commands/bmake.js');
    return bmakeCheck(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments(argv);
  enterDirectory(argv.directory);
  const metaFiles = metaFilesIn(argv, rest);
  return metaFiles.length > 0
    ? checkMetaFiles(metaFiles, decisionOf(argv), settingFlags(argv))
    : checkTarget(await targetOf(argv, rest), decisionOf(argv));
}

async function targetOf(
  argv: RunArguments | DecisionArguments,
  rest: readonly string[] | undefined,
  quiet = false,
): Promise<NamedTarget> {
  const target = await resolveTarget(nameOf(argv, rest), process.env);
  const { say } = openTerminal(quiet || isTraced());
  for (const pattern of target.unmatched) say(unmatchedWords(pattern));
  return target;
}

function nameOf(argv: RunArguments | DecisionArguments, rest: readonly string[] | undefined): TargetName {
  return { names: argv.script, rest, meta: argv.meta, flags: settingFlags(argv) };
}

/** The meta files that are named in the place of a target, by themselves. */
function metaFilesIn(
  { script, meta }: DecisionArguments,
  rest: readonly string[] | undefined,
): readonly string[] {
  return metaFilesAmong({ names: script, rest, meta });
}

/** The settings among the options. */
export function settingFlags(
  argv: ArgumentsOf<typeof configOptions> | RunArguments | WatchArguments | DecisionArguments,
): SettingFlags {
  const given = argv as Readonly<Record<string, unknown>>;
  const entries = settingKeys.map((key) => [key, given[settingFlag(key).slice(2)]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<SettingValues>;
}

function decisionOf({
  force,
  json,
}: {
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
}): DecisionOptions & {
  readonly json: boolean;
} {
  return { force: force === true, json: json === true };
}

function shownOf({ output }: RunArguments | WatchArguments): ShownOutput {
  return output === 'errors' || output === 'none' ? output : 'full';
}

function storeUseOf({ store, refresh }: RunArguments | WatchArguments): StoreUse {
  if (store === false) return 'none';
  return refresh === true ? 'refresh' : 'use';
}

function bmakeRequestOf(argv: DecisionArguments, rest: readonly string[] | undefined): BmakeRequest {
  for (const name of [
    'force',
    'meta',
    'ignore',
    'inputs',
    'env-ignore',
    'env-require',
    'network-ignore',
    'cache',
  ] as const)
    if (argv[name] !== undefined)
      throw new CliError('USAGE', `--${name} has no meaning with --mode bmake`, 'see oodate check --help');
  enterDirectory(argv.directory);
  return bmakeRequest(argv.script, rest ?? [], argv satisfies BmakeArguments, argv.json === true);
}
