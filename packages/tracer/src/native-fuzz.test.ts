import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import { buildActs, dice, findFuzzer, monitorProcess, rounds, until } from '@oodate/testkit';

import { findProbe } from './probe.js';

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

(process.getuid?.() === 0 ? test : test.skip)(
  'each request to the monitor has its answer, whatever it is',
  async () => {
    const { below, bytes } = dice();
    const draw = (from: readonly (string | Buffer)[]): Buffer => Buffer.from(from[below(from.length)] ?? '');
    const odd = (): Buffer =>
      Buffer.from(bytes(below(8) === 0 ? below(20_000) : below(12)).filter((byte) => byte !== 0));
    const verb = (): Buffer =>
      draw(['express', 'express', 'express', 'revoke', 'set', 'ask', 'status', 'file', '', odd()]);
    const id = (): Buffer =>
      draw(['1', '0', '999999999999999', '1000000000000000', '-1', '01', 'x', '', odd()]);
    const mask = (): Buffer =>
      draw(['content', 'exec,exit', 'content,attribute,delete,exec,exit', ',', 'what', '', odd()]);
    const path = (): Buffer =>
      draw([
        folder,
        `${folder}/a`,
        `${folder}/l`,
        `${folder}/l/b`,
        `${folder}/../${folder}/d/`,
        '/proc/self',
        '',
        '/',
        odd(),
      ]);
    writeFileSync(join(folder, 'a'), '');
    mkdirSync(join(folder, 'd'));
    symlinkSync('d', join(folder, 'l'));

    const monitor = await monitorProcess([findProbe(), '--monitor', '--backend', 'fanotify'], decodePath);
    const count = rounds(1500);
    for (let round = 0; round < count; round += 1) {
      const words = [verb(), id(), mask(), path(), odd()].slice(0, 1 + below(5));
      monitor.send(
        Buffer.concat(words.flatMap((word, index) => (index > 0 ? [Buffer.from(' '), word] : [word]))),
      );
      monitor.send('\0');
    }
    await until(() => monitor.otherAnswers.length >= count);
    expect(await monitor.end()).toBe(0);
    expect(monitor.otherAnswers).toHaveLength(count);
    for (const { state, refusal } of monitor.otherAnswers.filter(
      (answer) => 'state' in answer || 'refusal' in answer,
    ))
      expect(state?.inode ?? refusal?.code).toMatch(/^([0-9]+|[A-Z_]+)$/);
  },
);
