import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AbsolutePath, filemonRecords, summarizeAccesses } from '@oodate/filemon';
import { filemonSection, formatMetaFile, readMetaFile } from '@oodate/meta-file';
import { damaged, dice, rounds, spliced } from '@oodate/testkit';
import { MemoryFileStates } from './memory-file-states.js';
import type { Reason } from './reason.js';
import { reasonsToRun } from './reasons-to-run.js';
import { recordRun } from './record-run.js';
import type { Target } from './target.js';

/*
 * The disk stays as the run left it, and the meta file is damaged: whatever that
 * does to it, the target must never be found up to date by another file than the
 * one that was written.
 */

const target: Target = {
  commands: [['build', 'two\nlines']],
  cwd: '/w' as AbsolutePath,
  environment: { PATH: '/bin', TOKEN: 'secret', EMPTY: '' },
};

const disk = new MemoryFileStates();
let folder: string;
let metaFile: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oodate-damaged-'));
  metaFile = join(folder, 'build.meta');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The meta file of a run that read `input`, on a disk that holds all that such a run uses. */
function written(input: string): Buffer {
  for (const path of ['/bin/sh', '/w/in.txt', '/w/in two.txt', '/w/out.txt']) disk.write(path, path);
  disk.symlink('in.txt', '/w/link');
  disk.later();
  const started = Number(disk.now / 1000n);
  disk.later();
  disk.write('/w/out.txt', 'made');
  disk.later();
  const lines = [
    'E /bin/sh',
    `R ${input}`,
    'R /w/link',
    'N /w/missing',
    'G /w',
    'W /w/out.txt',
    'D /w/removed',
  ];
  const log = `V 5\n${lines.map((line) => `${line[0]} 7${line.slice(1)}\n`).join('')}X 7 0 0\n# Bye bye\n`;
  const { record } = recordRun({
    accesses: summarizeAccesses(filemonRecords([Buffer.from(log)]), target.cwd),
    ...target,
    started,
    recorded: disk.now,
    files: disk,
  });
  return formatMetaFile({
    path: metaFile,
    commands: ['build'],
    cwd: target.cwd,
    target: 'build',
    output: Buffer.from('said\n'),
    filemon: filemonSection(Buffer.from(log), {}),
    run: {
      ...record,
      output: { streams: [1], terminals: [], chunks: [{ stream: 1, length: 5 }] },
      because: {
        reasons: [{ kind: 'input-gone', path: '/w/in.txt', was: { type: 'directory' } }],
        more: 2,
        outputs: 'same',
        spared: [{ path: '/w/in two.txt' as AbsolutePath, runs: 3 }],
      },
    },
  });
}

function reasonsOf(bytes: Buffer): Reason[] {
  writeFileSync(metaFile, bytes);
  return [...reasonsToRun(target, readMetaFile(metaFile), disk, { replay: [1] })];
}

test('the file as it was written is up to date', () => {
  expect(reasonsOf(written('/w/in.txt'))).toEqual([]);
});

test('a file cut at any byte is a reason', () => {
  const bytes = written('/w/in.txt');
  for (let length = 0; length < bytes.length; length += 1)
    if (reasonsOf(bytes.subarray(0, length)).length === 0) throw new Error(`up to date, cut at ${length}`);
});

test('a file with a bit flipped in any byte is a reason', () => {
  const bytes = written('/w/in.txt');
  for (let at = 0; at < bytes.length; at += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
    if (reasonsOf(flipped).length === 0) throw new Error(`up to date with a bit of byte ${at} flipped`);
  }
});

test('a file damaged by lot, or mixed with another good one, is a reason', () => {
  const lot = dice();
  const good = [written('/w/in two.txt'), written('/w/in.txt')] as const;
  for (let round = 0; round < rounds(2000); round += 1) {
    let bytes: Buffer = lot.below(3) === 0 ? spliced(good[0], good[1], lot) : good[1];
    for (let times = lot.below(3); times > 0; times -= 1) bytes = damaged(bytes, lot);
    if (good.some((whole) => whole.equals(bytes))) continue;
    if (reasonsOf(bytes).length === 0)
      throw new Error(
        `OODATE_TEST_SEED=${lot.seed}, round ${round}: up to date by\n${bytes.toString('latin1')}`,
      );
  }
});

test('a file damaged by lot, whose check fits again, is read without an exception', () => {
  const lot = dice();
  const bytes = written('/w/in.txt');
  const record = bytes.indexOf('# oodate record ');
  const unchecked = bytes.lastIndexOf('# oodate check ');
  for (let round = 0; round < rounds(2000); round += 1) {
    // Mostly within the record, which nobody but this program writes.
    const from = lot.below(4) === 0 ? 0 : record;
    const content = Buffer.concat([bytes.subarray(0, from), damaged(bytes.subarray(from, unchecked), lot)]);
    const check = createHash('sha256').update(content).digest('hex');
    const resealed = Buffer.concat([content, Buffer.from(`# oodate check ${check}\n`)]);
    try {
      reasonsOf(resealed);
    } catch (cause) {
      throw new Error(`OODATE_TEST_SEED=${lot.seed}, round ${round}:\n${resealed.toString('latin1')}`, {
        cause,
      });
    }
  }
});

test('what is left of a run that did not end well, damaged by lot, is never good', () => {
  const lot = dice();
  const former = Buffer.concat([
    written('/w/in.txt'),
    Buffer.from('# oodate attempt started\n# oodate attempt incomplete ["one","two \\" three"]\n'),
  ]);
  rmSync(metaFile, { force: true });
  for (let round = 0; round < rounds(500); round += 1) {
    // The end is what is read of it.
    const tail = Buffer.concat([former.subarray(0, -90), damaged(former.subarray(-90), lot)]);
    writeFileSync(`${metaFile}.last`, tail);
    expect([...reasonsToRun(target, readMetaFile(metaFile), disk)]).toHaveLength(1);
  }
});
