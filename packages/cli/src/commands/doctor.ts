import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { AbsolutePath } from '@oodate/filemon';
import { scriptMetaFile } from '@oodate/meta-file';
import type { BackendReport } from '@oodate/tracer';
import { writeOut } from '../output-streams.js';
import { packageDirectory } from '../package-script.js';
import { loadSettings } from '../settings.js';
import { settingsEffect } from '../settings-effect.js';
import { coloursFor } from '../terminal.js';
import { chosenWords, errorWords } from '../words.js';

/** Says what works here and, of what does not, why and what to do. 1 if nothing can be traced. */
export async function doctor(): Promise<number> {
  const { findProbe, probeBackends, TraceError } = await import('@oodate/tracer');
  tell(true, 'node', `${process.version} on ${process.platform} (${process.arch})`);
  let backends: BackendReport[];
  try {
    tell(true, 'probe', findProbe());
    backends = await probeBackends();
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    tell(false, 'probe', errorWords(error.message, error.hint));
    return 1;
  }
  const [chosen, ...others] = backends.filter(({ works }) => works);
  for (const { name, works, sentence, remedy, limits } of backends) {
    const line = works ? sentence : errorWords(sentence, remedy || undefined);
    if (works || chosen === undefined) tell(works, name, line);
    else tellLess(name, line);
    for (const limit of limits) tellMore(errorWords(limit.sentence, limit.remedy || undefined));
  }
  if (chosen !== undefined)
    tell(
      true,
      'chosen',
      chosenWords(
        chosen.name,
        others.map(({ name }) => name),
      ),
    );
  await tellOfMonitor();
  await tellOfFolder();
  return chosen === undefined ? 1 : 0;
}

/** By what `oodate monitor` sees: the first that works is taken. */
async function tellOfMonitor(): Promise<void> {
  const { monitorBackends } = await import('@oodate/monitor');
  for (const { name, works, sentence, remedy } of monitorBackends()) {
    const line = `${name}: ${works ? sentence : errorWords(sentence, remedy || undefined)}`;
    if (works) tell(true, 'monitor', line);
    else tellLess('monitor', line);
  }
}

async function tellOfFolder(): Promise<void> {
  const { cache } = await settingsEffect(await loadSettings(process.cwd() as AbsolutePath, process.env));
  const folder = dirname(scriptMetaFile(packageDirectory(process.cwd()) as AbsolutePath, 'doctor', cache));
  const existing = firstExisting(folder);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    tell(true, 'meta files', `are kept in ${folder}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    tell(
      false,
      'meta files',
      `${existing} cannot be written (${code}); make it writable, or use --meta FILE`,
    );
  }
}

function firstExisting(folder: string): string {
  try {
    accessSync(folder);
    return folder;
  } catch {
    return firstExisting(dirname(folder));
  }
}

/** Of what another one stands in for: no trouble. */
function tellLess(what: string, sentence: string): void {
  writeOut(1, `${coloursFor(1).yellow('no ')}  ${what.padEnd(10)}  ${sentence}\n`);
}

function tellMore(sentence: string): void {
  const { yellow } = coloursFor(1);
  writeOut(1, `${yellow('but')}  ${''.padEnd(10)}  ${sentence}\n`);
}

function tell(works: boolean, what: string, sentence: string): void {
  const { green, red } = coloursFor(1);
  writeOut(1, `${works ? green('yes') : red('no ')}  ${what.padEnd(10)}  ${sentence}\n`);
}
