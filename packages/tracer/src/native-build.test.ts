import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { requireTool } from '@oodate/testkit';

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

const withClang = requireTool('clang') && requireTool('libbpf') ? test : test.skip;

withClang.each(
  ['x86', 'arm64'].flatMap((target) =>
    ['watch.bpf.o', 'changes.bpf.o'].map((program) => ({ target, program })),
  ),
)('the kernel program $program compiles for $target', ({ target, program }) => {
  make(`BUILD=${folder}`, `BPF_TARGET=${target}`, join(folder, program));
  // ELF, 64 bits, and EM_BPF.
  const head = readFileSync(join(folder, program)).subarray(0, 20);
  expect([head.toString('latin1', 1, 4), head[4], head.readUInt16LE(18)]).toEqual(['ELF', 2, 247]);
});

test(
  'without clang the probe is built without its loader, and says so',
  () => {
    make('CFLAGS=-O0', `BUILD=${folder}`, 'CLANG=oodate-no-such-clang');
    const { stdout } = spawnSync(join(folder, 'oodate-probe'), ['--check'], { encoding: 'utf8' });
    expect(stdout).toMatch(/^bpf\tno\tNOT_BUILT\t/m);
    expect(stdout).toMatch(/^notify\tyes\t/m);
  },
  minute,
);
