import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, runQuietly, ToolError } from '../programs.mjs';
import { compare } from './pairs.mjs';
import { installTurbo } from './turbo.mjs';

/** `oodate run` of what is up to date, against a loop of stat in C over its inputs; and others with nothing to do for as many. */
export function benchProving({ root, work, runs }) {
  const oodate = join(root, 'packages/cli/bin/oodate');
  const loop = join(work, 'stat-loop');
  mustRun('cc', ['-O2', '-o', loop, fileURLToPath(new URL('stat-loop.c', import.meta.url))]);
  const rows = [1_000, 10_000, 100_000].map((count) => {
    const folder = join(work, `package-${count}`);
    makePackage(folder, count);
    const options = { cwd: folder, runs };
    const words = [oodate, 'run', 'build'];
    mustRun(words[0], words.slice(1), options);
    const own = compare(words, [loop, join(folder, 'inputs')], options);
    const others = peers(work).map(({ words: peer, prepare, most }) => {
      if (count > most) return '';
      prepare(folder);
      mustRun(peer[0], peer.slice(1), options);
      return milliseconds(compare(peer, words, options).first);
    });
    rmSync(folder, { recursive: true });
    const range = `${own.ratio.toFixed(2)} (${own.lowest.toFixed(2)}–${own.highest.toFixed(2)})`;
    return [count.toLocaleString('en'), milliseconds(own.first), milliseconds(own.second), range, ...others];
  });
  const head = [
    'inputs',
    '`oodate run`',
    'loop of stat',
    'first / second',
    '`make -q`',
    '`ninja`',
    '`turbo run`',
  ];
  return { head, rows };
}

/** Of one script that reads all of its inputs and writes one file. */
export function makePackage(folder, count) {
  rmSync(folder, { recursive: true, force: true });
  const inputs = Array.from(
    { length: count },
    (_, index) => `src/${Math.floor(index / 100)}/input-${index}.ts`,
  );
  for (let index = 0; index < count; index += 100)
    mkdirSync(join(folder, `src/${index / 100}`), { recursive: true });
  for (const input of inputs) writeFileSync(join(folder, input), `${input}\n`);
  const build = 'find src -type f -exec cat {} + > out';
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', packageManager: 'npm@10.0.0', scripts: { build } }),
  );
  writeFileSync(join(folder, 'inputs'), inputs.map((input) => `${join(folder, input)}\n`).join(''));
  writeFileSync(join(folder, 'Makefile'), `out: ${inputs.join(' ')}\n\t${build}\n`);
  writeFileSync(
    join(folder, 'build.ninja'),
    `rule build\n  command = ${build}\nbuild out: build ${inputs.join(' ')}\n`,
  );
  writeFileSync(join(folder, 'turbo.json'), JSON.stringify({ tasks: { build: { outputs: ['out'] } } }));
}

/** Each makes `out` once, and then has nothing to do; for more inputs than `most` that takes minutes. turbo is told of the inputs by git, as it is in use. */
function peers(work) {
  if (findProgram('ninja') === undefined)
    throw new ToolError('NO_NINJA', 'ninja is missing', 'apt-get install ninja-build');
  return [
    { words: ['make', '-q'], prepare: () => {}, most: 10_000 },
    { words: ['ninja'], prepare: () => {}, most: 100_000 },
    {
      most: 10_000,
      words: [installTurbo(work), 'run', 'build', '--no-daemon', '--output-logs=none'],
      prepare: (folder) => {
        const git = (...words) =>
          mustRun('git', ['-c', 'user.name=b', '-c', 'user.email=b', ...words], { cwd: folder });
        writeFileSync(join(folder, '.gitignore'), 'out\n.ninja_log\n.oodate\n.turbo\nnode_modules\n');
        writeFileSync(
          join(folder, 'package-lock.json'),
          '{"name":"bench","version":"1.0.0","lockfileVersion":3,"packages":{}}',
        );
        git('init', '-q');
        git('add', '.');
        git('commit', '-qm', 'bench');
      },
    },
  ];
}

export function mustRun(program, words, options) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  if (!runQuietly(program, words, { env, ...options })) throw new ToolError('FAILED', `${program} failed`);
}

export function milliseconds(seconds) {
  return `${(seconds * 1000).toFixed(1)} ms`;
}
