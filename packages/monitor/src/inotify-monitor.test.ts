import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { until } from '@oodate/testkit';
import type { Monitor } from './monitor.js';
import type { InterestKind, MonitorEvent } from './monitor-event.js';
import { openMonitor } from './open-monitor.js';

let folder: string;
let monitor: Monitor;
const all: readonly InterestKind[] = ['content', 'attribute', 'delete'];

const at = (name: string) => join(folder, name) as AbsolutePath;

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-inotify-')));
  writeFileSync(at('a'), 'one');
  mkdirSync(at('d'));
  symlinkSync('a', at('l'));
  monitor = await openMonitor({ backend: 'inotify' });
});
afterEach(async () => {
  await monitor.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Those that come until a change of another file has been told. */
async function eventsOf(action: () => void): Promise<MonitorEvent[]> {
  const end = at(`end-${ends}`);
  ends += 1;
  writeFileSync(end, '');
  await monitor.express(end, ['content']);
  action();
  writeFileSync(end, 'over');
  const events: MonitorEvent[] = [];
  const iterator = monitor[Symbol.asyncIterator]();
  for (let isOver = false; !isOver || monitor.pending() > 0; ) {
    const { value } = await iterator.next();
    if (value?.path === end) {
      isOver = true;
      // What was heard with it may be told in the next turn.
      await new Promise(setImmediate);
    } else if (value?.path?.includes('/end-') === false) events.push(value);
  }
  return events;
}
let ends = 0;

/** A line each. One after another that says the same is told once: inotify may tell a change twice. */
function shown(events: readonly MonitorEvent[]): string[] {
  const lines = events.map(({ event, reason, path = '', entry }) =>
    [event, reason, path.slice(folder.length), entry].filter(Boolean).join(' '),
  );
  return lines.filter((line, at) => line !== lines[at - 1]);
}

describe('what happens to a file is told:', () => {
  test.each<[string, () => void, string[]]>([
    ['a write', () => writeFileSync(at('a'), 'two', { flag: 'a' }), ['CONTENT /a']],
    ['as many bytes again', () => writeFileSync(at('a'), 'two', { flag: 'r+' }), ['CONTENT /a']],
    ['a truncation', () => truncateSync(at('a')), ['CONTENT /a']],
    ['another mode', () => chmodSync(at('a'), 0o600), ['ATTRIBUTE /a']],
    ['other times', () => utimesSync(at('a'), 5, 5), ['CONTENT /a']],
    ['one more name', () => linkSync(at('a'), at('b')), ['ATTRIBUTE /a']],
    ['the end', () => unlinkSync(at('a')), ['CONTENT REMOVE /a', 'DELETE /a']],
    ['another name', () => renameSync(at('a'), at('b')), ['CONTENT RENAME /a']],
    [
      'another file in its place',
      () => {
        writeFileSync(at('b'), 'two');
        renameSync(at('b'), at('a'));
      },
      ['CONTENT REMOVE /a', 'DELETE /a'],
    ],
    [
      'content and mode at once',
      () => {
        writeFileSync(at('a'), 'other');
        chmodSync(at('a'), 0o600);
      },
      ['CONTENT /a', 'ATTRIBUTE /a'],
    ],
  ])('%s', async (_, action, expected) => {
    await monitor.express(at('a'), all);
    expect(shown(await eventsOf(action)).filter((line, at, lines) => lines.indexOf(line) === at)).toEqual(
      expected,
    );
  });

  test('the end of one of two names is not its end', async () => {
    linkSync(at('a'), at('b'));
    await monitor.express(at('a'), all);
    expect(shown(await eventsOf(() => unlinkSync(at('a'))))).toEqual(['CONTENT REMOVE /a']);
  });

  test('a write by another name', async () => {
    linkSync(at('a'), at('b'));
    await monitor.express(at('a'), all);
    expect(shown(await eventsOf(() => writeFileSync(at('b'), 'two!')))).toEqual(['CONTENT /a']);
  });
});

describe('what happens to a directory is told:', () => {
  test.each<[string, () => void, string[]]>([
    ['a new name', () => writeFileSync(at('d/x'), ''), ['CONTENT ENTRY /d x']],
    ['its mode', () => chmodSync(at('d'), 0o700), ['ATTRIBUTE /d']],
    ['its end', () => rmdirSync(at('d')), ['CONTENT REMOVE /d', 'DELETE /d']],
    ['another name', () => renameSync(at('d'), at('e')), ['CONTENT RENAME /d']],
  ])('%s', async (_, action, expected) => {
    await monitor.express(at('d'), all);
    expect(shown(await eventsOf(action))).toEqual(expected);
  });
});

test('a link is told of itself, and not what it leads to', async () => {
  expect(await monitor.express(at('l'), all)).toMatchObject({ type: 'link', target: 'a' });
  expect(shown(await eventsOf(() => writeFileSync(at('a'), 'two')))).toEqual([]);
  const replaced = await eventsOf(() => {
    symlinkSync('b', at('l2'));
    renameSync(at('l2'), at('l'));
  });
  expect(shown(replaced)).toEqual(['CONTENT REMOVE /l']);
});

test('the state is told when interest is expressed', async () => {
  expect(await monitor.express(at('a'), ['content'])).toMatchObject({
    type: 'file',
    size: '3',
    links: 1,
    inode: expect.stringMatching(/^\d+$/),
    device: expect.stringMatching(/^\d+:\d+$/),
    mtime: expect.stringMatching(/^\d{19}$/),
  });
});

test('only what was asked for is told, and masks add up', async () => {
  await monitor.express(at('a'), ['attribute']);
  expect(shown(await eventsOf(() => writeFileSync(at('a'), 'longer')))).toEqual([]);
  await monitor.express(at('a'), ['content']);
  await monitor.revoke(at('a'), ['attribute']);
  const events = await eventsOf(() => {
    chmodSync(at('a'), 0o600);
    writeFileSync(at('a'), 'longer still');
  });
  expect(shown(events)).toEqual(['CONTENT /a']);
  await monitor.revoke(at('a'), ['content']);
  expect(await eventsOf(() => writeFileSync(at('a'), 'x'))).toEqual([]);
  await expect(monitor.revoke(at('a'), ['content'])).rejects.toMatchObject({ code: 'NOT_EXPRESSED' });
});

test('events are numbered without a gap, and have a time', async () => {
  await monitor.express(at('a'), all);
  const before = Math.floor(Date.now() / 1000) - 1;
  const events = await eventsOf(() => {
    for (let mode = 0o600; mode < 0o610; mode += 1) chmodSync(at('a'), mode);
  });
  expect(events.length).toBeGreaterThan(0);
  const sequences = events.map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
  for (const { time } of events) {
    expect(time?.seconds).toBeGreaterThanOrEqual(before);
    expect(time?.nanoseconds).toBeLessThan(1e9);
  }
});

test('another file may be told of at the same path after the first has gone', async () => {
  for (let round = 0; round < 5; round += 1) {
    await monitor.express(at('a'), all);
    const events = await eventsOf(() => {
      writeFileSync(at('b'), String(round));
      renameSync(at('b'), at('a'));
    });
    expect(shown(events)).toEqual(['CONTENT REMOVE /a', 'DELETE /a']);
  }
});

describe('refused is', () => {
  test.each<[string, () => AbsolutePath, string]>([
    ['what is not there', () => at('none'), 'NOT_THERE'],
    ['what is below a file', () => at('a/b'), 'NOT_THERE'],
    ['a path through a link', () => at('through/x'), 'THROUGH_LINK'],
    ['a name that is too long', () => at('x'.repeat(256)), 'NAME_TOO_LONG'],
    ['a path that is too long', () => at('x/'.repeat(2100).slice(0, -1)), 'NAME_TOO_LONG'],
    ['a name that is not UTF-8', () => at('\udcff'), 'NAME_NOT_UTF8'],
    [
      'a file that the kernel makes up',
      () => `/proc/${process.pid}/status` as AbsolutePath,
      'KERNEL_FILE_SYSTEM',
    ],
    ['sysfs', () => '/sys/kernel' as AbsolutePath, 'KERNEL_FILE_SYSTEM'],
    ['a relative path', () => 'a' as AbsolutePath, 'NOT_ABSOLUTE'],
  ])('%s', async (_, path, code) => {
    symlinkSync('d', at('through'));
    writeFileSync(at('d/x'), '');
    await expect(monitor.express(path(), all)).rejects.toMatchObject({ name: 'MonitorError', code });
  });

  test('a path through a link, with the one to give instead', async () => {
    symlinkSync('d', at('through'));
    const hint = `give ${at('d/x')} instead`;
    await expect(monitor.express(at('through/x'), all)).rejects.toMatchObject({ hint });
  });

  test('what inotify does not tell', async () => {
    await expect(monitor.express(at('a'), ['exec'])).rejects.toMatchObject({ code: 'NOT_TOLD' });
    await expect(monitor.watchFileSystem(at('a'), ['open'])).rejects.toMatchObject({ code: 'NOT_TOLD' });
  });
});

test('who does not take events is told that some were lost, and what is true', async () => {
  const small = await openMonitor({ backend: 'inotify', queue: 8 });
  try {
    await small.express(at('a'), all);
    await small.express(at('d'), all);
    for (let round = 0; round < 40; round += 1) {
      writeFileSync(at(`d/${round}`), '');
      rmSync(at(`d/${round}`));
    }
    await until(() => small.pending() === 8);
    unlinkSync(at('a'));
    const events: MonitorEvent[] = [];
    for await (const event of small) {
      events.push(event);
      if (event.event === 'STATE' && event.path === at('a') && event.state === null) break;
    }
    const over = events.findIndex(({ event }) => event === 'OVER');
    expect(over).toBeGreaterThanOrEqual(4);
    expect(events[over]?.lost).toBeGreaterThan(0);
    expect(events.slice(over).map(({ event }) => event)).toContain('STATE');
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
  } finally {
    await small.close();
  }
});

test('a loss in the queue of the kernel is noticed, and what is true is told', async () => {
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  const large = await openMonitor({ backend: 'inotify', queue: 10 * most });
  try {
    await large.express(at('a'), all);
    await large.express(at('d'), all);
    for (let round = 0; round < most; round += 1) {
      chmodSync(at('a'), 0o600 + (round % 8));
      chmodSync(at('d'), 0o700 + (round % 8));
    }
    truncateSync(at('a'), 1);
    const events: MonitorEvent[] = [];
    for await (const event of large) {
      events.push(event);
      if (event.event === 'STATE' && event.path === at('a')) break;
    }
    expect(events.map(({ event }) => event)).toContain('OVER');
    expect(events.at(-1)?.state?.size).toBe('1');
  } finally {
    await large.close();
  }
});

test('after the end nothing is told any more', async () => {
  await monitor.express(at('a'), all);
  await monitor.close();
  writeFileSync(at('a'), 'two');
  const events: MonitorEvent[] = [];
  for await (const event of monitor) events.push(event);
  expect(events).toEqual([]);
  await expect(monitor.express(at('a'), all)).rejects.toMatchObject({ code: 'CLOSED' });
});
