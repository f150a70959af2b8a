import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { oodate, processesWith, type Running, until, type Workspace, workspace } from '@oodate/testkit';
import { GuidePage } from './guide-situations.js';

/*
 * What ends in & goes on until the end of the situation, once it has said that it has begun; `oodate watch` is ended when it leaves its target.
 */
const page = new GuidePage('who-changed-it.md', withoutChance);
const situations = page.situations();

test('there are three situations', () => {
  expect(situations).toHaveLength(3);
});

// Who it was is told to root alone.
const asRoot = process.getuid?.() === 0 ? test : test.skip;

asRoot.each(situations)('%s', async (_, text) => {
  const space = workspace();
  const session = new Session(space);
  let real: string;
  try {
    real = await page.run(text, space, (commands) => session.transcript(commands));
  } finally {
    await session.end();
  }
  page.expectAsWritten(text, real);
});

class Session {
  readonly #space: Workspace;
  readonly #running: Running[] = [];

  constructor(space: Workspace) {
    this.#space = space;
  }

  /** The commands, each with what it prints now. */
  async transcript(commands: string): Promise<string> {
    let printed = '';
    for (const [line, command = ''] of commands.matchAll(/^\$ (.*)\n/gm))
      printed += line + (await this.#run(command));
    return printed.replaceAll(`${this.#space.folder}`, '/home/karl/shop');
  }

  async end(): Promise<void> {
    for (const running of this.#running) {
      running.kill('SIGTERM');
      await running.ended();
    }
    await this.#space.oodate('monitor', 'record', 'stop');
    // What they have started themselves writes into the folder that is removed next.
    await until(() => processesWith(`MARK=${this.#space.folder}`).length === 0);
  }

  async #run(command: string): Promise<string> {
    if (command.endsWith(' &')) return this.#begin(command.slice(0, -2));
    // What others are about to do takes its time.
    if (command.startsWith('oodate why'))
      await until(async () => (await this.#start(command.replace('why', 'check')).ended()).status !== 0);
    if (command.startsWith('grep '))
      await until(async () => (await this.#start(`${command} | grep server`).ended()).status === 0);
    const running = this.#start(command);
    if (!command.startsWith('oodate watch')) return (await running.end()).stdout;
    await running.says('is left out of date');
    running.kill('SIGINT');
    return `${(await running.ended()).stdout}^C\n`;
  }

  async #begin(command: string): Promise<string> {
    const running = this.#start(command);
    this.#running.push(running);
    await running.says('\n');
    return '';
  }

  #start(command: string): Running {
    const env = { PATH: `${dirname(oodate)}:${process.env.PATH}`, MARK: this.#space.folder };
    // A signal is for the program itself; what a monitor says goes where its lines do not.
    const words = /[;|]/.test(command) ? command : `exec ${command}${command.includes('>') ? '' : ' 2>&1'}`;
    return this.#space.start(['sh', '-c', words], { env });
  }
}

/** What is another each time, or on each machine: when, which process, on whose behalf, how much the backend tells, and so where lines break. */
function withoutChance(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      .replace(/\b(\d{4}-\d\d-\d\d )?\d\d:\d\d(:\d\d)?(\.\d+)?\b/g, 'TIME')
      .replace(/\(pid \d+(, user \S+?)?(, of [^)]+)?\)/g, '(PROCESS)')
      .replace(/\(backend \w+, pid \d+\)/g, '(RECORDER)')
      .replace(/(TIME dist\/version\.txt \w+ by sh build\.sh (\w+) \(PROCESS\) )+/g, 'changed by $2 ')
      // How much of it fits in the line depends on the digits of the times.
      .replace(/used by sh\b.*?(?= changed at TIME)/g, 'used by sh')
      // By then the monitor of the watch may be open or not.
      .replace(/and (someone else|node formatter\.cjs \(PROCESS\)) changes/g, 'and TOOL changes')
  );
}
