import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  arbitraryBmakeTree,
  askBmake,
  type BmakeTreeCase,
  bmakeLog,
  checkAtRandom,
  layOut,
  placeIn,
  requireTool,
  timeForRounds,
  workspace,
} from '@oodate/testkit';
import { judgeTree } from './bmake-judgement.js';
import { bmakeText } from './commands/bmake.js';

/* Some hundred meta files; with OODATE_TEST_ROUNDS=50 tens of thousands. */

const withBmake = requireTool('bmake') ? describe : describe.skip;

withBmake('trees drawn at random', () => {
  test(
    'are judged as bmake judges them, word by word',
    () =>
      checkAtRandom({
        cases: arbitraryBmakeTree(),
        runs: 200,
        check: async (tree) => check(tree),
        show: (tree) => tree,
      }),
    timeForRounds,
  );
});

function check(tree: BmakeTreeCase): void {
  const space = workspace({}, { inCheckout: true });
  try {
    layOut(tree, space.folder);
    const bmake = askBmake(tree, space.folder);
    const judgements = inTree(tree, space.folder, () => judgeTree(tree.targets, ['-r'], plain));
    const ours = {
      verdict: judgements.some(({ reasons }) => reasons.length > 0) ? 'out of date' : 'up to date',
      log: bmakeLog(bmakeText(judgements), space.folder),
    };
    expect(ours).toEqual({ verdict: bmake.verdict, log: bmake.log });
  } finally {
    space.close();
  }
}

const plain = { mode: {}, variables: {}, commands: undefined };

/** As the command does it: in the tree's directory, with its variables in the environment. */
function inTree<Result>({ env = {} }: BmakeTreeCase, root: string, action: () => Result): Result {
  const here = process.cwd();
  const own = { ...process.env };
  process.chdir(join(root, 'work'));
  for (const name of ['TMPDIR', 'MAKEFLAGS', 'MAKEOBJDIR']) delete process.env[name];
  for (const [name, value] of Object.entries(env)) process.env[name] = placeIn(value, root);
  try {
    return action();
  } finally {
    process.chdir(here);
    process.env = own;
  }
}
