import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RunRecord, Use } from '@oodate/meta-file';
import { type OrderedScript, scriptOrder, withFollowers } from './script-order.js';

interface Known {
  readonly read?: readonly string[];
  readonly missing?: readonly string[];
  readonly listed?: readonly string[];
  readonly written?: readonly string[];
}

/** `a` for the first script named of package a, `a2` for the second; `needs` are packages. */
function script(name: string, needs: string, known?: Known): OrderedScript {
  const [directory = '', place = '1'] = name;
  return {
    directory,
    needs: new Set(needs),
    place: Number(place),
    run: known && runOf(known),
  };
}

function runOf({ read = [], missing = [], listed = [], written = [] }: Known): RunRecord {
  const used = (use: Use) => (path: string) => ({
    path: path as AbsolutePath,
    use,
    state: { type: 'absent' } as const,
    by: undefined,
    disturbed: false,
  });
  return {
    version: 2,
    commands: [],
    cwd: '/' as AbsolutePath,
    environment: [],
    started: 0,
    recorded: 0n,
    files: [...read.map(used('read')), ...missing.map(used('missing')), ...written.map(used('output'))],
    listings: listed.map((path) => ({
      path: path as AbsolutePath,
      names: [],
      own: [],
      by: undefined,
      disturbed: false,
    })),
  };
}

function check(scripts: readonly OrderedScript[], expected: readonly (readonly number[])[]): void {
  expect(scriptOrder(scripts).map((before) => [...before])).toEqual(expected);
}

test.each<[string, readonly OrderedScript[], readonly (readonly number[])[]]>([
  [
    'of packages without records are as these need each other',
    [script('a', ''), script('b', 'a')],
    [[], [0]],
  ],
  [
    'of one package without records run as they were named',
    [script('a1', ''), script('b1', 'a'), script('a2', ''), script('b2', 'a')],
    [[], [0], [0], [0, 1, 2]],
  ],
  [
    'who reads what another one writes comes after it',
    [script('a', '', { read: ['/b/out'] }), script('b', '', { written: ['/b/out'] })],
    [[1], []],
  ],
  [
    'who looked in vain for what another one writes comes after it',
    [script('a', '', { missing: ['/b/out'] }), script('b', '', { written: ['/b/out'] })],
    [[1], []],
  ],
  [
    'who lists where another one writes comes after it',
    [script('a', '', { listed: ['/b'] }), script('b', '', { written: ['/b/out'] })],
    [[1], []],
  ],
  [
    'that use nothing of each other do not wait, whatever the manifests say',
    [script('a', '', { written: ['/a/out'] }), script('b', 'a', { read: ['/b/in'] })],
    [[], []],
  ],
  [
    'of which one has no record are as the manifests say',
    [script('a', '', { written: ['/a/out'] }), script('b', 'a')],
    [[], [0]],
  ],
  [
    'that write the same file run one after the other',
    [script('a', '', { written: ['/cache'] }), script('b', '', { written: ['/cache'] })],
    [[], [0]],
  ],
  ['of packages that need each other run in turn', [script('a', 'b'), script('b', 'a')], [[], [0]]],
])('scripts %s', (_, scripts, expected) => {
  check(scripts, expected);
});

test('followers are followed, too', () => {
  const order = [[], [0], [1], []].map((before) => new Set(before));
  expect([...withFollowers([0], order)].sort()).toEqual([0, 1, 2]);
});
