import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath, filemonRecords, fsPath, summarizeAccesses } from '@oodate/filemon';
import type { ReadRecord } from '@oodate/meta-file';
import { requireTool } from '@oodate/testkit';
import { diskFileStates } from './disk-file-states.js';
import { clockTick, settledClock } from './file-system-clock.js';
import { reasonsToRun } from './reasons-to-run.js';
import { recordRun } from './record-run.js';

let root: string;
const files = diskFileStates();

beforeEach(() => {
  root = realpathSync(mkdtempSync(`${tmpdir()}/oodate-disk-`));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string): AbsolutePath => `${root}/${name}` as AbsolutePath;

describe('what the disk says', () => {
  test.each(['not-there', 'file/below', 'x'.repeat(300), `${'d/'.repeat(2500)}x`, 'dangling'])(
    '%.20s is absent',
    (name) => {
      writeFileSync(at('file'), '');
      symlinkSync('nowhere', at('dangling'));
      expect(files.state(at(name))).toEqual({ type: 'absent' });
    },
  );

  test('a link is followed or not', () => {
    symlinkSync('dir/../file', at('link'));
    mkdirSync(at('dir'));
    writeFileSync(at('file'), 'abc');
    expect(files.linkState(at('link'))).toMatchObject({ type: 'link', target: 'dir/../file' });
    expect(files.state(at('link'))).toMatchObject({
      type: 'file',
      size: 3n,
      mode: statSync(at('file')).mode & 0o7777,
    });
    expect(files.state(at('dir'))).toMatchObject({ type: 'directory' });
  });

  test('links in a circle are unreadable', () => {
    symlinkSync('loop', at('loop'));
    expect(files.state(at('loop'))).toEqual({ type: 'unreadable', errno: 'ELOOP' });
  });

  test('a socket is special, and cannot be digested', async () => {
    const server = createServer().listen(at('socket'));
    await new Promise((listening) => server.once('listening', listening));
    expect(files.state(at('socket'))).toMatchObject({ type: 'special' });
    expect(files.digest(at('socket'))).toEqual({ errno: 'ENXIO' });
    server.close();
  });

  test('a digest is the SHA-256 of the whole content, with the state it belongs to', () => {
    writeFileSync(at('file'), 'abc'.repeat(200_000));
    expect(files.digest(at('file'))).toEqual({
      digest: 'c7e87c52278d1ec3bf60c7c884ad89ee34527ca6b89ecddda26946507391a9d2',
      file: files.state(at('file')),
    });
  });

  test('names come with what they are', () => {
    mkdirSync(at('d'));
    symlinkSync('d', at('l'));
    execFileSync('mkfifo', [at('p')]);
    writeFileSync(at('f'), '');
    expect(files.list(root as AbsolutePath)).toEqual(['d/', 'f', 'l/@', 'p/=']);
  });

  test('names come in byte order and to the byte', () => {
    const odd = decodePath(Buffer.from([0xe9]));
    for (const name of ['b', 'a', 'B', '\u{1F600}', '\uFF01', odd]) writeFileSync(fsPath(at(name)), '');
    expect(files.list(root as AbsolutePath)).toEqual(['B', 'a', 'b', odd, '\uFF01', '\u{1F600}']);
    expect(files.list(at('a'))).toBeUndefined();
  });
});

describe('the clock of the file system', () => {
  test('is past the given time, and leaves nothing behind', () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    expect(settledClock(root, now)).toBeGreaterThan(now);
    expect(files.list(root as AbsolutePath)).toEqual([]);
  });

  test('is past what was changed before', () => {
    writeFileSync(at('file'), '');
    const { ctimeNs } = statSync(at('file'), { bigint: true });
    expect(settledClock(root, ctimeNs)).toBeGreaterThan(ctimeNs);
  });

  // By calls that take longer than it waits at most, as on a machine that is busy with others.
  (requireTool('strace') ? test : test.skip)('is past the given time if that has passed on the way', () => {
    const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    writeFileSync(
      at('wait.mjs'),
      `import { settledClock } from ${JSON.stringify(library)};
      const soon = BigInt(Date.now()) * 1_000_000n + ${clockTick}n;
      process.stdout.write(String(settledClock(${JSON.stringify(root)}, soon) > soon));`,
    );
    const slowly = 'exec strace -D -f -qq -o /dev/null -P "$1/.clock.$$" -e trace=fstat,statx';
    const line = `${slowly} -e inject=fstat,statx:delay_exit=60000 "$0" "$1/wait.mjs"`;
    const { stdout, stderr } = spawnSync('sh', ['-c', line, process.execPath, root], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'true', stderr: '' });
  });

  test('does not wait for a time that does not come', () => {
    const future = BigInt(Date.now() + 3_600_000) * 1_000_000n;
    expect(settledClock(root, future)).toBeLessThan(future);
  });

  test('is told too early rather than too late where nothing can be written', () => {
    writeFileSync(at('file'), '');
    for (const folder of [at('file'), at('gone')])
      expect(settledClock(folder, 0n)).toBeLessThan(BigInt(Date.now()) * 1_000_000n - clockTick + 1n);
    expect(files.list(root as AbsolutePath)).toEqual(['file']);
  });
});

describe('a run over real files', () => {
  const target = { commands: [['build']], cwd: '/' as AbsolutePath, environment: {} };

  /** A run after `settledStart` that did what the records say. */
  function record(started: bigint, ...records: (string | Buffer)[]): ReadRecord {
    const lines = records.map((line) => Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]));
    mkdirSync(at('meta'), { recursive: true });
    const log = Buffer.concat([Buffer.from('V 5\n'), ...lines, Buffer.from('X 7 0 0\n# Bye bye\n')]);
    const { record: run, causes } = recordRun({
      accesses: summarizeAccesses(filemonRecords([log]), target.cwd),
      ...target,
      started: Number(started / 1000n),
      recorded: settledClock(at('meta'), BigInt(Date.now()) * 1_000_000n),
      files,
      ignored: [at('meta')],
    });
    expect(causes).toEqual([]);
    return {
      kind: 'good',
      metaFile: '',
      run,
      meta: { path: '', commands: [], cwd: '', target: '', output: Buffer.alloc(0) },
    };
  }

  const reasons = (read: ReadRecord): string[] =>
    [...reasonsToRun(target, read, files)].map((reason) =>
      'path' in reason ? `${reason.kind} ${reason.path.slice(root.length + 1)}` : reason.kind,
    );

  /** A start that all files so far are safely older than. */
  const settledStart = (): bigint => BigInt(Date.now()) * 1_000_000n + 2n * clockTick;

  test('stays up to date when touched, and is out of date when edited with size and time put back', () => {
    writeFileSync(at('a'), 'one');
    const read = record(settledStart(), `R 7 ${at('a')}`);
    const { atimeNs, mtimeNs } = statSync(at('a'), { bigint: true });
    utimesSync(at('a'), 1, 1);
    expect(reasons(read)).toEqual([]);
    writeFileSync(at('a'), 'two');
    utimesSync(at('a'), Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9);
    expect(reasons(read)).toEqual(['input-changed a']);
  });

  test('finds an output edited at once, whatever the clock says', () => {
    const started = BigInt(Date.now()) * 1_000_000n;
    writeFileSync(at('out'), 'one');
    const read = record(started, `W 7 ${at('out')}`);
    writeFileSync(at('out'), 'two');
    expect(reasons(read)).toEqual(['output-changed out']);
  });

  test('finds a link on the way turned elsewhere', () => {
    mkdirSync(at('v1'));
    mkdirSync(at('v2'));
    writeFileSync(at('v1/x'), '');
    writeFileSync(at('v2/x'), '');
    symlinkSync('v1', at('current'));
    const read = record(settledStart(), `R 7 ${at('current/x')}`);
    expect(reasons(read)).toEqual([]);
    symlinkSync('v2', at('next'));
    renameSync(at('next'), at('current'));
    expect(reasons(read)).toEqual(['link-changed current']);
  });

  test('knows files whose names are not UTF-8', () => {
    const name = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9])]);
    writeFileSync(name, 'one');
    const read = record(settledStart(), Buffer.concat([Buffer.from('R 7 '), name]));
    expect(reasons(read)).toEqual([]);
    writeFileSync(name, 'more');
    expect(reasons(read)).toEqual([`input-changed caf${decodePath(Buffer.from([0xe9]))}`]);
  });

  test('counts a second name given to an input meanwhile as a change', () => {
    writeFileSync(at('a'), 'one');
    const started = BigInt(Date.now()) * 1_000_000n;
    linkSync(at('a'), at('b'));
    expect(reasons(record(started, `R 7 ${at('a')}`))).toEqual(['changed-while-running a']);
  });

  test('takes two names of a file that it writes for one', () => {
    writeFileSync(at('a'), 'one');
    linkSync(at('a'), at('b'));
    const started = BigInt(Date.now()) * 1_000_000n;
    writeFileSync(at('a'), 'two');
    expect(reasons(record(started, `R 7 ${at('b')}`, `W 7 ${at('a')}`))).toEqual([]);
  });

  test('sees a directory that was put in the place of another', () => {
    for (const dir of ['old', 'new']) {
      mkdirSync(at(dir));
      writeFileSync(at(`${dir}/x`), dir);
      utimesSync(at(dir), 1, 1);
    }
    const started = BigInt(Date.now()) * 1_000_000n;
    renameSync(at('old'), at('away'));
    renameSync(at('new'), at('old'));
    expect(reasons(record(started, `R 7 ${at('old/x')}`))).toEqual(['changed-while-running old/x']);
  });

  test('sees an executable bit go from a program', () => {
    writeFileSync(at('tool'), '#!/bin/sh\n', { mode: 0o755 });
    const read = record(settledStart(), `E 7 ${at('tool')}`);
    chmodSync(at('tool'), 0o644);
    expect(readFileSync(at('tool'), 'utf8')).toBe('#!/bin/sh\n');
    expect(reasons(read)).toEqual(['input-changed tool']);
  });
});
