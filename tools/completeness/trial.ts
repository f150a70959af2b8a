import { lstatSync, readdirSync, utimesSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import {
  buildReader,
  oodate,
  type Result,
  type Running,
  type StartOptions,
  scripts,
  until,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import type { Command, Outcome, Way } from './way.js';

/**
 * Tries a way in a fresh folder: a first run; one with nothing but other times; one
 * after the change; where it is worth it, one after that. Whether the command ran is told by its witness,
 * never by what oodate says. Throws if the command ran for another reason than it should.
 */
export async function tryWay(way: Way, backend: string): Promise<Outcome> {
  const { space, run } = await arrange(way, backend);
  const first = await run();
  if (first.status !== 0 && way.fails === true) return { noticed: 'fails', skipped: 'fails' };
  if (!first.ran || first.status !== 0) space.fail('the command did not run and succeed the first time');
  touchFiles(space.folder);
  const unchanged = await run();
  await way.change.make?.(space);
  const changed = await run(way.change);
  if (!changed.ran) return { noticed: 'no', skipped: unchanged.ran ? 'no' : 'yes' };
  assertSays(space, changed, way.says);
  if (unchanged.ran || way.again !== true) return { noticed: 'yes', skipped: unchanged.ran ? 'no' : 'yes' };
  const after = await run(way.change);
  return { noticed: 'yes', skipped: after.ran ? 'no' : 'yes' };
}

/** As `tryWay`, for a command that ends when it gets SIGUSR2: the change is made before that. */
export async function tryChangeWhileRunning(way: Way, backend: string): Promise<Outcome> {
  const { space, run } = await arrange(way, backend);
  const first = await run({
    async during(running, hasRun) {
      await until(hasRun);
      await way.change.make?.(space);
      running.kill('SIGUSR2');
    },
  });
  if (!first.ran || first.status !== 0) space.fail('the command did not run and succeed the first time');
  const during = async (running: Running, hasRun: () => boolean) => {
    let ended = false;
    void running.ended().then(() => {
      ended = true;
    });
    await until(() => ended || hasRun());
    running.kill('SIGUSR2');
  };
  const changed = await run({ during });
  if (!changed.ran) return { noticed: 'no', skipped: 'yes' };
  assertSays(space, changed, way.says);
  const after = await run({ during });
  return { noticed: 'yes', skipped: after.ran ? 'no' : 'yes' };
}

interface Arranged {
  readonly space: Workspace;
  readonly run: (how?: How) => Promise<Result & { readonly ran: boolean }>;
}

interface How {
  /** Instead of the way's own. */
  readonly command?: Command;
  readonly start?: StartOptions;
  /** What is done meanwhile. `hasRun`: the witness has been written. */
  readonly during?: (running: Running, hasRun: () => boolean) => Promise<void>;
}

async function arrange(way: Way, backend: string): Promise<Arranged> {
  const space = workspace(way.files);
  await way.prepare?.(space);
  const witness = space.path(way.witness ?? 'out.txt');
  return {
    space,
    async run({ command = way.command, start = way.start, during } = {}) {
      const words = targetWords(space, command, start);
      const before = identity(witness);
      const hasRun = () => identity(witness) !== before;
      const options = { ...start, env: { PATH: searchPath, ...start?.env } };
      const running = space.start([oodate, 'run', '--backend', backend, ...words], options);
      await during?.(running, hasRun);
      const result = await running.end();
      return { ...result, ran: hasRun() };
    },
  };
}

/** Throws unless oodate gave this reason for running the command. */
function assertSays(space: Workspace, { stderr }: Result, says: string): void {
  const [, said = ''] = /^oodate: running .*?: (.*)$/m.exec(stderr) ?? [];
  const parts = says.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  if (says === '' || !new RegExp(`^${parts.join('.*')}`).test(said))
    space.fail(`the reason is "${said}", not "${says}"`);
}

/** How oodate is told what to run. A text becomes a script of package.json. */
function targetWords(space: Workspace, command: Command, start: StartOptions | undefined): string[] {
  if (typeof command !== 'string') return ['--', ...command];
  const manifest = `${start?.cwd ?? '.'}/package.json`;
  const text = scripts({ build: command });
  if (!space.exists(manifest) || space.read(manifest) !== text) space.write({ [manifest]: text });
  return ['build'];
}

const searchPath = [
  dirname(buildReader()),
  dirname(oodate),
  dirname(process.execPath),
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
].join(delimiter);

/** Differs as soon as the file has been written again, even with the same content. */
function identity(file: string): string {
  const state = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return state === undefined ? 'absent' : `${state.ino} ${state.mtimeNs} ${state.ctimeNs} ${state.size}`;
}

/** As touch(1) on every file of the project: the same content, another time. */
function touchFiles(folder: string): void {
  const now = new Date();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) utimesSync(path, now, now);
    else if (entry.isDirectory() && !['.git', '.oodate', 'node_modules'].includes(entry.name))
      touchFiles(path);
  }
}
