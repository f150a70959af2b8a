import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import { expect, test } from '@jest/globals';
import { predict } from './act-model.js';
import { describeFolder, inFolder, onDisk } from './act-workspace.js';
import { buildActs } from './acts.js';
import { arbitraryActs } from './arbitrary-acts.js';
import { checkAtRandom, timeForRounds } from './random-checks.js';

test(
  'random acts go, and leave the tree, as the model says',
  async () => {
    const program = buildActs({ static: true });
    await checkAtRandom({
      cases: arbitraryActs(),
      runs: 300,
      show: ({ files, acts }) => ({ files, acts: predict(files, acts).words.join(' ') }),
      check: ({ files, acts }) =>
        inFolder(files, async (folder) => {
          const { words, exits, tree } = predict(files, acts);
          const { status, signal, stderr } = spawnSync(
            program,
            words.map((word) => onDisk(folder, word)),
            { cwd: folder, encoding: 'utf8' },
          );
          const number = signal === null ? 0 : constants.signals[signal];
          expect({ stderr, exit: `1 ${status ?? 0} ${number}` }).toEqual({
            stderr: '',
            exit: exits.find((exit) => exit.startsWith('1 ')),
          });
          expect(describeFolder(folder)).toEqual(tree);
        }),
    });
  },
  timeForRounds,
);
