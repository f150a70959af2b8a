// Builds the native programs for a package of a platform, whose folder is the current one. It is that package's
// `prepack` script:
//
//   node ../../tools/probe-package.mjs arm64

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { aptLine } from './debian-packages.mjs';
import { findProgram, runQuietly, runTool, ToolError } from './programs.mjs';

const native = fileURLToPath(new URL('../packages/tracer/native', import.meta.url));
const build = join(process.cwd(), 'build');
const [arch] = process.argv.slice(2);
const cross = {
  x64: { compiler: 'x86_64-linux-gnu-gcc', packages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'] },
  arm64: { compiler: 'aarch64-linux-gnu-gcc', packages: ['gcc-aarch64-linux-gnu', 'libc6-dev-arm64-cross'] },
};
const own = { compiler: 'cc', packages: ['gcc', 'libc6-dev'] };
const { compiler, packages } = arch === process.arch ? own : cross[arch];

await runTool('probe-package', () => {
  if (findProgram(compiler) === undefined)
    throw new ToolError('NO_COMPILER', `${compiler} is missing`, `on Debian as root: ${aptLine(packages)}`);
  // Without what only a debugger needs.
  const words = ['-s', '-j2', '-C', native, `CC=${compiler}`, 'CFLAGS=-O2', 'LDFLAGS=-s', `BUILD=${build}`];
  if (!runQuietly('make', words)) throw new ToolError('PROBE_NOT_BUILT', 'the probe could not be built');
  const programs = readdirSync(build).filter((name) => /^oodate-[a-z-]+$/.test(name));
  for (const name of programs)
    if (needsSharedLibraries(join(build, name)))
      throw new ToolError('NOT_STATIC', `${name} needs shared libraries`, 'libc.a must be there');
  const hasBpf = programs.includes('oodate-probe-bpf');
  writeFileSync(join(build, 'third-party-licences.txt'), licenceTexts(hasBpf));
  return 0;
});

/** An ELF file of 64 bits that names an interpreter (PT_INTERP) has to be linked when it is started. */
function needsSharedLibraries(file) {
  const elf = readFileSync(file);
  const [start, size, count] = [Number(elf.readBigUInt64LE(32)), elf.readUInt16LE(54), elf.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(start + index * size)).includes(3);
}

/** Those of the libraries within the programs, as Debian has them. */
function licenceTexts(hasBpf) {
  const libraries = ['libc6-dev', ...(hasBpf ? ['libbpf-dev', 'libelf-dev', 'zlib1g-dev'] : [])];
  const licences = ['LGPL-2.1', ...(hasBpf ? ['LGPL-3', 'GPL-2', 'GPL-3'] : [])];
  return [
    ...libraries.map((name) => [name, `/usr/share/doc/${name}/copyright`]),
    ...licences.map((name) => [name, `/usr/share/common-licenses/${name}`]),
  ]
    .map(([name, file]) => {
      if (!existsSync(file))
        throw new ToolError('NO_LICENCE', `${file}, the licence of a library, is missing`);
      return `${name}\n\n${readFileSync(file, 'utf8').trim()}\n`;
    })
    .join('\n\n');
}
