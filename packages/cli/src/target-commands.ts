import type { DecisionOptions } from '@oodate/planner';
import { type BmakeArguments, bmakeRequest, refuseBmakeArguments } from './bmake-arguments.js';
import { CliError } from './cli-error.js';
import type { BmakeRequest } from './commands/bmake.js';
import { checkMetaFiles, check as checkTarget } from './commands/check.js';
import { run as runTarget } from './commands/run.js';
import { whyMetaFiles, why as whyTarget } from './commands/why.js';
import { enterDirectory } from './directory.js';
import { isTraced } from './judgement.js';
import type { ArgumentsOf, decisionOptions, runOptions, watchOptions } from './options.js';
import { type NamedTarget, resolveTarget } from './target.js';
import { openTerminal } from './terminal.js';
import { metaFilesAmong } from './traced-files.js';

/** The words before `--` that are no options: names of scripts, or of what --mode bmake judges. */
interface Scripts {
  readonly script: readonly string[];
}

export type RunArguments = Scripts & ArgumentsOf<typeof runOptions>;
export type WatchArguments = Scripts & ArgumentsOf<typeof watchOptions>;
export type DecisionArguments = Scripts & ArgumentsOf<typeof decisionOptions>;

/** What `oodate run`, `watch`, `why` and `check` do. They get the words after `--` as `rest`, and give the exit status. */
export const targetCommands = { run, watch, why, check } as const;

function run(argv: RunArguments, rest: readonly string[] | undefined): Promise<number> {
  const target = targetOf(argv, rest);
  const options = {
    ...decisionOf(argv),
    dryRun: argv['dry-run'] === true,
    backend: argv.backend,
    untraced: argv.untraced === true,
    ownPlace: argv.meta !== undefined,
  };
  // Inside a traced command the outer oodate speaks; what is said here would be output of that command.
  return runTarget(target, options, openTerminal(argv.quiet === true || isTraced()));
}

async function watch(argv: WatchArguments, rest: readonly string[] | undefined): Promise<number> {
  const { script, directory, meta, backend } = argv;
  enterDirectory(directory);
  const { watch: watchTarget } = await import('./commands/watch.js');
  const resolve = () => resolveTarget({ names: script, rest, meta }, process.env);
  const options = { ...decisionOf(argv), backend, ownPlace: meta !== undefined };
  return watchTarget(resolve, options, openTerminal(argv.quiet === true));
}

async function why(argv: DecisionArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.mode === 'bmake') {
    const { bmakeWhy } = await import('./commands/bmake.js');
    return bmakeWhy(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments(argv);
  const named = namedBy(argv, rest);
  return 'metaFiles' in named
    ? whyMetaFiles(named.metaFiles, decisionOf(argv))
    : whyTarget(named.target, decisionOf(argv));
}

async function check(argv: DecisionArguments, rest: readonly string[] | undefined): Promise<number> {
  if (argv.mode === 'bmake') {
    const { bmakeCheck } = await import('./commands/bmake.js');
    return bmakeCheck(bmakeRequestOf(argv, rest));
  }
  refuseBmakeArguments(argv);
  const named = namedBy(argv, rest);
  return 'metaFiles' in named
    ? checkMetaFiles(named.metaFiles, decisionOf(argv))
    : checkTarget(named.target, decisionOf(argv));
}

function targetOf(
  { script, directory, meta }: RunArguments,
  rest: readonly string[] | undefined,
): NamedTarget {
  enterDirectory(directory);
  return resolveTarget({ names: script, rest, meta }, process.env);
}

function namedBy(
  { script, directory, meta }: DecisionArguments,
  rest: readonly string[] | undefined,
): { readonly target: NamedTarget } | { readonly metaFiles: readonly string[] } {
  enterDirectory(directory);
  const name = { names: script, rest, meta };
  const metaFiles = metaFilesAmong(name);
  return metaFiles.length > 0 ? { metaFiles } : { target: resolveTarget(name, process.env) };
}

function decisionOf({
  force,
  mode,
  json,
}: {
  readonly force?: boolean | undefined;
  readonly mode?: string | undefined;
  readonly json?: boolean | undefined;
}): DecisionOptions & {
  readonly json: boolean;
} {
  return { force: force === true, mode: mode === 'mtime' ? 'mtime' : 'content', json: json === true };
}

function bmakeRequestOf(argv: DecisionArguments, rest: readonly string[] | undefined): BmakeRequest {
  for (const name of ['force', 'meta'] as const)
    if (argv[name] !== undefined)
      throw new CliError('USAGE', `--${name} has no meaning with --mode bmake`, 'see oodate check --help');
  enterDirectory(argv.directory);
  return bmakeRequest(argv.script, rest ?? [], argv satisfies BmakeArguments, argv.json === true);
}
