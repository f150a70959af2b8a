import { type ChildProcess, spawn } from 'node:child_process';

import { until } from './until.js';

/** A line of the monitor's, as docs/formats/monitor.md has it; text holds a lone surrogate for a byte that is not UTF-8. */
// biome-ignore lint/suspicious/noExplicitAny: each line has members of its own, which the tests look at
export type MonitorLine = Record<string, any>;

/** A monitor that is spoken to by its protocol. */
export interface MonitorProcess {
  /** Its first line. */
  readonly hello: MonitorLine;
  /** All that were told until now, in order. */
  readonly events: readonly MonitorLine[];
  /** Sends a request, `express` for one, with these words and a path, and gives the answer. */
  ask(verb: string, words: string, path: string | Buffer): Promise<MonitorLine>;
  /** The bytes as they are. */
  send(bytes: string | Buffer): void;
  /** The answers that nobody has asked for by `ask`, in order. */
  readonly otherAnswers: readonly MonitorLine[];
  /** Waits for the next event, behind those that were waited for before, that has all of these members. */
  event(members: MonitorLine): Promise<MonitorLine>;
  /** Whether its output is read. */
  reads(does: boolean): void;
  /** Closes its stdin, or sends a signal, and gives the exit status, or the name of the signal that has ended it. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts it, by these words; `decode` makes text of bytes (filemon's decodePath). */
export async function monitorProcess(
  words: readonly string[],
  decode: (bytes: Buffer) => string,
): Promise<MonitorProcess> {
  const child = spawn(words[0] as string, words.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = exitOf(child);
  const events: MonitorLine[] = [];
  const otherAnswers: MonitorLine[] = [];
  const answers = new Map<number, (line: MonitorLine) => void>();
  let hello: MonitorLine | undefined;
  let last = 0;
  let seen = 0;

  const take = (line: MonitorLine): void => {
    if (hello === undefined) hello = line;
    else if ('event' in line) events.push(line);
    else if (answers.has(line.answer)) answers.get(line.answer)?.(line);
    else otherAnswers.push(line);
  };
  const send = (bytes: string | Buffer): void => {
    child.stdin.write(bytes);
  };
  // The monitor may end with requests unread.
  child.stdin.on('error', () => {});
  onLines(child, (line) => take(JSON.parse(decode(line))));
  await until(() => hello !== undefined || child.exitCode !== null);

  return {
    hello: hello ?? {},
    events,
    otherAnswers,
    send,
    ask: (verb, rest, path) =>
      new Promise((resolve) => {
        last += 1;
        answers.set(last, resolve);
        send(Buffer.concat([Buffer.from(`${verb} ${last} ${rest} `), Buffer.from(path), Buffer.from([0])]));
      }),
    event: async (members) => {
      const matches = (line: MonitorLine): boolean =>
        Object.entries(members).every(([name, value]) => line[name] === value);
      await until(() => {
        while (seen < events.length && !matches(events[seen] as MonitorLine)) seen += 1;
        return seen < events.length;
      });
      seen += 1;
      return events[seen - 1] as MonitorLine;
    },
    reads: (does) => {
      if (does) child.stdout.resume();
      else child.stdout.pause();
    },
    end: (signal) => {
      child.stdout.resume();
      if (signal === undefined) child.stdin.end();
      else child.kill(signal);
      return ended;
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => child.on('close', (status, signal) => resolve(status ?? signal ?? '')));
}

function onLines(child: ChildProcess, take: (line: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  child.stdout?.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    let end = rest.indexOf(10);
    for (; end >= 0; end = rest.indexOf(10)) {
      take(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
    }
  });
}
