import { lstatSync, type Stats } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Culprit } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import { Journal } from '@oodate/monitor';
import type { InputReason } from '@oodate/planner';
import { type Workspace, workspace } from '@oodate/testkit';
import { Culprits } from './culprits.js';

/*
 * Who is named for a reason, by journals that are written here and files that are there.
 */

let space: Workspace;
let path: AbsolutePath;
beforeEach(() => {
  space = workspace({ 'src/a.ts': '1' });
  path = space.path('src/a.ts') as AbsolutePath;
});

/** Milliseconds by which an event is later than the last change of the file by its own time; of which file if it is not a.ts. */
interface Happening {
  readonly later: number;
  readonly of?: string;
  readonly event?: string;
  readonly reason?: string | undefined;
  readonly path?: string;
  readonly entry?: string;
  readonly pid?: number;
}

function lineOf({ later, of = 'src/a.ts', path = of, pid = 1, ...rest }: Happening): string {
  const { ctimeMs } = lstatSync(space.path(of), { throwIfNoEntry: false }) as Stats;
  return JSON.stringify({
    event: 'CONTENT',
    reason: 'WRITE',
    path: space.path(path),
    time: timeOf(ctimeMs + later),
    process: { pid, parent: 1, uid: 0, gid: 0, name: 'node' },
    ...rest,
  });
}

function timeOf(milliseconds: number) {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}

const gapNow = () => JSON.stringify({ gap: timeOf(Date.now() + 1000) });

/** By a run that had ended a minute ago. */
function culpritOf(reason: object, ...lines: string[]): Culprit | undefined {
  const run = { started: 0, recorded: BigInt(Date.now() - 60_000) * 1_000_000n } as RunRecord;
  return new Culprits(new Journal(lines)).of({ path, by: undefined, ...reason } as InputReason, run);
}

const state = (mode: number, size = 1n) =>
  ({ type: 'file', size, mtime: 1n, ctime: 1n, inode: 1n, mode }) as const;
const changed = { kind: 'input-changed', was: state(0o644), is: state(0o644, 2n) };
const moreExecutable = { kind: 'looked-at-changed', was: state(0o644), is: state(0o755) };

test('the last one that changed it is named', () => {
  const lines = [lineOf({ later: -2000, pid: 7 }), lineOf({ later: 0, pid: 8 })];
  expect(culpritOf(changed, ...lines)).toMatchObject({ path, did: 'changed', process: { pid: 8 } });
});

test('the time of the file may be a step of its clock away from that of the event', () => {
  expect(culpritOf(changed, lineOf({ later: -10 }))).toBeDefined();
});

describe('nobody is named', () => {
  test.each<[string, Happening[]]>([
    ['where nothing was seen', []],
    ['where the file has changed since what was seen', [{ later: -500 }]],
    ['for what was before the last run', [{ later: -120_000 }]],
    ['where only its attributes were seen to change', [{ later: 0, event: 'ATTRIBUTE', reason: undefined }]],
    ['by an entry without a name of another moment', [{ later: 900, path: 'src', reason: 'ENTRY' }]],
  ])('%s', (_, happenings) => {
    expect(culpritOf(changed, ...happenings.map(lineOf))).toBeUndefined();
  });

  test('for what is no path', () => {
    const run = { started: 0, recorded: 0n } as RunRecord;
    const culprits = new Culprits(new Journal([lineOf({ later: 0 })]));
    expect(culprits.of({ kind: 'forced' }, run)).toBeUndefined();
  });
});

test('who only gave it other attributes afterwards is not named for its content', () => {
  const lines = [
    lineOf({ later: -1000, pid: 7 }),
    lineOf({ later: 0, pid: 8, event: 'ATTRIBUTE', reason: undefined }),
  ];
  expect(culpritOf(changed, ...lines)).toMatchObject({ process: { pid: 7 } });
  expect(culpritOf(moreExecutable, ...lines)).toMatchObject({ process: { pid: 8 } });
});

test('who put another file in its place is named', () => {
  const lines = [lineOf({ later: 0, path: 'src', reason: 'ENTRY', entry: 'a.ts', pid: 9 })];
  expect(culpritOf(changed, ...lines)).toMatchObject({ path, process: { pid: 9 } });
});

test('an entry without a name is its own if it is of the same moment', () => {
  expect(culpritOf(changed, lineOf({ later: 1, path: 'src', reason: 'ENTRY' }))).toBeDefined();
});

describe('of a file that is gone', () => {
  const gone = { kind: 'input-gone', was: state(0o644) };
  const removed = (rest: Partial<Happening> = {}) => lineOf({ later: 1, reason: 'REMOVE', pid: 5, ...rest });

  test('who removed it is named', () => {
    const line = removed();
    space.remove('src/a.ts');
    expect(culpritOf(gone, line)).toMatchObject({ path, did: 'removed', process: { pid: 5 } });
  });

  test('who moved the directory is named', () => {
    const line = removed({ path: 'src', reason: 'RENAME' });
    space.rename('src', 'other');
    expect(culpritOf(gone, line)).toMatchObject({ did: 'removed', process: { pid: 5 } });
  });

  test('who wrote it before is not', () => {
    const line = removed({ reason: 'WRITE' });
    space.remove('src/a.ts');
    expect(culpritOf(gone, line)).toBeUndefined();
  });

  test('nobody is named where something was lost since', () => {
    const line = removed();
    space.remove('src/a.ts');
    expect(culpritOf(gone, line, gapNow())).toBeUndefined();
  });
});

test('where something was lost, who changed a file is known all the same if it has not changed since', () => {
  expect(culpritOf(changed, lineOf({ later: 0 }), gapNow())).toBeDefined();
});

test('of a directory whoever made or removed the last of its names is named, with that', () => {
  space.write({ 'src/b.ts': '', 'src/c.ts': '' });
  const reason = {
    kind: 'listing-changed',
    path: space.path('src'),
    gained: ['b.ts', 'c.ts'],
    lost: ['d.ts'],
  };
  const entry = (name: string, later: number, pid: number) =>
    lineOf({ of: 'src/c.ts', path: 'src', reason: 'ENTRY', entry: name, later, pid });
  const made = [entry('b.ts', 0, 2), entry('c.ts', 5, 3)];
  expect(culpritOf(reason, ...made)).toMatchObject({
    path: space.path('src/c.ts'),
    did: 'made',
    process: { pid: 3 },
  });
  expect(culpritOf(reason, ...made, entry('d.ts', 9, 4))).toMatchObject({
    path: space.path('src/d.ts'),
    did: 'removed',
    process: { pid: 4 },
  });
});

test('a file that is reached through links is known by its own path', () => {
  space.link('linked', 'src');
  space.link('to-file', 'linked/a.ts');
  for (const name of ['linked/a.ts', 'to-file'])
    expect(culpritOf({ ...changed, path: space.path(name) }, lineOf({ later: 0 }))).toBeDefined();
});

test('of a link who replaced it is named, and not who changed what it leads to', () => {
  space.link('link', 'src/a.ts');
  const reason = { kind: 'link-changed', path: space.path('link'), was: 'b', is: { type: 'absent' } };
  expect(culpritOf(reason, lineOf({ later: 0 }))).toBeUndefined();
  expect(
    culpritOf(reason, lineOf({ of: 'link', later: 0, path: '.', reason: 'ENTRY', entry: 'link', pid: 6 })),
  ).toMatchObject({ process: { pid: 6 } });
});

describe('of what was changed while the command ran', () => {
  const log = Buffer.from('# filemon version 5\nE 41 /usr/bin/cat\nR 41 src/a.ts\nX 41 0 0\n');
  const during = (...lines: string[]) => {
    const run = { started: 0, recorded: BigInt(Date.now() + 60_000) * 1_000_000n } as RunRecord;
    const reason = { kind: 'changed-while-running', path, by: undefined } as const;
    return new Culprits(new Journal(lines)).of(reason, run, log);
  };

  test('whoever is no process of the run is named', () => {
    expect(during(lineOf({ later: -9, pid: 77 }), lineOf({ later: 0, pid: 41 }))).toMatchObject({
      process: { pid: 77 },
    });
  });

  test('nobody is if only the run itself was seen', () => {
    expect(during(lineOf({ later: 0, pid: 41 }))).toBeUndefined();
  });
});
