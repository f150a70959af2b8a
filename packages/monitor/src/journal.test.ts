import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { Journal, type JournalEvent, readJournal } from './journal.js';
import { JournalWriter } from './journal-writer.js';

const path = '/p/src/a.ts' as AbsolutePath;

const head = (seconds: number) =>
  JSON.stringify({ journal: 1, backend: 'bpf', since: { seconds, nanoseconds: 0 }, boot: 'b' });
const gap = (seconds: number) => JSON.stringify({ gap: { seconds, nanoseconds: 0 } });
const event = (seconds: number, rest: Partial<JournalEvent> = {}): string =>
  JSON.stringify({ event: 'CONTENT', reason: 'WRITE', path, time: { seconds, nanoseconds: 0 }, ...rest });
const at = (seconds: number) => BigInt(seconds) * 1_000_000_000n;

/** The second in which it says that the path was changed last, after second 10. */
function lastChange(...lines: string[]): number | undefined {
  return new Journal(lines).lastChange(path, at(10))?.time.seconds;
}

describe('the last change of a path is', () => {
  const directory = '/p/src' as AbsolutePath;
  const above = '/p' as AbsolutePath;

  test.each<[string, string[], number | undefined]>([
    ['the newest event', [event(11), event(12)], 12],
    ['none before the moment', [event(9)], undefined],
    ['none of another path', [event(11, { path: '/p/src/a.tsx' as AbsolutePath })], undefined],
    ['a change of its attributes', [event(11, { event: 'ATTRIBUTE', reason: undefined })], 11],
    ['its end', [event(11, { event: 'DELETE', reason: undefined })], 11],
    ['none by which it was executed', [event(11, { event: 'EXEC', reason: undefined })], undefined],
    ['an entry of its name', [event(11, { path: directory, reason: 'ENTRY', entry: 'a.ts' })], 11],
    ['no entry of another name', [event(11, { path: directory, reason: 'ENTRY', entry: 'b.ts' })], undefined],
    ['an entry without a name', [event(11, { path: directory, reason: 'ENTRY' })], 11],
    ['no entry without a name further up', [event(11, { path: above, reason: 'ENTRY' })], undefined],
    ['an entry for a directory above it', [event(11, { path: above, reason: 'ENTRY', entry: 'src' })], 11],
    ['a directory above it that was moved', [event(11, { path: directory, reason: 'RENAME' })], 11],
    ['what was mounted over one', [event(11, { path: above, reason: 'OVERMOUNT' })], 11],
    ['no other change of a directory above it', [event(11, { path: directory })], undefined],
    ['found behind damaged lines', [event(11), '{"event":"CONT', 'null', '{}', '[]', '7'], 11],
    ['found behind a gap', [event(11), gap(12), head(13)], 11],
  ])('%s', (_, lines, second) => {
    expect(lastChange(...lines)).toBe(second);
  });
});

test.each<[string, string[], boolean]>([
  ['not after an event', [head(1), event(11)], false],
  ['not by what was lost before', [gap(10), event(11), event(12)], false],
  ['where something was lost', [event(11), gap(12)], true],
  ['where it was lost before the last event', [event(11), gap(12), event(13)], true],
  ['where another recorder has begun', [event(11), head(12)], true],
  ['not by a damaged line', [event(11), '{"gap":'], false],
])('something may be unknown %s', (_, lines, isUnknown) => {
  expect(new Journal(lines).hasGapAfter(at(11))).toBe(isUnknown);
});

test('damaged lines are counted, and the others are read', () => {
  const journal = new Journal([head(1), event(11), event(12).slice(0, 30), '', gap(13), event(14)]);
  expect(journal.events().map(({ time }) => time.seconds)).toEqual([11, 14]);
  expect(journal.damaged()).toBe(2);
});

describe('in the folder of a recorder', () => {
  let folder: AbsolutePath;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'oodate-journal-')) as AbsolutePath;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, ...lines: string[]): string => {
    const file = join(folder, name);
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    return file;
  };
  const seconds = async () => (await readJournal(folder))?.events().map(({ time }) => time.seconds);

  test('there may be none', async () => {
    expect(await readJournal(folder)).toBeUndefined();
  });

  test('both files are read, the older first, and a line that is in both is one', async () => {
    write('journal.1', head(1), event(11), event(12));
    write('journal', head(1), event(12), event(13));
    expect(await seconds()).toEqual([11, 12, 13]);
  });

  test('it is read wherever it was cut off, but for the line that is cut', async () => {
    const whole = [head(1), event(11), event(12)].map((line) => `${line}\n`).join('');
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(join(folder, 'journal'), whole.slice(0, length), { mode: 0o600 });
      const lines = whole.slice(0, length).split('\n').length - 1;
      expect(await seconds()).toEqual([11, 12].slice(0, Math.max(0, lines - 1)));
    }
  });

  test('a name that is not UTF-8 comes back to the byte', async () => {
    const line = Buffer.from(`${event(11, { path: '/p/\xe9' as AbsolutePath })}\n`, 'latin1');
    writeFileSync(join(folder, 'journal'), line, { mode: 0o600 });
    expect((await readJournal(folder))?.events()[0]?.path).toBe('/p/\udce9');
  });

  test('it is not read where others may read it, or where it is a link', async () => {
    const file = write('journal', event(11));
    expect(await seconds()).toEqual([11]);
    chmodSync(file, 0o640);
    expect(await seconds()).toBeUndefined();
    rmSync(file);
    symlinkSync(write('elsewhere', event(11)), file);
    expect(await seconds()).toBeUndefined();
  });

  (process.getuid?.() === 0 ? test : test.skip)('it is not read if it belongs to another user', async () => {
    chownSync(write('journal', event(11)), 65534, 65534);
    expect(await seconds()).toBeUndefined();
  });

  test('no more than its end is read of one that is far too long', async () => {
    const long = event(11, { path: `/${'x'.repeat(60_000)}` as AbsolutePath });
    write(
      'journal',
      ...Array.from({ length: 100 }, () => long).map((line, at) => line.replace('11', `${at}`)),
    );
    const read = (await seconds()) ?? [];
    expect(read.at(-1)).toBe(99);
    expect(read.length).toBeLessThan(75);
  });

  test('what is written of it is read back, and it goes on in another file when it is full', async () => {
    const writer = new JournalWriter(folder, 'inotify', { seconds: 1, nanoseconds: 0 });
    const wide = { event: 'CONTENT', path: `/${'y'.repeat(4000)}` };
    for (let second = 0; second < 1200; second += 1)
      writer.write({ ...wide, time: { seconds: second, nanoseconds: 0 } });
    writer.close();
    const read = (await seconds()) ?? [];
    expect(read.at(-1)).toBe(1199);
    // Of three files the first is gone.
    expect(read.length).toBeLessThan(1200);
    expect(read).toEqual(Array.from(read, (_, index) => 1200 - read.length + index));
  });

  test('a recorder begins behind the half line of one that was killed', async () => {
    writeFileSync(join(folder, 'journal'), `${event(11)}\n${event(12).slice(0, 40)}`, { mode: 0o600 });
    const writer = new JournalWriter(folder, 'inotify', { seconds: 13, nanoseconds: 0 });
    writer.write(JSON.parse(event(14)));
    writer.close();
    expect(await seconds()).toEqual([11, 14]);
    expect((await readJournal(folder))?.hasGapAfter(at(12))).toBe(true);
  });
});
