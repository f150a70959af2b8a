import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Dice, dice, rounds, timeForRounds } from '@oodate/testkit';
import { backendNames } from '../monitor.js';
import { Scene, type Watch, working } from './scene.js';

/*
 * All backends look on at once, and must tell the same of the same acts. They may differ in this, and in nothing else:
 *
 * - Why the content changed is known to bpf alone: WRITE, FTRUNC and FCLEAR are CONTENT without a reason to the others.
 * - A mapping and a store to it are seen by bpf alone.
 * - What comes once or more often, and in which order if it is about different files, is the backend's: fanotify makes one of
 *   equal ones that wait, and inotify looks at what has come of them.
 *
 * Besides, inotify cannot tell times that are set from content, nor another name that is removed from other attributes, and hears no
 * more of a file that is moved. So none of the first two is done here, and each file is changed by one act. What they make of these
 * is in events.test.ts.
 */

interface Deed {
  readonly acts: string;
  /** Which files it takes, besides %F. */
  readonly also?: readonly string[];
}

/** %F stands for a file of a page; %O is another; d is a directory with x in it. */
const ofFile: readonly Deed[] = [
  { acts: 'append %F' },
  { acts: 'update %F' },
  { acts: 'write %F' },
  { acts: 'truncate %F' },
  { acts: 'repeat 30 [ append %F ]' },
  { acts: 'forks 2 [ append %F ]' },
  { acts: 'thread [ update %F ]' },
  { acts: 'call [ openat AT_FDCWD %F O_WRONLY|O_TRUNC ]' },
  { acts: 'map %F store' },
  { acts: 'read %F stat %F' },
  { acts: 'chmod %F' },
  { acts: `call [ fchownat AT_FDCWD %F -1 ${process.getgid?.()} 0 ]` },
  { acts: 'call [ setxattr %F user.x =y 1 0 ]' },
  { acts: 'link %F %Fn' },
  { acts: 'unlink %F' },
  { acts: 'fork [ unlink %F ]' },
  { acts: 'rename %F %Fn' },
  { acts: 'rename %F %Fn create %F' },
  { acts: 'unlink %F create %F' },
  { acts: 'write %Fn rename %Fn %F' },
  { acts: 'rename %F %O', also: ['O'] },
  { acts: 'exchange %F %O', also: ['O'] },
  { acts: 'rename %F d/%F', also: ['d'] },
];
const ofDirectory: readonly string[] = [
  'create d/n',
  'mkdir d/n',
  'symlink x d/n',
  'link d/x d/n',
  'unlink d/x',
  'rename d/x d/y',
  'append d/x',
  'list d',
  'chmod d',
  'rename d e',
];
const names = ['a', 'b', 'c', 'g'];

/** One to three deeds, each with files of its own. */
function drawn(lots: Dice): string[] {
  const free = [...names];
  const take = (): string => free.splice(lots.below(free.length), 1)[0] ?? '';
  let hasDirectory = true;
  return Array.from({ length: 1 + lots.below(3) }, () => {
    if (free.length < 2) return 'stat .';
    if (hasDirectory && lots.below(3) === 0) {
      hasDirectory = false;
      return ofDirectory[lots.below(ofDirectory.length)] ?? '';
    }
    const { acts, also = [] } = ofFile[lots.below(ofFile.length)] as Deed;
    if (also.includes('d')) {
      if (!hasDirectory) return 'stat .';
      hasDirectory = false;
    }
    const file = take();
    return acts.replaceAll('%F', file).replaceAll('%O', also.includes('O') ? take() : '');
  });
}

function folded(lines: readonly string[]): string[] {
  const seen = lines.filter((line) => !line.startsWith('CONTENT MAP '));
  return [...new Set(seen.map((line) => line.replace(/ (WRITE|FTRUNC|FCLEAR) /, ' ')))].sort();
}

(working.length === backendNames.length ? describe : describe.skip)('the backends', () => {
  test(
    'tell the same of what is done at random',
    async () => {
      const scene = new Scene();
      try {
        const lots = dice();
        const watches: Watch[] = [];
        for (const backend of working) watches.push(await scene.watch({ backend }));
        for (let round = 0; round < rounds(60); round += 1) {
          const folder = `round${round}`;
          mkdirSync(scene.at(`${folder}/d`), { recursive: true });
          const files = [...names, 'd/x'].map((name) => scene.make(join(folder, name), 'x'.repeat(4096)));
          const actor = await scene.actor();
          await actor.does('chdir', scene.at(folder));
          for (const path of [...files.slice(0, names.length), scene.at(`${folder}/d`)])
            await Promise.all(
              watches.map((watch) => watch.express(path, ['content', 'attribute', 'delete'])),
            );
          const acts = drawn(lots).join(' ');
          const told = await scene.toldOf(watches, actor, () => actor.does(...acts.split(' ')));
          const lines = told.map((events) => folded(watches[0]?.lines(events) ?? []));
          for (const [index, backend] of working.entries())
            expect({ acts, round, seed: lots.seed, backend, lines: lines[index] }).toEqual({
              acts,
              round,
              seed: lots.seed,
              backend,
              lines: lines[0],
            });
        }
        for (const watch of watches) watch.expectNoGap();
      } finally {
        await scene.close();
      }
    },
    timeForRounds,
  );
});
