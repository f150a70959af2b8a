import { resolve } from 'node:path';
import {
  type AbsolutePath,
  encodePath,
  filemonRecords,
  type LogFormat,
  summarizeAccesses,
} from '@oodate/filemon';
import {
  convertFiles,
  type DepfileFormat,
  depfileRule,
  formatDepfile,
  formatMetaFile,
  logOf,
  parseTracedFile,
  type TracedFile,
} from '@oodate/meta-file';
import { CliError } from '../cli-error.js';
import { writeResultFile } from '../result-file.js';
import type { Terminal } from '../terminal.js';
import { directoryOf, fileWords, type NamedFile } from '../traced-files.js';
import { heldNamesWords, lossesWords, mergeRefusalWords } from '../words.js';

export interface ConvertOptions {
  readonly to: LogFormat | DepfileFormat;
  /** Undefined: stdout. */
  readonly output: string | undefined;
  readonly targets: readonly string[];
  readonly phony: boolean;
}

/** Writes one file, in another format, for all that are named. */
export function convert(
  named: readonly NamedFile[],
  { to, output, targets, phony }: ConvertOptions,
  terminal: Terminal,
): number {
  const files = named.map(({ bytes }) => parseTracedFile(bytes));
  const isDepfile = to === 'make' || to === 'ninja';
  const converted = convertFiles(files, isDepfile ? 'oodate' : to);
  if ('kind' in converted) throw new CliError('NOT_CONVERTIBLE', mergeRefusalWords(converted, process.cwd()));
  if (isDepfile) {
    writeResultFile(output ?? '-', depfile(converted.file, named, to, targets, phony));
    return 0;
  }
  if (targets.length > 0 || phony)
    throw new CliError('USAGE', '--target and --phony are for depfiles', 'convert --to make or --to ninja');
  writeResultFile(output ?? '-', bytesOf(converted.file, output));
  const losses = lossesWords(converted, to);
  if (losses !== undefined) terminal.say(losses);
  return 0;
}

function bytesOf(file: TracedFile, output: string | undefined): Uint8Array {
  if (file.kind === 'log') return file.log;
  return formatMetaFile(output === undefined ? file.meta : { ...file.meta, path: resolve(output) });
}

function depfile(
  file: TracedFile,
  named: readonly NamedFile[],
  format: DepfileFormat,
  targets: readonly string[],
  phony: boolean,
): Buffer {
  const names = named.map(({ path }) => fileWords(path)).join(', ');
  const log = logOf(file);
  if (log === undefined)
    throw new CliError('NOT_CONVERTIBLE', `${names} has no filemon log, so its inputs are not known`);
  const accesses = summarizeAccesses(filemonRecords([log]), directoryOf(file));
  if (!accesses.ended || accesses.incomplete.length > 0)
    throw new CliError(
      'NOT_CONVERTIBLE',
      `${names} does not show all that the command did, so a depfile would lack inputs`,
      'see: oodate meta verify',
    );
  const rule = depfileRule(accesses, file.kind === 'meta' ? file.meta.run : undefined);
  if (targets.length === 0 && rule.outputs.length === 0)
    throw new CliError(
      'NOT_CONVERTIBLE',
      `${names} names no file that was written`,
      'name a target with --target',
    );
  const { text, refused } = formatDepfile(rule, format, {
    directory: process.cwd() as AbsolutePath,
    phony,
    ...(targets.length > 0 && { targets }),
  });
  if (refused.length > 0) throw new CliError('NOT_CONVERTIBLE', heldNamesWords(format, refused));
  return encodePath(text);
}
