import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { filemonRecords } from '@oodate/filemon';
import { buildActs, childrenOf, remoteCommand } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';
import { type Trace, trace } from './trace.js';

let acts: string;
let folder: string;

beforeAll(() => {
  acts = buildActs({ static: true });
});
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-load-')));
  writeFileSync(join(folder, 'a'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const log = (): string => readFileSync(join(folder, 'log'), 'latin1');

/** How many records of each letter the log has. */
function totals(bytes: Uint8Array): Record<string, number> {
  const count: Record<string, number> = {};
  for (const record of filemonRecords([bytes]))
    if (record.kind === 'process') count[record.letter] = (count[record.letter] ?? 0) + 1;
  return count;
}

async function perform(words: readonly string[]): Promise<Trace> {
  const result = await trace([acts, ...words], { cwd: folder });
  expect(result).toMatchObject({ status: 0, accesses: { ended: true, incomplete: [] } });
  return result;
}

describe('every record is there of', () => {
  test.each([
    [
      '10,000 short processes',
      'repeat 10000 [ fork [ stat a ] ]',
      { F: 10_000, S: 10_000, T: 20_000, X: 10_000 },
    ],
    ['200 processes at once', 'forks 200 [ stat a read a ]', { F: 200, R: 200, S: 200, T: 400, X: 200 }],
    ['1,000 threads at once', 'threads 1000 [ stat a read a ]', { R: 1000, S: 1000 }],
    ['1,000,000 opens', 'repeat 1000000 [ read a ]', { R: 1_000_000 }],
    [
      'a chain of 300 processes',
      `${'fork [ stat a '.repeat(300)}${'] '.repeat(300).trim()}`,
      { F: 300, S: 300, T: 600, X: 300 },
    ],
    ['40,000 words', 'stat a '.repeat(20_000).trim(), { S: 20_000 }],
  ])('%s', async (_, does, expected) => {
    const bare = totals((await perform(['exit', '0'])).log);
    const all = totals((await perform(does.split(' '))).log);
    const more = Object.entries(all).map(([letter, count]) => [letter, count - (bare[letter] ?? 0)]);
    expect(Object.fromEntries(more.filter(([, count]) => count !== 0))).toEqual(expected);
  });
});

test('an environment of 64 KiB and words near the limit of the system reach the command', async () => {
  const long = 'x'.repeat(64 * 1024);
  const script = 'test $' + '{#LONG} = 65536 && test $' + '{#1} = 130000 && test $# = 12';
  const args = Array.from({ length: 12 }, () => 'y'.repeat(130_000));
  const result = await trace(['sh', '-c', script, 'sh', ...args], {
    cwd: folder,
    env: { ...process.env, LONG: long },
  });
  expect(result).toMatchObject({ status: 0, accesses: { ended: true, incomplete: [] } });
});

// A name space of processes is root's to make; in it the next number can be chosen. CI is root.
const testAsRoot = process.getuid?.() === 0 || process.env.CI === 'true' ? test : test.skip;

testAsRoot('a process that gets the number of one that has ended is another', () => {
  const again = 'echo 50 > /proc/sys/kernel/ns_last_pid';
  const script = `for i in 1 2 3 4 5; do ${acts} stat a; ${again}; done; cd d; ${acts} read b; ${again}; ${acts} read b`;
  execFileSync('mkdir', ['d'], { cwd: folder });
  writeFileSync(join(folder, 'd/b'), '');
  execFileSync(
    'unshare',
    ['--pid', '--fork', '--mount-proc', findProbe(), '-o', 'log', '--', 'sh', '-c', script],
    {
      cwd: folder,
    },
  );
  const lives = [...log().matchAll(/^(?:F \d+ (\d+)|X (\d+) 0 0)$/gm)].map(
    ([line, f, x]) => `${line[0]}${f ?? x}`,
  );
  expect(lives.filter((life) => life.endsWith('51'))).toEqual(Array(6).fill(['F51', 'X51']).flat());
  expect(log().match(new RegExp(`^R \\d+ ${folder}/d/b$`, 'gm'))).toHaveLength(2);
});

test('too little memory to see all makes the trace incomplete, and the command goes on', async () => {
  const command = await remoteCommand();
  const running = trace(command.words, { cwd: folder, backend: 'notify' });
  const remote = await command.started();
  const probe = childrenOf(process.pid).find(
    (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'oodate-probe\n',
  );
  const supervisor = childrenOf(probe ?? 0).find((pid) => childrenOf(pid).length > 0);
  // It can get no more than it has.
  execFileSync('prlimit', ['--pid', String(supervisor), '--as=1']);
  await remote.does('threads', '2500', '[', 'stat', 'a', ']');
  remote.exits(7);
  const { status, accesses } = await running;
  command.close();
  expect(status).toBe(7);
  expect(accesses.incomplete.map(({ reason }) => reason)).toEqual([
    'there were too few descriptors or too little memory to see all',
  ]);
});

test('with too little memory for the probe itself the command runs as a whole or not at all', () => {
  for (const kilobytes of [0, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000]) {
    for (const name of ['log', 'out']) rmSync(join(folder, name), { force: true });
    const { status } = spawnSync(
      'prlimit',
      [
        `--as=${kilobytes * 1024}`,
        findProbe(),
        '--quiet',
        '-o',
        'log',
        '--',
        acts,
        'read',
        'a',
        'write',
        'out',
        'exit',
        '7',
      ],
      { cwd: folder },
    );
    const ran = existsSync(join(folder, 'out'));
    expect({ kilobytes, ran: status === 7 }).toEqual({ kilobytes, ran });
    if (ran) expect(log()).toMatch(new RegExp(`^R \\d+ ${folder}/a$(.|\\n)*# Bye bye\\n$`, 'm'));
  }
});

const seesInKernel = (await probeBackends()).some(({ name, works }) => name === 'bpf' && works);

(seesInKernel ? test : test.skip)('what finds no room while the probe stands still is counted', async () => {
  // The probe's supervisor is the command's parent.
  const script =
    'kill -STOP $PPID; i=0; while [ $i -lt 2000 ]; do [ -e nosuch ]; i=$((i+1)); done; kill -CONT $PPID';
  const { status, accesses } = await trace(['sh', '-c', script], {
    cwd: folder,
    backend: 'bpf',
    env: { ...process.env, OODATE_RING_SIZE: '65536' },
  });
  expect({ status, ended: accesses.ended }).toEqual({ status: 0, ended: true });
  expect(accesses.incomplete).toEqual([
    expect.objectContaining({
      reason: expect.stringMatching(/^[1-9]\d{2,3} records found no room in the ring buffer$/),
    }),
  ]);
});
