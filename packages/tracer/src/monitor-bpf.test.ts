import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import {
  buildChanger,
  buildRing,
  type MonitorLine,
  type MonitorProcess,
  monitorProcess,
  requireTool,
  until,
} from '@oodate/testkit';

import { findProbe } from './probe.js';

/*
 * The backend bpf of the monitor, by the monitor's protocol. What this process does is not told, as it is the one that has
 * started the monitor: so others do it.
 */

const asRoot =
  process.getuid?.() === 0 && requireTool('clang') && requireTool('libbpf') ? describe : describe.skip;
/** Nobody else's. */
const user = 61_000 + (process.pid % 4_000);
const asUser = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];
const all = 'content,attribute,delete,exec,exit';
const changer = buildChanger();

let folder: string;
let monitors: MonitorProcess[];

function begin(parent: string): void {
  folder = realpathSync(mkdtempSync(join(parent, 'oodate-monitor-')));
  chmodSync(folder, 0o755);
  monitors = [];
}

async function end(): Promise<void> {
  for (const monitor of monitors) await monitor.end('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

beforeEach(() => begin(tmpdir()));
afterEach(end);

const place = (name: string): string => join(folder, name);

function make(name: string, text = ''): string {
  writeFileSync(place(name), text);
  return place(name);
}

async function open(more: readonly string[] = [], under: readonly string[] = []): Promise<MonitorProcess> {
  const monitor = await monitorProcess(
    [...under, findProbe(), '--monitor', '--backend', 'bpf', ...more],
    decodePath,
  );
  monitors.push(monitor);
  expect(monitor.hello).toMatchObject({ backend: 'bpf' });
  return monitor;
}

/** Runs it there, and gives what it has said and its pid. */
function run(...words: string[]): SpawnSyncReturns<string> {
  const [program = '', ...args] = words;
  const done = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  expect({ words, status: done.status, stderr: done.stderr }).toEqual({ words, status: 0, stderr: '' });
  return done;
}

const shell = (script: string): SpawnSyncReturns<string> => run('sh', '-ec', script);

/** All that is told of what happens, up to a mark that is made at the end. */
async function eventsOf(monitor: MonitorProcess, acts: () => unknown): Promise<MonitorLine[]> {
  const mark = make('mark');
  await monitor.ask('express', 'attribute', mark);
  const from = monitor.events.length;
  await acts();
  run(changer, 'times', 'mark');
  await until(() => monitor.events.slice(from).some(({ path }) => path === mark));
  await monitor.ask('revoke', 'attribute', mark);
  return monitor.events.slice(from).filter(({ path, entry }) => path !== mark && entry !== 'mark');
}

function summaries(events: readonly MonitorLine[]): string[] {
  return events.map(({ event, reason, path, entry }) =>
    [event, reason, path.slice(folder.length + 1) || '.', entry].filter(Boolean).join(' '),
  );
}

function counts(values: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const value of values) found[value] = (found[value] ?? 0) + 1;
  return found;
}

/** File systems that differ in how they set times. */
const parents = ['ext4', 'tmpfs'].map((kind) => ({ kind, parent: kind === 'tmpfs' ? '/dev/shm' : tmpdir() }));

asRoot.each(parents)('on $kind the monitor tells', ({ kind, parent }) => {
  beforeEach(async () => {
    await end();
    begin(parent);
  });

  const write = ['CONTENT WRITE f'];
  const truncated = ['CONTENT FTRUNC f'];
  const cleared = ['CONTENT FCLEAR f'];
  const mapped = ['CONTENT MAP f'];
  const attribute = ['ATTRIBUTE f'];

  test('which call has changed a file, and who', async () => {
    make('other', 'x'.repeat(8192));
    const acts: [act: string, expected: string[]][] = [
      ['write', write],
      ['vector', write],
      ['at', write],
      // Within one tick of the clock, too.
      ['twice', [...write, ...write]],
      ['send', write],
      ['splice', write],
      ['copy', write],
      ['queue', write],
      ['empty', truncated],
      ['make', []],
      ['truncate', truncated],
      ['ftruncate', truncated],
      ['punch', cleared],
      ['zero', kind === 'tmpfs' ? [] : cleared],
      ['collapse', kind === 'tmpfs' ? [] : cleared],
      ['insert', kind === 'tmpfs' ? [] : cleared],
      ['extend', write],
      ['map', mapped],
      ['protect', mapped],
      ['store', [...mapped, ...mapped]],
      ['fill', [...mapped, ...mapped]],
      ['look', []],
      ['advise', [...mapped, ...cleared]],
      ['flags', attribute],
      ['times', attribute],
      ['attribute', attribute],
    ];
    const monitor = await open();
    await monitor.ask('express', all, make('f', 'x'.repeat(65_536)));
    const told: [string, string[]][] = [];
    for (const [act, expected] of acts) {
      if (expected.length === 0 && ['zero', 'collapse', 'insert'].includes(act)) {
        told.push([act, []]);
        continue;
      }
      make('f', 'x'.repeat(65_536));
      // Of a change in the same tick of the clock the kernel takes notice if somebody has looked at the time in between.
      statSync(place('f'), { bigint: true });
      let pid = 0;
      const events = await eventsOf(monitor, () => {
        pid = run(changer, act, 'f', 'other').pid;
      });
      told.push([act, summaries(events)]);
      for (const event of events)
        expect({ act, process: event.process }).toMatchObject({
          act,
          process: { pid, parent: process.pid, uid: 0, gid: 0, name: 'changer', executable: changer },
        });
    }
    expect(told).toEqual(acts);
  });

  test.each([
    ['a new name', 'touch new', ['CONTENT ENTRY . new']],
    [
      'a new name by a link that leads to it',
      'ln -s to l; touch l',
      ['CONTENT ENTRY . l', 'CONTENT ENTRY . to'],
    ],
    ['a folder, made and removed', 'mkdir new; rmdir new', ['CONTENT ENTRY . new', 'CONTENT ENTRY . new']],
    ['a fifo', 'mkfifo new', ['CONTENT ENTRY . new']],
    ['a further name', 'ln f new', ['ATTRIBUTE f', 'CONTENT ENTRY . new']],
    [
      'one name of two',
      'ln f new; unlink new',
      [...attribute, 'CONTENT ENTRY . new', 'CONTENT ENTRY . new', 'CONTENT REMOVE f'],
    ],
    ['the only name', 'unlink f', ['CONTENT ENTRY . f', 'CONTENT REMOVE f', 'DELETE f']],
    [
      'the only name of a file that is open',
      'exec 3<>f; rm f; exec 3<&-',
      ['CONTENT ENTRY . f', 'CONTENT REMOVE f', 'DELETE f'],
    ],
    ['another name', 'mv f new', ['CONTENT ENTRY . f', 'CONTENT ENTRY . new', 'CONTENT RENAME f']],
    ['another folder', 'mv f d/f', ['CONTENT ENTRY . f', 'CONTENT ENTRY d f', 'CONTENT RENAME f']],
    [
      'another file by its name',
      'cp f d/g; mv d/g f',
      ['CONTENT ENTRY . f', 'CONTENT ENTRY d g', 'CONTENT ENTRY d g', 'CONTENT REMOVE f', 'DELETE f'],
    ],
    ['another name of a folder', 'mv d e', ['CONTENT ENTRY . d', 'CONTENT ENTRY . e', 'CONTENT RENAME d']],
    ['the end of a folder', 'rmdir d', ['CONTENT ENTRY . d', 'CONTENT REMOVE d', 'DELETE d']],
    ['a mode', 'chmod 600 f; chmod 700 d', ['ATTRIBUTE d', 'ATTRIBUTE f']],
    ['an owner', 'chown 1 f', attribute],
  ])('%s', async (_, script, expected) => {
    const monitor = await open();
    make('f', 'x');
    mkdirSync(place('d'));
    for (const name of ['f', 'd', '.']) await monitor.ask('express', all, place(name));
    const events = await eventsOf(monitor, () => shell(script));
    expect(
      summaries(events)
        .map((line) => line.replace(basename(folder), '.'))
        .sort(),
    ).toEqual(expected);
    for (const { process } of events)
      expect(process).toMatchObject({ uid: 0, executable: expect.any(String) });
  });
});

asRoot('the monitor by bpf', () => {
  test('tells of each of 16 processes that write at once what it has written', async () => {
    const monitor = await open();
    const files = Array.from({ length: 16 }, (_, i) => make(`f.${i}`));
    for (const file of files) await monitor.ask('express', 'content', file);
    let said = '';
    const events = await eventsOf(monitor, async () => {
      // While they write the monitor's output is read, of which there is more than it keeps.
      const writing = spawn(changer, ['crowd', 'f'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
      writing.stdout.on('data', (text) => {
        said += text;
      });
      await new Promise((resolve) => writing.on('close', resolve));
    });
    const writers = new Map(
      said
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    expect(new Set(writers.values()).size).toBe(16);
    for (const [number, pid] of writers) {
      const own = events.filter(({ path }) => path === place(`f.${number}`));
      expect(counts(own.map(({ reason, process }) => `${reason} ${process.pid}`))).toEqual({
        [`WRITE ${pid}`]: 50,
      });
    }
    expect(events).toHaveLength(800);
  });

  test('tells of a removed file nothing that is done to one that gets its number', async () => {
    const monitor = await open();
    mkdirSync(place('d'));
    await monitor.ask('express', all, place('d'));
    const events = await eventsOf(monitor, () => {
      process.kill(monitor.hello.pid, 'SIGSTOP');
      // While it waits to be told of; ext4 gives a number that is free to the next.
      shell('rmdir d; for i in 1 2 3; do mkdir e; rmdir e; mkdir e; chmod 700 e; rmdir e; done');
      process.kill(monitor.hello.pid, 'SIGCONT');
    });
    expect(summaries(events)).toEqual(['CONTENT REMOVE d', 'DELETE d']);
    for (const { process: by } of events) expect(by.words).toEqual(['rmdir', 'd']);
  });

  test('tells by OVER what was lost in a burst, and the state after it', async () => {
    const monitor = await open();
    const file = make('f');
    await monitor.ask('express', 'content', file);
    monitor.reads(false);
    run(changer, 'burst', 'f');
    monitor.reads(true);
    await monitor.event({ event: 'STATE' });
    const { events } = monitor;
    const over = events.findIndex(({ event }) => event === 'OVER');
    expect(events[over + 1]).toMatchObject({ event: 'STATE', path: file, state: { size: '1' } });
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  });

  test('tells when the first process executes a file, and when the last one ends', async () => {
    const monitor = await open();
    copyFileSync('/bin/sh', place('program'));
    await monitor.ask('express', 'exec,exit', place('program'));
    const events = await eventsOf(monitor, () => {
      // One that executes it anew, one that forks, one beside another, one that executes something else.
      run('sh', '-ec', './program -c "exec ./program -c :"');
      run('sh', '-ec', './program -c "(:) & wait; :"');
      run('sh', '-ec', './program -c "./program -c :; :"');
      run('sh', '-ec', './program -c "exec true"');
      run(changer, 'thread', 'f', './program');
    });
    expect(summaries(events)).toEqual(
      Array.from({ length: 6 }, () => ['EXEC program', 'EXIT program']).flat(),
    );
  });

  test('tells of a script as well as of what interprets it', async () => {
    const monitor = await open();
    copyFileSync('/bin/sh', place('program'));
    mkdirSync(place('d'));
    writeFileSync(place('d/script'), `#!${place('program')}\n:\n`, { mode: 0o755 });
    symlinkSync('d/script', place('link'));
    for (const name of ['program', 'd/script']) await monitor.ask('express', 'exec,exit', place(name));
    const events = await eventsOf(monitor, () => {
      shell('d/script; cd d; ./script; PATH=.; script');
      run(place('link'));
    });
    expect(summaries(events)).toEqual(
      Array.from({ length: 4 }, () => [
        'EXEC program',
        'EXEC d/script',
        'EXIT program',
        'EXIT d/script',
      ]).flat(),
    );
    expect(events[0]?.process.words).toEqual([place('program'), 'd/script']);
  });

  test('knows who executes a file already when interest in it is expressed', async () => {
    const monitor = await open();
    copyFileSync('/bin/cat', place('program'));
    const running = spawn(place('program'), [], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      running.stdin.write('x');
      await new Promise((resolve) => running.stdout.once('data', resolve));
      const { state } = await monitor.ask('express', 'exec,exit', place('program'));
      expect(state).toMatchObject({ executing: 1 });
      const events = await eventsOf(monitor, async () => {
        run('./program', '/dev/null');
        running.stdin.end();
        await monitor.event({ event: 'EXIT' });
      });
      expect(events).toMatchObject([{ event: 'EXIT', process: { pid: running.pid } }]);
    } finally {
      running.kill('SIGKILL');
    }
  });

  test('tells of all of a file system, with paths', async () => {
    mkdirSync(place('m'));
    shell('mount -t tmpfs none m');
    try {
      shell(
        'mkdir "m/a b"; cp /bin/true m/true; echo "#!m/true" > m/script; chmod +x m/script; touch "m/a b/c"',
      );
      const monitor = await open();
      await monitor.ask('file-system', 'open,exec,content,attribute', place('m'));
      const events = await eventsOf(monitor, () => {
        shell('cat "m/a b/c"; cd "m/a b"; echo x > c; chmod 600 c; ../true; mv c ../d; cd ../..; m/script');
      });
      expect(summaries(events)).toEqual([
        'OPEN m/a b/c',
        'OPEN m/a b/c',
        'CONTENT FTRUNC m/a b/c',
        'CONTENT WRITE m/a b/c',
        'ATTRIBUTE m/a b/c',
        'EXEC m/true',
        'CONTENT ENTRY m/a b',
        'CONTENT ENTRY m',
        'CONTENT RENAME m/d',
        'EXEC m/true',
      ]);
    } finally {
      shell('umount m');
    }
  });

  test('tells who has mounted something over a file, and who has unmounted it', async () => {
    mkdirSync(place('d'));
    shell('mount -t tmpfs none d; touch d/f');
    try {
      const monitor = await open();
      await monitor.ask('express', 'content', place('d/f'));
      const over = await eventsOf(monitor, async () => {
        shell('mount --bind /dev/null d/f');
        await monitor.event({ reason: 'OVERMOUNT' });
      });
      expect(over).toMatchObject([{ path: place('d/f'), process: { name: 'mount' } }]);
      const gone = await eventsOf(monitor, async () => {
        shell('umount d/f; umount d');
        await monitor.event({ reason: 'UNMOUNT' });
      });
      expect(gone).toMatchObject([{ path: place('d/f'), process: { name: 'umount' } }]);
    } finally {
      spawnSync('umount', ['-l', place('d')]);
    }
  });

  test('tells where in kernel and program it was, if that is asked for', async () => {
    const monitor = await open(['--stacks']);
    await monitor.ask('express', 'content', make('f', 'x'.repeat(8192)));
    statSync(place('f'), { bigint: true });
    // What an address belongs to can be told as long as the process is there.
    const shell = spawn('sh', { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] });
    const [write] = await eventsOf(monitor, async () => {
      shell.stdin.write('echo x 1<>f\n');
      await monitor.event({ reason: 'WRITE' });
    });
    shell.stdin.end();
    expect(write?.stacks.kernel.join(' ')).toMatch(/vfs_write\+0x[0-9a-f]+/);
    expect(write?.stacks.user[0]).toMatch(/^\/.+\+0x[0-9a-f]+$/);
  });

  test.each([
    ['write', ['CONTENT FTRUNC f', 'CONTENT WRITE f']],
    ['sqpoll write', ['CONTENT FTRUNC f', 'CONTENT WRITE f']],
    ['rename', ['CONTENT f']],
    ['sqpoll rename', ['CONTENT f']],
  ])('tells of a change by a ring: %s', async (acts, expected) => {
    const monitor = await open();
    await monitor.ask('express', 'content', make('f', 'x'));
    statSync(place('f'), { bigint: true });
    const words = acts.replace('rename', 'rename f g').replace('write', 'write f').split(' ');
    const events = await eventsOf(monitor, () => run(buildRing(), ...words));
    // Where a worker of the ring's goes on with a write it is told that something has begun, unless that is within one tick.
    const told = summaries(events).filter((line) => line !== 'CONTENT f' || expected.includes(line));
    expect(told).toEqual(expected);
    expect(events[0]?.process).toMatchObject({ name: 'ring' });
  });

  test('tells pids as its own name space has them', async () => {
    const under = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const monitor = await open([], under);
    await monitor.ask('express', 'content', make('f'));
    const [event] = await eventsOf(monitor, () => run(changer, 'write', 'f'));
    // What is outside of it has no number there.
    expect(event?.process).toMatchObject({ pid: 0, parent: 0, name: 'changer' });
  });
});

(process.getuid?.() === 0 && requireTool('setcap') ? describe : describe.skip)(
  'another user, by the capabilities of the loader,',
  () => {
    const copies = (): string => {
      for (const name of ['oodate-probe', 'oodate-probe-bpf'])
        copyFileSync(join(findProbe(), '..', name), place(name));
      run('setcap', 'cap_bpf,cap_perfmon=ep', 'oodate-probe-bpf');
      return place('oodate-probe');
    };

    test('learns of others who they are, but not what they have been called with', async () => {
      chmodSync(folder, 0o777);
      const monitor = await monitorProcess([...asUser, copies(), '--monitor', '--stacks'], decodePath);
      monitors.push(monitor);
      expect(monitor.hello).toMatchObject({ backend: 'bpf' });
      const status = readFileSync(`/proc/${monitor.hello.pid}/status`, 'utf8');
      expect(status.match(/^Cap(?:Prm|Eff|Inh|Amb):.*$/gm)?.join(' ')).toMatch(/^(\w+:\t0+ ?){4}$/);
      await monitor.ask('express', 'content', make('f', 'x'));
      chmodSync(place('f'), 0o666);
      const [others, own] = await eventsOf(monitor, () => {
        run(changer, 'write', 'f');
        run(...asUser, changer, 'write', 'f');
      });
      expect(others?.process).toMatchObject({ uid: 0, name: 'changer', pid: expect.any(Number) });
      expect(Object.keys(others?.process)).not.toContain('words');
      expect(Object.keys(others?.process)).not.toContain('executable');
      expect(others?.stacks).toBeUndefined();
      expect(own?.process).toMatchObject({ uid: user, executable: changer, words: [changer, 'write', 'f'] });
      expect(own?.stacks.user).not.toHaveLength(0);
    });

    test('may not watch what it cannot reach, nor a whole file system', async () => {
      chmodSync(folder, 0o777);
      const monitor = await monitorProcess([...asUser, copies(), '--monitor'], decodePath);
      monitors.push(monitor);
      mkdirSync(place('d'), { mode: 0o700 });
      make('d/f');
      const refusals = [
        await monitor.ask('express', 'content', place('d/f')),
        await monitor.ask('file-system', 'open', folder),
      ];
      expect(refusals).toMatchObject([
        { refusal: { code: 'NOT_REACHABLE' } },
        { refusal: { code: 'NEEDS_ROOT' } },
      ]);
      expect(existsSync(place('d/f'))).toBe(true);
    });
  },
);
