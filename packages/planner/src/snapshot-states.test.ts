import { expect, test } from '@jest/globals';
import { type AbsolutePath, summarizeAccesses } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import { MemoryFileStates } from './memory-file-states.js';
import { recordRun } from './record-run.js';
import { snapshotStates } from './snapshot-states.js';

const path = '/p/in' as AbsolutePath;

function recordOf(files: MemoryFileStates): RunRecord {
  const accesses = summarizeAccesses(
    [
      { kind: 'process', letter: 'E', pid: 1, data: '/bin/cat' },
      { kind: 'process', letter: 'R', pid: 1, data: path },
    ],
    '/p' as AbsolutePath,
  );
  const started = Number(files.now / 1000n);
  return recordRun({
    accesses,
    commands: [['cat', 'in']],
    cwd: '/p' as AbsolutePath,
    environment: {},
    started,
    recorded: files.now,
    files,
  }).record;
}

function recorded(): { readonly files: MemoryFileStates; readonly run: RunRecord } {
  const files = new MemoryFileStates();
  files.write(path, 'one');
  files.later();
  files.later();
  const run = recordOf(files);
  files.digested.length = 0;
  files.later();
  return { files, run };
}

const digestIn = (states: ReturnType<typeof snapshotStates>) => {
  const found = states.digest(path);
  return 'digest' in found ? found.digest : found.errno;
};

test('a file that is as it was recorded is not read', () => {
  const { files, run } = recorded();
  expect(digestIn(snapshotStates(files, run))).toBe(digestIn(files));
  expect(files.digested).toEqual([path]);
});

test('a file that has been written since is read, once', () => {
  const { files, run } = recorded();
  files.write(path, 'two');
  const states = snapshotStates(files, run);
  const digest = digestIn(states);
  expect(digestIn(states)).toBe(digest);
  expect(files.digested).toEqual([path]);
  expect(digest).toBe(digestIn(files));
});

test('a file that may have been written again in the tick of its record is read', () => {
  const files = new MemoryFileStates();
  files.write(path, 'one');
  const run = recordOf(files);
  files.write(path, 'two');
  files.digested.length = 0;
  expect(digestIn(snapshotStates(files, run))).toBe(digestIn(files));
  expect(files.digested).toEqual([path, path]);
});

test('what changes after the first look does not show', () => {
  const { files, run } = recorded();
  const states = snapshotStates(files, run);
  const before = [states.state(path), states.linkState(path), states.list('/p' as AbsolutePath)];
  files.write(path, 'longer');
  files.write('/p/more');
  expect([states.state(path), states.linkState(path), states.list('/p' as AbsolutePath)]).toEqual(before);
});
