import type { ReportProcess } from '../src/report-data.js';
import { shownText } from './shown-text.js';

/** How a process is called where there is one line for it. */
export interface ProcessLabel {
  /** The program that it ran last, without its directory; that of its parent if it executed none. */
  readonly program: string;
  /** The command line with that, as far as it is known. */
  readonly line: string;
}

/** Of each process. */
export function processLabels(processes: readonly ReportProcess[]): ProcessLabel[] {
  const labels: ProcessLabel[] = [];
  for (const process of processes) labels.push(labelOf(process, labels));
  return labels;
}

function labelOf({ executables, commandLines, parent }: ReportProcess, above: readonly ProcessLabel[]) {
  const executable = executables.at(-1);
  if (executable === undefined) {
    const { program } = (parent === null ? undefined : above[parent]) ?? { program: 'a process' };
    return { program, line: `${program} (forked)` };
  }
  const words = commandLines.at(-1) ?? null;
  const program = shownText(executable.slice(executable.lastIndexOf('/') + 1));
  return { program, line: words === null ? program : shownText(withoutDirectory(cutMark(words))) };
}

/** A command line that was too long for the log ends in a backslash behind a space. */
export function cutMark(words: string): string {
  return words.replace(/ \\$/, ' …');
}

/** Only of a word without quotes can the directory be told. */
function withoutDirectory(words: string): string {
  return words.replace(/^\/(?:[^ '/]*\/)*(?=[^ '/])/, '');
}
