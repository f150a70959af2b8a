import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildActs, requireTool } from '@oodate/testkit';

const native = fileURLToPath(new URL('../native', import.meta.url));
const minute = 60_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oodate-native-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function make(...words: string[]): void {
  const { status, stderr } = spawnSync('make', ['-s', '-j2', '-C', native, ...words], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

test(
  'the probe does nothing undefined, and leaks nothing, over every kind of call',
  () => {
    make('SANITIZE=1', `BUILD=${folder}`);
    writeFileSync(join(folder, 'a.c'), '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n');
    const every = [
      ...['mkdir', 'd', 'write', 'd/a', 'read', 'd/a', 'update', 'd/../d/a', 'append', 'd/a', 'list', 'd'],
      ...[
        'rename',
        'd/a',
        "d/b c'",
        'link',
        "d/b c'",
        'e',
        'symlink',
        'd',
        'l',
        'readlink',
        'l',
        'stat',
        'l/../e',
      ],
      ...['exchange', 'e', 'l', 'truncate', 'l', 'chmod', 'l', 'utimens', 'l', 'bind', 's', 'unlink', 's'],
      ...['fork', '[', 'vfork', '[', 'stat', '.', ']', 'thread', '[', 'unlink', 'l', ']', ']', 'chdir', 'd'],
      ...['stat=ENOENT', 'x'.repeat(255), 'exec', 'fchdir', '..', 'execveat', 'access=ENOENT', 'nosuch'],
    ];
    for (const command of [
      ['cc', 'a.c'],
      [buildActs({ static: true }), ...every],
    ]) {
      const words = ['-o', 'log', '--output', 'copy', '--', ...command];
      const { status, stderr } = spawnSync(join(folder, 'oodate-probe'), words, {
        cwd: folder,
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(readFileSync(join(folder, 'log'), 'latin1')).toMatch(/# Bye bye\n$/);
    }
  },
  2 * minute,
);

(requireTool('aarch64-linux-gnu-gcc') ? test : test.skip)(
  'the probe compiles for arm64',
  () => {
    make('CC=aarch64-linux-gnu-gcc', `BUILD=${folder}`);
    // ELF, 64 bits, and EM_AARCH64 in its place.
    const head = readFileSync(join(folder, 'oodate-probe')).subarray(0, 20);
    expect([head.toString('latin1', 1, 4), head[4], head.readUInt16LE(18)]).toEqual(['ELF', 2, 183]);
  },
  2 * minute,
);
