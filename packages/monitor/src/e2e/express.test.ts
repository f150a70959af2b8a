import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dice, rounds, timeForRounds } from '@oodate/testkit';
import type { BackendName } from '../monitor.js';
import { type Actor, Scene, type Watch, working } from './scene.js';

/* Between the state that express answers with and what is told from then on nothing is missed. */

const bytesOfWrite = 2;

describe.each<BackendName>([...working])('%s', (backend) => {
  let scene: Scene;
  let watch: Watch;
  let actor: Actor;

  beforeAll(async () => {
    scene = new Scene();
    watch = await scene.watch({ backend });
    actor = await scene.actor();
  });
  afterAll(() => scene.close());

  test(
    'misses no change of a file that is written to while interest is expressed',
    async () => {
      const lots = dice();
      const path = scene.make('a');
      let inTheMiddle = 0;
      while (inTheMiddle < rounds(8)) {
        const before = statSync(path).size;
        const writes = 1 + lots.below(300);
        let size = 0;
        const [events = []] = await scene.toldOf([watch], actor, async () => {
          const done = actor.does('repeat', `${writes}`, '[', 'append', 'a', ']');
          size = Number((await watch.express(path, ['content'])).size);
          await done;
        });
        await watch.monitor.revoke(path, ['content']);
        const after = statSync(path).size;
        expect(after).toBe(before + writes * bytesOfWrite);
        if (size > before && size < after) inTheMiddle += 1;
        const told = events.filter((event) => event.path === path);
        // bpf tells of each write; of what others tell the last may stand for many.
        if (backend === 'bpf') expect(told.length * bytesOfWrite).toBeGreaterThanOrEqual(after - size);
        else if (size < after) expect(told).not.toEqual([]);
      }
      watch.expectNoGap();
    },
    timeForRounds,
  );
});
