import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { Reason } from '@oodate/planner';
import { rankReasons } from './reason-rank.js';

const gone = (path: string): Reason => ({ kind: 'input-gone', path: path as AbsolutePath, by: undefined });
const outputGone = (path: string): Reason => ({
  kind: 'output-gone',
  path: path as AbsolutePath,
  by: undefined,
});

describe('reasons are ranked', () => {
  test.each<[string, Reason[], Reason[]]>([
    [
      'by group',
      [outputGone('/p/out'), gone('/p/a'), { kind: 'directory-changed', was: at('/p'), is: at('/q') }],
      [{ kind: 'directory-changed', was: at('/p'), is: at('/q') }, gone('/p/a'), outputGone('/p/out')],
    ],
    [
      'with files of the project before what other targets make, and that before all outside',
      [gone('/usr/bin/cc'), gone('/p/dist/a.js'), gone('/p/a.ts'), gone('/project'), gone('/p/b.ts')],
      [gone('/p/a.ts'), gone('/p/b.ts'), gone('/p/dist/a.js'), gone('/usr/bin/cc'), gone('/project')],
    ],
    [
      'with what is installed into the project as if it were outside',
      [gone('/p/node_modules/x/index.js'), gone('/p/dist/a.js'), gone('/p')],
      [gone('/p'), gone('/p/dist/a.js'), gone('/p/node_modules/x/index.js')],
    ],
  ])('%s', (_, reasons, ranked) => {
    const isMade = (path: string) => path.startsWith('/p/dist/');
    expect(rankReasons(reasons, { root: at('/p'), isMade })).toEqual(ranked);
  });

  test('with all of the project alike if no target is known', () => {
    const reasons = [gone('/p/dist/a.js'), gone('/p/a.ts')];
    expect(rankReasons(reasons, { root: at('/p') })).toEqual(reasons);
  });
});

function at(path: string): AbsolutePath {
  return path as AbsolutePath;
}
