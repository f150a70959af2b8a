import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { type RemoteProcess, remoteCommand, until } from '@oodate/testkit';
import type { BackendName, Monitor, MonitorOptions } from '../monitor.js';
import { monitorBackends } from '../monitor-backends.js';
import { type FileState, type InterestKind, interestKinds, type MonitorEvent } from '../monitor-event.js';
import { openMonitor } from '../open-monitor.js';

/** The backends that work here, best first. */
export const working: readonly BackendName[] = monitorBackends()
  .filter(({ works }) => works)
  .map(({ name }) => name);

/**
 * A folder, processes that do to the files in it what they are told, and monitors that look on. The test's own process
 * only prepares: what it does is the monitors' own, and not told.
 */
export class Scene {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-scene-')));
  readonly #actors: Actor[] = [];
  readonly #watches: Watch[] = [];
  #marks = 0;

  constructor() {
    chmodSync(this.folder, 0o755);
  }

  at(name: string): AbsolutePath {
    return join(this.folder, name) as AbsolutePath;
  }

  make(name: string, content: string | Uint8Array = ''): AbsolutePath {
    writeFileSync(this.at(name), content);
    return this.at(name);
  }

  /** Starts a process in the folder. */
  async actor(under: readonly string[] = []): Promise<Actor> {
    const actor = await startActor(this.folder, under);
    this.#actors.push(actor);
    return actor;
  }

  async watch(options: MonitorOptions): Promise<Watch> {
    const watch = new Watch(this.folder, await openMonitor(options));
    this.#watches.push(watch);
    return watch;
  }

  /** Has it all done, and gives what each has told of it. */
  async toldOf(
    watches: readonly Watch[],
    actor: Actor,
    acts: () => Promise<unknown>,
  ): Promise<MonitorEvent[][]> {
    // The end of a file is the last thing that is told of what happened before.
    this.#marks += 1;
    const name = `mark${this.#marks}`;
    const mark = this.make(name);
    await Promise.all(watches.map((watch) => watch.monitor.express(mark, ['delete'])));
    const from = watches.map((watch) => watch.events.length);
    await acts();
    await actor.does('unlink', mark);
    return Promise.all(
      watches.map(async (watch, index) => {
        await until(() => watch.events.slice(from[index]).some(({ path }) => path === mark));
        return watch.events.slice(from[index]).filter(({ path, entry }) => path !== mark && entry !== name);
      }),
    );
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.monitor.close();
    for (const actor of this.#actors) await actor.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process that does what it is told. */
export interface Actor {
  readonly pid: number;
  readonly words: readonly string[];
  does: RemoteProcess['does'];
  end(): Promise<void>;
}

async function startActor(cwd: string, under: readonly string[]): Promise<Actor> {
  const command = await remoteCommand();
  const words = [...under, ...command.words];
  const child = spawn(words[0] ?? '', words.slice(1), { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(child, 'close');
  const { does } = await Promise.race([command.started(), failure(child, words)]);
  return {
    pid: child.pid as number,
    words: command.words,
    does,
    end: async () => {
      child.kill('SIGKILL');
      await ended;
      command.close();
    },
  };
}

async function failure(child: ChildProcess, words: readonly string[]): Promise<never> {
  const [status] = await once(child, 'close');
  throw new Error(`${words.join(' ')} ended with ${status}`);
}

/** A monitor, and all that it has told. */
export class Watch {
  readonly events: MonitorEvent[] = [];

  constructor(
    readonly folder: string,
    readonly monitor: Monitor,
  ) {
    monitor.onEvent((event) => this.events.push(event));
  }

  /** Everything that it can tell of. */
  get kinds(): InterestKind[] {
    const { tells } = this.monitor;
    return interestKinds.filter((kind) => (kind !== 'exec' && kind !== 'exit') || tells.has(kind));
  }

  express(path: AbsolutePath, kinds: readonly InterestKind[] = this.kinds): Promise<FileState> {
    return this.monitor.express(path, kinds);
  }

  /** In one line each, names within the folder. */
  lines(events: readonly MonitorEvent[]): string[] {
    return events.map(({ event, reason, path = '', entry }) =>
      [event, reason, path.slice(this.folder.length + 1) || '.', entry].filter(Boolean).join(' '),
    );
  }

  expectNoGap(): void {
    expect(this.events.map(({ sequence }) => sequence)).toEqual(this.events.map((_, index) => index + 1));
  }
}
