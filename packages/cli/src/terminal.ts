import { fstatSync } from 'node:fs';
import { type Colours, colours } from './colours.js';
import { type OutputStream, writeOut } from './output-streams.js';

/** Where oodate speaks: its own messages go to stderr, so that stdout belongs to the command. */
export interface Terminal {
  /** One line of oodate's own, with its name before it. Nothing if it shall be quiet. */
  say(line: string): void;
  /** What is said next begins on a line of its own: a command has left one without an end. */
  endLine(): void;
  /** As `say`, but dim: nothing has happened. */
  remark(line: string): void;
  /** As `say`, but also if it shall be quiet: what went wrong. */
  complain(line: string): void;
  /** What `remark` writes where stderr is a terminal that shows colours, and where it is none. */
  remarkLines(line: string): { readonly coloured: string; readonly plain: string };
}

/** `write`: where to; default: this process's own stderr. */
export function openTerminal(
  quiet: boolean,
  write: (stream: OutputStream, text: string) => void = writeOut,
): Terminal {
  const own = coloursFor(2);
  const complain = (line: string) => {
    write(2, `${own.dim('oodate:')} ${line}\n`);
  };
  const endLine = () => write(2, '\n');
  const remark = (line: string) => write(2, remarkLine(line, own));
  const remarkLines = (line: string) => ({
    plain: quiet ? '' : remarkLine(line, coloursWhere(false)),
    coloured: quiet ? '' : remarkLine(line, coloursWhere(true)),
  });
  if (quiet) return { complain, remarkLines, say: () => {}, endLine: () => {}, remark: () => {} };
  return { complain, remarkLines, say: complain, endLine, remark };
}

function remarkLine(line: string, { dim }: Colours): string {
  return `${dim(`oodate: ${line}`)}\n`;
}

/** Colours for what is written to `stream`: only on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise. */
export function coloursFor(stream: OutputStream): Colours {
  return coloursWhere(isTerminal(stream) && process.env.TERM !== 'dumb');
}

/** Where it is not said otherwise: `isColoured`. */
function coloursWhere(isColoured: boolean): Colours {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return colours(false);
  if (FORCE_COLOR) return colours(FORCE_COLOR !== '0' && FORCE_COLOR !== 'false');
  return colours(isColoured);
}

/** Columns of the terminal that is stdout, or 80 where it is none. */
export function stdoutColumns(): number {
  return (isTerminal(1) && process.stdout.columns) || 80;
}

export function isTerminal(stream: OutputStream): boolean {
  try {
    // Most streams are no devices, and node:tty takes 2 ms to load.
    const isDevice = fstatSync(stream, { bigint: true }).isCharacterDevice();
    return isDevice && process.getBuiltinModule('node:tty').isatty(stream);
  } catch {
    return false;
  }
}
