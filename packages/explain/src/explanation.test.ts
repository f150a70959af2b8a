import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedFile, RecordedState, RunCause, StoredReason, Use } from '@oodate/meta-file';
import type { InputReason, Reason } from '@oodate/planner';
import { explain, type Writer } from './explanation.js';
import type { KnownTarget } from './known-targets.js';
import { TargetGraph } from './target-graph.js';

const at = (path: string) => path as AbsolutePath;

/** A file by its content, told by its size. */
function file(size: number): RecordedState {
  const time = BigInt(size);
  return { type: 'file', size: time, mtime: time, ctime: time, inode: 1n, mode: 0o644, digest: undefined };
}

interface Run {
  /** Microseconds; it takes 10. */
  readonly started?: number;
  readonly because?: StoredReason;
  readonly more?: number;
}

/** Lines of a use, a path, and the size of a file, or `-> TEXT` of a link. */
function target(
  name: string,
  lines: readonly string[],
  { started = 100, because, more = 0 }: Run = {},
): KnownTarget {
  const files = lines.map((line): RecordedFile => {
    const [use, path = '', what = '1', link = ''] = line.split(' ');
    const state: RecordedState = what === '->' ? { type: 'link', target: link } : file(Number(what));
    const gone: RecordedState = { type: 'absent' };
    return {
      path: at(path),
      use: use as Use,
      state: use === 'removed' ? gone : state,
      by: undefined,
      disturbed: false,
    };
  });
  const cause: RunCause | undefined = because && { reasons: [because], more, spared: [] };
  const run = { started, recorded: BigInt(started + 10) * 1000n, files, listings: [], because: cause };
  const meta = { cwd: '/p', run };
  return { name, metaFile: `/p/.oodate/${name}.meta`, run, meta } as unknown as KnownTarget;
}

const changed = (path: string, is = 2): InputReason => ({
  kind: 'input-changed',
  path: at(path),
  by: undefined,
  was: file(1),
  is: file(is),
});

async function causesOf(reasons: readonly Reason[], own: KnownTarget, others: readonly KnownTarget[]) {
  return explain(reasons, {
    metaFile: own.metaFile,
    meta: own.meta,
    root: at('/p'),
    graph: new TargetGraph([own, ...others]),
    isOutOfDate: async ({ name }) => name.startsWith('late'),
    differenceOf: () => undefined,
  });
}

async function writerOf(
  reason: InputReason,
  own: KnownTarget,
  ...others: KnownTarget[]
): Promise<Writer | null> {
  const [cause] = await causesOf([reason], own, others);
  return cause?.writer ?? null;
}

const bundle = target('bundle', ['read /p/dist/a.js', 'output /p/out.js']);

describe('of what has changed, the writer is the target', () => {
  test.each<[string, InputReason, KnownTarget, KnownTarget[], object | null]>([
    [
      'whose last run left it so',
      changed('/p/dist/a.js'),
      bundle,
      [target('compile', ['output /p/dist/a.js 2'])],
      { target: 'compile', path: '/p/dist/a.js', use: 'output', left: true, outOfDate: false },
    ],
    [
      'that makes it, though it is not as that left it',
      changed('/p/dist/a.js'),
      bundle,
      [target('late', ['output /p/dist/a.js 3'])],
      { target: 'late', left: false, outOfDate: true },
    ],
    [
      'that left it so, and not who made it later',
      changed('/p/dist/a.js'),
      bundle,
      [
        target('other', ['output /p/dist/a.js 3'], { started: 900 }),
        target('compile', ['output /p/dist/a.js 2']),
      ],
      { target: 'compile', left: true },
    ],
    [
      'that made it last, if none left it so',
      changed('/p/dist/a.js'),
      bundle,
      [
        target('early', ['output /p/dist/a.js 4']),
        target('compile', ['output /p/dist/a.js 3'], { started: 900 }),
      ],
      { target: 'compile', left: false },
    ],
    [
      'that removed it',
      { kind: 'input-gone', path: at('/p/dist/a.js'), by: undefined },
      bundle,
      [target('clean', ['removed /p/dist/a.js'])],
      { target: 'clean', use: 'removed', left: true },
    ],
    [
      'that makes it, if nothing is known of what is there',
      { kind: 'changed-while-running', path: at('/p/dist/a.js'), by: undefined },
      bundle,
      [target('compile', ['output /p/dist/a.js 2'])],
      { target: 'compile', left: null },
    ],
    [
      'that makes it under its real name',
      changed('/p/lib/a.js'),
      target('bundle', ['looked /p/lib 1 -> dist', 'looked /p/lib -> dist', 'read /p/lib/a.js']),
      [target('compile', ['output /p/dist/a.js 2'])],
      { target: 'compile', path: '/p/lib/a.js' },
    ],
    [
      'that has made the link',
      {
        kind: 'link-changed',
        path: at('/p/now'),
        by: undefined,
        was: 'one',
        is: { type: 'link', target: 'two' },
      },
      target('bundle', ['looked /p/now -> one']),
      [target('switch', ['output /p/now -> two'])],
      { target: 'switch', path: '/p/now', left: true },
    ],
    [
      'that has made a name in the directory',
      { kind: 'listing-changed', path: at('/p/dist'), by: undefined, gained: ['x', 'b/'], lost: [] },
      bundle,
      [target('gen', ['output /p/dist/b'])],
      { target: 'gen', path: '/p/dist/b', use: 'output' },
    ],
    [
      'that has removed a name in the directory, and not who makes it',
      { kind: 'listing-changed', path: at('/p/dist'), by: undefined, gained: [], lost: ['b'] },
      bundle,
      [target('gen', ['output /p/dist/b']), target('clean', ['removed /p/dist/b'])],
      { target: 'clean', use: 'removed' },
    ],
    ['none, if none makes it', changed('/p/a.ts'), bundle, [target('compile', ['read /p/a.ts'])], null],
    ['not the one that is explained', changed('/p/out.js'), bundle, [], null],
    [
      'of an output, another one that left it so',
      { ...changed('/p/out.js'), kind: 'output-changed' } as InputReason,
      bundle,
      [target('minify', ['output /p/out.js 2'])],
      { target: 'minify', left: true },
    ],
    [
      'of an output, none that left it otherwise',
      { ...changed('/p/out.js'), kind: 'output-changed' } as InputReason,
      bundle,
      [target('minify', ['output /p/out.js 3'])],
      null,
    ],
  ])('%s', async (_, reason, own, others, expected) => {
    const writer = await writerOf(reason, own, ...others);
    if (expected === null) expect(writer).toBeNull();
    else expect(writer).toMatchObject(expected);
  });

  test('with the time at which it was recorded', async () => {
    const compile = target('compile', ['output /p/dist/a.js 2'], { started: 1_700_000_000_000_000 });
    expect((await writerOf(changed('/p/dist/a.js'), bundle, compile))?.ran).toBe('2023-11-14T22:13:20.000Z');
  });
});

describe('why the writer ran', () => {
  const stored = (path: string): StoredReason => ({ kind: 'input-newer', path });
  const told = async (...others: KnownTarget[]) =>
    (await writerOf(changed('/p/dist/a.js'), bundle, ...others))?.because.map(
      ({ target: name, path, reason, more }) => `${name} made ${path}: ${reason?.kind} ${more}`,
    );
  const compile = (because?: StoredReason, more = 0) =>
    target('compile', ['read /p/a.ts', 'output /p/dist/a.js 2'], { ...(because && { because }), more });

  test('goes on to who made that before', async () => {
    const gen = target('gen', ['output /p/a.ts'], { started: 50, because: stored('/p/schema') });
    expect(await told(compile(stored('/p/a.ts'), 2), gen)).toEqual([
      'compile made /p/dist/a.js: input-newer 2',
      'gen made /p/a.ts: input-newer 0',
    ]);
  });

  test('does not go on to who made it only after that', async () => {
    const gen = target('gen', ['output /p/a.ts'], { started: 150, because: stored('/p/schema') });
    expect(await told(compile(stored('/p/a.ts')), gen)).toEqual(['compile made /p/dist/a.js: input-newer 0']);
  });

  test('ends where a clock that was set back has two targets make each other run', async () => {
    const early = (known: KnownTarget) => ({ ...known, run: { ...known.run, recorded: 0n } });
    const gen = target('gen', ['output /p/a.ts'], { because: stored('/p/dist/a.js') });
    expect(await told(early(compile(stored('/p/a.ts'))), early(gen))).toEqual([
      'compile made /p/dist/a.js: input-newer 0',
      'gen made /p/a.ts: input-newer 0',
    ]);
  });

  test('is not known of a record that does not tell it', async () => {
    expect(await told(compile())).toEqual([]);
  });

  test('ends at a reason of a kind that is not known', async () => {
    expect(await told(compile({ kind: 'full-moon' }))).toEqual(['compile made /p/dist/a.js: undefined 0']);
  });
});

test('other targets that use a path are named, and not the one that is explained', async () => {
  const lint = target('lint', ['looked /p/dist/a.js']);
  const [cause] = await causesOf([changed('/p/dist/a.js')], bundle, [lint, target('docs', ['read /p/b'])]);
  expect(cause?.usedBy).toEqual(['lint']);
});

test('what other targets make is ranked behind the files of the user', async () => {
  const compile = target('compile', ['output /p/dist/a.js 2']);
  const causes = await causesOf([changed('/p/dist/a.js'), changed('/p/own.js')], bundle, [compile]);
  expect(causes.map(({ reason }) => 'path' in reason && reason.path)).toEqual(['/p/own.js', '/p/dist/a.js']);
});

test('a reason without a path has nothing that belongs to one', async () => {
  expect(await causesOf([{ kind: 'forced' }], bundle, [])).toEqual([
    {
      reason: { kind: 'forced' },
      group: 'earlier runs',
      process: null,
      search: null,
      difference: null,
      tool: null,
      writer: null,
      culprit: null,
      usedBy: [],
    },
  ]);
});

test('each writer is judged once', async () => {
  const asked: string[] = [];
  const compile = target('compile', ['output /p/a 2', 'output /p/b 2']);
  await explain([changed('/p/a'), changed('/p/b')], {
    metaFile: bundle.metaFile,
    meta: bundle.meta,
    root: at('/p'),
    graph: new TargetGraph([compile]),
    isOutOfDate: async ({ name }) => {
      asked.push(name);
      return false;
    },
    differenceOf: () => undefined,
  });
  expect(asked).toEqual(['compile']);
});
