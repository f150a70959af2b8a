import {
  type ConversionLosses,
  convertLog,
  filemonRecords,
  formatFilemonLog,
  type LogFormat,
  mergeLogs,
} from '@oodate/filemon';
import { isMetaFile, type MetaFile, parseMetaFile } from './meta-file.js';

/** A meta file, or a filemon log that stands alone. */
export type TracedFile =
  | { readonly kind: 'meta'; readonly meta: MetaFile }
  | { readonly kind: 'log'; readonly log: Uint8Array };

/** Damage never throws: what is wrong is for `checkFile` to tell. */
export function parseTracedFile(bytes: Uint8Array): TracedFile {
  return isMetaFile(bytes) ? { kind: 'meta', meta: parseMetaFile(bytes).meta } : { kind: 'log', log: bytes };
}

/** The log of the file; undefined for a meta file without one. */
export function logOf(file: TracedFile): Uint8Array | undefined {
  return file.kind === 'log' ? file.log : file.meta.filemon;
}

/** Why files cannot become one. */
export type MergeRefusal =
  | { readonly kind: 'mixed' }
  | { readonly kind: 'directories'; readonly one: string; readonly other: string };

export interface ConvertedFile {
  readonly file: TracedFile;
  readonly losses: readonly ConversionLosses[];
  /** The record of the run was left out: it holds for the file as it was alone. */
  readonly record: boolean;
  /** Meta files without a filemon log. So that the whole does not look better than it is, it has no `# Bye bye`. */
  readonly untraced: number;
}

/**
 * One file for one or several, with its log in the format `to`. Several meta files
 * become that of a target with all their commands, in this order: path, directory,
 * target and variables are those of the first, the output is that of all, and the error
 * the last one. Their logs are merged as `mergeLogs` says.
 */
export function convertFiles(files: readonly TracedFile[], to: LogFormat): ConvertedFile | MergeRefusal {
  const losses: ConversionLosses[] = [];
  const logs = files.flatMap((file) => {
    const log = logOf(file);
    if (log === undefined) return [];
    const converted = convertLog(filemonRecords([log]), to);
    losses.push(converted.losses);
    return [converted.records];
  });
  const untraced = files.length - logs.length;
  const metas = files.flatMap((file) => (file.kind === 'meta' ? [file.meta] : []));
  const merged = mergeLogs(untraced > 0 && logs.length > 0 ? [...logs, []] : logs);
  const filemon = formatFilemonLog(merged);
  const [first, ...others] = metas;
  if (first === undefined) return { file: { kind: 'log', log: filemon }, losses, record: false, untraced };
  if (metas.length < files.length) return { kind: 'mixed' };
  const elsewhere = others.find(({ cwd }) => cwd !== first.cwd);
  if (elsewhere !== undefined) return { kind: 'directories', one: first.cwd, other: elsewhere.cwd };

  const { run, filemon: _, error: __, ...head } = first;
  const keepsRecord = run !== undefined && files.length === 1 && to === 'oodate';
  const error = metas.findLast((meta) => meta.error !== undefined)?.error;
  const meta: MetaFile = {
    ...head,
    commands: metas.flatMap(({ commands }) => commands),
    output: Buffer.concat(metas.map(({ output }) => output)),
    ...(error !== undefined && { error }),
    ...(logs.length > 0 && { filemon }),
    ...(keepsRecord && { run }),
  };
  const record = !keepsRecord && metas.some(({ run }) => run !== undefined);
  return { file: { kind: 'meta', meta }, losses, record, untraced };
}
