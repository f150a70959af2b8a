import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { findProgram, runQuietly, ToolError } from '../programs.mjs';
import { debianSource } from './debian-source.mjs';
import { compareEach } from './pairs.mjs';

export const backends = ['notify', 'bpf'];

/** The words that run a command under a backend of the probe. */
export function traced(root, log, backend) {
  return [join(root, 'packages/tracer/native/build/oodate-probe'), '--backend', backend, '-o', log, '--'];
}

/** What a build costs under the probe and under strace, against the same build alone. */
export function benchTracing({ root, work, runs, only }) {
  const log = join(work, 'log');
  const strace = [
    findProgram('strace') ?? missing('strace'),
    '-f',
    '--seccomp-bpf',
    '-e',
    'trace=%file',
    '-o',
    '/dev/null',
  ];
  const ways = [...backends.map((backend) => traced(root, log, backend)), strace];
  const chosen = workloads(root, work).filter(({ name }) => name.includes(only));
  const rows = chosen.map(({ name, command, cwd, prepare }) => {
    const commands = ways.map((words) => [...words, ...command]);
    const { baseline, results } = compareEach(commands, command, { runs, cwd, prepare, processors: true });
    const records = readFileSync(log, 'latin1').split('\n');
    const lost = records.find((line) => line.startsWith('Q'));
    if (lost !== undefined) process.stderr.write(`${name}: ${lost}\n`);
    const count = (letters) => records.filter((line) => letters.includes(line[0])).length;
    return [
      name,
      count('CDEFGLMNRSWX').toLocaleString('en'),
      count('N').toLocaleString('en'),
      `${baseline.toFixed(2)} s`,
      ...results.map(range),
    ];
  });
  return {
    head: ['command', 'records', 'of these looked for in vain', 'untraced', ...backends, 'strace'],
    rows,
  };
}

/** What a trace costs whatever it sees, in milliseconds: of a command that does nothing. */
export function benchTracingNothing({ root, work, runs }) {
  const ways = backends.map((backend) => [...traced(root, join(work, 'log'), backend), 'true']);
  const { baseline, results } = compareEach(ways, ['true'], { runs: 4 * runs });
  const milliseconds = (seconds) => (1_000 * seconds).toFixed(1);
  return {
    head: ['`true` alone', ...backends.map((backend) => `more under ${backend}`)],
    rows: [
      [
        `${milliseconds(baseline)} ms`,
        ...results.map(({ seconds }) => `${milliseconds(seconds - baseline)} ms`),
      ],
    ],
  };
}

function range({ ratio, lowest, highest, processors }) {
  return `${ratio.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)}); ${processors.toFixed(2)}`;
}

/** Makes calls; see calls.c. */
export function buildCalls(work) {
  const program = join(work, 'calls');
  const source = fileURLToPath(new URL('calls.c', import.meta.url));
  if (!runQuietly('cc', ['-O2', '-static', '-o', program, source]))
    throw new ToolError('FAILED', `${source} could not be compiled`);
  return program;
}

export function workloads(root, work) {
  const lua = debianSource('lua5.4', work);
  const hello = debianSource('hello', work);
  const tree = join(work, 'configure');
  const shop = join(work, 'shop');
  const install = join(work, 'install');
  const calls = buildCalls(work);
  const jobs = String(cpus().length);
  const makeLua = (...words) => ['make', '-C', join(lua, 'src'), ...words, 'posix'];
  const opens = `for (let i = 0; i < 20000; i++) fs.closeSync(fs.openSync(${JSON.stringify(calls)}))`;
  const processes = 'i=0; while [ $i -lt 10000 ]; do /bin/true; i=$((i+1)); done';
  return [
    { name: `lua 5.4, 34 C files, make -j${jobs}`, command: makeLua(`-j${jobs}`), prepare: () => clean(lua) },
    { name: 'lua 5.4, 34 C files, make', command: makeLua(), prepare: () => clean(lua) },
    {
      name: 'hello 2.10, configure',
      command: [join(hello, 'configure'), '--quiet'],
      cwd: tree,
      prepare: () => {
        rmSync(tree, { recursive: true, force: true });
        mkdirSync(tree);
      },
    },
    {
      name: 'fixture project: tsc, esbuild, generator',
      command: ['npm', 'run', '--silent', 'build'],
      cwd: join(shop, 'app'),
      prepare: () => {
        rmSync(shop, { recursive: true, force: true });
        cpSync(join(root, 'fixtures/projects/shop'), shop, { recursive: true });
      },
    },
    {
      name: 'npm install of a folder with 500 files',
      command: ['npm', 'install', '--offline', '--no-audit', '--no-fund', '--install-links', '../library'],
      cwd: join(install, 'app'),
      prepare: () => makePackages(install),
    },
    { name: '20,000 opens by Node', command: [process.execPath, '-e', opens] },
    { name: '5,000 opens by a static program', command: [calls, 'open', '5000', calls] },
    { name: '200,000 opens by a static program', command: [calls, 'open', '200000', calls] },
    { name: '10,000 processes', command: ['sh', '-c', processes] },
  ];
}

function missing(name) {
  throw new ToolError('NO_PROGRAM', `${name} was not found`, `apt-get install ${name}`);
}

function clean(lua) {
  if (!runQuietly('make', ['-C', join(lua, 'src'), 'clean']))
    throw new ToolError('FAILED', 'make clean failed');
}

function makePackages(folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['app', 'library']) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name, version: '1.0.0' }));
  }
  for (let i = 0; i < 500; i += 1)
    writeFileSync(join(folder, 'library', `${i}.js`), `export const number = ${i};\n`);
}
