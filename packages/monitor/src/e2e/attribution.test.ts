import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackendName } from '../monitor.js';
import type { MonitorEvent } from '../monitor-event.js';
import { type Actor, Scene, type Watch, working } from './scene.js';

/* Who it was, where many do the same at once. */

const processes = 16;
/** No more events than the program keeps for a reader that is slow. */
const writes = 40;
const telling = working.filter((backend) => backend !== 'inotify');

(telling.length > 0 ? describe : describe.skip).each<BackendName>([...telling])('%s', (backend) => {
  let scene: Scene;
  let watch: Watch;
  let actors: Actor[];

  beforeAll(async () => {
    scene = new Scene();
    watch = await scene.watch({ backend });
    actors = await Promise.all(Array.from({ length: processes }, () => scene.actor()));
  });
  afterAll(() => scene.close());

  test('knows sixteen processes apart that write at once', async () => {
    const own = actors.map((_, index) => scene.make(`own${index}`));
    const shared = scene.make('shared');
    for (const path of [...own, shared]) await watch.express(path, ['content']);
    const [first] = actors as [Actor];
    const [events = []] = await scene.toldOf([watch], first, () =>
      Promise.all(
        actors.map((actor, index) =>
          actor.does('repeat', `${writes}`, '[', 'append', `own${index}`, 'append', 'shared', ']'),
        ),
      ),
    );
    watch.expectNoGap();
    const by = (path: string) => countsOf(events.filter((event) => event.path === path));
    for (const [index, path] of own.entries()) expect([...by(path).keys()]).toEqual([actors[index]?.pid]);
    expect([...by(shared).keys()].sort()).toEqual(actors.map(({ pid }) => pid).sort());
    for (const { process: facts } of events)
      expect(facts).toMatchObject({
        parent: process.pid,
        name: 'acts',
        words: actors.find(({ pid }) => pid === facts?.pid)?.words,
      });
    // Equal ones of fanotify's that wait become one.
    if (backend === 'bpf')
      for (const path of [...own, shared]) expect(new Set(by(path).values())).toEqual(new Set([writes]));
  });

  test('names the process, and not the thread, and each of its forks', async () => {
    const path = scene.make('a');
    await watch.express(path, ['content']);
    const [actor] = actors as [Actor];
    const [events = []] = await scene.toldOf([watch], actor, () =>
      actor.does(
        'thread',
        '[',
        'append',
        'a',
        ']',
        'fork',
        '[',
        'append',
        'a',
        ']',
        'vfork',
        '[',
        'append',
        'a',
        ']',
      ),
    );
    expect(events.map(({ process: facts }) => facts?.pid)).toEqual([
      actor.pid,
      expect.any(Number),
      expect.any(Number),
    ]);
    const children = events.slice(1);
    expect(new Set(children.map(({ process: facts }) => facts?.pid)).size).toBe(2);
    for (const { process: facts } of children) expect(facts?.pid).not.toBe(actor.pid);
    if (backend === 'bpf') {
      expect(children.map(({ process: facts }) => facts?.parent)).toEqual([actor.pid, actor.pid]);
      expect(children.map(({ process: facts }) => facts?.words)).toEqual([
        actor.words,
        [actor.words[0], 'append', 'a'],
      ]);
    }
  });
});

/** How many events there are of each process. */
function countsOf(events: readonly MonitorEvent[]): Map<number | undefined, number> {
  const counts = new Map<number | undefined, number>();
  for (const { process: facts } of events) counts.set(facts?.pid, (counts.get(facts?.pid) ?? 0) + 1);
  return counts;
}
