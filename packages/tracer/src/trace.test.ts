import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, checkFilemonLog, filemonRecords } from '@oodate/filemon';
import { buildActs, requireTool, shownRecords, until } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';
import { type Trace, trace } from './trace.js';

const names = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

let acts: string;
let folder: string;

beforeAll(() => {
  acts = buildActs({ static: true });
});
beforeEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-trace-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recordsOf = ({ log }: Trace): string[] => shownRecords(log, folder);

describe.each(names)('by %s:', (backend) => {
  async function perform(...words: string[]): Promise<Trace> {
    const result = await trace([acts, ...words], { cwd: folder, backend });
    expect(result.status).toBe(0);
    return result;
  }

  describe('processes', () => {
    test('are forked before they do anything, and each ends', async () => {
      const { log, accesses } = await perform('fork', '[', 'fork', '[', 'stat', '.', ']', ']');
      const seen = new Set([accesses.rootPid]);
      const ended = new Set<number>();
      for (const record of filemonRecords([log])) {
        if (record.kind !== 'process') continue;
        expect(seen).toContain(record.pid);
        expect(ended).not.toContain(record.pid);
        if (record.letter === 'F') seen.add(Number(record.data));
        if (record.letter === 'X') {
          expect(record.data).toBe('0 0');
          ended.add(record.pid);
        }
      }
      expect(seen.size).toBe(3);
      expect(ended).toEqual(seen);
    });

    test('that end right after the command have their end in the log', async () => {
      const { status, log } = await trace(['/bin/sh', '-c', 'sh -c "kill -9 $$"; :'], {
        cwd: folder,
        backend,
      });
      expect(status).toBe(137);
      expect(checkFilemonLog(log)).toEqual([]);
    });

    test.each([
      [['exit', '3'], 3, { status: 3, signal: 0 }],
      [['raise', '9'], 137, { status: 0, signal: 9 }],
      [['raise', '15'], 143, { status: 0, signal: 15 }],
    ])('%j gives its status back', async (words, status, exit) => {
      const result = await trace([acts, ...words], { cwd: folder, backend });
      expect(result.status).toBe(status);
      expect(result.accesses.exit).toEqual(exit);
      expect(result.accesses.ended).toBe(true);
    });
  });

  describe('names', () => {
    test.each(['with space', "quo'te", 'dou"ble', 'tab\tbed', 'ünïcödé', '#hash', '-dash'])(
      '%j comes back',
      async (name) => {
        writeFileSync(join(folder, name), '');
        expect(recordsOf(await perform('read', `./${name}`))).toEqual([`R 1 ${name}`]);
      },
    );

    test('that are not UTF-8 come back to the byte', async () => {
      const name = Buffer.from([0x66, 0xff, 0xfe, 0x80]);
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), '');
      execFileSync(
        'sh',
        [
          '-c',
          '"$0" --backend $1 --quiet -o log -- "$2" read "$(printf "f\\377\\376\\200")"',
          findProbe(),
          backend,
          acts,
        ],
        {
          cwd: folder,
        },
      );
      expect(
        readFileSync(join(folder, 'log')).includes(Buffer.concat([Buffer.from(`${folder}/`), name])),
      ).toBe(true);
    });

    test('with spaces or quotes are written as plain records when renamed or linked', async () => {
      writeFileSync(join(folder, 'a b'), '');
      expect(recordsOf(await perform('rename', 'a b', "c'd", 'link', "c'd", 'e f'))).toEqual([
        'K 1 a b',
        'D 1 a b',
        "W 1 c'd",
        "R 1 c'd",
        'W 1 e f',
      ]);
    });

    test('with a newline make the trace incomplete', async () => {
      writeFileSync(join(folder, 'a\nb'), '');
      const { accesses } = await perform('read', 'a\nb');
      expect(accesses.incomplete.map(({ reason }) => reason)).toEqual([expect.stringContaining('newline')]);
    });

    test('of 4,000 characters are recorded', async () => {
      const part = 'd'.repeat(200);
      let deep = folder;
      while (deep.length + 1 + part.length < 4000) deep += `/${part}`;
      deep += `/${'f'.repeat(4000 - deep.length - 1)}`;
      mkdirSync(join(deep, '..'), { recursive: true });
      writeFileSync(deep, '');
      const { accesses } = await perform('read', deep);
      expect(deep).toHaveLength(4000);
      expect(accesses.paths.get(deep as AbsolutePath)?.read).toBe(true);
    });
  });

  describe('what cannot be seen', () => {
    const reasons = ({ accesses }: Trace): string[] => accesses.incomplete.map(({ reason }) => reason);

    test('standard input that is a pipe makes the trace incomplete once it is read', async () => {
      const run = (command: string): string => {
        execFileSync(
          'sh',
          ['-c', `echo hello | "$0" --backend $1 --quiet -o log -- ${command}`, findProbe(), backend],
          {
            cwd: folder,
          },
        );
        return readFileSync(join(folder, 'log'), 'utf8');
      };
      expect(run('cat')).toMatch(/^Q \d+ standard input was read/m);
      expect(run('true')).not.toMatch(/^Q/m);
    });

    test('a pipe given as a file makes the trace incomplete, and one of its own does not', () => {
      const run = (script: string): string => {
        execFileSync('bash', ['-c', script, findProbe(), backend], { cwd: folder });
        return readFileSync(join(folder, 'log'), 'utf8');
      };
      expect(run('"$0" --backend $1 --quiet -o log -- cat <(echo hello)')).toMatch(
        /^Q \d+ a pipe that the command was given/m,
      );
      expect(run('"$0" --backend $1 --quiet -o log -- bash -c "cat <(echo hello)" < /dev/null')).not.toMatch(
        /^Q \d+ a pipe/m,
      );
    });

    test('standard input that is a file is an input', async () => {
      writeFileSync(join(folder, 'in'), '');
      execFileSync('sh', ['-c', '"$0" --backend $1 --quiet -o log -- cat < in', findProbe(), backend], {
        cwd: folder,
      });
      const log = readFileSync(join(folder, 'log'), 'utf8');
      expect(log).toMatch(new RegExp(`^R \\d+ ${folder}/in$`, 'm'));
      expect(log).not.toMatch(/^Q/m);
    });

    test('a mount namespace of its own makes the trace incomplete', async () => {
      const result = await trace(['unshare', '--user', '--mount', 'true'], {
        cwd: folder,
        backend: 'notify',
      });
      expect(reasons(result)).toEqual(['a process entered a mount namespace of its own']);
    });

    test('a call that a signal interrupts before it is received makes the trace incomplete', async () => {
      const script = 'trap : USR1; echo $$ $PPID > pids; while [ ! -e go ]; do :; done';
      const running = trace(['sh', '-c', script], { cwd: folder, backend: 'notify' });
      const pids = join(folder, 'pids');
      await until(() => existsSync(pids) && readFileSync(pids, 'utf8') !== '');
      const [shell = 0, supervisor = 0] = readFileSync(pids, 'utf8').split(' ').map(Number);
      const status = (pid: number) => readFileSync(`/proc/${pid}/status`, 'utf8');
      const isInState = (pid: number, state: RegExp) =>
        state.test(/^State:\t(.)/m.exec(status(pid))?.[1] ?? '');
      const isPending = () => !/^ShdPnd:\t0+$/m.test(status(shell));
      // A call that was received already is not interrupted: that shows as D. Then the signal comes after it.
      do {
        process.kill(supervisor, 'SIGCONT');
        await until(() => !isPending() && !isInState(supervisor, /T/));
        process.kill(supervisor, 'SIGSTOP');
        await until(() => isInState(supervisor, /T/) && isInState(shell, /[SD]/));
        process.kill(shell, 'SIGUSR1');
        await until(() => !isPending() || isInState(shell, /D/));
      } while (isInState(shell, /D/));
      writeFileSync(join(folder, 'go'), '');
      process.kill(supervisor, 'SIGCONT');
      expect(reasons(await running)).toEqual([expect.stringMatching(/^a signal interrupted a call/)]);
    });

    test('the end of its children interrupts no call of a shell', async () => {
      // What is looked for in many places is looked for long enough.
      const nowhere = Array.from({ length: 30 }, (_, i) => join(folder, `none-${i}`));
      const script = 'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); echo | uname | wc -l; done > out';
      const result = await trace(['sh', '-c', script], {
        cwd: folder,
        env: { ...process.env, PATH: [...nowhere, process.env.PATH].join(':') },
        backend: 'notify',
      });
      expect({ status: result.status, reasons: reasons(result) }).toEqual({ status: 0, reasons: [] });
      expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('1\n'.repeat(200));
    });

    test('a program that ends because the command has ended was no more than late', async () => {
      execFileSync('mkfifo', [join(folder, 'p')]);
      for (let i = 0; i < 10; i++)
        expect(
          reasons(await trace(['sh', '-c', 'cat < p > /dev/null & exec 3> p'], { cwd: folder, backend })),
        ).toEqual([]);
    });

    test('a program that goes on after the command makes the trace incomplete, and is left alone', async () => {
      mkdirSync(join(folder, 'd'));
      execFileSync('mkfifo', [join(folder, 'go'), join(folder, 'done')]);
      const script = '(read x < go; cat file; echo "$(stat -c %s file)" > done) > /dev/null 2>&1 & exit 4';
      writeFileSync(join(folder, 'file'), 'four');
      const result = await trace(['sh', '-c', script], { cwd: folder, backend });
      expect(result.status).toBe(4);
      expect(reasons(result)).toEqual(["'sh' was still running when the command ended"]);
      writeFileSync(join(folder, 'go'), '\n');
      expect(readFileSync(join(folder, 'done'), 'utf8')).toBe('4\n');
    });

    test('a supervisor that is killed makes the trace incomplete, and the command goes on', async () => {
      execFileSync('mkfifo', [join(folder, 'go')]);
      const command = `kill -9 $PPID; cat go > out; stat -c %s out > size; exit 5`;
      const running = trace(['sh', '-c', command], { cwd: folder, backend });
      writeFileSync(join(folder, 'go'), 'hello');
      const result = await running;
      expect(result.status).toBe(5);
      expect(readFileSync(join(folder, 'size'), 'utf8')).toBe('5\n');
      expect(result.accesses.ended).toBe(false);
      expect(reasons(result)).toContain("the probe's supervisor ended before the command");
    });
  });

  describe('another user', () => {
    const asNobody = (...words: string[]): string => {
      // Root stands for the other case; where this is not root everything here is without privilege.
      const drop =
        process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env'];
      for (const program of [findProbe(), acts]) copyFileSync(program, join(folder, basename(program)));
      chmodSync(folder, 0o777);
      const [first = '', ...rest] = [...drop, './oodate-probe', '-o', 'log', '--', ...words];
      execFileSync(first, rest, { cwd: folder });
      return readFileSync(join(folder, 'log'), 'utf8');
    };

    test('without any privilege sees as much', () => {
      const log = asNobody(
        join(folder, basename(acts)),
        'write',
        'a',
        'fork',
        '[',
        'rename',
        'a',
        'b',
        ']',
        'stat=ENOENT',
        'a',
      );
      expect(log).toMatch(new RegExp(`^W \\d+ ${folder}/a$`, 'm'));
      expect(log).toMatch(new RegExp(`^M \\d+ '${folder}/a' '${folder}/b'$`, 'm'));
      expect(log).toMatch(new RegExp(`^N \\d+ ${folder}/a$`, 'm'));
      expect(log).not.toMatch(/^Q/m);
      expect(log).toMatch(/# Bye bye\n$/);
    });

    test('is told of a set-user-id program that ran without its privileges', () => {
      const log = asNobody('sh', '-c', 'su --version');
      expect(log).toMatch(/^# Note \S+\/su is set-user-id/m);
    });

    test('has no record of reading what it may not read', () => {
      writeFileSync(join(folder, 'secret'), '', { mode: 0o000 });
      const log = asNobody(join(folder, basename(acts)), 'read=EACCES', 'secret');
      expect(log).toMatch(new RegExp(`^S \\d+ ${folder}/secret$`, 'm'));
      expect(log).not.toMatch(new RegExp(`^R \\d+ ${folder}/secret$`, 'm'));
    });
  });

  describe('a hard case', () => {
    const traced = (script: string, shell = 'sh'): string => {
      execFileSync(shell, ['-c', script, findProbe(), backend], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return readFileSync(join(folder, 'log'), 'utf8').replaceAll(`${folder}/`, '');
    };

    (requireTool('python3') ? test : test.skip).each(['bpf', 'notify'])(
      'a path that the call itself writes over is not taken for another, by %s',
      (backend) => {
        const over = 'b = create_string_buffer(b"l", 99); CDLL(None).readlink(b, b, 99)';
        const log = traced(
          `ln -s other l; "$0" --backend ${backend} --quiet -o log -- python3 -c 'from ctypes import *; ${over}'`,
        );
        expect(log).toMatch(/^(S \d+ l|Q \d+ a path could not be found out)$/m);
        expect(log).not.toMatch(/^[SN] \d+ other$/m);
      },
    );

    test('too few descriptors to see all make the trace incomplete', () => {
      const deep = [...Array(40).fill('fork [ stat .'), ...Array(40).fill(']')].join(' ');
      const log = traced(`ulimit -n 24; "$0" --backend notify --quiet -o log -- ${acts} ${deep}`);
      expect(log).toMatch(/^Q \d+ there were too few descriptors/m);
    });

    test('a directory with a space in its name takes along what was written in it', () => {
      const log = traced('"$0" --backend $1 --quiet -o log -- sh -c "mkdir t; echo > t/out; mv t \'a b\'"');
      expect(log).toMatch(/^W \d+ a b\/out$/m);
    });

    test('the way up from a removed directory is not known', () => {
      const log = traced(
        'mkdir d; echo > in; "$0" --backend notify --quiet -o log -- sh -c "cd d; rmdir ../d; cat ../in"',
      );
      expect(log).toMatch(/^Q \d+ a path could not be found out$/m);
    });

    test('/proc/self/cwd with more slashes than one leads to the current directory', () => {
      const log = traced(
        'mkdir etc; echo > etc/hostname; "$0" --backend $1 --quiet -o log -- cat /proc/self/cwd//etc/hostname',
      );
      expect(log).toMatch(/^R \d+ etc\/hostname$/m);
    });

    test('a limit on the size of files ends the log, and not the command', () => {
      const looks = 'i=0; while [ $i -lt 3000 ]; do [ -e /etc/passwd ]; i=$((i + 1)); done; exit 3';
      const log = traced(
        `(ulimit -f 40; "$0" --backend $1 --quiet -o log -- sh -c '${looks}' 2> err; echo $? > status)`,
      );
      expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('3\n');
      expect(log).not.toContain('# Bye bye');
    });

    test('a closed stdout stays closed, and nothing gets into the log', () => {
      const log = traced(
        '"$0" --backend $1 --quiet -o log --output copy -- sh -c "echo HELLO 2> err; [ ! -e /proc/self/fd/1 ]" >&-',
      );
      expect(log).not.toMatch(/^HELLO/m);
      expect(readFileSync(join(folder, 'err'), 'utf8')).not.toBe('');
    });

    test('a timer that was set before ends the command', () => {
      const log = traced(
        'perl -e "alarm 1; exec @ARGV" "$0" --backend $1 --quiet -o log -- sleep 60; echo $? > status',
      );
      expect(log).toMatch(/^X \d+ 0 14$/m);
      expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('142\n');
    });

    test('what is left behind holds nothing open that it was not given itself', () => {
      execFileSync('mkfifo', [join(folder, 'go')]);
      const left = 'setsid sh -c "read x < go" < /dev/null > /dev/null 2>&1 3>&- &';
      // cat ends when nobody holds descriptor 3 any more.
      traced(`("$0" --backend $1 --quiet -o log -- sh -c '${left}') 3>&1 > /dev/null | cat`, 'bash');
      writeFileSync(join(folder, 'go'), '\n');
      expect(readFileSync(join(folder, 'log'), 'utf8')).toMatch(/# Left running/);
    });
  });

  describe('output', () => {
    const captured = async (script: string): Promise<Trace['output']> => {
      // A process of its own, whose stdout and stderr are pipes.
      const log = join(folder, 'log');
      const copy = join(folder, 'copy');
      execFileSync(findProbe(), ['--quiet', '-o', log, '--output', copy, '--', 'sh', '-c', script]);
      const { parseCapturedOutput } = await import('./captured-output.js');
      return parseCapturedOutput(readFileSync(copy));
    };

    test('to pipes is passed on and kept, with the stream each piece went to', async () => {
      const output = await captured('echo one; sleep 0; echo two >&2');
      expect(output?.streams).toEqual([1, 2]);
      const pieces = { 1: '', 2: '' };
      let start = 0;
      for (const { stream, length } of output?.chunks ?? []) {
        pieces[stream] += Buffer.from(output?.bytes ?? []).toString('utf8', start, start + length);
        start += length;
      }
      expect(pieces).toEqual({ 1: 'one\n', 2: 'two\n' });
    });

    test('of more than is kept is passed on whole and not kept', async () => {
      const length = 17 << 20;
      const out = execFileSync(
        findProbe(),
        [
          '--quiet',
          '-o',
          join(folder, 'log'),
          '--output',
          join(folder, 'copy'),
          '--',
          'head',
          '-c',
          `${length}`,
          '/dev/zero',
        ],
        { maxBuffer: length + 1 },
      );
      expect(out).toHaveLength(length);
      const { parseCapturedOutput } = await import('./captured-output.js');
      expect(parseCapturedOutput(readFileSync(join(folder, 'copy')))).toBeUndefined();
    });

    test('that nobody reads any more ends the command as without the probe', async () => {
      const script = '("$0" --backend $1 --quiet -o log --output copy -- yes; echo $? > status) | head -n 1';
      expect(
        execFileSync('sh', ['-c', script, findProbe(), backend], { cwd: folder, encoding: 'utf8' }),
      ).toBe('y\n');
      expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('141\n');
    });
  });

  describe('a command that cannot be run', () => {
    test.each([
      ['./nosuch', 'COMMAND_NOT_FOUND', 127, './nosuch: command not found'],
      ['oodate-nosuch', 'COMMAND_NOT_FOUND', 127, 'oodate-nosuch: command not found'],
      ['./plain', 'CANNOT_EXECUTE', 126, './plain: may not be executed'],
      ['./script', 'COMMAND_NOT_FOUND', 127, './script: the interpreter that it names was not found'],
    ])('%s: %s', async (word, code, status, message) => {
      writeFileSync(join(folder, 'plain'), '');
      writeFileSync(join(folder, 'script'), '#!/no/such/interpreter\n');
      chmodSync(join(folder, 'script'), 0o755);
      await expect(trace([word], { cwd: folder, backend })).rejects.toMatchObject({ code, status, message });
    });

    test('a backend that does not exist is named', async () => {
      await expect(trace([acts, 'write', 'a'], { cwd: folder, backend: 'nosuch' })).rejects.toMatchObject({
        code: 'NO_SUCH_BACKEND',
        message: expect.stringContaining("no backend named 'nosuch'"),
      });
      expect(existsSync(join(folder, 'a'))).toBe(false);
    });

    test.each(['', '0', '8388608 ', '8M', '100000', '32768', '536870912'])(
      'nor with a ring buffer of "%s" bytes',
      async (size) => {
        const env = { ...process.env, OODATE_RING_SIZE: size };
        await expect(trace([acts, 'write', 'a'], { cwd: folder, env })).rejects.toMatchObject({
          code: 'BAD_RING_SIZE',
          message: expect.stringContaining(`is '${size}'`),
        });
        expect(existsSync(join(folder, 'a'))).toBe(false);
      },
    );
  });
});
