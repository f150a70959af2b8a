import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { DiskStore } from '@oodate/store';
import {
  dice,
  oodate,
  processesWith,
  rounds,
  scripts,
  timeForRounds,
  until,
  workspace,
} from '@oodate/testkit';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-store-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test(
  'whenever it is killed, the store is whole, and so is each output that it brings back',
  async () => {
    const names = Array.from({ length: 20 }, (_, number) => `dist/${number}`);
    const build = `for n in ${names.join(' ')}; do cat in in in in > $n; done`;
    const space = workspace({ 'package.json': scripts({ build }), in: '', 'dist/.keep': '' });
    const env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: folder, MARK: folder };
    const texts = ['one', 'other'].map((word) => `${word}\n`.repeat(5000));
    for (const text of texts) {
      space.write({ in: text });
      await space.kept(['build'], '', { env });
    }
    const wanted = texts.map((text) => text.repeat(4));
    const store = new DiskStore(folder as AbsolutePath, { maxBytes: 2 ** 30 });
    const { below, seed } = dice();
    let unharmed = 0;
    for (let round = 0; round < rounds(60); round += 1) {
      const which = below(2);
      space.write({ in: texts[which] as string });
      if (below(3) === 0) space.remove(names[below(names.length)] as string);
      const running = space.start([oodate, 'run', 'build'], { env, detached: true });
      const ended = running.ended();
      const end = performance.now() + below(250);
      await until(() => performance.now() > end);
      try {
        process.kill(-running.pid, 'SIGKILL');
      } catch {
        unharmed += 1;
      }
      const { stderr } = await ended;
      await until(() => processesWith(`MARK=${folder}`).length === 0);
      expect({ seed, round, damaged: (await store.verify()).damaged }).toEqual({ seed, round, damaged: [] });
      // What the command itself was writing is another matter.
      if (stderr.includes('oodate: running')) {
        for (const name of names) space.remove(name);
        continue;
      }
      const odd = names.filter((name) => space.exists(name) && !wanted.includes(space.read(name)));
      expect({ seed, round, odd }).toEqual({ seed, round, odd: [] });
    }
    expect(unharmed).toBeLessThan(rounds(60));
    for (const which of [0, 1]) {
      space.write({ in: texts[which] as string });
      expect((await space.oodateWith({ env }, 'run', 'build')).status).toBe(0);
      for (const name of names) expect(space.read(name)).toBe(wanted[which]);
    }
  },
  timeForRounds,
);
