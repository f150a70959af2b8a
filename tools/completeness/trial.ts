import { once } from 'node:events';
import { lstatSync, readdirSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import {
  buildReader,
  oodate,
  type Result,
  type StartOptions,
  scripts,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import type { Change, Command, Outcome, Way } from './way.js';

/**
 * Tries a way in a fresh folder: a first run; one with nothing but other times; one
 * after the change; one after that where the way asks for it. Whether the command ran is
 * told by its witness, never by what oodate says. Throws if it ran for another reason
 * than it should.
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

/**
 * As `tryWay`, for a command that connects to the Unix socket `socket` half-way and
 * goes on when that is closed: the change is made then.
 */
export async function tryChangeWhileRunning(way: Way, backend: string): Promise<Outcome> {
  const { space, run } = await arrange(way, backend);
  const changes = [way.change.make];
  const server = createServer(async (socket) => {
    await changes.pop()?.(space);
    socket.end();
  });
  server.listen(space.path('socket'));
  await once(server, 'listening');
  try {
    const first = await run();
    if (!first.ran || first.status !== 0) space.fail('the command did not run and succeed the first time');
    const changed = await run();
    if (!changed.ran) return { noticed: 'no', skipped: 'yes' };
    assertSays(space, changed, way.says);
    const after = await run();
    return { noticed: 'yes', skipped: after.ran ? 'no' : 'yes' };
  } finally {
    server.close();
  }
}

interface Arranged {
  readonly space: Workspace;
  /** Runs the way's command by oodate, or what is given in its place. */
  readonly run: (how?: Pick<Change, 'command' | 'start'>) => Promise<Result & { readonly ran: boolean }>;
}

async function arrange(way: Way, backend: string): Promise<Arranged> {
  const space = workspace(way.files);
  await way.prepare?.(space);
  const witness = space.path(way.witness ?? 'out.txt');
  return {
    space,
    async run({ command = way.command, start = way.start } = {}) {
      const words = targetWords(space, command, start);
      const before = identity(witness);
      const options = { ...start, env: { PATH: searchPath, ...start?.env } };
      const result = await space.oodateWith(options, 'run', '--backend', backend, ...words);
      return { ...result, ran: identity(witness) !== before };
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
