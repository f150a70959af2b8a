import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildActs, dice, findFuzzer, rounds } from '@oodate/testkit';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oodate-fuzz-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Says nothing and is content. */
function expectContent(kind: string, times: number, ...files: string[]): void {
  const { seed } = dice();
  const words = [kind, String(seed), String(rounds(times)), ...files];
  const { status, stderr } = spawnSync(findFuzzer(), words, { cwd: folder, encoding: 'utf8' });
  expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: '' });
}

test('the path in the log is normal and leads where the given one does, whatever that is', () => {
  mkdirSync(join(folder, 'd/e/f'), { recursive: true });
  writeFileSync(join(folder, 'd/file'), '');
  for (const [name, text] of [
    ['to-e', 'd/e'],
    ['d/to-e', 'e'],
    ['to-file', 'd/file'],
    ['d/to-file', 'file'],
    ['up', '..'],
    ['d/e/up', '../..'],
    ['d/e/f/far', `${folder}/d`],
    ['far', '/usr/bin'],
    ['loop', 'loop'],
    ['gone', 'nosuch'],
  ] as const)
    symlinkSync(text, join(folder, name));
  expectContent('path', 60_000);
});

test('damaged programs and scripts are read without harm', () => {
  writeFileSync(join(folder, 'script'), '#! /bin/sh -e\n:\n');
  writeFileSync(join(folder, 'long'), `#!/${'x'.repeat(300)}\n`);
  expectContent('image', 10_000, '/bin/sh', buildActs({ static: true }), 'script', 'long');
});
