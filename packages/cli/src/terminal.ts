import { isatty } from 'node:tty';
import pc from 'picocolors';
import { type OutputStream, writeOut } from './output-streams.js';

/** Where oodate speaks: its own messages go to stderr, so that stdout belongs to the command. */
export interface Terminal {
  /** One line of oodate's own, with its name before it. Nothing if it shall be quiet. */
  say(line: string): void;
  /** As `say`, but dim: nothing has happened. */
  remark(line: string): void;
  /** As `say`, but also if it shall be quiet: what went wrong. */
  complain(line: string): void;
  /** What `remark` writes where stderr is a terminal that shows colours, and where it is none. */
  remarkLines(line: string): { readonly coloured: string; readonly plain: string };
}

export function openTerminal(quiet: boolean): Terminal {
  const colours = coloursFor(2);
  const complain = (line: string) => {
    writeOut(2, `${colours.dim('oodate:')} ${line}\n`);
  };
  const remark = (line: string) => writeOut(2, remarkLine(line, colours));
  const remarkLines = (line: string) => ({
    plain: quiet ? '' : remarkLine(line, coloursWhere(false)),
    coloured: quiet ? '' : remarkLine(line, coloursWhere(true)),
  });
  if (quiet) return { complain, remarkLines, say: () => {}, remark: () => {} };
  return { complain, remarkLines, say: complain, remark };
}

type Colours = ReturnType<typeof pc.createColors>;

function remarkLine(line: string, colours: Colours): string {
  return `${colours.dim(`oodate: ${line}`)}\n`;
}

/** Colours for what is written to `stream`: only on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise. */
export function coloursFor(stream: OutputStream): Colours {
  return coloursWhere(isatty(stream) && process.env.TERM !== 'dumb');
}

function coloursWhere(isTerminal: boolean): Colours {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR) return pc.createColors(false);
  if (FORCE_COLOR) return pc.createColors(FORCE_COLOR !== '0' && FORCE_COLOR !== 'false');
  return pc.createColors(isTerminal);
}

/** Columns of the terminal that is stdout, or 80 where it is none. */
export function stdoutColumns(): number {
  return (isatty(1) && process.stdout.columns) || 80;
}
