import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { Monitor } from './monitor.js';
import type { MonitorEvent } from './monitor-event.js';
import { openMonitor } from './open-monitor.js';
import { type Outcome, PathFollower } from './path-follower.js';

let folder: string;
let monitor: Monitor;
let follower: PathFollower;
let reports: string[];
const at = (name: string) => join(folder, name) as AbsolutePath;
const short = (path = '') => path.slice(folder.length + 1);

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-follower-')));
  mkdirSync(at('d/e'), { recursive: true });
  writeFileSync(at('a'), 'one');
  writeFileSync(at('d/e/f'), 'one');
  monitor = await openMonitor({ backend: 'inotify' });
  reports = [];
  follower = new PathFollower(monitor, ['content', 'attribute', 'delete'], {
    followed: (path, _, isLate) => reports.push(`${isLate ? 'late' : 'followed'} ${short(path)}`),
    gone: (path) => reports.push(`gone ${short(path)}`),
    over: () => {
      reports.push('over');
      void monitor.close();
    },
    refused: ({ code }) => reports.push(code),
  });
});
afterEach(async () => {
  follower.close();
  await monitor.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = readonly [event: string, outcome: Outcome | undefined];

/** Follows events until this is true of one. */
async function followed(
  isLast: (event: MonitorEvent, outcome: Outcome | undefined) => boolean,
): Promise<Told[]> {
  const told: Told[] = [];
  for await (const event of monitor) {
    const outcome = await follower.follow(event);
    told.push([`${event.reason ?? event.event} ${short(event.path)} ${event.entry ?? ''}`.trim(), outcome]);
    if (isLast(event, outcome)) break;
  }
  return told;
}

test('a directory is followed with all that is below it, but for what is left out', async () => {
  for (const name of ['.git', 'node_modules']) {
    mkdirSync(at(`d/${name}`));
    writeFileSync(at(`d/${name}/x`), '');
  }
  await follower.add(at('d'));
  expect(follower.size).toBe(3);
  await follower.add(at('d/node_modules'));
  expect(follower.size).toBe(5);
});

test('what is made in a directory is followed, with what is in it by then', async () => {
  await follower.add(at('d'));
  mkdirSync(at('n'));
  writeFileSync(at('n/g'), '');
  renameSync(at('n'), at('d/n'));
  expect(await followed((_, outcome) => outcome === 'made')).toEqual([['ENTRY d n', 'made']]);
  expect(follower.size).toBe(5);
  writeFileSync(at('d/n/g'), 'two');
  const told = await followed(({ path }) => path === at('d/n/g'));
  expect(told.at(-1)).toEqual(['CONTENT d/n/g', undefined]);
});

test('what is not there any more when it is looked for is absent', async () => {
  await follower.add(at('d'));
  writeFileSync(at('d/tmp'), '');
  unlinkSync(at('d/tmp'));
  expect(await followed((_, outcome) => outcome === 'absent')).toEqual([['ENTRY d tmp', 'absent']]);
});

test('another file at the path is followed', async () => {
  await follower.add(at('a'));
  for (const text of ['two', 'three']) {
    writeFileSync(at('b'), text);
    renameSync(at('b'), at('a'));
    const told = await followed((_, outcome) => outcome === 'replaced');
    expect(told.at(-1)).toEqual(['REMOVE a', 'replaced']);
  }
  expect(reports).toEqual(['followed a', 'followed a']);
});

test('what was below a directory that is moved is not told of any more, and in its new place is', async () => {
  await follower.add(at('d'));
  renameSync(at('d/e'), at('d/x'));
  await followed(({ entry }, outcome) => entry === 'x' && outcome === 'made');
  writeFileSync(at('d/x/f'), 'two');
  const told = await followed(({ path }) => path === at('d/x/f'));
  expect(told.filter(([event]) => event.endsWith('d/e/f'))).toEqual([]);
  expect(follower.size).toBe(3);
});

test('a path that was named and stays away is reported, and the last of them as the end', async () => {
  await follower.add(at('a'));
  await follower.add(at('d/e/f'));
  unlinkSync(at('a'));
  rmSync(at('d'), { recursive: true });
  const told = await followed(() => false);
  expect(told.map(([event]) => event)).toEqual(
    expect.arrayContaining(['REMOVE a', 'DELETE a', 'REMOVE d/e/f', 'DELETE d/e/f']),
  );
  expect(reports.toSorted()).toEqual(['gone a', 'gone d/e/f', 'over']);
  expect(reports.at(-1)).toBe('over');
});

test('a path that is empty for a moment is followed when there is a file again', async () => {
  await follower.add(at('a'));
  unlinkSync(at('a'));
  await followed((_, outcome) => outcome === 'gone');
  writeFileSync(at('a'), 'two');
  while (reports.length === 0) await new Promise(setImmediate);
  expect(reports).toEqual(['late a']);
});

test('what cannot be followed below a directory is reported, and the rest is followed', async () => {
  symlinkSync('/proc/version', at('d/link'));
  writeFileSync(Buffer.from(`${folder}/d/\xff`, 'latin1'), '');
  await follower.add(at('d'));
  expect(reports).toEqual(['NAME_NOT_UTF8']);
  expect(follower.size).toBe(4);
});

test('after a loss names that have come and gone meanwhile are found', async () => {
  await monitor.close();
  monitor = await openMonitor({ backend: 'inotify', queue: 4 });
  follower = new PathFollower(monitor, ['content'], {
    followed: () => {},
    gone: () => {},
    over: () => {},
    refused: () => {},
  });
  await follower.add(at('d'));
  for (let round = 0; round < 20; round += 1) writeFileSync(at(`d/${round}`), '');
  rmSync(at('d/e'), { recursive: true });
  while (monitor.pending() < 4) await new Promise(setImmediate);
  await followed(({ event, path }) => event === 'STATE' && path === at('d'));
  expect(follower.size).toBeGreaterThanOrEqual(21);
});
