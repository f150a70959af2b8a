import { chmodSync, linkSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { monitorBackends } from '@oodate/monitor';
import { type Running, until, type Workspace } from '@oodate/testkit';

const probe = fileURLToPath(new URL('../../../tracer/native/build/oodate-probe', import.meta.url));

/** Whether a recorder can answer for proofs here. */
export const canRecord = monitorBackends().some(({ name, works }) => name === 'bpf' && works);

interface Status {
  readonly sets: number;
  readonly doubtful: number;
  readonly over: number;
  readonly lost: number;
  readonly yes: number;
  readonly no: number;
  readonly proofs: readonly {
    readonly proof: string;
    readonly state: string;
    readonly because?: string;
    readonly lookings: number;
    readonly changes: number;
  }[];
}

/** The native recorder, in a folder of its own. */
export class Recorder {
  #running: Running | undefined;

  constructor(
    readonly space: Workspace,
    readonly folder = space.path('recorder'),
  ) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
  }

  get pid(): number {
    return this.#running?.pid ?? -1;
  }

  get words(): string[] {
    return [probe, '--monitor', '--backend', 'bpf', '--record', this.folder];
  }

  async start(): Promise<void> {
    this.#running = this.space.start(this.words);
    await this.#running.says('"monitor":1');
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.kill(signal);
    await running?.end();
  }

  /** The answers to these requests, without what it says of itself; nothing where nobody listens. */
  async ask(...requests: readonly string[]): Promise<Record<string, unknown>[]> {
    const socket = createConnection(join(this.folder, 'socket'));
    socket.end(requests.map((request) => `${request}\0`).join(''));
    const lines = await text(socket);
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .slice(1)
      .map((line) => JSON.parse(line));
  }

  async status(): Promise<Status> {
    const [answer] = await this.ask('status 1');
    return answer?.status as Status;
  }

  /** Registers proofs, and waits until it is known whether they hold. */
  async watch(...proofs: readonly string[]): Promise<Status> {
    const answers = await this.ask(...proofs.map((proof, index) => `set ${index + 1} ${proof}`));
    const refused = answers.find((answer) => 'refusal' in answer);
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
    return this.settled();
  }

  async settled(): Promise<Status> {
    let status = await this.status();
    await until(async () => {
      status = await this.status();
      return status.doubtful === 0;
    });
    return status;
  }

  /** While nobody can find it. Something is there all the time, or else it would end. */
  async hidden<Result>(action: () => Promise<Result>): Promise<Result> {
    const socket = join(this.folder, 'socket');
    const hidden = `${socket}.hidden`;
    linkSync(socket, hidden);
    writeFileSync(`${socket}.none`, '');
    renameSync(`${socket}.none`, socket);
    try {
      return await action();
    } finally {
      renameSync(hidden, socket);
    }
  }
}
