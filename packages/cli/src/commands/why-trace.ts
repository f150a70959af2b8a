import type { AbsolutePath } from '@oodate/filemon';
import { traceView } from '@oodate/report';
import { askedTargets } from '../asked-targets.js';
import { CliError } from '../cli-error.js';
import { printJson } from '../report.js';
import type { TargetName } from '../target.js';
import { noMetaFile } from '../traced-files.js';
import { pathWords } from '../words.js';

/** Prints the processes of the target's last good run on stdout, for Perfetto and chrome://tracing. */
export async function whyTrace(name: TargetName): Promise<number> {
  const [asked, other] = await askedTargets(name);
  if (asked === undefined || other !== undefined)
    throw new CliError('USAGE', '--format trace shows one run, and several are named', 'name one meta file');
  const { record } = asked;
  if (!('meta' in record)) throw noMetaFile(record);
  const { cwd, filemon } = record.meta;
  const view =
    filemon === undefined
      ? undefined
      : traceView({ target: asked.name, log: filemon, cwd: cwd as AbsolutePath });
  if (view === undefined)
    throw new CliError(
      'NO_TIMES',
      `the log in ${pathWords(record.metaFile, process.cwd())} has no times`,
      record.kind === 'good' ? 'run it again with: oodate run --force' : 'those that oodate writes have some',
    );
  printJson(view);
  return 0;
}
