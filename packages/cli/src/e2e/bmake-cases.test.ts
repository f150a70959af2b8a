import { describe, expect, test } from '@jest/globals';
import {
  askBmake,
  type BmakeCase,
  bmakeCases,
  bmakeLog,
  bmakeVersion,
  caseEnvironment,
  layOut,
  reasonIn,
  requireTool,
  workspace,
} from '@oodate/testkit';

/*
 * Each case through the one command, without any option for its settings, and
 * through the bmake of this machine, in one tree.
 */

const withBmake = requireTool('bmake') ? describe : describe.skip;
const cases = bmakeCases();

withBmake.each(['rule', 'quirk'] as const)('a %s of bmake', (kind) => {
  const rows = cases.filter((row) => row.kind === kind).map((row) => [row.id, row] as const);

  test.each(rows)(
    '%s: the command decides as was recorded, and as bmake does here',
    async (_id: string, row: BmakeCase) => {
      const space = workspace({}, { inCheckout: true });
      const root = space.folder;
      layOut(row, root);
      const words = ['check', '--mode', 'bmake', '--format', 'bmake', '-C', 'work', ...row.targets];
      const { stdout, stderr, status } = await space.oodateWith(
        { env: caseEnvironment(row, root) },
        ...words,
      );
      const log = bmakeLog(stdout, root);
      const answer = {
        verdict: status === 0 ? 'up to date' : status === 1 ? 'out of date' : stderr,
        reason: status === 0 ? null : reasonIn(log),
        log,
      };
      expect(answer).toEqual(row.expected);
      if (bmakeVersion() >= (row.minVersion ?? 0)) expect(askBmake(row, root)).toEqual(row.expected);
    },
  );
});

test('there are cases of both kinds', () => {
  expect(cases.length).toBeGreaterThanOrEqual(94);
});
