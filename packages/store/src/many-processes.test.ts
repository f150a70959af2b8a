import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { dice, rounds, timeForRounds, type Workspace, workspace } from '@oodate/testkit';
import { DiskStore } from './disk-store.js';

/*
 * Real processes. Each does in turn what its number says, and writes a byte after each step, by which the test knows how
 * far it has come.
 */

const program = `
import { mkdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { DiskStore, digestOf } from './index.js';
const [folder, number, turns] = process.argv.slice(2);
const store = new DiskStore(folder + '/store', { maxBytes: 2_000_000 });
const own = folder + '/out' + number;
mkdirSync(own, { recursive: true });
const small = Array.from({ length: 20 }, (_, at) => Buffer.from('object ' + at));
const files = Array.from({ length: 4 }, (_, at) => folder + '/large' + at);
const digests = files.map((file) => digestOf(readFileSync(file)));
const entry = { outputFiles: [], outputSymlinks: [], outputDirectories: [] };
const missingIsFine = (error) => {
  if (error.code !== 'OBJECT_MISSING') throw error;
};
for (let turn = Number(number); turn < turns; turn += 1) {
  const at = (turn * 7) % 4;
  const use = store.use(digests, [digestOf(small[turn % 20]).hash]);
  await store.putFile(files[at], digests[at]);
  writeSync(1, '.');
  for (const bytes of small) store.putBytes(bytes);
  store.writeEntry(digestOf(small[turn % 20]).hash, entry);
  store.readEntry(digestOf(small[(turn * 3) % 20]).hash);
  writeSync(1, '.');
  rmSync(own + '/copy', { force: true });
  await store.copyTo(digests[at], own + '/copy', 0o644).catch(missingIsFine);
  use.release();
  if (turn % 3 === 0) await store.collectIfNeeded();
  if (turn % 5 === 0) await store.collect({ maxBytes: 600_000 });
  if (turn % 11 === 0) await store.clear();
  if (turn % 13 === 0 && (await store.verify()).damaged.length > 0) throw new Error('damaged');
  writeSync(1, '.');
}
`;

/** In one file, since most of the time that this takes is that of starting Node so often. */
function bundle(space: Workspace): void {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const words = ['--bundle', '--platform=node', '--format=esm', '--sourcefile=program.js'];
  const { status, stderr } = spawnSync(
    `${root}/node_modules/.bin/esbuild`,
    [
      ...words,
      '--banner:js=import { createRequire } from "node:module"; const require = createRequire("/");',
      `--outfile=${space.path('program.mjs')}`,
    ],
    { cwd: `${root}/packages/store/src`, input: program, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}

const started = new Set<ChildProcess>();

afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
});

function start(space: Workspace, number: number, turns: number): ChildProcess {
  const words = [space.path('program.mjs'), space.folder, String(number), String(turns)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  child.on('close', () => started.delete(child));
  return child;
}

function spaceWithFiles(): Workspace {
  const space = workspace(
    Object.fromEntries([0, 1, 2, 3].map((at) => [`large${at}`, Buffer.alloc(200_000 + at, `file ${at}`)])),
  );
  bundle(space);
  return space;
}

/** Kills it when it has done so many steps; gives the signal by which it has ended. */
async function killAfter(child: ChildProcess, steps: number): Promise<unknown> {
  let done = 0;
  child.stdout?.on('data', ({ length }: Buffer) => {
    done += length;
    if (done >= steps) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  return signal;
}

test(
  'processes that are killed at any point leave a store in which nothing is damaged',
  async () => {
    const space = spaceWithFiles();
    const store = new DiskStore(space.path('store') as AbsolutePath, { maxBytes: 2_000_000 });
    const { seed, below } = dice();
    const atOnce = 5;
    for (let round = 0; round < rounds(40); round += 1) {
      const children = Array.from({ length: atOnce }, (_, at) => start(space, round + at, 1e9));
      const ends = await Promise.all(children.map((child) => killAfter(child, 1 + below(9))));
      expect([seed, round, ends]).toEqual([seed, round, ends.map(() => 'SIGKILL')]);
      expect([seed, round, (await store.verify()).damaged]).toEqual([seed, round, []]);
    }
    await store.collect();
    expect(readdirSync(space.path('store/tmp'))).toEqual([]);
    expect(readdirSync(space.path('store/gc/in-use'))).toEqual([]);
  },
  timeForRounds,
);

test('processes that put, use, collect and clear at the same time do not disturb each other', async () => {
  const space = spaceWithFiles();
  const ends = await Promise.all(Array.from({ length: 6 }, (_, at) => once(start(space, at, 40), 'close')));
  expect(ends).toEqual(ends.map(() => [0, null]));
  const store = new DiskStore(space.path('store') as AbsolutePath, { maxBytes: 2_000_000 });
  expect((await store.verify()).damaged).toEqual([]);
  expect(readdirSync(space.path('store/tmp'))).toEqual([]);
  expect(readdirSync(space.path('store/gc/in-use'))).toEqual([]);
});
