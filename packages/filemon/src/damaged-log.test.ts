import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { test } from '@jest/globals';
import { damaged, dice, rounds, spliced } from '@oodate/testkit';
import { summarizeAccesses } from './accesses.js';
import { condenseRecords } from './condensed-records.js';
import { filemonRecords, formatFilemonLog } from './log-text.js';
import type { AbsolutePath } from './path-text.js';
import type { Problem } from './record.js';

const folder = new URL('../../../fixtures/filemon-logs/', import.meta.url);
const logs = readdirSync(folder)
  .filter((name) => name.endsWith('.log'))
  .map((name) => readFileSync(new URL(name, folder)));
const root = '/' as AbsolutePath;

/** A path that is absolute and lexically normal. */
const normal = /^\/$|^(?:\/(?!\.{1,2}(?:\/|$))[^/]+)+$/;

/** What is wrong with how these bytes, whatever they are, are understood; undefined if nothing is. */
function misunderstanding(log: Buffer): string | undefined {
  const problems: Problem[] = [];
  const records = [...filemonRecords([log], problems)];
  if (!formatFilemonLog(records).equals(log)) return 'they do not come back';
  const accesses = summarizeAccesses(records, root);
  if (records.some(({ kind }) => kind === 'unreadable')) {
    if (problems.length === 0) return 'a line that cannot be read is no problem';
    if (accesses.incomplete.length === 0) return 'a line that cannot be read leaves the trace complete';
  }
  if (accesses.ended && !log.includes('# Bye bye\n')) return 'it has ended without its end';
  for (const path of accesses.paths.keys()) if (!normal.test(path)) return `${path} is no normal path`;
  const { paths, incomplete, ended } = summarizeAccesses(condenseRecords(records), root);
  if (!isDeepStrictEqual({ paths, incomplete, ended }, pick(accesses)))
    return 'condensing changes what they say';
  return undefined;
}

function pick({ paths, incomplete, ended }: ReturnType<typeof summarizeAccesses>) {
  return { paths, incomplete, ended };
}

test('logs with any bit flipped are understood', () => {
  for (const log of logs)
    for (let bit = 0; bit < log.length * 8; bit += 1) {
      const at = bit >> 3;
      const flipped = Buffer.from(log);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (bit & 7)), at);
      const wrong = misunderstanding(flipped);
      if (wrong !== undefined) throw new Error(`bit ${bit}: ${wrong}\n${flipped.toString('latin1')}`);
    }
});

test('logs damaged and mixed by lot are understood', () => {
  const lot = dice();
  const any = (): Buffer => logs[lot.below(logs.length)] as Buffer;
  for (let round = 0; round < rounds(3000); round += 1) {
    let log = lot.below(4) === 0 ? spliced(any(), any(), lot) : any();
    for (let times = 1 + lot.below(4); times > 0; times -= 1) log = damaged(log, lot);
    const wrong = misunderstanding(log);
    if (wrong !== undefined)
      throw new Error(`OODATE_TEST_SEED=${lot.seed}, round ${round}: ${wrong}\n${log.toString('latin1')}`);
  }
});
