import { type AbsolutePath, joinPath } from '@oodate/filemon';
import type { Argv } from 'yargs';
import { assertPathsIntact } from './argument-words.js';
import { CliError } from './cli-error.js';
import type { MonitorRequest } from './commands/monitor.js';
import { enterDirectory } from './directory.js';
import { nearNames } from './near-names.js';
import { type ArgumentsOf, monitorOptions } from './options.js';
import { recordCommands } from './record-commands.js';

type Ends = (given: number | Promise<number>) => Promise<void>;
type MonitorArguments = ArgumentsOf<typeof monitorOptions> & { readonly path: readonly string[] };

/** `oodate monitor`. `rest`: the words after `--`, which are paths also if they begin with a dash. */
export function monitorCommands(y: Argv, ends: Ends, rest: readonly string[] | undefined) {
  return y
    .command('record', 'Keep a journal of who changes what a project uses', (z) => recordCommands(z, ends))
    .command(
      '$0 [path..]',
      'Tell who changes files, as it happens',
      (z) =>
        z
          .usage('oodate monitor [options] <file or directory>…')
          .positional('path', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'A file, or a directory with all below it',
          })
          .options(monitorOptions)
          .example('oodate monitor src', 'who changes what in src')
          .example('oodate monitor --mount / --events open,exec', 'who opens and executes what')
          .epilogue(
            'It ends by the signal that ends it, after --count events, or with 1 when nothing is left to monitor; ' +
              'with 2 if something cannot be monitored.',
          ),
      (argv) =>
        ends(
          (async () => {
            enterDirectory(argv.directory);
            const request = monitorRequest({ ...argv, path: [...argv.path, ...(rest ?? [])] });
            return (await import('./commands/monitor.js')).monitor(request);
          })(),
        ),
    );
}

function monitorRequest(argv: MonitorArguments): MonitorRequest {
  const { path, mount, events, mask, level, count, stacks, verbose } = argv;
  const format = formatOf(argv);
  if (path.length === 0 && mount === undefined)
    throw new CliError(
      'USAGE',
      'there is nothing to monitor',
      'name files or directories, as in: oodate monitor src',
    );
  if (mask !== undefined && path.length === 0)
    throw new CliError('USAGE', '--mask is about paths, and none is named', 'a mount takes --events');
  if (events !== undefined && mount === undefined)
    throw new CliError(
      'USAGE',
      '--events is about a whole file system',
      'name it by --mount, or use --mask for paths',
    );
  if (level !== undefined && format !== 'ahafs')
    throw new CliError('USAGE', '--level has no meaning without --format ahafs', seeHelp);
  if (verbose === true && format !== 'text')
    throw new CliError('USAGE', '--verbose is about text; the other formats tell everything', seeHelp);
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw new CliError('USAGE', `--count takes a number, and "${count}" is none`, seeHelp);
  assertPathsIntact(path);
  const cwd = process.cwd() as AbsolutePath;
  return {
    paths: [...new Set(path.map((name) => joinPath(cwd, name)))],
    mask: kindsIn('--mask', mask ?? defaultMask, interestKinds),
    mount:
      mount === undefined
        ? undefined
        : { path: joinPath(cwd, mount), kinds: kindsIn('--events', events ?? 'content', fileSystemKinds) },
    backend: argv.backend as MonitorRequest['backend'],
    format,
    level: Number(level ?? '2') as MonitorRequest['level'],
    stacks: stacks === true || level === '3',
    count: count === undefined ? undefined : Number(count),
    verbose: verbose === true,
  };
}

const seeHelp = 'see oodate monitor --help';

const defaultMask = 'content,attribute,delete';

// As in packages/monitor, which is loaded only when it is used.
const interestKinds = ['content', 'attribute', 'delete', 'exec', 'exit'] as const;
const fileSystemKinds = ['open', 'exec', 'content', 'attribute'] as const;

function formatOf({ json, format }: MonitorArguments): MonitorRequest['format'] {
  if (json !== true) return (format ?? 'text') as MonitorRequest['format'];
  if (format !== undefined && format !== 'json')
    throw new CliError('USAGE', `--json and --format ${format} are two formats`, seeHelp);
  return 'json';
}

function kindsIn<Kind extends string>(option: string, list: string, kinds: readonly Kind[]): Kind[] {
  const words = list.split(',').map((word) => word.trim());
  return [...new Set(words)].map((word) => {
    const kind = kinds.find((each) => each === word);
    if (kind !== undefined) return kind;
    const near = nearNames(word, kinds);
    throw new CliError(
      'USAGE',
      `${option} has no kind "${word}"`,
      near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it is a list of ${kinds.join(', ')}`,
    );
  });
}
