import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

import { buildProgram } from './native-program.js';
import { until } from './until.js';

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of the window; default: 24 rows of 80 columns. */
  readonly rows?: number;
  readonly columns?: number;
}

/** How the program on a terminal ended. */
export interface TerminalEnd {
  /** Everything that appeared, echoed keys too; a character for each byte. */
  readonly output: string;
  /** Exit status, or 128 + the signal's number. */
  readonly status: number;
  /** Whether the terminal echoed keys at that time. */
  readonly echoes: boolean;
}

/** A program on a pseudo-terminal of its own, where it leads the session, and the person before it. */
export interface Terminal {
  /** What has appeared up to now. */
  readonly output: string;
  /** Waits until this text has appeared, after all that was waited for before. Throws if it does not. */
  says(text: string): Promise<void>;
  types(keys: string): void;
  resize(rows: number, columns: number): void;
  hangUp(): void;
  /** Reads nothing more, so that what is written has to wait, until `release`. */
  hold(): void;
  release(): void;
  readonly ended: Promise<TerminalEnd>;
  /** Ends it if it has not ended: by hanging up. */
  close(): Promise<void>;
}

/** After this long a text that has not appeared is taken not to come: what did appear is then in the message. */
const patienceMilliseconds = 30_000;

export function openTerminal(
  words: readonly string[],
  { cwd, env, rows = 24, columns = 80 }: TerminalOptions,
): Terminal {
  const program = buildProgram('terminal', 'terminal', ['-lutil']);
  const child = spawn(program, [String(rows), String(columns), ...words], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const [input, screen, , end] = child.stdio as unknown as [Writable, Readable, null, Readable];
  let output = '';
  let report = '';
  let heard = 0;
  let over = false;
  screen.on('data', (bytes: Buffer) => {
    output += bytes.toString('latin1');
  });
  end.on('data', (bytes: Buffer) => {
    report += bytes.toString('latin1');
  });
  // It may have ended when it is told something.
  input.on('error', () => {});
  const ended = new Promise<TerminalEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      over = true;
      const [, how, number, echoes] = /^(exit|signal) (\d+)( echo)?$/m.exec(report) ?? [];
      if (how === undefined) reject(new Error(`the terminal ended without a report: ${report}${output}`));
      else
        resolve({
          output,
          status: Number(number) + (how === 'signal' ? 128 : 0),
          echoes: echoes !== undefined,
        });
    });
  });
  const tell = (line: string) => void input.write(`${line}\n`);
  return {
    get output() {
      return output;
    },
    async says(text) {
      const patience = Date.now() + patienceMilliseconds;
      await until(() => over || output.indexOf(text, heard) >= 0 || Date.now() > patience);
      const at = output.indexOf(text, heard);
      if (at < 0) throw new Error(`"${text}" did not appear:\n${output}`);
      heard = at + text.length;
    },
    types: (keys) => tell(`type ${Buffer.from(keys, 'latin1').toString('hex')}`),
    resize: (newRows, newColumns) => tell(`resize ${newRows} ${newColumns}`),
    hangUp: () => tell('hangup'),
    hold: () => tell('hold'),
    release: () => tell('release'),
    ended,
    async close() {
      if (!over) tell('hangup');
      await ended.catch(() => {});
    },
  };
}
