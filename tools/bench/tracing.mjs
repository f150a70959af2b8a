import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

import { runQuietly, ToolError } from '../programs.mjs';
import { debianSource } from './debian-source.mjs';
import { compare } from './pairs.mjs';

/** What a build costs under the probe, against the same build alone. */
export function benchTracing({ root, work, runs }) {
  const rows = workloads(root, work).map(({ name, command, cwd, prepare }) => {
    const log = join(work, 'log');
    const probe = join(root, 'packages/tracer/native/build/oodate-probe');
    const result = compare([probe, '-o', log, '--', ...command], command, { runs, cwd, prepare });
    const records = readFileSync(log, 'latin1').split('\n');
    const count = (letters) => records.filter((line) => letters.includes(line[0])).length;
    return [
      name,
      count('CDEFGLMNRSWX').toLocaleString('en'),
      count('N').toLocaleString('en'),
      `${result.second.toFixed(2)} s`,
      `${result.ratio.toFixed(2)} (${result.lowest.toFixed(2)}–${result.highest.toFixed(2)})`,
    ];
  });
  return { head: ['build', 'records', 'of these looked for in vain', 'untraced', 'traced / untraced'], rows };
}

function workloads(root, work) {
  const lua = debianSource('lua5.4', work);
  const hello = debianSource('hello', work);
  const tree = join(work, 'configure');
  const shop = join(work, 'shop');
  const jobs = String(cpus().length);
  const makeLua = (...words) => ['make', '-C', join(lua, 'src'), ...words, 'posix'];
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
  ];
}

function clean(lua) {
  if (!runQuietly('make', ['-C', join(lua, 'src'), 'clean']))
    throw new ToolError('FAILED', 'make clean failed');
}
