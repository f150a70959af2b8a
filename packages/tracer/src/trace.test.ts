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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, filemonRecords, formatRecord } from '@oodate/filemon';
import { buildActs, until } from '@oodate/testkit';

import { findProbe } from './probe.js';
import { type Trace, trace } from './trace.js';

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

/**
 * The records about the workspace, in order, with paths relative to it; pids are
 * numbered as they appear, the command's own being 1. Forks and exits are left out.
 */
function recordsOf({ log, accesses }: Trace, letters = /[^EFX#V]/): string[] {
  const numbers = new Map([[accesses.rootPid, 1]]);
  const lines: string[] = [];
  for (const record of filemonRecords([log])) {
    if (record.kind !== 'process') continue;
    if (!numbers.has(record.pid)) numbers.set(record.pid, numbers.size + 1);
    if (!letters.test(record.letter)) continue;
    if (record.letter !== 'Q' && !record.data.includes(folder)) continue;
    const data = formatRecord(record).trimEnd().slice(`${record.letter} ${record.pid} `.length);
    const short = data.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
    lines.push(`${record.letter} ${numbers.get(record.pid)} ${short}`);
  }
  return lines;
}

async function perform(...words: string[]): Promise<Trace> {
  const result = await trace([acts, ...words], { cwd: folder });
  expect(result.status).toBe(0);
  return result;
}

interface Case {
  readonly files?: readonly string[];
  readonly does: string;
  readonly records: readonly string[];
}

async function check({ files = [], does, records }: Case): Promise<void> {
  for (const file of files)
    if (file.endsWith('/')) mkdirSync(join(folder, file), { recursive: true });
    else if (file.includes(' -> '))
      symlinkSync(file.split(' -> ')[1] ?? '', join(folder, file.split(' -> ')[0] ?? ''));
    else writeFileSync(join(folder, file), 'content');
  expect(recordsOf(await perform(...does.split(' ')))).toEqual(records);
}

describe('opening', () => {
  test.each<Case>([
    { files: ['a'], does: 'read a', records: ['R 1 a'] },
    { does: 'read=ENOENT a', records: ['N 1 a'] },
    { files: ['d/'], does: 'read=ENOENT d/a', records: ['N 1 d/a'] },
    { files: ['a'], does: 'read=ENOTDIR a/b', records: ['N 1 a/b'] },
    { does: 'write a', records: ['W 1 a'] },
    { does: 'write=ENOENT d/a', records: ['N 1 d'] },
    { files: ['a'], does: 'write a', records: ['W 1 a'] },
    { files: ['a'], does: 'update a', records: ['R 1 a', 'W 1 a'] },
    { does: 'update=ENOENT a', records: ['N 1 a'] },
    { does: 'openat2-write a', records: ['W 1 a'] },
    { files: ['d/'], does: 'write-at d a', records: ['S 1 d', 'W 1 d/a'] },
    { does: 'tmpfile .', records: ['S 1 .'] },
    { files: ['a'], does: 'append a', records: ['W 1 a'] },
    { does: 'create a', records: ['W 1 a'] },
    { files: ['a'], does: 'create=EEXIST a', records: ['S 1 a'] },
    { does: 'creat a', records: ['W 1 a'] },
    { files: ['a'], does: 'open-path a', records: ['S 1 a'] },
    { files: ['a'], does: 'openat2 a', records: ['R 1 a'] },
    { does: 'openat2=ENOENT a', records: ['N 1 a'] },
    { files: ['d/', 'd/a'], does: 'read-at d a', records: ['S 1 d', 'R 1 d/a'] },
    { files: ['d/'], does: 'read-at=ENOENT d a', records: ['S 1 d', 'N 1 d/a'] },
    { files: ['a', 'l -> a'], does: 'read l', records: ['R 1 l'] },
    { files: ['l -> a'], does: 'read=ENOENT l', records: ['N 1 l'] },
    { files: ['a', 'l -> a'], does: 'read-nofollow=ELOOP l', records: ['S 1 l'] },
    { files: ['a'], does: 'open-directory=ENOTDIR a', records: ['S 1 a'] },
    { files: ['d/'], does: 'write=EISDIR d', records: ['S 1 d'] },
    { files: ['l -> a'], does: 'write l', records: ['W 1 l'] },
    { files: ['l -> d/a'], does: 'write=ENOENT l', records: ['N 1 l', 'N 1 d'] },
    { files: ['l -> l'], does: 'write=ELOOP l', records: ['N 1 l'] },
    { files: ['a'], does: 'read=ENOTDIR a/.', records: ['S 1 a'] },
    { does: 'bind s read=ENXIO s', records: ['W 1 s', 'S 1 s'] },
  ])('$does', check);
});

describe('looking', () => {
  test.each<Case>([
    { files: ['a'], does: 'stat a', records: ['S 1 a'] },
    { does: 'stat=ENOENT a', records: ['N 1 a'] },
    { files: ['l -> a'], does: 'lstat l', records: ['S 1 l'] },
    { files: ['l -> a'], does: 'stat=ENOENT l', records: ['N 1 l'] },
    { files: ['a'], does: 'statx a', records: ['S 1 a'] },
    { does: 'statx=ENOENT a', records: ['N 1 a'] },
    { files: ['a'], does: 'access a', records: ['S 1 a'] },
    { does: 'access=ENOENT a', records: ['N 1 a'] },
    { files: ['a'], does: 'faccessat2 a', records: ['S 1 a'] },
    { does: 'faccessat2=ENOENT a', records: ['N 1 a'] },
    { files: ['l -> a'], does: 'readlink l', records: ['S 1 l'] },
    { files: ['a'], does: 'readlink=EINVAL a', records: [] },
    { does: 'readlink=ENOENT a', records: ['N 1 a'] },
    { files: ['d/', 'd/a'], does: 'list d', records: ['S 1 d', 'G 1 d'] },
    { does: 'list=ENOENT d', records: ['N 1 d'] },
  ])('$does', check);
});

describe('changing names', () => {
  test.each<Case>([
    { does: 'mkdir d', records: ['W 1 d'] },
    { files: ['d/'], does: 'mkdir=EEXIST d', records: ['S 1 d'] },
    { files: ['d'], does: 'mkdir=ENOTDIR d/e', records: ['S 1 d'] },
    { does: 'mkdir=ENOENT d/e', records: ['N 1 d'] },
    { files: ['d/'], does: 'rmdir d', records: ['D 1 d'] },
    { files: ['d/', 'd/a'], does: 'rmdir=ENOTEMPTY d', records: ['S 1 d', 'G 1 d'] },
    { does: 'rmdir=ENOENT d', records: ['N 1 d'] },
    { files: ['a'], does: 'rmdir=ENOTDIR a', records: ['S 1 a'] },
    { files: ['a'], does: 'unlink a', records: ['D 1 a'] },
    { does: 'unlink=ENOENT a', records: ['N 1 a'] },
    { files: ['d/'], does: 'unlink=EISDIR d', records: ['S 1 d'] },
    { files: ['a'], does: 'rename a b', records: ["M 1 'a' 'b'"] },
    { files: ['a', 'b'], does: 'rename a b', records: ["M 1 'a' 'b'"] },
    { does: 'rename=ENOENT a b', records: ['N 1 a'] },
    { files: ['a'], does: 'rename=ENOENT a d/b', records: ['N 1 d'] },
    { files: ['a', 'b'], does: 'rename-noreplace=EEXIST a b', records: ['S 1 b'] },
    { files: ['a'], does: 'rename-noreplace a b', records: ["M 1 'a' 'b'"] },
    { files: ['a', 'b'], does: 'exchange a b', records: ['W 1 a', 'W 1 b'] },
    { files: ['a'], does: 'exchange=ENOENT a b', records: ['N 1 b'] },
    { files: ['a', 'd/', 'd/b'], does: 'rename=EISDIR a d', records: ['S 1 a', 'S 1 d'] },
    { files: ['d/', 'e/', 'e/b'], does: 'rename=ENOTEMPTY d e', records: ['S 1 d', 'S 1 e', 'G 1 e'] },
    { files: ['d/'], does: 'rename=EINVAL d d/e', records: ['S 1 d'] },
    { files: ['a'], does: 'link a b', records: ['R 1 a', "L 1 'a' 'b'"] },
    { files: ['a', 'b'], does: 'link=EEXIST a b', records: ['S 1 b'] },
    { does: 'link=ENOENT a b', records: ['N 1 a'] },
    { files: ['a'], does: 'link=ENOENT a d/b', records: ['N 1 d'] },
    { files: ['d/'], does: 'link=EPERM d b', records: ['S 1 d'] },
    { does: 'symlink a l', records: ["L 1 'a' 'l'"] },
    { files: ['l'], does: 'symlink=EEXIST a l', records: ['S 1 l'] },
    { does: 'fifo p', records: ['W 1 p'] },
    { does: 'bind s', records: ['W 1 s'] },
    { files: ['s'], does: 'bind=EADDRINUSE s', records: ['S 1 s'] },
    { does: 'connect=ENOENT s', records: ['N 1 s'] },
    { does: 'bind s connect=ECONNREFUSED s', records: ['W 1 s', 'S 1 s'] },
  ])('$does', async (row) => {
    await check(row);
  });
});

describe('altering', () => {
  test.each<Case>([
    { files: ['a'], does: 'truncate a', records: ['W 1 a'] },
    { does: 'truncate=ENOENT a', records: ['N 1 a'] },
    { files: ['d/'], does: 'truncate=EISDIR d', records: ['S 1 d'] },
    { files: ['a'], does: 'chmod a', records: ['W 1 a'] },
    { files: ['a'], does: 'utimens a', records: ['W 1 a'] },
    { does: 'utimens=ENOENT a', records: ['N 1 a'] },
  ])('$does', check);
});

describe('directories', () => {
  test.each<Case>([
    { files: ['d/', 'd/a'], does: 'chdir d read a', records: ['C 1 d', 'R 1 d/a'] },
    { files: ['d/', 'd/a'], does: 'fchdir d read a', records: ['S 1 d', 'C 1 d', 'R 1 d/a'] },
    { does: 'chdir=ENOENT d', records: ['N 1 d'] },
    { files: ['d/', 'a'], does: 'read d/../a', records: ['R 1 a'] },
    { files: ['a'], does: 'read ././/a', records: ['R 1 a'] },
    { files: ['a'], does: 'read=ENOENT d/../a', records: ['N 1 d'] },
    { files: ['d/', 'd/e/', 'd/a', 'l -> d/e'], does: 'read l/../a', records: ['S 1 l', 'R 1 d/a'] },
    { files: ['d/', 'd/e/', 'a', 'l -> d/e'], does: 'read=ENOENT l/../a', records: ['S 1 l', 'N 1 d/a'] },
  ])('$does', check);
});

describe('processes', () => {
  test.each<Case>([
    { files: ['a'], does: 'fork [ read a ] stat a', records: ['R 2 a', 'S 1 a'] },
    { files: ['a'], does: 'vfork [ read a ] stat a', records: ['R 2 a', 'S 1 a'] },
    { files: ['a'], does: 'thread [ read a ] stat a', records: ['R 1 a', 'S 1 a'] },
    { files: ['a'], does: 'exec read a', records: ['R 1 a'] },
    { files: ['a'], does: 'execveat read a', records: ['R 1 a'] },
    { files: ['a'], does: 'fork [ fork [ unlink a ] ] stat=ENOENT a', records: ['D 3 a', 'N 1 a'] },
    { files: ['a'], does: 'thread [ rename a b ] read b', records: ["M 1 'a' 'b'", 'R 1 b'] },
    {
      files: ['d/', 'd/a'],
      does: 'fork [ chdir d read a ] read=ENOENT a',
      records: ['C 2 d', 'R 2 d/a', 'N 1 a'],
    },
  ])('$does', check);

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

  test.each([
    [['exit', '3'], 3, { status: 3, signal: 0 }],
    [['raise', '9'], 137, { status: 0, signal: 9 }],
    [['raise', '15'], 143, { status: 0, signal: 15 }],
  ])('%j gives its status back', async (words, status, exit) => {
    const result = await trace([acts, ...words], { cwd: folder });
    expect(result.status).toBe(status);
    expect(result.accesses.exit).toEqual(exit);
    expect(result.accesses.ended).toBe(true);
  });
});

describe('executing', () => {
  const executed = async (file: string, content: string): Promise<string[]> => {
    writeFileSync(join(folder, file), content);
    chmodSync(join(folder, file), 0o755);
    const result = await trace([acts, 'become', `./${file}`], { cwd: folder });
    const lines = [...filemonRecords([result.log])]
      .filter((record) => record.kind === 'process' && /[ER]/.test(record.letter))
      .map((record) => formatRecord(record).trimEnd().replace(/ \d+ /, ' ').replace(`${folder}/`, ''));
    return lines.slice(lines.indexOf(`E ${file}`));
  };

  test('a script names its interpreter, and what that is loaded with', async () => {
    const lines = await executed('script', '#!/bin/sh -e\n:\n');
    expect(lines.slice(0, 3)).toEqual(['E script', 'E /bin/sh', expect.stringMatching(/^R .*ld-linux.*/)]);
  });

  test('a script run by a script names both', async () => {
    writeFileSync(join(folder, 'inner'), '#!/bin/sh\n:\n');
    chmodSync(join(folder, 'inner'), 0o755);
    const lines = await executed('outer', `#!${folder}/inner\n`);
    expect(lines.slice(0, 3)).toEqual(['E outer', 'E inner', 'E /bin/sh']);
  });

  test('a file without the permission is only looked at', async () => {
    writeFileSync(join(folder, 'plain'), '');
    expect(recordsOf(await perform('become=EACCES', './plain'))).toEqual(['S 1 plain']);
  });

  test('a program that is not there is looked for', async () => {
    expect(recordsOf(await perform('become=ENOENT', './plain'))).toEqual(['N 1 plain']);
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
      ['-c', '"$0" --quiet -o log -- "$1" read "$(printf "f\\377\\376\\200")"', findProbe(), acts],
      {
        cwd: folder,
      },
    );
    expect(readFileSync(join(folder, 'log')).includes(Buffer.concat([Buffer.from(`${folder}/`), name]))).toBe(
      true,
    );
  });

  test('with spaces or quotes are written as two records when renamed or linked', async () => {
    writeFileSync(join(folder, 'a b'), '');
    expect(recordsOf(await perform('rename', 'a b', "c'd", 'link', "c'd", 'e f'))).toEqual([
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
      execFileSync('sh', ['-c', `echo hello | "$0" --quiet -o log -- ${command}`, findProbe()], {
        cwd: folder,
      });
      return readFileSync(join(folder, 'log'), 'utf8');
    };
    expect(run('cat')).toMatch(/^Q \d+ standard input was read/m);
    expect(run('true')).not.toMatch(/^Q/m);
  });

  test('a pipe given as a file makes the trace incomplete, and one of its own does not', () => {
    const run = (script: string): string => {
      execFileSync('bash', ['-c', script, findProbe()], { cwd: folder });
      return readFileSync(join(folder, 'log'), 'utf8');
    };
    expect(run('"$0" --quiet -o log -- cat <(echo hello)')).toMatch(
      /^Q \d+ a pipe that the command was given/m,
    );
    expect(run('"$0" --quiet -o log -- bash -c "cat <(echo hello)" < /dev/null')).not.toMatch(/^Q/m);
  });

  test('standard input that is a file is an input', async () => {
    writeFileSync(join(folder, 'in'), '');
    execFileSync('sh', ['-c', '"$0" --quiet -o log -- cat < in', findProbe()], { cwd: folder });
    const log = readFileSync(join(folder, 'log'), 'utf8');
    expect(log).toMatch(new RegExp(`^R \\d+ ${folder}/in$`, 'm'));
    expect(log).not.toMatch(/^Q/m);
  });

  test('a mount namespace of its own makes the trace incomplete', async () => {
    const result = await trace(['unshare', '--user', '--mount', 'true'], { cwd: folder });
    expect(reasons(result)).toEqual(['a process entered a mount namespace of its own']);
  });

  test('a call that a signal interrupts before it is received makes the trace incomplete', async () => {
    const script = 'trap : USR1; echo $$ $PPID > new; mv new pids; while [ ! -e go ]; do :; done';
    const running = trace(['sh', '-c', script], { cwd: folder });
    await until(() => existsSync(join(folder, 'pids')));
    const [shell = 0, supervisor = 0] = readFileSync(join(folder, 'pids'), 'utf8').split(' ').map(Number);
    const waits = () => /^State:\tS/m.test(readFileSync(`/proc/${shell}/status`, 'utf8'));
    process.kill(supervisor, 'SIGSTOP');
    await until(waits);
    process.kill(shell, 'SIGUSR1');
    await until(() => /^ShdPnd:\t0+$/m.test(readFileSync(`/proc/${shell}/status`, 'utf8')) && waits());
    writeFileSync(join(folder, 'go'), '');
    process.kill(supervisor, 'SIGCONT');
    expect(reasons(await running)).toEqual([expect.stringMatching(/^a signal interrupted a call/)]);
  });

  test('a program that goes on after the command makes the trace incomplete, and is left alone', async () => {
    mkdirSync(join(folder, 'd'));
    execFileSync('mkfifo', [join(folder, 'go'), join(folder, 'done')]);
    const script = '(read x < go; cat file; echo "$(stat -c %s file)" > done) > /dev/null 2>&1 & exit 4';
    writeFileSync(join(folder, 'file'), 'four');
    const result = await trace(['sh', '-c', script], { cwd: folder });
    expect(result.status).toBe(4);
    expect(reasons(result)).toEqual(["'sh' was still running when the command ended"]);
    writeFileSync(join(folder, 'go'), '\n');
    expect(readFileSync(join(folder, 'done'), 'utf8')).toBe('4\n');
  });

  test('a supervisor that is killed makes the trace incomplete, and the command goes on', async () => {
    execFileSync('mkfifo', [join(folder, 'go')]);
    const command = `kill -9 $PPID; cat go > out; stat -c %s out > size; exit 5`;
    const running = trace(['sh', '-c', command], { cwd: folder });
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
    execFileSync(shell, ['-c', script, findProbe()], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    return readFileSync(join(folder, 'log'), 'utf8').replaceAll(`${folder}/`, '');
  };

  test('too few descriptors to see all make the trace incomplete', () => {
    const deep = [...Array(40).fill('fork [ stat .'), ...Array(40).fill(']')].join(' ');
    const log = traced(`ulimit -n 24; "$0" --quiet -o log -- ${acts} ${deep}`);
    expect(log).toMatch(/^Q \d+ there were too few descriptors/m);
  });

  test('a directory with a space in its name takes along what was written in it', () => {
    const log = traced('"$0" --quiet -o log -- sh -c "mkdir t; echo > t/out; mv t \'a b\'"');
    expect(log).toMatch(/^W \d+ a b\/out$/m);
  });

  test('the way up from a removed directory is not known', () => {
    const log = traced('mkdir d; echo > in; "$0" --quiet -o log -- sh -c "cd d; rmdir ../d; cat ../in"');
    expect(log).toMatch(/^Q \d+ a path could not be found out$/m);
  });

  test('/proc/self/cwd with more slashes than one leads to the current directory', () => {
    const log = traced(
      'mkdir etc; echo > etc/hostname; "$0" --quiet -o log -- cat /proc/self/cwd//etc/hostname',
    );
    expect(log).toMatch(/^R \d+ etc\/hostname$/m);
  });

  test('a limit on the size of files ends the log, and not the command', () => {
    const looks = 'i=0; while [ $i -lt 3000 ]; do [ -e /etc/passwd ]; i=$((i + 1)); done; exit 3';
    const log = traced(`(ulimit -f 40; "$0" --quiet -o log -- sh -c '${looks}' 2> err; echo $? > status)`);
    expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('3\n');
    expect(log).not.toContain('# Bye bye');
  });

  test('a closed stdout stays closed, and nothing gets into the log', () => {
    const log = traced(
      '"$0" --quiet -o log --output copy -- sh -c "echo HELLO 2> err; [ ! -e /proc/self/fd/1 ]" >&-',
    );
    expect(log).not.toContain('HELLO');
    expect(readFileSync(join(folder, 'err'), 'utf8')).not.toBe('');
  });

  test('a timer that was set before ends the command', () => {
    const log = traced('perl -e "alarm 1; exec @ARGV" "$0" --quiet -o log -- sleep 60; echo $? > status');
    expect(log).toMatch(/^X \d+ 0 14$/m);
    expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('142\n');
  });

  test('what is left behind holds nothing open that it was not given itself', () => {
    execFileSync('mkfifo', [join(folder, 'go')]);
    const left = 'setsid sh -c "read x < go" < /dev/null > /dev/null 2>&1 3>&- &';
    // cat ends when nobody holds descriptor 3 any more.
    traced(`("$0" --quiet -o log -- sh -c '${left}') 3>&1 > /dev/null | cat`, 'bash');
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
    const script = '("$0" --quiet -o log --output copy -- yes; echo $? > status) | head -n 1';
    expect(execFileSync('sh', ['-c', script, findProbe()], { cwd: folder, encoding: 'utf8' })).toBe('y\n');
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
    await expect(trace([word], { cwd: folder })).rejects.toMatchObject({ code, status, message });
  });

  test('a backend that does not exist is named', async () => {
    await expect(trace([acts, 'write', 'a'], { cwd: folder, backend: 'nosuch' })).rejects.toMatchObject({
      code: 'NO_SUCH_BACKEND',
      message: expect.stringContaining("no backend named 'nosuch'"),
    });
    expect(existsSync(join(folder, 'a'))).toBe(false);
  });
});
