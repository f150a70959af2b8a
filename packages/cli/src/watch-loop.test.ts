import { describe, expect, test } from '@jest/globals';
import type { CulpritProcess } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { Reason } from '@oodate/planner';
import { findLoop, type Loop, mayBeLoop, type Round, type Surroundings } from './watch-loop.js';

/** Milliseconds after the run, and a kind and a path for each reason. */
function round(after: number, ...reasons: string[]): Round {
  return {
    after,
    reasons: reasons.map((line) => {
      const [kind, path, gained] = line.split(' ');
      return { kind, path, gained: [gained], lost: [], metaFile: '/m' } as unknown as Reason;
    }),
  };
}

function times(number: number, one: Round): Round[] {
  return Array.from({ length: number }, () => one);
}

const prettier: CulpritProcess = {
  pid: 7,
  uid: 0,
  name: 'prettier',
  executable: null,
  words: null,
  of: null,
};
const isAboutB = (reason: Reason) => 'path' in reason && reason.path === b;
const unknown: Surroundings = {
  cycleBy: () => undefined,
  culpritOf: () => undefined,
  isOwn: () => false,
};
const links = [
  { maker: 'build', path: '/p/a' as AbsolutePath, user: 'types' },
  { maker: 'types', path: '/p/b' as AbsolutePath, user: 'build' },
];
const inCycle: Surroundings = { ...unknown, cycleBy: (paths) => (paths.includes(b) ? links : undefined) };
const byOwn: Surroundings = { ...unknown, culpritOf: () => prettier, isOwn: () => true };
const byOther: Surroundings = { ...unknown, culpritOf: () => prettier };
const b = '/p/b' as AbsolutePath;

function loopOf(rounds: readonly Round[], known?: Loop, surroundings = unknown): Loop | undefined {
  return mayBeLoop(rounds, known) ? findLoop(rounds, known, surroundings) : undefined;
}

const changed = round(60_000, 'input-changed /p/b');
const undone = round(200, 'output-changed /p/b');
const disturbed = round(0, 'changed-while-running /p/b');

describe('after three runs for the same cause it is a loop where', () => {
  test.each<[string, Round, Surroundings, Partial<Loop>]>([
    ['another target makes it of what this one makes', changed, inCycle, { kind: 'targets', links }],
    [
      'a name in a directory is made of what this one makes',
      round(60_000, 'listing-changed /p b'),
      inCycle,
      { kind: 'targets', links },
    ],
    ['what the command left running changes it', changed, byOwn, { kind: 'left-running', by: prettier }],
    ['an output is changed each time, soon', undone, byOther, { kind: 'output-changed', by: prettier }],
    ['an output is changed by nobody knows whom', undone, unknown, { kind: 'output-changed', by: undefined }],
    [
      'outputs are gone each time, and others come back',
      round(10, 'output-gone /p/b', 'removed-came-back /p/c'),
      unknown,
      { kind: 'output-changed', paths: ['/p/b', '/p/c'] as AbsolutePath[] },
    ],
    ['it changes in every run', disturbed, byOther, { kind: 'changed-while-running', by: prettier }],
  ])('%s', (_, one, surroundings, loop) => {
    expect(loopOf(times(3, one), undefined, surroundings)).toBeUndefined();
    expect(loopOf(times(4, one), undefined, surroundings)).toMatchObject(loop);
  });

  test('it changes while it runs or after that', () => {
    expect(loopOf([disturbed, changed, disturbed, changed], undefined, inCycle)).toMatchObject({ links });
  });

  test('another path changes in every run', () => {
    const rounds = ['/p/1', '/p/2', '/p/3', '/p/4'].map((path) => round(0, `changed-while-running ${path}`));
    expect(loopOf(rounds)).toMatchObject({ kind: 'changed-while-running', paths: ['/p/4'] });
  });
});

describe('it is no loop where', () => {
  test.each<[string, Round[], Surroundings]>([
    ['someone saves the same input again and again', times(9, round(200, 'input-changed /p/b')), byOther],
    ['an output is changed once in a while', times(9, round(60_000, 'output-changed /p/b')), byOther],
    ['an output was changed late once', [...times(3, undone), round(9_000, 'output-changed /p/b')], byOther],
    ['an input has changed, too', times(9, round(0, 'output-changed /p/b', 'input-changed /p/in')), byOther],
    [
      'another input changed in one of the runs',
      [changed, round(0, 'input-changed /p/in'), changed, changed],
      inCycle,
    ],
    [
      'the settings have to do with it',
      times(9, round(0, 'command-changed', 'output-changed /p/b')),
      unknown,
    ],
    [
      'one of the paths is changed by others',
      times(4, round(0, 'input-changed /p/b', 'input-changed /p/c')),
      { ...byOwn, isOwn: isAboutB },
    ],
  ])('%s', (_, rounds, surroundings) => {
    expect(loopOf(rounds, undefined, surroundings)).toBeUndefined();
  });
});

describe('a loop that is known', () => {
  test.each<[string, Round, Surroundings, Loop['kind']]>([
    ['of targets', changed, inCycle, 'targets'],
    ['by what was left running', changed, byOwn, 'left-running'],
    ['of a tool', undone, byOther, 'output-changed'],
  ])('%s is one after the first run', (_, one, surroundings, kind) => {
    const known = loopOf(times(4, one), undefined, surroundings) as Loop;
    expect(loopOf([one], known, surroundings)).toMatchObject({ kind });
    expect(loopOf([one], known, unknown)?.kind).toBe(kind === 'output-changed' ? kind : undefined);
  });

  test('is not taken for one of other paths', () => {
    const known = loopOf(times(4, undone)) as Loop;
    expect(loopOf([round(0, 'output-changed /p/b', 'output-changed /p/c')], known)).toBeUndefined();
  });

  test('of changes while it runs is one after three runs more: a person who goes on typing looks the same', () => {
    const known = loopOf(times(4, disturbed)) as Loop;
    expect(loopOf(times(3, disturbed), known)).toBeUndefined();
    expect(loopOf(times(4, disturbed), known)).toEqual(known);
  });

  test('of targets tells nothing of one in which a tool takes part', () => {
    const known = loopOf(times(4, changed), undefined, inCycle) as Loop;
    expect(loopOf([undone], known, byOther)).toBeUndefined();
  });
});
