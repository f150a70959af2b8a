import { filemonRecords, summarizeAccesses } from '../../packages/filemon/dist/index.js';
import { median } from './pairs.mjs';

const records = 2_000_000;

/** Parsing a log and summing it up, against only decoding its bytes and cutting them into lines. */
export function benchParsing({ runs }) {
  const rows = [2_000, 10_000, 50_000].map((paths) => {
    const log = makeLog(paths);
    const rates = { sum: [], lines: [] };
    for (let run = 0; run <= runs; run += 1) {
      const sum = time(() => summarizeAccesses(filemonRecords([log]), '/work'));
      const lines = time(() => log.toString('utf8').split('\n').length);
      if (run > 0) {
        rates.sum.push(records / sum);
        rates.lines.push(sum / lines);
      }
    }
    return [
      paths.toLocaleString('en'),
      `${(median(rates.sum) / 1e6).toFixed(1)} million`,
      `${(log.length / records).toFixed(0)}`,
      median(rates.lines).toFixed(1),
    ];
  });
  return {
    head: ['distinct paths', 'records a second', 'bytes a record', 'time / only cutting into lines'],
    rows,
  };
}

function time(action) {
  const start = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Records in runs of some hundred for a process, as a compiler leaves them. */
function makeLog(paths) {
  const letters = ['R', 'S', 'N', 'R', 'S', 'N', 'R', 'W'];
  const parts = ['# filemon version 5\n# Target pid 1000\n# Start 1.000000\nV 5\n'];
  let random = 1;
  for (let index = 0; index < records; index += 1) {
    random = (random * 1103515245 + 12345) % 2147483648;
    const path = random % paths;
    const pid = 1000 + Math.floor(index / 300);
    parts.push(
      `${letters[random % 8]} ${pid} /usr/share/project/include/part-${path % 97}/section/file-${path}.h\n`,
    );
  }
  parts.push('X 1000 0 0\n# Stop 2.000000\n# Bye bye\n');
  return Buffer.from(parts.join(''));
}
