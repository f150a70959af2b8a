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
 * Runs commands in turn, `runs` times each after one that is not counted,
 * `prepare` before every run. The ratios to the baseline are taken turn by turn,
 * since the machine's own speed changes from minute to minute.
 */
export function compareEach(commands, baseline, { runs, prepare = () => {}, ...options }) {
  const all = [...commands, baseline];
  const times = all.map(() => []);
  for (let run = 0; run <= runs; run += 1)
    for (const [index, command] of all.entries()) {
      prepare();
      const time = seconds(command, options);
      if (run > 0) times[index].push(time);
    }
  const own = times.pop();
  const results = times.map((list) => {
    const ratios = list.map((time, run) => time / own[run]);
    return {
      seconds: median(list),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
    };
  });
  return { baseline: median(own), results };
}

/** Of two commands; the ratios are first / second. */
export function compare(first, second, options) {
  const { baseline, results } = compareEach([first], second, options);
  const [{ seconds: own, ratio, lowest, highest }] = results;
  return { first: own, second: baseline, ratio, lowest, highest };
}
