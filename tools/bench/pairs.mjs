import { spawnSync } from 'node:child_process';

import { ToolError } from '../programs.mjs';

// Counts for all that a command starts, also what nobody waits for. Written to descriptor 3.
const perf = ['perf', 'stat', '-x,', '-e', 'task-clock', '--log-fd', '3', '--'];

/** Wall seconds of one run and, if asked for, milliseconds of the processors. Throws where the command fails. */
function measure(command, { processors, ...options }) {
  const [program, ...words] = processors ? [...perf, ...command] : command;
  const start = process.hrtime.bigint();
  const { status, stderr, output, error } = spawnSync(program, words, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    ...options,
  });
  const end = process.hrtime.bigint();
  if (error) throw new ToolError('NOT_STARTED', `${program} cannot be started (${error.code})`);
  if (status !== 0) throw new ToolError('FAILED', `${command.join(' ')} failed: ${stderr}`);
  return { wall: Number(end - start) / 1e9, processors: Number.parseFloat(output[3]) };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs commands in turn, `runs` times each after one that is not counted,
 * `prepare` before every run, which is given the number of the command. The ratios to the baseline are taken turn by turn,
 * since the machine's own speed changes from minute to minute; `processors` is that of
 * the processors' time if that is asked for, which other work on the machine changes little.
 */
export function compareEach(commands, baseline, { runs, prepare = () => {}, ...options }) {
  const all = [...commands, baseline];
  const times = all.map(() => []);
  for (let run = 0; run <= runs; run += 1)
    for (const [index, command] of all.entries()) {
      prepare(index);
      const time = measure(command, options);
      if (run > 0) times[index].push(time);
    }
  const own = times.pop();
  const results = times.map((list) => {
    const ratios = list.map(({ wall }, run) => wall / own[run].wall);
    return {
      seconds: median(list.map(({ wall }) => wall)),
      fastest: Math.min(...list.map(({ wall }) => wall)),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
      processors: median(list.map(({ processors }, run) => processors / own[run].processors)),
    };
  });
  return { baseline: median(own.map(({ wall }) => wall)), results };
}

/** Of two commands; the ratios are first / second. */
export function compare(first, second, options) {
  const { baseline, results } = compareEach([first], second, options);
  const [{ seconds: own, fastest, ratio, lowest, highest }] = results;
  return { first: own, fastest, second: baseline, ratio, lowest, highest };
}
