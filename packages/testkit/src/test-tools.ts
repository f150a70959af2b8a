import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some tests need and that a machine may lack. */
export interface TestTool {
  readonly name: string;
  /** The Debian packages that bring it. */
  readonly packages: readonly string[];
  /** What shows that it is here, if that is no program of its name. */
  readonly file?: string;
}

const testTools: readonly TestTool[] = [
  { name: 'aarch64-linux-gnu-gcc', packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'] },
  { name: 'apt-get', packages: ['apt'] },
  { name: 'bash', packages: ['bash'] },
  { name: 'bindfs', packages: ['bindfs'] },
  { name: 'bmake', packages: ['bmake'] },
  { name: 'bpftool', packages: ['bpftool'] },
  { name: 'ninja', packages: ['ninja-build'] },
  { name: 'btrfs', packages: ['btrfs-progs'] },
  { name: 'busybox', packages: ['busybox-static'] },
  { name: 'chattr', packages: ['e2fsprogs'] },
  { name: 'chromium', packages: ['chromium'] },
  { name: 'clang', packages: ['clang'] },
  { name: 'fatrace', packages: ['fatrace'] },
  { name: 'filefrag', packages: ['e2fsprogs'], file: '/usr/sbin/filefrag' },
  { name: 'gdb', packages: ['gdb'] },
  { name: 'git', packages: ['git'] },
  { name: 'libbpf', packages: ['libbpf-dev'], file: '/usr/include/bpf/libbpf.h' },
  { name: 'python3', packages: ['python3'] },
  { name: 'rsync', packages: ['rsync'] },
  { name: 'setcap', packages: ['libcap2-bin'], file: '/usr/sbin/setcap' },
  { name: 'strace', packages: ['strace'] },
  { name: 'systemd-analyze', packages: ['systemd'] },
  { name: 'x86_64-linux-gnu-gcc', packages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'] },
];

/** Those that are not here. */
export function missingTools(): TestTool[] {
  return testTools.filter((tool) => !isHere(tool));
}

/**
 * Whether the program is here; where CI is "true" it throws if it is not, so
 * that nothing is skipped there unseen:
 *
 *     (requireTool('bmake') ? test : test.skip)('bmake reads what we write', ...)
 */
export function requireTool(name: string): boolean {
  const tool = testTools.find((known) => known.name === name);
  if (tool === undefined) throw new Error(`${name} is not in the table of test-tools.ts`);
  if (isHere(tool)) return true;
  if (process.env.CI === 'true')
    throw new Error(`${name} is missing: apt-get install ${tool.packages.join(' ')}`);
  return false;
}

/** Where the program is, by PATH; undefined if it is not here. */
export function findTool(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isHere({ name, file }: TestTool): boolean {
  return file === undefined ? findTool(name) !== undefined : existsSync(file);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
