import { lstatSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timeForRounds, until } from '@oodate/testkit';
import type { BackendName } from '../monitor.js';
import { openMonitor } from '../open-monitor.js';
import { Scene, Watch, working } from './scene.js';

/* More than anybody can take: that something was lost is told, and what is true then, and nothing is missing afterwards. */

const native = working.filter((backend) => backend !== 'inotify');
const writers = 4;
const writes = 250_000;

(native.length > 0 ? describe : describe.skip).each<BackendName>([...native])('%s', (backend) => {
  let scene: Scene;

  beforeAll(() => {
    scene = new Scene();
  });
  afterAll(() => scene.close());

  test(
    'tells once that something was lost in a burst of a million writes that nobody read, and then what is true',
    async () => {
      const monitor = await openMonitor({ backend, queue: 64 });
      const names = ['a', 'b', 'c', 'd', 'gone', 'untouched'];
      const paths = names.map((name) => scene.make(name, 'x'));
      for (const path of paths) await monitor.express(path, ['content', 'attribute', 'delete']);
      const actor = await scene.actor();
      const actors = await Promise.all(Array.from({ length: writers }, () => scene.actor()));
      // Nobody takes what is told. The files take turns, as equal events that follow each other may become one.
      const open = names
        .slice(0, 4)
        .flatMap((name) => ['keep', '[', 'openat', 'AT_FDCWD', name, 'O_WRONLY|O_APPEND', ']']);
      const write = [
        'repeat',
        `${writes / 4}`,
        '[',
        ...['$1', '$2', '$3', '$4'].flatMap((file) => ['put', file]),
        ']',
      ];
      await Promise.all(actors.map((actor) => actor.does(...open, ...write)));
      await actor.does('unlink', 'gone');
      const watch = new Watch(scene.folder, monitor);
      await until(() => watch.events.filter(({ event }) => event === 'STATE').length >= names.length);
      const kinds = watch.events.map(({ event }) => event);
      const over = kinds.indexOf('OVER');
      expect(over).toBeGreaterThan(0);
      expect(kinds.lastIndexOf('OVER')).toBe(over);
      expect(kinds.slice(over + 1)).toEqual(names.map(() => 'STATE'));
      expect(watch.events[over]?.lost ?? 1).toBeGreaterThan(0);
      const states = new Map(watch.events.slice(over + 1).map(({ path = '', state }) => [path, state]));
      for (const [index, path] of paths.entries()) {
        const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
        expect(states.get(path) ?? null).toEqual(
          stats === undefined
            ? null
            : expect.objectContaining({
                inode: `${stats.ino}`,
                size: `${stats.size}`,
                mtime: `${stats.mtimeNs}`,
                ctime: `${stats.ctimeNs}`,
              }),
        );
        if (index < 4) expect(stats?.size).toBe(BigInt(1 + (writers * writes) / 4));
      }
      const [events = []] = await scene.toldOf([watch], actor, () =>
        actor.does('append', 'a', 'chmod', 'b', 'unlink', 'untouched'),
      );
      expect(watch.lines(events)).toEqual([
        expect.stringMatching(/^CONTENT (WRITE )?a$/),
        'ATTRIBUTE b',
        'CONTENT REMOVE untouched',
        'DELETE untouched',
      ]);
      watch.expectNoGap();
      await monitor.close();
    },
    timeForRounds,
  );
});
