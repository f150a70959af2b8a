import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RecordedState, RunRecord, SparedInput } from '@oodate/meta-file';
import { MemoryFileStates } from './memory-file-states.js';
import type { Reason } from './reason.js';
import { type RunResult, runCause } from './run-cause.js';

const file = (digest: string, mode = 0o644): RecordedState => ({
  type: 'file',
  size: 3n,
  mtime: 0n,
  ctime: 0n,
  inode: 1n,
  mode,
  digest,
});
const absent = { type: 'absent' } as const;
const link = (target: string) => ({ type: 'link', target }) as const;

type Left = Readonly<Record<string, RecordedState>>;

/** A run that wrote these files and printed that. */
function result(left: Left, printed = '', spared: readonly SparedInput[] = []): RunResult {
  const files = Object.entries(left).map(
    ([name, state]): RecordedFile => ({
      path: `/w/${name}` as AbsolutePath,
      use: state.type === 'absent' ? 'removed' : 'output',
      state,
      by: undefined,
      disturbed: false,
    }),
  );
  const run: RunRecord = {
    version: 2,
    commands: [['build']],
    cwd: '/w' as AbsolutePath,
    environment: [],
    started: 0,
    recorded: 2_000_000_000_000_000_000n,
    files,
    listings: [],
    output: { streams: [1], terminals: [], chunks: [] },
    because: { reasons: [], more: 0, spared },
  };
  return { run, output: Buffer.from(printed) };
}

const changed = (name: string): Reason => ({
  kind: 'input-changed',
  path: `/w/${name}` as AbsolutePath,
  by: undefined,
  was: file('a'),
  is: file('b'),
});

describe('the outputs of two runs', () => {
  test.each<[string, Left, Left]>([
    [
      'content and mode',
      { out: file('a'), dir: { type: 'directory' } },
      { out: file('a'), dir: { type: 'directory' } },
    ],
    ['links', { out: link('x') }, { out: link('x') }],
    ['what they removed', { out: absent }, { out: absent }],
    ['nothing', {}, {}],
    ['temporary files of other names', { tmp1: absent }, { tmp2: absent }],
  ])('are the same by %s', (_, former, made) => {
    const { outputs } = runCause(
      { reasons: [], former: result(former) },
      result(made),
      new MemoryFileStates(),
    );
    expect(outputs).toBe('same');
  });

  test.each<[string, Left, Left]>([
    ['content', { out: file('a') }, { out: file('b') }],
    ['mode', { out: file('a') }, { out: file('a', 0o755) }],
    ['a link', { out: link('x') }, { out: link('y') }],
    ['a link in the place of a file', { out: file('a') }, { out: link('x') }],
    ['a file in the place of a link', { out: link('x') }, { out: file('a') }],
    ['one more', { out: file('a') }, { out: file('a'), more: file('a') }],
    ['one less', { out: file('a'), more: file('a') }, { out: file('a') }],
    ['a removal', { out: file('a') }, { out: absent }],
  ])('have changed by %s', (_, former, made) => {
    const { outputs } = runCause(
      { reasons: [], former: result(former) },
      result(made),
      new MemoryFileStates(),
    );
    expect(outputs).toBe('changed');
  });

  test('are the same where the second left alone what was as it would have it', () => {
    const disk = new MemoryFileStates();
    disk.write('/w/out', 'abc');
    const state = disk.digest('/w/out' as AbsolutePath);
    if (!('digest' in state)) throw new Error('no file');
    const former = result({ out: { ...state.file, digest: state.digest } });
    const outputs = () => runCause({ reasons: [], former }, result({}), disk).outputs;
    expect(outputs()).toBe('same');
    disk.later();
    disk.write('/w/out', 'abd');
    expect(outputs()).toBe('changed');
  });

  test('have changed by what was printed, where both kept that', () => {
    const outputs = (former: RunResult, made: RunResult) =>
      runCause({ reasons: [], former }, made, new MemoryFileStates()).outputs;
    const { output: _, ...unkept } = result({}, 'x').run;
    expect(outputs(result({}, 'one'), result({}, 'one'))).toBe('same');
    expect(outputs(result({}, 'one'), result({}, 'two'))).toBe('changed');
    expect(outputs({ run: unkept, output: Buffer.of() }, result({}, 'two'))).toBe('same');
    const onTerminal = {
      ...result({}, 'in colour').run,
      output: { streams: [1], terminals: [1], chunks: [] },
    } as const;
    expect(outputs({ run: onTerminal, output: Buffer.from('in colour') }, result({}, 'plain'))).toBe('same');
  });

  test('are compared where a link and what it leads to have one path', () => {
    const both = (target: string, digest: string): RunResult => {
      const { run, output } = result({ out: link(target) });
      return { run: { ...run, files: [...run.files, ...result({ out: file(digest) }).run.files] }, output };
    };
    const outputs = (former: RunResult, made: RunResult) =>
      runCause({ reasons: [], former }, made, new MemoryFileStates()).outputs;
    expect(outputs(both('x', 'a'), both('x', 'a'))).toBe('same');
    expect(outputs(both('x', 'a'), both('y', 'a'))).toBe('changed');
    expect(outputs(both('x', 'a'), both('x', 'b'))).toBe('changed');
  });

  test('are compared without what never counts', () => {
    const isIgnored = (path: string) => path === '/w/log';
    const occasion = { reasons: [], former: result({ log: file('a') }) };
    expect(
      runCause(occasion, result({ log: file('b') }), new MemoryFileStates(), { isIgnored }).outputs,
    ).toBe('same');
  });

  test('are not compared where there was no run before', () => {
    const cause = runCause(
      { reasons: [changed('a')], former: undefined },
      result({}),
      new MemoryFileStates(),
    );
    expect(cause).toEqual({
      reasons: [expect.objectContaining({ kind: 'input-changed' })],
      more: 0,
      spared: [],
    });
  });
});

describe('an input that changed', () => {
  const spared = (reasons: readonly Reason[], known: Readonly<Record<string, number>>, out: string) => {
    const former = result(
      { out: file('a') },
      '',
      Object.entries(known).map(([name, runs]) => ({ path: `/w/${name}` as AbsolutePath, runs })),
    );
    const cause = runCause({ reasons, former }, result({ out: file(out) }), new MemoryFileStates());
    return Object.fromEntries(cause.spared.map(({ path, runs }) => [path.slice(3), runs]));
  };

  test('counts once more if the outputs are the same, as does each that changed with it', () => {
    expect(spared([changed('a'), changed('b')], { a: 3, c: 2 }, 'a')).toEqual({ a: 4, c: 2, b: 1 });
  });

  test('counts no more once a run that it caused has changed the outputs', () => {
    expect(spared([changed('a')], { a: 3, c: 2 }, 'b')).toEqual({ c: 2 });
  });

  test('is no command, variable or output', () => {
    const others: Reason[] = [
      { kind: 'forced' },
      { kind: 'output-gone', path: '/w/out' as AbsolutePath, by: undefined },
    ];
    expect(spared(others, { a: 1 }, 'a')).toEqual({ a: 1 });
  });

  test('is one of the hundred that changed most often', () => {
    const known = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`i${at}`, 200 - at]));
    const kept = spared([changed('new'), changed('i99')], known, 'a');
    expect(Object.keys(kept)).toHaveLength(100);
    expect(kept).toMatchObject({ i0: 200, i99: 102 });
    expect(kept).not.toHaveProperty('new');
  });
});
