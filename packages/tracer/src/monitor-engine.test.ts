import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import {
  buildActs,
  type MonitorLine,
  type MonitorProcess,
  monitorProcess,
  requireTool,
  until,
} from '@oodate/testkit';

import { findProbe } from './probe.js';

/*
 * The engine of the monitor, straight by its protocol, with the backend fanotify, which only root can use. What is done by
 * this process is its own, and not told: so others do it.
 */

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
/** Nobody else's. */
const user = 61_000 + (process.pid % 4_000);
const all = 'content,attribute,delete,exec,exit';

let folder: string;
let started: { readonly monitors: MonitorProcess[]; readonly shells: ChildProcess[] };

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-monitor-')));
  chmodSync(folder, 0o755);
  started = { monitors: [], shells: [] };
});
afterEach(async () => {
  for (const shell of started.shells) shell.kill('SIGKILL');
  for (const monitor of started.monitors) await monitor.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function place(name: string): string {
  return join(folder, name);
}

function make(name: string, text = ''): string {
  writeFileSync(place(name), text);
  return place(name);
}

async function open(under: readonly string[] = [], more: readonly string[] = []): Promise<MonitorProcess> {
  const words = [...under, findProbe(), '--monitor', '--backend', 'fanotify', ...more];
  const monitor = await monitorProcess(words, decodePath);
  started.monitors.push(monitor);
  return monitor;
}

/** A shell that has done this and lives on until the end of the test, as do the facts about it. */
async function act(script: string, ...words: readonly string[]): Promise<ChildProcess & { pid: number }> {
  const shell = spawn('sh', ['-ec', `${script}\necho done\nread -r _`, 'sh', ...words], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  shell.stdout.on('data', (text) => {
    said += text;
  });
  started.shells.push(shell);
  await until(() => said.endsWith('done\n') || shell.exitCode !== null);
  expect(said).toMatch(/done\n$/);
  return shell as unknown as ChildProcess & { pid: number };
}

/** What is told in one go, up to and with the one of a mark that is made at the end. */
async function eventsOf(monitor: MonitorProcess, acts: () => Promise<unknown>): Promise<MonitorLine[]> {
  const mark = make('mark');
  await monitor.ask('express', 'attribute', mark);
  const from = monitor.events.length;
  await acts();
  await act('chmod 600 mark');
  await until(() => monitor.events.slice(from).some(({ path }) => path === mark));
  await monitor.ask('revoke', 'attribute', mark);
  return monitor.events.slice(from).filter(({ path }) => path !== mark);
}

/** As that, and the monitor reads it all at once. */
function eventsAtOnce(monitor: MonitorProcess, acts: () => Promise<unknown>): Promise<MonitorLine[]> {
  return eventsOf(monitor, async () => {
    process.kill(monitor.hello.pid, 'SIGSTOP');
    await acts();
    process.kill(monitor.hello.pid, 'SIGCONT');
  });
}

function summaries(events: readonly MonitorLine[]): string[] {
  return events.map(({ event, reason, path, entry }) =>
    [event, reason, path.slice(folder.length + 1) || '.', entry].filter(Boolean).join(' '),
  );
}

function expectContiguous(events: readonly MonitorLine[]): void {
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
}

asRoot('the engine of the monitor', () => {
  test('says first which backend it has and what that can tell', async () => {
    const { hello } = await open();
    expect(hello).toEqual({
      monitor: 1,
      backend: 'fanotify',
      pid: expect.any(Number),
      tells: ['process', 'exec', 'exit', 'file-systems'],
    });
  });

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', undefined] as const)('ends well by %s', async (signal) => {
    const monitor = await open();
    expect(await monitor.end(signal)).toBe(0);
  });

  test('ends when nobody can read any more what it tells', async () => {
    const child = spawn(findProbe(), ['--monitor', '--backend', 'fanotify'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    await until(() => child.exitCode !== null);
    expect(child.exitCode).toBe(0);
  });

  test('without a name it falls back on the backend that works', async () => {
    copyFileSync(findProbe(), place('oodate-probe'));
    const monitor = await monitorProcess([place('oodate-probe'), '--monitor'], decodePath);
    started.monitors.push(monitor);
    expect(monitor.hello.backend).toBe('fanotify');
  });

  test('says of each backend whether it works', () => {
    copyFileSync(findProbe(), place('oodate-probe'));
    const { stdout, status } = spawnSync(place('oodate-probe'), ['--monitor', '--check'], {
      encoding: 'utf8',
    });
    expect({ status, lines: stdout.split('\n').map((line) => line.split('\t').slice(0, 3)) }).toEqual({
      status: 0,
      lines: [['bpf', 'no', 'NOT_BUILT'], ['fanotify', 'yes', ''], ['']],
    });
  });

  test.each([
    ['fanotify', 'NO_CAPABILITY'],
    ['nosuch', 'NO_SUCH_BACKEND'],
  ])('refuses for %s with %s, and ends, where it cannot work', async (backend, code) => {
    const words = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--inh-caps=-all'];
    const monitor = await monitorProcess(
      [...words, findProbe(), '--monitor', '--backend', backend],
      decodePath,
    );
    expect(monitor.hello).toEqual({
      refusal: { code, sentence: expect.any(String), remedy: expect.any(String) },
    });
    expect(await monitor.end()).toBe(1);
  });

  describe('asked for interest', () => {
    test.each<[string, () => string, MonitorLine]>([
      ['a file', () => make('a', 'abc'), { type: 'file', size: '3', links: 1, executing: 0 }],
      ['a directory', () => folder, { type: 'directory' }],
      [
        'a symbolic link',
        () => {
          symlinkSync('\u0007"nowhere"', place('l'));
          return place('l');
        },
        { type: 'link', target: '\u0007"nowhere"' },
      ],
      [
        'a pipe',
        () => {
          execFileSync('mkfifo', [place('p')]);
          return place('p');
        },
        { type: 'fifo' },
      ],
      ['a device', () => '/dev/null', { type: 'character' }],
    ])('answers with the state of %s', async (_, path, state) => {
      const monitor = await open();
      const file = path();
      const answer = await monitor.ask('express', all, file);
      const { dev, ino, mode, nlink, uid, gid, mtimeNs, ctimeNs } = lstatSync(file, { bigint: true });
      expect(answer.state).toMatchObject({
        device: `${(dev >> 8n) & 0xfffn}:${dev & 0xffn}`,
        inode: String(ino),
        mode: Number(mode),
        links: Number(nlink),
        uid: Number(uid),
        gid: Number(gid),
        mtime: String(mtimeNs),
        ctime: String(ctimeNs),
        ...state,
      });
    });

    test.each<[string, () => string | Buffer]>([
      ['NOT_ABSOLUTE', () => 'a'],
      ['NOT_THERE', () => place('nosuch')],
      ['NOT_THERE', () => join(make('a'), 'below')],
      ['NAME_TOO_LONG', () => place('x'.repeat(256))],
      ['NAME_TOO_LONG', () => `/${'x/'.repeat(2100)}`],
      ['KERNEL_FILE_SYSTEM', () => '/proc/1/status'],
      ['KERNEL_FILE_SYSTEM', () => '/sys/kernel'],
      ['KERNEL_FILE_SYSTEM', () => '/dev/pts'],
    ])('refuses with %s', async (code, path) => {
      const monitor = await open();
      const { refusal } = await monitor.ask('express', all, path());
      expect(refusal).toEqual({ code, sentence: expect.any(String), remedy: expect.any(String) });
    });

    test('names the symbolic link that the path goes through', async () => {
      mkdirSync(place('d/e'), { recursive: true });
      symlinkSync('d', place('l'));
      const monitor = await open();
      const { refusal } = await monitor.ask('express', all, place('l/e'));
      expect(refusal).toMatchObject({
        code: 'THROUGH_LINK',
        sentence: `the path goes through the symbolic link ${place('l')}`,
      });
    });

    test('refuses what it may not look at', async () => {
      mkdirSync(place('d'), { mode: 0o700 });
      make('d/a');
      execFileSync('chown', [String(user), place('d')]);
      const monitor = await open(['setpriv', '--bounding-set=-dac_override,-dac_read_search']);
      expect(await monitor.ask('express', all, place('d/a'))).toMatchObject({
        refusal: { code: 'NOT_REACHABLE' },
      });
    });

    (requireTool('bindfs') ? test : test.skip)(
      'refuses a file on a file system that others serve',
      async () => {
        mkdirSync(place('from'));
        mkdirSync(place('to'));
        make('from/a');
        execFileSync('bindfs', [place('from'), place('to')]);
        try {
          const monitor = await open();
          expect(await monitor.ask('express', all, place('to/a'))).toMatchObject({
            refusal: { code: 'NETWORK_FILE_SYSTEM' },
          });
        } finally {
          execFileSync('umount', [place('to')]);
        }
      },
    );

    test('refuses when it has no descriptor left', async () => {
      const path = make('a');
      // How many it needs by itself is its own matter: with the least with which it begins it has none for a file.
      for (let limit = 8; ; limit += 1) {
        const monitor = await open(['prlimit', `--nofile=${limit}:${limit}`]);
        if (monitor.hello.backend === undefined) continue;
        expect(await monitor.ask('express', all, path)).toMatchObject({ refusal: { code: 'TOO_MANY' } });
        return;
      }
    });

    test('refuses to tell of a whole file system to one who is not root', async () => {
      const words = ['setpriv', `--reuid=${user}`, '--inh-caps=+sys_admin', '--ambient-caps=+sys_admin'];
      const monitor = await open(words);
      expect(await monitor.ask('file-system', 'open', folder)).toMatchObject({
        refusal: { code: 'NEEDS_ROOT' },
      });
    });

    test('answers each request that is none, and the next one', async () => {
      const bad = [
        '',
        'x',
        'express',
        'express x content /',
        'express 7',
        'express 7 content',
        'express 7 /tmp /tmp',
      ];
      const worse = [
        'express 7 content,what /',
        'express 7 ,, /',
        'nosuch 7 content /',
        `express 7 ${'x'.repeat(40_000)}`,
      ];
      const monitor = await open();
      for (const request of [...bad, ...worse]) monitor.send(`${request}\0`);
      expect(await monitor.ask('express', all, make('a'))).toHaveProperty('state');
      expect(monitor.otherAnswers.map(({ refusal }) => refusal.code)).toEqual(
        [...bad, ...worse].map(() => 'BAD_REQUEST'),
      );
    });

    test('misses no change between its answer and what it tells from then on', async () => {
      const names = Array.from({ length: 300 }, (_, index) => make(`f${index}`));
      const writer = spawn('sh', ['-c', 'while read -r file; do echo x >> "$file"; done; echo done'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let said = '';
      writer.stdout.on('data', (text) => {
        said += text;
      });
      const monitor = await open();
      writer.stdin.end(names.map((name) => `${name}\n`).join(''));
      await until(() => lstatSync(names[0] as string).size > 0);
      const answers = await Promise.all(names.map((name) => monitor.ask('express', 'content', name)));
      await until(() => said === 'done\n');
      const missing = (): string[] =>
        names.filter(
          (name, index) =>
            answers[index]?.state.size === '0' && !monitor.events.some(({ path }) => path === name),
        );
      await until(() => missing().length === 0);
      expect(answers.map(({ state }) => state.size)).toContain('2');
    });

    test('watches the file whose state it has answered with while it is replaced all the time', async () => {
      const path = make('a');
      const replacer = spawn(buildActs(), 'repeat 1000000000 [ create b rename b a ]'.split(' '), {
        cwd: folder,
        stdio: 'ignore',
      });
      started.shells.push(replacer);
      const monitor = await open();
      const states: MonitorLine[] = [];
      while (states.length < 1000) {
        const { state } = await monitor.ask('express', all, path);
        if (state !== undefined) states.push(state);
      }
      replacer.kill('SIGKILL');
      await until(() => replacer.signalCode !== null);
      const last = String(lstatSync(path).ino);
      const endings = (inode: string): string[] =>
        summaries(monitor.events.filter((event) => event.inode === inode));
      for (const { inode } of states.filter((state) => state.inode !== last)) {
        await until(() => endings(inode).includes('DELETE a'));
        expect(endings(inode)).toContain('CONTENT REMOVE a');
      }
      for (const { event, process: by } of monitor.events)
        if (event === 'DELETE') expect(by).toMatchObject({ pid: replacer.pid });
      expectContiguous(monitor.events);
    });
  });

  describe('with interest expressed', () => {
    test('tells what was done, by whom, and of which file', async () => {
      const path = make('a');
      const monitor = await open();
      const { state } = await monitor.ask('express', all, path);
      const before = Date.now();
      const { pid } = await act('echo x >> a');
      const event = await monitor.event({ event: 'CONTENT' });
      expect(event).toEqual({
        event: 'CONTENT',
        path,
        device: state.device,
        inode: state.inode,
        time: { seconds: expect.any(Number), nanoseconds: expect.any(Number) },
        sequence: 1,
        process: {
          pid,
          parent: process.pid,
          uid: 0,
          gid: 0,
          name: 'sh',
          executable: realpathSync('/bin/sh'),
          words: ['sh', '-ec', 'echo x >> a\necho done\nread -r _', 'sh'],
          ancestors: expect.arrayContaining([{ pid: process.pid, name: expect.any(String) }]),
        },
      });
      const at = event.time.seconds * 1000 + event.time.nanoseconds / 1e6;
      expect(at).toBeGreaterThanOrEqual(before - 1);
      expect(at).toBeLessThanOrEqual(Date.now() + 1);
    });

    test.each([
      ['writing', 'echo x >> a', ['CONTENT a']],
      ['truncation', 'truncate -s 0 a', ['CONTENT a']],
      ['a mode', 'chmod 600 a', ['ATTRIBUTE a']],
      ['a time', 'touch -d 2001-01-01 a', ['ATTRIBUTE a']],
      ['an owner', 'chown 1 a', ['ATTRIBUTE a']],
      ['one more name', 'ln a b', ['ATTRIBUTE a']],
      ['a new name', 'mv a b', ['CONTENT RENAME a']],
      ['its removal', 'rm a', ['CONTENT REMOVE a', 'DELETE a']],
      ['its replacement', 'echo > b; mv b a', ['CONTENT REMOVE a', 'DELETE a']],
      ['reading', 'cat a > b', []],
    ])('tells of %s of a file', async (_, script, told) => {
      const monitor = await open();
      await monitor.ask('express', all, make('a', 'abc'));
      expect(summaries(await eventsOf(monitor, () => act(script)))).toEqual(told);
    });

    test.each([
      ['a new file', 'true > d/x', ['CONTENT ENTRY d x']],
      ['a removed one', 'rm d/old', ['CONTENT ENTRY d old']],
      ['a renamed one', 'mv d/old d/new', ['CONTENT ENTRY d old', 'CONTENT ENTRY d new']],
      ['a new directory', 'mkdir d/e', ['CONTENT ENTRY d e']],
      ['its own mode', 'chmod 700 d', ['ATTRIBUTE d']],
      ['its own name', 'mv d e', ['CONTENT RENAME d']],
      [
        'its own mode, once less is in it',
        'rmdir d/sub; chmod 700 d',
        ['CONTENT ENTRY d sub', 'ATTRIBUTE d'],
      ],
      [
        'its end',
        'rm d/old; rmdir d/sub; rmdir d',
        ['CONTENT ENTRY d old', 'CONTENT ENTRY d sub', 'CONTENT REMOVE d', 'DELETE d'],
      ],
      ['what is in a file', 'echo x > d/old', []],
    ])('tells of %s of a directory', async (_, script, told) => {
      const monitor = await open();
      mkdirSync(place('d/sub'), { recursive: true });
      make('d/old');
      await monitor.ask('express', all, place('d'));
      expect(summaries(await eventsOf(monitor, () => act(script)))).toEqual(told);
    });

    test('tells of a symbolic link itself, and nothing of what it leads to', async () => {
      make('a');
      symlinkSync('a', place('l'));
      const monitor = await open();
      await monitor.ask('express', all, place('l'));
      const events = await eventsOf(monitor, () => act('echo x >> l; chown -h 1 l; ln -sfn b l'));
      // Both change the link's attributes; read at once, which was which cannot be told.
      expect(summaries(events).sort()).toEqual(['ATTRIBUTE l', 'CONTENT REMOVE l', 'DELETE l']);
    });

    test('tells who has changed a file and who has removed it apart, whenever it reads that', async () => {
      const monitor = await open();
      await monitor.ask('express', all, make('a'));
      const acts = ['chmod 600', 'rm'].map((words) => `sh -c 'echo $$; exec ${words} a' >> pids`);
      const events = await eventsAtOnce(monitor, () => act(acts.join('; ')));
      const [changer, remover] = readFileSync(place('pids'), 'latin1').split('\n').map(Number);
      expect(events.map(({ event, process: by }) => [event, by.pid])).toEqual([
        ['ATTRIBUTE', changer],
        ['CONTENT', remover],
        ['DELETE', remover],
      ]);
    });

    test.each([
      ['rename a c unlink c', ['CONTENT RENAME a', 'CONTENT REMOVE a', 'DELETE a']],
      ['unlink a unlink b', ['CONTENT REMOVE a', 'DELETE a']],
      ['chmod d rmdir d', ['ATTRIBUTE d', 'CONTENT REMOVE d', 'DELETE d']],
    ])(
      'tells what one process has done in a row, of which the kernel makes one event: %s',
      async (acts, told) => {
        const monitor = await open();
        linkSync(make('a'), place('b'));
        mkdirSync(place('d'));
        for (const name of ['a', 'd']) await monitor.ask('express', all, place(name));
        const words = [buildActs(), ...acts.replace('rename', 'unlink b rename').split(' ')].join(' ');
        expect(summaries(await eventsAtOnce(monitor, () => act(words)))).toEqual(told);
      },
    );

    test('tells of a file by each of its names that is of interest', async () => {
      linkSync(make('a'), place('b'));
      const monitor = await open();
      await monitor.ask('express', all, place('b'));
      await monitor.ask('express', all, place('a'));
      const events = await eventsOf(monitor, () => act('echo x >> a; rm a; rm b'));
      expect(summaries(events)).toEqual([
        ...['CONTENT a', 'CONTENT b'],
        ...['CONTENT REMOVE a', 'CONTENT REMOVE b', 'CONTENT REMOVE a', 'CONTENT REMOVE b'],
        ...['DELETE a', 'DELETE b'],
      ]);
      expectContiguous(monitor.events);
    });

    test('calls a file deleted only when nobody has it open any more', async () => {
      const monitor = await open();
      await monitor.ask('express', all, make('a'));
      const removal = await eventsOf(monitor, () => act('exec 3< a; rm a'));
      expect(summaries(removal)).toEqual(['CONTENT REMOVE a']);
      const closing = await eventsOf(monitor, async () => {
        started.shells[0]?.kill('SIGKILL');
        await monitor.event({ event: 'DELETE' });
      });
      expect(closing).toEqual([
        expect.objectContaining({ event: 'DELETE', path: place('a'), process: removal[0]?.process }),
      ]);
      expect(await monitor.ask('revoke', all, place('a'))).toMatchObject({
        refusal: { code: 'NOT_EXPRESSED' },
      });
    });

    test('tells of a new file of the same name when interest is expressed in it, too', async () => {
      const monitor = await open();
      const path = make('a');
      const { state: old } = await monitor.ask('express', all, path);
      await act('exec 3< a; mv a kept; echo > a');
      const { state } = await monitor.ask('express', all, path);
      expect(state.inode).not.toBe(old.inode);
      const events = await eventsOf(monitor, () => act('chmod 600 a; chmod 600 kept'));
      expect(events.map(({ event, inode }) => [event, inode])).toEqual([
        ['ATTRIBUTE', state.inode],
        ['ATTRIBUTE', old.inode],
      ]);
      await monitor.ask('revoke', all, path);
      expect(await eventsOf(monitor, () => act('chmod 600 a; chmod 600 kept'))).toEqual([]);
    });

    test('tells what any request has wanted, until the last of it is revoked', async () => {
      const monitor = await open();
      const path = make('a');
      const tellings = async (): Promise<string[]> =>
        summaries(await eventsOf(monitor, () => act('chmod 600 a; echo x >> a')));
      await monitor.ask('express', 'content', path);
      expect(await tellings()).toEqual(['CONTENT a']);
      await monitor.ask('express', 'attribute', path);
      expect(await tellings()).toEqual(['ATTRIBUTE a', 'CONTENT a']);
      expect(await monitor.ask('revoke', 'content,exec', path)).toEqual({ answer: expect.any(Number) });
      expect(await tellings()).toEqual(['ATTRIBUTE a']);
      await monitor.ask('revoke', 'attribute', path);
      expect(await tellings()).toEqual([]);
      expect(await monitor.ask('revoke', 'attribute', path)).toMatchObject({
        refusal: { code: 'NOT_EXPRESSED' },
      });
    });

    test('tells of the first process that begins to execute a file, and of the last that ends', async () => {
      copyFileSync('/bin/sleep', place('s'));
      const monitor = await open();
      const running = async (): Promise<ChildProcess> => {
        const shell = spawn(place('s'), ['60'], { stdio: 'ignore' });
        started.shells.push(shell);
        await until(
          () => existsSync(`/proc/${shell.pid}/exe`) && realpathSync(`/proc/${shell.pid}/exe`) === place('s'),
        );
        return shell;
      };
      const [first, second] = [await running(), await running()];
      const { state } = await monitor.ask('express', 'exec,exit', place('s'));
      expect(state.executing).toBe(2);
      first.kill('SIGKILL');
      // Of a beginning and an end that wait it could not tell which came first.
      let third = first;
      expect(
        await eventsOf(monitor, async () => {
          third = await running();
        }),
      ).toEqual([]);
      second.kill('SIGKILL');
      expect(await eventsOf(monitor, async () => {})).toEqual([]);
      third.kill('SIGKILL');
      expect(await monitor.event({ event: 'EXIT' })).toMatchObject({ process: { pid: third.pid } });
      const fourth = await running();
      expect(await monitor.event({ event: 'EXEC' })).toMatchObject({
        process: { pid: fourth.pid, name: 's', executable: place('s'), words: [place('s'), '60'] },
      });
      fourth.kill('SIGKILL');
      expect(await monitor.event({ event: 'EXIT' })).toMatchObject({
        process: { pid: fourth.pid, name: 's' },
      });
    });

    test('tells of each of those that execute a file one after the other', async () => {
      copyFileSync('/bin/true', place('t'));
      const monitor = await open();
      await monitor.ask('express', 'exec,exit', place('t'));
      const events = await eventsOf(monitor, () => act('for i in 1 2 3 4 5; do ./t; done'));
      expect(summaries(events)).toEqual(Array.from({ length: 5 }, () => ['EXEC t', 'EXIT t']).flat());
    });

    test('tells of a script and of what interprets it', async () => {
      copyFileSync('/bin/sh', place('interpreter'));
      writeFileSync(place('script'), `#!${place('interpreter')}\n:\n`, { mode: 0o755 });
      const monitor = await open();
      await monitor.ask('express', 'exec,exit', place('script'));
      await monitor.ask('express', 'exec,exit', place('interpreter'));
      const events = await eventsOf(monitor, () => act('./script'));
      expect(summaries(events).sort()).toEqual([
        'EXEC interpreter',
        'EXEC script',
        'EXIT interpreter',
        'EXIT script',
      ]);
    });

    test('knows users apart', async () => {
      chmodSync(make('a'), 0o666);
      const monitor = await open();
      await monitor.ask('express', all, place('a'));
      const shell = spawn(
        'setpriv',
        [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', 'sh', '-c', 'echo >> a; read -r _'],
        {
          cwd: folder,
          stdio: ['pipe', 'ignore', 'inherit'],
        },
      );
      started.shells.push(shell);
      const { process: own } = await monitor.event({ event: 'CONTENT' });
      expect(own).toMatchObject({
        pid: shell.pid,
        uid: user,
        gid: user,
        name: 'sh',
        words: expect.any(Array),
      });
    });

    test('tells names byte for byte', async () => {
      const monitor = await open();
      const name = Buffer.concat([
        Buffer.from(`${folder}/line\nquote"back\\slash\ttab ä €`),
        Buffer.from([0xff, 0xc3, 0x28, 0x7f, 0x01]),
      ]);
      writeFileSync(name, '');
      expect(await monitor.ask('express', all, name)).toHaveProperty('state');
      await monitor.ask('express', all, folder);
      await act('for file in line*; do echo x >> "$file"; mv "$file" "$file~"; done');
      expect(await monitor.event({ event: 'CONTENT' })).toMatchObject({ path: decodePath(name) });
      const entry = decodePath(name.subarray(folder.length + 1));
      expect(await monitor.event({ reason: 'ENTRY', entry })).toMatchObject({ path: folder });
      await monitor.event({ reason: 'ENTRY', entry: `${entry}~` });
    });

    test('does not tell of what its own reader does', async () => {
      const monitor = await open();
      const path = make('a');
      await monitor.ask('express', all, path);
      expect(await eventsOf(monitor, async () => truncateSync(path, 100))).toEqual([]);
    });

    test('serves several thousand files', async () => {
      const names = Array.from({ length: 3000 }, (_, index) => make(`f${index}`)).sort();
      const monitor = await open();
      await Promise.all(names.map((name) => monitor.ask('express', all, name)));
      // Not so many at a time that there is no room for them.
      for (const digit of '0123456789') {
        const before = monitor.events.length;
        await act('for file in f*"$1"; do echo >> "$file"; done', digit);
        await until(() => monitor.events.length >= before + names.length / 10);
      }
      expect(monitor.events.map(({ path }) => path).sort()).toEqual(names);
      expectContiguous(monitor.events);
    });
  });

  describe('where something was lost', () => {
    test('says so, and then tells the state of all that is of interest, without a gap', async () => {
      const monitor = await open();
      const kept = [make('a'), make('b'), make('c')];
      for (const path of [...kept, make('gone')]) await monitor.ask('express', all, path);
      mkdirSync(place('d'));
      await monitor.ask('express', all, place('d'));
      monitor.reads(false);
      // Each name is told by itself, while the kernel makes one of many writes.
      await act(
        'i=0; while [ $i -lt 6000 ]; do : > "d/$i"; i=$((i+1)); done; for i in a b c; do echo x > $i; done; rm gone',
      );
      monitor.reads(true);
      const { lost } = await monitor.event({ event: 'OVER' });
      expect(lost).toBeGreaterThan(0);
      const states = [];
      for (let count = 0; count < 5; count += 1) states.push(await monitor.event({ event: 'STATE' }));
      const byPath = new Map(states.map((line) => [line.path, line]));
      for (const path of kept)
        expect(byPath.get(path)?.state).toMatchObject({ size: String(lstatSync(path).size) });
      expect(byPath.get(place('d'))?.state).toMatchObject({ type: 'directory' });
      expect(byPath.get(place('gone'))).toMatchObject({ state: null, ended: true });
      await act('chmod 600 a');
      await monitor.event({ event: 'ATTRIBUTE', path: place('a') });
      expectContiguous(monitor.events);
    });

    test('says nothing of an interest that ended before it was expressed anew', async () => {
      const monitor = await open();
      const path = make('a');
      mkdirSync(place('d'));
      for (const each of [path, place('d')]) await monitor.ask('express', all, each);
      monitor.reads(false);
      await act(
        'i=0; while [ $i -lt 6000 ]; do : > "d/$i"; i=$((i+1)); done; exec 3< a; rm a; echo x > a; exec 3<&-',
      );
      const asked = monitor.ask('express', all, path);
      monitor.reads(true);
      expect((await asked).state).toMatchObject({ size: '2' });
      await monitor.event({ event: 'OVER' });
      const states = [];
      for (let count = 0; count < 2; count += 1) states.push(await monitor.event({ event: 'STATE' }));
      expect(await eventsOf(monitor, () => act('chmod 600 a'))).toEqual([
        expect.objectContaining({ event: 'ATTRIBUTE', path }),
      ]);
      expect(states.map(({ path: of, ended }) => [of, ended]).sort()).toEqual([
        [path, undefined],
        [place('d'), undefined],
      ]);
      expectContiguous(monitor.events);
    });

    test('the same goes for what the kernel has lost', async () => {
      const queue = Number(readFileSync('/proc/sys/fs/fanotify/max_queued_events', 'utf8'));
      const monitor = await open();
      const path = make('a');
      mkdirSync(place('d'));
      await monitor.ask('express', all, path);
      await monitor.ask('express', all, place('d'));
      process.kill(monitor.hello.pid, 'SIGSTOP');
      await act('echo x >> a; cd d; seq "$1" | xargs touch; echo x >> ../a', String(queue + 500));
      process.kill(monitor.hello.pid, 'SIGCONT');
      expect(await monitor.event({ event: 'OVER' })).not.toHaveProperty('lost');
      await until(() => monitor.events.filter(({ event }) => event === 'STATE').length >= 2);
      expect(monitor.events.find(({ event, path: of }) => event === 'STATE' && of === path)).toMatchObject({
        state: { size: '4' },
      });
      expectContiguous(monitor.events);
    });

    test('answers all that was asked while nobody read', async () => {
      const monitor = await open();
      monitor.reads(false);
      const path = make('a', 'x');
      const answers = Array.from({ length: 10_000 }, () => monitor.ask('express', 'content', path));
      // It has nothing to do any more, as there is no room for answers.
      let idle = 0;
      await until(() => {
        idle = / S /.test(readFileSync(`/proc/${monitor.hello.pid}/stat`, 'latin1')) ? idle + 1 : 0;
        return idle > 20;
      });
      monitor.reads(true);
      expect((await Promise.all(answers)).every(({ state }) => state.size === '1')).toBe(true);
    });
  });

  describe('where mounts change', () => {
    /** In a mount namespace of the monitor's. */
    async function openApart(): Promise<{ monitor: MonitorProcess; mounts: (script: string) => void }> {
      const monitor = await open(['unshare', '--mount', '--propagation', 'private']);
      const { pid } = monitor.hello;
      const mounts = (script: string): void => {
        execFileSync('nsenter', [
          '--mount',
          `--target=${pid}`,
          'sh',
          '-ec',
          `cd "$1"; ${script}`,
          'sh',
          folder,
        ]);
      };
      mkdirSync(place('m'));
      mounts('mount -t tmpfs none m; mkdir m/d; echo x > m/d/a; echo y > b');
      return { monitor, mounts };
    }

    test('tells that something is mounted over a path, each time, and nothing when it goes', async () => {
      const { monitor, mounts } = await openApart();
      await monitor.ask('express', all, place('m/d/a'));
      const tell = (script: string): Promise<MonitorLine[]> => eventsOf(monitor, async () => mounts(script));
      const overmount = [
        expect.objectContaining({ event: 'CONTENT', reason: 'OVERMOUNT', path: place('m/d/a') }),
      ];
      expect(await tell('mount --bind b m/d/a')).toEqual(overmount);
      expect(await tell('umount m/d/a')).toEqual([]);
      expect(await tell('mount --bind b m/d/a')).toEqual(overmount);
      expect(await tell('umount m/d/a; mount -t tmpfs none m/d')).toEqual(overmount);
      expect(await tell('umount m/d')).toEqual([]);
      expect(await tell('mount -t tmpfs none /mnt; umount /mnt; rm m/d/a')).toEqual([
        expect.objectContaining({ reason: 'REMOVE' }),
        expect.objectContaining({ event: 'DELETE' }),
      ]);
    });

    test.each(['umount m', 'umount -l m', 'umount m; mount -t tmpfs none m; mkdir m/d; echo x > m/d/a'])(
      'tells that a file system is gone, and ends the interest: %s',
      async (script) => {
        const { monitor, mounts } = await openApart();
        await monitor.ask('express', all, place('m/d/a'));
        await monitor.ask('express', all, place('m/d'));
        const events = await eventsOf(monitor, async () => mounts(script));
        expect(summaries(events).sort()).toEqual(['CONTENT UNMOUNT m/d', 'CONTENT UNMOUNT m/d/a']);
        expect(await monitor.ask('revoke', all, place('m/d/a'))).toMatchObject({
          refusal: { code: 'NOT_EXPRESSED' },
        });
      },
    );

    test('tells modes and removal apart where no file can be opened by its handle', async () => {
      const { monitor, mounts } = await openApart();
      mounts('mount -t ramfs none m; echo > m/a; ln m/a m/b');
      await monitor.ask('express', all, place('m/a'));
      const acts = 'chmod 600 m/a; ln m/a m/c; rm m/b; chmod 644 m/a; rm m/a; chmod 600 m/c; rm m/c';
      for (const act of acts.split('; ')) {
        const count = monitor.events.length;
        mounts(act);
        await until(() => monitor.events.length > count);
      }
      await monitor.event({ event: 'DELETE' });
      // Of a name that is not known, nobody can say that it was the last.
      expect(summaries(monitor.events)).toEqual([
        ...['ATTRIBUTE m/a', 'ATTRIBUTE m/a', 'CONTENT REMOVE m/a', 'ATTRIBUTE m/a'],
        ...['CONTENT REMOVE m/a', 'ATTRIBUTE m/a', 'ATTRIBUTE m/a', 'DELETE m/a'],
      ]);
      expect(await monitor.ask('file-system', 'open', place('m'))).toMatchObject({
        refusal: { code: 'UNSUITABLE_FILE_SYSTEM' },
      });
    });

    test('tells what is done in a whole file system, by path', async () => {
      const { monitor, mounts } = await openApart();
      expect(await monitor.ask('file-system', 'open,exec,content,attribute', place('m'))).toEqual({
        answer: expect.any(Number),
      });
      mounts('cp /bin/true m/t; mkdir m/e; mv m/t m/e/t; m/e/t; chmod 600 m/e/t');
      await monitor.event({ event: 'ATTRIBUTE', path: place('m/e/t') });
      expect([...new Set(summaries(monitor.events))]).toEqual(
        expect.arrayContaining(['OPEN m/e/t', 'EXEC m/e/t', 'ATTRIBUTE m/e/t']),
      );
      mounts('umount m');
      expectContiguous(monitor.events);
    });
  });
});
