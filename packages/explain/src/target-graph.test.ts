import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RecordedListing, RecordedState, Use } from '@oodate/meta-file';
import type { KnownTarget } from './known-targets.js';
import { TargetGraph } from './target-graph.js';

/** A use and a path; with ` -> TEXT` the path is a symbolic link. `listed` takes the target's own names after a colon. */
function target(name: string, ...lines: string[]): KnownTarget {
  const files: RecordedFile[] = [];
  const listings: RecordedListing[] = [];
  for (const line of lines) {
    const [, use = '', path = '', own = '', link] =
      /^(\w+) ([^ :]+)(?:: (\S+))?(?: -> (\S+))?$/.exec(line) ?? [];
    const common = { path: path as AbsolutePath, by: undefined, disturbed: false };
    const state: RecordedState = link === undefined ? { type: 'directory' } : { type: 'link', target: link };
    if (use === 'listed') listings.push({ ...common, names: [], own: own.split(',') });
    else files.push({ ...common, use: use as Use, state });
  }
  return { name, metaFile: `/p/.oodate/${name}.meta`, run: { files, listings } } as unknown as KnownTarget;
}

function edgesOf(targets: KnownTarget[], isIgnored?: (path: AbsolutePath) => boolean): string[] {
  const edges = new TargetGraph(targets, isIgnored).edges();
  return edges.map(({ from, to, paths }) => `${from.name} -> ${to.name}: ${paths.join(' ')}`);
}

const compile = target('compile', 'read /p/a.ts', 'output /p/dist/a.js', 'removed /p/dist/old.js');

describe('a target comes after another one', () => {
  test.each<[string, KnownTarget[], string[]]>([
    [
      'whose output it reads',
      [compile, target('bundle', 'read /p/dist/a.js', 'output /p/out.js')],
      ['/p/dist/a.js'],
    ],
    ['whose output it looks at', [compile, target('bundle', 'looked /p/dist/a.js')], ['/p/dist/a.js']],
    [
      'that has removed what it looks for',
      [compile, target('bundle', 'missing /p/dist/old.js')],
      ['/p/dist/old.js'],
    ],
    [
      'that writes into what it lists',
      [compile, target('bundle', 'listed /p/dist: old.js')],
      ['/p/dist/a.js'],
    ],
    [
      'whose output it reads by another name, through links that it met',
      [
        compile,
        target('bundle', 'looked /p/lib -> ../q/lib', 'looked /q/lib -> /p/dist', 'read /p/lib/a.js'),
      ],
      ['/p/dist/a.js'],
    ],
    [
      'that has made a link that it follows',
      [
        target('compile', 'output /p/now -> dist'),
        target('bundle', 'looked /p/now -> dist', 'read /p/now/x'),
      ],
      ['/p/now'],
    ],
    [
      'that writes through a link',
      [target('compile', 'looked /p/now -> dist', 'output /p/now/x'), target('bundle', 'read /p/dist/x')],
      ['/p/dist/x'],
    ],
  ])('%s', (_, targets, paths) => {
    expect(edgesOf(targets)).toEqual([`compile -> bundle: ${paths.join(' ')}`]);
  });
});

test('a target that reads what it has written itself comes after none', () => {
  expect(edgesOf([compile, target('other', 'output /p/x', 'listed /p: x')])).toEqual([]);
});

test('paths that are ignored connect nothing', () => {
  const targets = [compile, target('bundle', 'read /p/dist/a.js', 'listed /p/dist')];
  expect(edgesOf(targets, (path) => path.startsWith('/p/dist/'))).toEqual([]);
});

test('links in a circle lead nowhere, and do no harm', () => {
  const round = target('round', 'looked /p/x -> y', 'looked /p/y -> x', 'read /p/x/a');
  expect(edgesOf([compile, round])).toEqual([]);
});

describe('the users of a path', () => {
  const bundle = target(
    'bundle',
    'looked /p/dist',
    'listed /p/dist',
    'read /p/dist/a.js',
    'output /p/out.js',
  );
  const graph = new TargetGraph([compile, bundle, target('lint', 'looked /p/a.ts', 'executed /p/tool')]);

  test.each([
    ['/p/a.ts', ['compile read', 'lint looked']],
    ['/p/dist', ['bundle listed']],
    ['/p/dist/a.js', ['bundle read']],
    ['/p/tool', ['lint executed']],
    ['/p/out.js', []],
  ])('of %s are %j', (path, users) => {
    expect(graph.usersOf(path as AbsolutePath).map(({ target: { name }, use }) => `${name} ${use}`)).toEqual(
      users,
    );
  });

  test('are no writers of it', () => {
    expect(graph.writersOf('/p/out.js' as AbsolutePath).map(({ name }) => name)).toEqual(['bundle']);
    expect(graph.writersOf('/p/dist/old.js' as AbsolutePath).map(({ name }) => name)).toEqual(['compile']);
    expect(graph.writersOf('/p/a.ts' as AbsolutePath)).toEqual([]);
  });
});
