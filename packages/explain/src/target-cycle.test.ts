import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RecordedState, StoredReason, Use } from '@oodate/meta-file';
import type { KnownTarget } from './known-targets.js';
import { targetCycle } from './target-cycle.js';
import { TargetGraph } from './target-graph.js';

/** What it uses and how, a use and a path each, and the reasons for its last run: a kind and a path each. */
function target(
  name: string,
  uses: readonly string[],
  reasons?: readonly string[],
  more = 0,
  recorded = 2_000n,
): KnownTarget {
  const files: RecordedFile[] = uses.map((line) => {
    const [use, path, link] = line.split(' ');
    const state: RecordedState = link === undefined ? { type: 'directory' } : { type: 'link', target: link };
    return { path: path as AbsolutePath, use: use as Use, state, by: undefined, disturbed: false };
  });
  const because = reasons && { reasons: reasons.map(stored), more, spared: [] };
  const run = { files, listings: [], because, started: 1, recorded };
  return { name, metaFile: `/p/${name}.meta`, run } as unknown as KnownTarget;
}

function stored(line: string): StoredReason {
  const [kind = '', path, gained = ''] = line.split(' ');
  const state = { type: 'directory' };
  return { kind, path, was: state, is: state, gained: [gained], lost: [], metaFile: '/p/x.meta' };
}

const build = target('build', ['read /p/b', 'output /p/a', 'output /p/dist/x', 'removed /p/old']);

test.each<[string, string, KnownTarget[], string[]]>([
  [
    'two make what the other one reads',
    '/p/b',
    [target('types', ['read /p/a', 'output /p/b'], ['input-changed /p/a'])],
    ['build /p/a types', 'types /p/b build'],
  ],
  [
    'three do so in turn',
    '/p/b',
    [
      target('types', ['read /p/c', 'output /p/b'], ['input-changed /p/c']),
      target('schema', ['read /p/a', 'output /p/c'], ['input-changed /p/a']),
    ],
    ['build /p/a schema', 'schema /p/c types', 'types /p/b build'],
  ],
  [
    'two write the same file',
    '/p/dist/x',
    [target('copy', ['read /p/in', 'output /p/dist/x'], ['output-changed /p/dist/x'])],
    ['build /p/dist/x copy', 'copy /p/dist/x build'],
  ],
  [
    'one removes what the other one makes',
    '/p/dist/x',
    [target('clean', ['removed /p/dist/x'], ['removed-came-back /p/dist/x'])],
    ['build /p/dist/x clean', 'clean /p/dist/x build'],
  ],
  [
    'one lists a directory into which the other one writes',
    '/p/b',
    [target('index', ['output /p/b'], ['listing-changed /p/dist x'])],
    ['build /p/dist/x index', 'index /p/b build'],
  ],
  [
    'what is read is reached by a link',
    '/p/b',
    [target('types', ['looked /p/l dist', 'read /p/l/x', 'output /p/b'], ['input-changed /p/l/x'])],
    ['build /p/dist/x types', 'types /p/b build'],
  ],
])('there is a cycle where %s', (_, path, others, links) => {
  const found = targetCycle(new TargetGraph([build, ...others]), build, [path as AbsolutePath]);
  expect(found?.map(({ maker, path, user }) => `${maker} ${path} ${user}`)).toEqual(links);
});

const types = ['read /p/a', 'output /p/b'];

test.each<[string, KnownTarget[]]>([
  ['nobody makes what has changed', []],
  ['its maker is not said to have run for anything', [target('types', types)]],
  ['its maker ran for something else', [target('types', types, ['input-changed /p/schema'])]],
  ['its maker ran for something else, too', [target('types', types, ['input-changed /p/a', 'forced'])]],
  [
    'its maker ran for another path, too',
    [target('types', types, ['input-changed /p/a', 'input-changed /p/schema'])],
  ],
  ['its maker ran for more than is known', [target('types', types, ['input-changed /p/a'], 1)]],
  ['its maker has not run since', [target('types', types, ['input-changed /p/a'], 0, 1_000n)]],
  ['its maker ran for the first time', [target('types', types, ['no-record /p/a'])]],
  [
    'two others make a cycle of their own',
    [
      target('types', ['read /p/c', 'output /p/b'], ['input-changed /p/c']),
      target('schema', ['read /p/b', 'output /p/c'], ['input-changed /p/b']),
    ],
  ],
])('there is none where %s', (_, others) => {
  expect(targetCycle(new TargetGraph([build, ...others]), build, ['/p/b' as AbsolutePath])).toBeUndefined();
});

test('there is none where another path has changed for another cause', () => {
  const graph = new TargetGraph([build, target('types', types, ['input-changed /p/a'])]);
  expect(targetCycle(graph, build, ['/p/b', '/p/in'] as AbsolutePath[])).toBeUndefined();
});

test('what a target wrote itself, and nobody else, is no cycle', () => {
  expect(targetCycle(new TargetGraph([build]), build, ['/p/a' as AbsolutePath])).toBeUndefined();
});
