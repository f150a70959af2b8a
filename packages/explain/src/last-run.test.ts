import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { MetaFile, RecordedFile, RunCause, RunRecord, StoredReason } from '@oodate/meta-file';
import { lastRun } from './last-run.js';

const at = (path: string) => path as AbsolutePath;

const used = (
  path: string,
  use: RecordedFile['use'] = 'read',
  type: 'special' | 'directory' = 'special',
) => ({
  path: at(path),
  use,
  state: { type },
  by: '/bin/sh',
  disturbed: false,
});

/** A run of a second and a half in /p. */
function metaWith(
  because: RunCause | undefined,
  run: Partial<RunRecord> = {},
): MetaFile & { run: RunRecord } {
  const record: RunRecord = {
    version: 2,
    commands: [['build']],
    cwd: at('/p'),
    environment: [],
    started: 1_795_000_000_000_000,
    recorded: 1_795_000_001_500_000_000n,
    files: [],
    listings: [],
    ...(because && { because }),
    ...run,
  };
  const filemon = Buffer.from('V 5\nE 7 /bin/sh\nP 7 sh build.sh\nR 7 /p/a\nX 7 0 0\n# Bye bye\n');
  return {
    path: '/p/m',
    commands: ['build'],
    cwd: '/p',
    target: 'build',
    output: Buffer.of(),
    filemon,
    run: record,
  };
}

const gone = (path: string): StoredReason => ({ kind: 'input-gone', path, by: '/bin/sh' });
const outputGone: StoredReason = { kind: 'output-gone', path: '/p/out' };
const cause = (because: Partial<RunCause>): RunCause => ({
  reasons: [gone('/p/a')],
  more: 0,
  spared: [],
  ...because,
});

describe('of the last run', () => {
  test('it is told when it began, how long it took, and why, with the process that used each path', () => {
    expect(lastRun(metaWith(cause({ outputs: 'changed' })))).toEqual({
      started: '2026-11-18T11:06:40.000Z',
      milliseconds: 1500,
      restored: null,
      causes: [
        {
          reason: { kind: 'input-gone', path: '/p/a', by: '/bin/sh' },
          group: 'inputs',
          process: { executable: '/bin/sh', words: 'sh build.sh', how: ['read'], parents: [] },
          shortened: false,
        },
      ],
      more: 0,
      outputs: 'changed',
      isAvoidable: false,
      spared: [],
      advice: [],
    });
  });

  test('of a record without reasons nothing is said of them', () => {
    expect(lastRun(metaWith(undefined))).toMatchObject({
      causes: null,
      more: 0,
      outputs: null,
      isAvoidable: false,
    });
  });

  test('of a result that was brought back it is told when that was made', () => {
    const found = lastRun(metaWith(cause({ outputs: 'same' }), { restored: 1_790_000_000_000_000_000n }));
    expect(found).toMatchObject({ started: null, restored: '2026-09-21T14:13:20.000Z', isAvoidable: false });
  });

  test('reasons of kinds that are not known, or that are no such reasons, are only counted', () => {
    const reasons = [{ kind: 'moon-phase' }, { kind: 'input-gone', path: 7 }, gone('/p/a')];
    const { causes, more } = lastRun(metaWith(cause({ reasons, more: 2 })));
    expect([causes?.map(({ reason }) => reason.kind), more]).toEqual([['input-gone'], 4]);
  });

  test.each<[boolean, string, Partial<RunCause>]>([
    [true, 'left the same', { outputs: 'same' }],
    [false, 'left something else', { outputs: 'changed' }],
    [false, 'made outputs again that were gone', { outputs: 'same', reasons: [gone('/p/a'), outputGone] }],
    [false, 'had more reasons than are known', { outputs: 'same', more: 1 }],
    [false, 'is the first', {}],
  ])('that it was avoidable is %p where it %s', (isAvoidable, _, because) => {
    expect(lastRun(metaWith(cause(because))).isAvoidable).toBe(isAvoidable);
  });
});

describe('inputs that changed without showing', () => {
  const spared = (path: string, runs = 5) => ({ path: at(path), runs });

  test('are told with whether they were a reason this time, without those that are ignored by now', () => {
    const because = cause({
      outputs: 'same',
      spared: [spared('/p/a', 3), spared('/p/b', 1), spared('/p/c', 1)],
    });
    const found = lastRun(metaWith(because), { isIgnored: (path) => path === '/p/c' });
    expect(found.spared).toEqual([
      { path: '/p/a', runs: 3, now: true },
      { path: '/p/b', runs: 1, now: false },
    ]);
  });

  test.each<[string, string[], string, RecordedFile[]]>([
    ['a file of the project', ['docs/a'], '/p/docs/a', [used('/p/docs/a')]],
    ['a file that is looked for', ['a'], '/p/a', [used('/p/a', 'missing')]],
    ['characters that mean something in patterns', ['\\[id\\]\\*.ts'], '/p/[id]*.ts', [used('/p/[id]*.ts')]],
    ['no file elsewhere', [], '/q/a', [used('/q/a')]],
    ['no file that was installed', [], '/p/node_modules/x/a', [used('/p/node_modules/x/a')]],
    ['no program', [], '/p/a', [used('/p/a', 'executed')]],
    ['no directory, as that would leave out all in it', [], '/p/d', [used('/p/d', 'looked', 'directory')]],
    ['nothing that is used no more', [], '/p/a', []],
  ])('are worth the setting ignore: %s', (_, values, path, files) => {
    const { advice } = lastRun(metaWith(cause({ spared: [spared(path)] }), { files }));
    expect(advice).toEqual(values.map((value) => ({ setting: 'ignore', value })));
  });

  test('are not worth it before they have changed five times', () => {
    const because = cause({ outputs: 'same', spared: [spared('/p/a', 4)] });
    expect(lastRun(metaWith(because, { files: [used('/p/a')] })).advice).toEqual([]);
  });
});
