import type { AbsolutePath } from '@oodate/filemon';
import type { Argv } from 'yargs';
import { enterDirectory } from './directory.js';
import { directoryOption, jsonOption } from './options.js';
import { openTerminal } from './terminal.js';

/** `oodate monitor record start|stop|status|unit|log`. */
export function recordCommands(y: Argv, ends: (given: number | Promise<number>) => Promise<void>) {
  return y
    .usage('oodate monitor record start|stop|status|unit|log [options]')
    .command(
      'start',
      'Have a process write down who changes what the targets of the project use',
      (z) =>
        z
          .options(directoryOption)
          .option('backend', {
            choices: ['bpf', 'fanotify', 'inotify'] as const,
            requiresArg: true,
            describe: 'Watch in this way; default: the best that works',
          })
          .option('foreground', { type: 'boolean', describe: 'Do not come back before it ends' }),
      (argv) => {
        enterDirectory(argv.directory);
        const options = { backend: argv.backend, foreground: argv.foreground === true };
        return ends(
          import('./commands/record-start.js').then(({ startRecording }) =>
            startRecording(options, openTerminal(false)),
          ),
        );
      },
    )
    .command(
      'stop',
      'End it',
      (z) => z.options(directoryOption),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(import('./commands/record-status.js').then(({ stopRecording }) => stopRecording()));
      },
    )
    .command(
      ['status', '$0'],
      'Say how it is doing; exit status 1 if none runs',
      (z) => z.options({ ...directoryOption, ...jsonOption }),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          import('./commands/record-status.js').then(({ showRecorder }) => showRecorder(argv.json === true)),
        );
      },
    )
    .command(
      'unit',
      'Print a unit by which systemd starts it',
      (z) =>
        z
          .options(directoryOption)
          .option('system', { type: 'boolean', describe: 'For the system, which gives it what bpf needs' }),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          import('./commands/record-unit.js').then(({ printUnit }) => printUnit(argv.system === true)),
        );
      },
    )
    .command(
      'log [path..]',
      'Show what it has written down',
      (z) =>
        z
          .positional('path', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'Of these files and directories alone',
          })
          .options({
            ...directoryOption,
            json: { type: 'boolean', describe: 'Print one JSON object a line' },
          }),
      (argv) => {
        enterDirectory(argv.directory);
        return ends(
          import('./commands/record-log.js').then(({ showJournal }) =>
            showJournal(argv.path, argv.json === true, openTerminal(false)),
          ),
        );
      },
    )
    .command(
      'by-inotify <folder>',
      // Started by `start`.
      false,
      (z) => z.positional('folder', { type: 'string', demandOption: true }),
      (argv) =>
        ends(
          import('./commands/record-start.js').then(({ serveByInotify }) =>
            serveByInotify(argv.folder as AbsolutePath),
          ),
        ),
    );
}
