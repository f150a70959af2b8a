import { spawnSync } from 'node:child_process';

import { ToolError } from '../programs.mjs';

/** Wall seconds of one run. Throws where the command fails. */
function seconds([program, ...words], options) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, words, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  const end = process.hrtime.bigint();
  if (status !== 0) throw new ToolError('FAILED', `${program} ${words.join(' ')} failed: ${stderr}`);
  return Number(end - start) / 1e9;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs two commands in turn, `runs` times each after one that is not counted,
 * `prepare` before every run. The ratios first / second are taken pair by pair,
 * since the machine's own speed changes from minute to minute.
 */
export function compare(first, second, { runs, prepare = () => {}, ...options }) {
  const times = { first: [], second: [] };
  for (let run = 0; run <= runs; run += 1)
    for (const [name, command] of [
      ['first', first],
      ['second', second],
    ]) {
      prepare();
      const time = seconds(command, options);
      if (run > 0) times[name].push(time);
    }
  const ratios = times.first.map((time, run) => time / times.second[run]);
  return {
    first: median(times.first),
    second: median(times.second),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}
