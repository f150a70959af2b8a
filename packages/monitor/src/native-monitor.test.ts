import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { childrenOf, until } from '@oodate/testkit';
import type { BackendName, Monitor } from './monitor.js';
import { monitorBackends } from './monitor-backends.js';
import { type InterestKind, interestKinds, type MonitorEvent } from './monitor-event.js';
import { openMonitor } from './open-monitor.js';

/*
 * The native program through its client. What each event and reason needs in order to happen is the native tests' matter.
 */

const working = monitorBackends()
  .filter(({ works, name }) => works && name !== 'inotify')
  .map(({ name }) => name);
const all: readonly InterestKind[] = ['content', 'attribute', 'delete'];

let folder: string;
const monitors: Monitor[] = [];
const at = (name: string) => join(folder, name) as AbsolutePath;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-native-')));
  writeFileSync(at('a'), 'one');
  mkdirSync(at('d'));
});
afterEach(async () => {
  for (const monitor of monitors.splice(0)) await monitor.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: Parameters<typeof openMonitor>[0]): Promise<Monitor> {
  const monitor = await openMonitor(options);
  monitors.push(monitor);
  return monitor;
}

/** In processes of its own: what the monitor's own does is not told. */
function act(line: string): void {
  expect(spawnSync('sh', ['-ec', line], { cwd: folder, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
}

/** Takes events until one is of this kind. */
async function upTo(monitor: Monitor, kind: MonitorEvent['event']): Promise<MonitorEvent[]> {
  const events: MonitorEvent[] = [];
  for await (const event of monitor) {
    events.push(event);
    if (event.event === kind) break;
  }
  return events;
}

test('every backend is told of, best first, and what to do about one that does not work', () => {
  const backends = monitorBackends();
  expect(backends.map(({ name }) => name)).toEqual(
    (['bpf', 'fanotify', 'inotify'] as const).filter((name) => backends.some((one) => one.name === name)),
  );
  for (const { works, sentence, remedy, code } of backends) {
    expect(sentence).not.toBe('');
    expect(code === '').toBe(works);
    expect(works && remedy !== '').toBe(false);
  }
});

test('the best that works is opened', async () => {
  const [best = 'inotify' as BackendName] = working;
  expect((await open({})).backend).toBe(best);
});

(working.length > 0 ? describe : describe.skip).each<BackendName>(
  working.length > 0 ? working : ['fanotify'],
)('%s', (backend) => {
  const open_ = (options = {}) => open({ backend, ...options });

  test('tells what happens, in order, and by whom', async () => {
    const monitor = await open_();
    expect(monitor.backend).toBe(backend);
    expect(monitor.tells.has('process')).toBe(true);
    expect(await monitor.express(at('a'), all)).toMatchObject({ type: 'file', size: '3', links: 1 });
    act('echo two >> a; read line < a; chmod 600 a; rm a');
    const events = await upTo(monitor, 'DELETE');
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['CONTENT', 'ATTRIBUTE', 'DELETE']),
    );
    const kinds = events.map(({ event }) => event).filter((kind) => kind !== 'CONTENT');
    expect(kinds).toEqual(['ATTRIBUTE', 'DELETE']);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    expect(events.every(({ path }) => path === at('a'))).toBe(true);
    expect(events[0]?.process?.pid).toBeGreaterThan(0);
    expect(monitor.pending()).toBe(0);
  });

  test('tells of entries of a directory by their names, whatever bytes these are', async () => {
    const monitor = await open_();
    await monitor.express(at('d'), ['content']);
    act('touch d/plain "$(printf \'d/\\377\\n"x\')"');
    const entries = new Set<string | undefined>();
    for await (const { entry } of monitor) if (entries.add(entry).size === 2) break;
    expect(entries).toEqual(new Set(['plain', '\udcff\n"x']));
  });

  test('finds a path of any bytes', async () => {
    const path = at('\udcff\n"x');
    writeFileSync(Buffer.from(`${folder}/\xff\n"x`, 'latin1'), 'four');
    const monitor = await open_();
    expect(await monitor.express(path, all)).toMatchObject({ size: '4' });
    act('rm ?*x');
    const events = await upTo(monitor, 'DELETE');
    expect(events.every((event) => event.path === path)).toBe(true);
  });

  test('gives events to a listener', async () => {
    const monitor = await open_();
    await monitor.express(at('a'), all);
    const heard: string[] = [];
    monitor.onEvent(({ event }) => heard.push(event));
    act('chmod 600 a');
    await until(() => heard.includes('ATTRIBUTE'));
    expect(monitor.pending()).toBe(0);
  });

  test('tells no more of what was revoked', async () => {
    const monitor = await open_();
    await monitor.express(at('a'), all);
    await monitor.express(at('d'), all);
    await monitor.revoke(at('a'), all);
    act('chmod 600 a; chmod 700 d; chmod 711 d');
    const events = await upTo(monitor, 'ATTRIBUTE');
    expect(events.map(({ path }) => path)).toEqual([at('d')]);
    await expect(monitor.revoke(at('a'), all)).rejects.toMatchObject({ code: 'NOT_EXPRESSED' });
  });

  test.each<[string, () => AbsolutePath, string]>([
    ['what is not there', () => at('none'), 'NOT_THERE'],
    ['a path through a link', () => at('through/x'), 'THROUGH_LINK'],
    ['a name that is too long', () => at('x'.repeat(256)), 'NAME_TOO_LONG'],
    [
      'a file that the kernel makes up',
      () => `/proc/${process.pid}/status` as AbsolutePath,
      'KERNEL_FILE_SYSTEM',
    ],
    ['a relative path', () => 'a' as AbsolutePath, 'NOT_ABSOLUTE'],
  ])('refuses %s, with a sentence that names it', async (_, path, code) => {
    symlinkSync('d', at('through'));
    writeFileSync(at('d/x'), '');
    const monitor = await open_();
    const refusal: unknown = await monitor.express(path(), all).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'MonitorError', code });
    expect((refusal as Error).message).toContain(path().slice(0, 60));
  });

  test('says which path to give instead of one through a link, if that leads anywhere', async () => {
    symlinkSync('d', at('through'));
    symlinkSync('loop', at('loop'));
    const monitor = await open_();
    const hint = `give ${at('d/x')} instead`;
    await expect(monitor.express(at('through/x'), all)).rejects.toMatchObject({ hint });
    const general = 'give the path that the link leads to';
    await expect(monitor.express(at('loop/x'), all)).rejects.toMatchObject({ hint: general });
  });

  test('takes every kind of interest that it says it can tell', async () => {
    const monitor = await open_();
    const kinds = interestKinds.filter(
      (kind) => all.includes(kind) || monitor.tells.has(kind as 'exec' | 'exit'),
    );
    expect(await monitor.express(at('a'), kinds)).toMatchObject({ type: 'file' });
  });

  test('answers requests while more waits than is kept here', async () => {
    const monitor = await open_({ queue: 4 });
    await monitor.express(at('a'), all);
    for (let round = 0; round < 10; round += 1) act('chmod 600 a; chmod 644 a; chmod 640 a');
    expect(await monitor.express(at('d'), all)).toMatchObject({ type: 'directory' });
    await until(() => monitor.pending() >= 4);
    const events: MonitorEvent[] = [];
    act('rmdir d');
    for await (const event of monitor) {
      events.push(event);
      if (event.event === 'DELETE') break;
    }
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  });

  test.each(['iteration', 'a listener', 'a request'])('its death is told to %s', async (who) => {
    const before = new Set(childrenOf(process.pid));
    const monitor = await open_();
    const [pid = 0] = childrenOf(process.pid).filter((child) => !before.has(child));
    await monitor.express(at('a'), all);
    const told =
      who === 'iteration'
        ? upTo(monitor, 'OVER')
        : who === 'a listener'
          ? new Promise((_, reject) => monitor.onEvent(() => {}, reject))
          : undefined;
    const heard = told?.catch((error: unknown) => error);
    const failed = new Promise((resolve) => monitor.onEvent(() => {}, resolve));
    process.kill(pid, 'SIGKILL');
    const error = {
      name: 'MonitorError',
      code: 'MONITOR_ENDED',
      message: expect.stringContaining('SIGKILL'),
    };
    expect(await failed).toMatchObject(error);
    if (heard !== undefined) expect(await heard).toMatchObject(error);
    await expect(monitor.express(at('a'), all)).rejects.toMatchObject(error);
  });

  test('leaves no process behind', async () => {
    const before = childrenOf(process.pid);
    const monitor = await open_();
    expect(childrenOf(process.pid).length).toBe(before.length + 1);
    await monitor.close();
    await monitor.close();
    expect(childrenOf(process.pid)).toEqual(before);
    expect(await upTo(monitor, 'OVER')).toEqual([]);
  });
});

(working.includes('bpf') ? test : test.skip)(
  'what waits here is bounded, and what is too much is told by the native program as lost',
  async () => {
    const monitor = await open({ backend: 'bpf', queue: 8 });
    await monitor.express(at('a'), all);
    // More than waits in the program and in the pipe, with time to read all of it in between.
    for (let round = 0; round < 10; round += 1) {
      act('dd if=/dev/zero of=a bs=1 count=1500 conv=notrunc status=none');
      for (let turn = 0; turn < 40; turn += 1) await new Promise(setImmediate);
    }
    await until(() => monitor.pending() >= 8);
    // What has been read at once is taken apart as a whole.
    expect(monitor.pending()).toBeLessThan(1000);
    const events: MonitorEvent[] = [];
    for await (const event of monitor) {
      events.push(event);
      if (event.event === 'STATE') break;
    }
    const over = events.filter(({ event }) => event === 'OVER');
    expect(over.length).toBeGreaterThan(0);
    expect(events.at(-1)).toMatchObject({ path: at('a'), state: { size: '1500' } });
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  },
);
