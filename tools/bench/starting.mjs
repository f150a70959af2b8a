import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram, ToolError } from '../programs.mjs';
import { compare } from './pairs.mjs';

/** A command that is up to date, told so by the program that Node runs, against Node's bare start and `make -rq`. */
export function benchStarting({ root, work, runs }) {
  const program = [process.execPath, join(root, 'packages/cli/dist/program.js')];
  const command = ['run', '--', 'sh', '-c', 'cat inputs/* > out'];
  const node = [process.execPath, '-e', '0'];
  const rows = [10, 1_000, 10_000].map((count) => {
    const cwd = makeTree(join(work, `starting-${count}`), count);
    if (runProgram(join(root, 'packages/cli/bin/oodate'), command, { cwd, stdio: 'ignore' }) !== 0)
      throw new ToolError('FAILED', `${command.join(' ')} failed`);
    const byNode = compare([...program, ...command], node, { runs, cwd });
    const byMake = compare([...program, ...command], ['make', '-rq', 'out'], { runs, cwd });
    rmSync(cwd, { recursive: true });
    const above = (byNode.first - byNode.second) * 1000;
    return [
      `run, ${count.toLocaleString('en')} inputs`,
      `${(byNode.second * 1000).toFixed(0)} ms`,
      `${(byMake.second * 1000).toFixed(0)} ms`,
      `${(byNode.first * 1000).toFixed(0)} ms`,
      `${above.toFixed(0)} ms`,
      byNode.ratio.toFixed(2),
      byMake.ratio.toFixed(1),
    ];
  });
  const help = compare([...program, '--help'], node, { runs, cwd: root });
  rows.push(['--help', '', '', `${(help.first * 1000).toFixed(0)} ms`, '', help.ratio.toFixed(2), '']);
  return {
    head: [
      'oodate',
      'node -e 0',
      'make -rq',
      'oodate through Node',
      'above node -e 0',
      '/ node -e 0',
      '/ make -rq',
    ],
    rows,
  };
}

function makeTree(folder, count) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'inputs'), { recursive: true });
  for (let index = 0; index < count; index += 1) writeFileSync(join(folder, `inputs/${index}`), `${index}\n`);
  writeFileSync(join(folder, 'Makefile'), 'out: $(wildcard inputs/*)\n\tcat inputs/* > out\n');
  return folder;
}
