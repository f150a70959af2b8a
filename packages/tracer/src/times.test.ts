import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { checkFilemonLog, filemonRecords, type ProcessLife, processTree } from '@oodate/filemon';
import { buildActs, inFolder, remoteCommand } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';
import { type Trace, trace } from './trace.js';

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

const microseconds = (): number => Number(process.hrtime.bigint() / 1000n);

/** The processes of a log, whose times are where they belong and never go back. */
function timedTree(log: Uint8Array, cwd: string): ProcessLife[] {
  expect(checkFilemonLog(log)).toEqual([]);
  const timed: string[] = [];
  const untimed: string[] = [];
  let last = 0;
  let before = { letter: '', pid: 0 };
  for (const record of filemonRecords([log])) {
    if (record.kind !== 'process') continue;
    const { letter, pid, data } = record;
    if (letter === 'T') {
      expect(Number(data)).toBeGreaterThanOrEqual(last);
      last = Number(data);
    }
    // An E after an E is the interpreter of that script.
    if ('FEX'.includes(letter) && !(letter === 'E' && before.letter === 'E' && before.pid === pid))
      (before.letter === 'T' && before.pid === pid ? timed : untimed).push(`${letter} ${data}`);
    before = { letter, pid };
  }
  expect(untimed).toEqual([]);
  expect(timed.length).toBeGreaterThan(1);
  return processTree(filemonRecords([log]), cwd as AbsolutePath);
}

describe.each(backends)('with %s, the times', (backend) => {
  async function run(words: readonly string[], cwd = '/'): Promise<Trace & { lives: ProcessLife[] }> {
    const begun = microseconds();
    const result = await trace(words, { cwd, backend });
    const took = microseconds() - begun;
    const lives = timedTree(result.log, cwd);
    const { started = Number.NaN, stopped = Number.NaN } = result.accesses;
    expect(stopped).toBeGreaterThanOrEqual(started);
    for (const life of lives) {
      const parent = life.parent === undefined ? undefined : lives[life.parent];
      const order = [parent?.started ?? 0, life.started, ...life.executedAt, life.ended ?? took, took];
      expect(order).toEqual(order.map(() => expect.any(Number)));
      expect(order).toEqual([...order].sort((one, other) => (one ?? 0) - (other ?? 0)));
    }
    return { ...result, lives };
  }

  /** How many programs each process executed, and how deep in the tree it is. */
  const shape = (lives: readonly ProcessLife[]): string[] =>
    lives.map(({ depth, executedAt }) => `${depth}: ${executedAt.length}`);

  test('are those of processes that fork and execute nothing', async () => {
    const { lives } = await run([
      buildActs(),
      'fork',
      '[',
      'fork',
      '[',
      'stat',
      '/',
      ']',
      ']',
      'fork',
      '[',
      ']',
    ]);
    expect(shape(lives)).toEqual(['0: 1', '1: 0', '2: 0', '1: 0']);
    const [, first, inner, second] = lives;
    // The one is waited for before the other is made.
    expect(first?.ended).toBeGreaterThanOrEqual(inner?.ended as number);
    expect(second?.started).toBeGreaterThanOrEqual(first?.ended as number);
  });

  test('are those of a vfork', async () => {
    const { lives } = await run([buildActs(), 'vfork', '[', 'stat', '/', ']']);
    expect(shape(lives)).toEqual(['0: 1', '1: 1']);
    expect(lives[0]?.ended).toBeGreaterThanOrEqual(lives[1]?.ended as number);
  });

  test('are those of programs that follow each other in one process', async () => {
    const { lives } = await run(['/bin/sh', '-c', 'exec /bin/sh -c "exec /bin/true"']);
    expect(shape(lives)).toEqual(['0: 3']);
  });

  test('have one for a script and its interpreters', async () => {
    await inFolder([], async (folder) => {
      const plant = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        chmodSync(join(folder, name), 0o755);
      };
      plant('outer', `#!${folder}/inner -x\n`);
      plant('inner', '#!/bin/sh -e\nexec /bin/true\n');
      const { lives, log } = await run(['./outer'], folder);
      expect(Buffer.from(log).toString()).toMatch(/^T \d+ \d+\nE \d+ .*outer\nE \d+ .*inner\nE \d+ /m);
      const [script, inner, sh] = lives[0]?.executedAt ?? [];
      expect([inner, sh]).toEqual([script, script]);
    });
  });

  test('are none where nothing was executed, or what was has no name', async () => {
    await inFolder([], async (folder) => {
      writeFileSync(join(folder, 'broken'), '#!/no/such/interpreter\n');
      chmodSync(join(folder, 'broken'), 0o755);
      const copied =
        'keep [ openat AT_FDCWD /bin/true O_RDONLY ] keep [ memfd_create m 0 ] call [ sendfile $2 $1 0 10000000 ]';
      const does = `fork [ call=ENOENT [ execve ./broken u64:=a,0 u64:0 ] ] ${copied} call [ execveat $2 = u64:=a,0 u64:0 AT_EMPTY_PATH ]`;
      const { lives, status } = await run([buildActs(), ...does.split(' ')], folder);
      expect({ status, shape: shape(lives) }).toEqual({ status: 0, shape: ['0: 1', '1: 0'] });
    });
  });

  test('are those of a process that a signal ends', async () => {
    const { lives } = await run(['/bin/sh', '-c', "exec 2>/dev/null; sh -c 'kill -9 $$'; /bin/true; :"]);
    expect(lives.map(({ exit }) => exit?.signal)).toEqual([0, 9, 0]);
  });

  test('are those of a process whose thread executes a program', async () => {
    const { lives } = await run([buildActs(), 'thread', '[', 'become', '/bin/true', ']']);
    expect(shape(lives)).toEqual(['0: 2']);
  });

  test('are those of many processes at once', async () => {
    const { lives } = await run([
      buildActs(),
      'forks',
      '50',
      '[',
      'stat',
      '/',
      'fork',
      '[',
      'stat',
      '/',
      ']',
      ']',
    ]);
    expect(lives).toHaveLength(101);
  });

  test('of a process that is left running have no end', async () => {
    const { lives, log } = await run(['/bin/sh', '-c', 'sleep 1000 >/dev/null 2>&1 & :']);
    const [, left] = /^# Left running (\d+) sleep$/m.exec(Buffer.from(log).toString()) ?? [];
    process.kill(Number(left));
    expect(lives.map(({ ended }) => ended === undefined)).toEqual([false, true]);
  });

  test('are microseconds from the start, as exact as the order of what was seen from outside', async () => {
    const remote = await remoteCommand();
    const running = run(['/bin/sh', '-c', `${remote.words.join(' ')}; exit 0`]);
    const process = await remote.started();
    const from = microseconds();
    await process.does('stat', '/');
    // What is measured has to take some time: as much as it takes that the clock goes on.
    while (microseconds() - from < 2000) await process.does('stat', '/');
    const least = microseconds() - from;
    process.exits(0);
    const { lives } = await running;
    remote.close();
    const { executedAt, ended } = lives[1] as ProcessLife;
    expect((ended as number) - (executedAt[0] as number)).toBeGreaterThanOrEqual(least);
  });
});

(backends.includes('notify') ? describe : describe.skip)('there are no times', () => {
  const written = async (words: readonly string[], log: string): Promise<string> =>
    inFolder([], async (folder) => {
      execFileSync(findProbe(), ['--backend', 'notify', ...words], { cwd: folder });
      return readFileSync(join(folder, log), 'utf8');
    });

  test('in the log of a bmake, which has the sections alone', async () => {
    const log = await written(['--bmake', '-o', 'log', '--', '/bin/sh', '-c', '/bin/true; :'], 'log');
    expect(log).toMatch(/^V 5\n# Stop /m);
  });

  test('in a log whose head another writes', async () => {
    const begun =
      'keep [ openat AT_FDCWD inner O_RDWR|O_CREAT 0600 ] keep [ socket AF_UNIX 5 0 ] call [ 400 1 $1 $2 2 ]';
    const does = `${begun} fork [ stat / ]`.split(' ');
    const log = await written(['-o', 'log', '--', buildActs(), ...does], 'inner');
    expect(log).toMatch(/^F \d+ \d+\n(?:.*\n)*X \d+ 0 0\n$/m);
    expect(log).not.toMatch(/^T /m);
  });
});
