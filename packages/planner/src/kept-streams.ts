import type { RecordedOutput } from '@oodate/meta-file';

/**
 * The streams whose recorded output may be given to who reads them as data. To a terminal the
 * command may have written something else, such as colours.
 */
export function keptStreams(output: RecordedOutput | undefined): (1 | 2)[] {
  return (output?.streams ?? []).filter((stream) => output?.terminals.includes(stream) === false);
}
