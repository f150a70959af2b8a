import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildActs, childrenOf, dice, processesWith, requireTool, rounds, until } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';

const names = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

let acts: string;
let folder: string;

beforeAll(() => {
  acts = buildActs({ static: true });
});
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-robust-')));
  writeFileSync(join(folder, 'a'), '');
});
afterEach(async () => {
  await nobodyLeft();
  rmSync(folder, { recursive: true, force: true });
});

const log = (name = 'log'): string => readFileSync(join(folder, name), 'latin1');
const has = (name: string): boolean => existsSync(join(folder, name));

/** What is started in this test has the folder in its environment, which shows whether any of it is still there. */
const nobodyLeft = (): Promise<void> => until(() => processesWith(`MARK=${folder}`).length === 0);

function start(...words: readonly string[]): ChildProcess {
  const [program = '', ...rest] = words;
  return spawn(program, rest, { cwd: folder, env: { ...process.env, MARK: folder }, stdio: 'ignore' });
}

/** Exit status, or the signal that ended it. */
async function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? (child.signalCode as NodeJS.Signals);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** How many records of each letter the log has about processes and the workspace, not about loading programs. */
function totals(text: string): Record<string, number> {
  const count: Record<string, number> = {};
  for (const [line, letter = ''] of text.matchAll(/^([A-UW-Z]) .*\n/gm))
    if (/[EFX]/.test(letter) || line.includes(`${folder}/`)) count[letter] = (count[letter] ?? 0) + 1;
  return count;
}

describe.each(names)('by %s,', (backend) => {
  /** The words before those of the command. */
  const probing = () => [findProbe(), '--backend', backend, '--quiet', '-o', 'log', '--'];

  describe('a probe whose processes are killed while the command is busy', () => {
    const busy =
      'forks 2 [ repeat 100 [ stat a read a ] repeat 8 [ fork [ stat=ENOENT b ] ] ] write out exit 7';
    const whole = { E: 1, F: 18, N: 16, R: 200, S: 200, W: 1, X: 19 };

    /** Starts the probe and sends a signal to some of its processes, at any moment. */
    async function disturbed(which: 'supervisor' | 'launcher' | 'both', signal: NodeJS.Signals) {
      const { below, seed } = dice();
      const wait = below(60);
      const probe = start(...probing(), acts, ...busy.split(' '));
      await new Promise((resolve) => setTimeout(resolve, wait));
      const launcher = probe.pid as number;
      const supervisors = childrenOf(launcher);
      if (which !== 'launcher') for (const pid of supervisors) kill(pid, signal);
      if (which !== 'supervisor') kill(launcher, signal);
      const status = await ended(probe);
      await nobodyLeft();
      return { status, text: has('log') ? log() : '', seed };
    }

    /** A log that ends as a whole one does is a whole one. */
    const expectTruth = (text: string): void => {
      if (text.endsWith('# Bye bye\n')) expect(totals(text)).toMatchObject(whole);
    };

    test.each(['SIGKILL', 'SIGSEGV'] as const)(
      'ends as the command does if it is the supervisor that gets %s, and says what it did not see',
      async (signal) => {
        for (let round = 0; round < rounds(12); round += 1) {
          rmSync(join(folder, 'out'), { force: true });
          const { status, text, seed } = await disturbed('supervisor', signal);
          // Before the command has begun there is nothing that could go on.
          expect({ seed, status, out: has('out') }).toEqual({
            seed,
            status: has('out') ? 7 : 125,
            out: has('out'),
          });
          if (status === 7 && !text.endsWith('# Bye bye\n'))
            expect(text).toMatch(/^Q 0 the probe's supervisor ended before the command$/m);
          expectTruth(text);
        }
      },
    );

    test('lets the command go on if it is the launcher', async () => {
      for (let round = 0; round < rounds(12); round += 1) {
        rmSync(join(folder, 'out'), { force: true });
        const { text } = await disturbed('launcher', 'SIGKILL');
        if (text.startsWith('# filemon')) expect(has('out')).toBe(true);
        expectTruth(text);
      }
    });

    test('leaves nothing behind that waits for ever if it is both', async () => {
      for (let round = 0; round < rounds(12); round += 1)
        expectTruth((await disturbed('both', 'SIGKILL')).text);
    });

    test('does not end by SIGTERM to the supervisor, which is nothing to the command', async () => {
      const { status, text } = await disturbed('supervisor', 'SIGTERM');
      expect({ status, ...totals(text) }).toEqual({ status: 7, ...whole });
    });
  });

  test('no process waits for ever to end if the supervisor is killed while a shell is busy', async () => {
    // While it makes no call it may be about to make one, and its children wait for that.
    const busy = 'j=0; while [ $j -lt 20000 ]; do j=$((j + 1)); done';
    const script = `echo > out; i=0; while [ $i -lt 15 ]; do i=$((i + 1)); : & : & ${busy}; done; wait; exit 7`;
    const { below, seed } = dice();
    for (let round = 0; round < rounds(4); round += 1) {
      rmSync(join(folder, 'out'), { force: true });
      const probe = start(...probing(), 'sh', '-c', script);
      await until(() => has('out'));
      await new Promise((resolve) => setTimeout(resolve, below(100)));
      for (const pid of childrenOf(probe.pid as number)) kill(pid, 'SIGKILL');
      expect({ seed, status: await ended(probe) }).toEqual({ seed, status: 7 });
      await nobodyLeft();
    }
  });

  test('a process that is stopped holds up those alone that wait for it', async () => {
    const probe = start(...probing(), 'sh', '-c', `${acts} raise 19 read a & wait $!; exit 7`);
    let stopped: number | undefined;
    await until(() => {
      stopped = processesWith(`MARK=${folder}`).find((pid) => /\) T /.test(readStat(pid)));
      return stopped !== undefined;
    });
    kill(stopped as number, 'SIGCONT');
    expect(await ended(probe)).toBe(7);
    expect(log()).toContain(`R ${stopped} ${folder}/a\n`);
    expect(log()).toMatch(/# Bye bye\n$/);
  });

  test('a process that is stopped when the command ends is said to be left, and goes on later', async () => {
    const left = `${acts} raise 19 read a write out & until grep -q ') T ' /proc/$!/stat; do :; done; exit 7`;
    const probe = start(...probing(), 'sh', '-c', left);
    expect(await ended(probe)).toBe(7);
    const pid = Number(/^# Left running (\d+) acts-static$/m.exec(log())?.[1]);
    expect(log()).toMatch(/^Q \d+ 'acts-static' was still running when the command ended$/m);
    kill(pid, 'SIGCONT');
    await until(() => has('out'));
  });

  test('a limit on processor time that ends the supervisor ends nothing else', async () => {
    const words = ['prlimit', '--cpu=1', ...probing()];
    // Each process has as much time for itself, and the supervisor works for all of them.
    const probe = start(
      ...words,
      acts,
      'repeat',
      '1000',
      '[',
      'fork',
      '[',
      'repeat',
      '200',
      '[',
      'read',
      'a',
      ']',
      ']',
      ']',
      'exit',
      '7',
    );
    expect(await ended(probe)).toBe(7);
    if (log().endsWith('# Bye bye\n')) expect(totals(log()).R).toBe(200_000);
    else expect(log()).toMatch(/^Q 0 the probe's supervisor ended before the command$/m);
  });

  (requireTool('python3') ? test : test.skip)(
    'the record of its end tells how a process ended that two threads ended at once',
    () => {
      const script = [
        'import os, threading',
        'for i in range(100):',
        '    pid = os.fork()',
        '    if pid == 0:',
        '        threading.Thread(target=os._exit, args=(3,)).start()',
        '        os._exit(4)',
        '    print(pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
      ].join('\n');
      const out = execFileSync(
        findProbe(),
        ['--backend', backend, '-o', 'log', '--', 'python3', '-c', script],
        {
          cwd: folder,
          encoding: 'utf8',
        },
      );
      const seen = [...log().matchAll(/^X (\d+) (\d+) 0$/gm)].map(([, pid, status]) => `${pid} ${status}`);
      expect(out.trim().split('\n')).toHaveLength(100);
      expect(seen).toEqual(expect.arrayContaining(out.trim().split('\n')));
    },
  );
});

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}
