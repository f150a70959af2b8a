import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, directoriesAbove } from '@oodate/filemon';
import type { RecordedFile, RunRecord } from '@oodate/meta-file';
import { accessSetOf, formatAccessSet, isPortable, parseAccessSet } from './access-set.js';

const root = '/home/ann/p' as AbsolutePath;

type Given = Pick<RecordedFile, 'use' | 'state'> & { path: string; before?: RecordedFile['before'] };

function runWith(files: readonly Given[], listings: readonly string[] = []): RunRecord {
  return {
    version: 2,
    commands: [['x']],
    cwd: root,
    environment: [],
    started: 0,
    recorded: 0n,
    files: files.map((file) => ({ ...file, by: undefined, disturbed: false }) as RecordedFile),
    listings: listings.map((path) => ({
      path: path as AbsolutePath,
      names: ['a'],
      own: ['b'],
      by: undefined,
      disturbed: false,
    })),
  };
}

const content = {
  type: 'file',
  size: 1n,
  mtime: 0n,
  ctime: 0n,
  inode: 1n,
  mode: 0o644,
  digest: 'd',
} as const;
const absent = { type: 'absent' } as const;

test('a set holds what was used and how, relative to the root, and nothing of what was found', () => {
  const run = runWith(
    [
      { path: '/home/ann/p/src/a', use: 'read', state: content },
      { path: '/usr/bin/cc', use: 'executed', state: content },
      { path: '/home/ann/p/src', use: 'looked', state: { type: 'directory' } },
      { path: '/home/ann', use: 'looked', state: { type: 'directory' } },
      { path: '/home/ann/p/nosuch', use: 'missing', state: absent },
      { path: '/home/ann/p/link', use: 'looked', state: { type: 'link', target: 'src' } },
      { path: '/home/ann/p/out', use: 'output', state: content },
      { path: '/home/ann/p/log', use: 'output', state: content, before: content },
      { path: '/home/ann/p/old', use: 'removed', state: absent, before: 'looked' },
    ],
    ['/home/ann/p'],
  );
  const set = {
    read: ['src/a', 'log'],
    looked: ['/usr/bin/cc', 'src'],
    missing: ['nosuch'],
    links: ['link'],
    above: [],
    listings: [['.', 'b']],
  };
  expect(accessSetOf(run, root)).toEqual(set);
  expect(parseAccessSet(formatAccessSet(accessSetOf(run, root)))).toEqual(set);
});

describe('what is looked for in the root and above it', () => {
  const upwards = (places: readonly [string, Given['state']][]) =>
    runWith(
      places.map(([path, state]) => ({ path, use: state.type === 'absent' ? 'missing' : 'read', state })),
    );

  test('in vain is looked for above any other root as well', () => {
    const run = upwards([
      ['/home/ann/p/rc', absent],
      ['/home/ann/rc', absent],
      ['/home/rc', absent],
      ['/rc', absent],
      ['/home/ann/unrelated', absent],
    ]);
    expect(accessSetOf(run, root)).toMatchObject({ above: ['rc'], missing: ['rc', '/home/ann/unrelated'] });
    expect(isPortable(run, root)).toBe(true);
  });

  test('and found there is bound to the place', () => {
    expect(
      isPortable(
        upwards([
          ['/home/ann/p/rc', absent],
          ['/home/ann/rc', content],
        ]),
        root,
      ),
    ).toBe(false);
  });

  test('is not taken for what is named by itself', () => {
    expect(isPortable(upwards([['/home/ann/.gitconfig', content]]), root)).toBe(true);
  });
});

test.each([
  ['/home/ann', false],
  ['/home', false],
  ['/', true],
  ['/home/ann/p', true],
  ['/home/ann/p/src', true],
  ['/usr/include', true],
])('a run that lists %s can be used elsewhere: %s', (path, portable) => {
  expect(isPortable(runWith([], [path]), root)).toBe(portable);
});

test('the directories above a root end with that of the file system', () => {
  expect([...directoriesAbove(root)]).toEqual(['/home/ann', '/home', '/']);
});
