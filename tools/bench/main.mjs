// Measures oodate and prints the tables of docs/benchmarks.md.
//
//   npm run bench [-- tracing|tracing-nothing|terminal|bystanders|parsing|deciding|proving|asking|recording|starting|restoring|looking-up|keeping|bmake|opening ...] [--runs N] [--only PART]
//
// --only: of the commands that are traced, those whose names have this part.
//
// All figures are medians, and what counts are the ratios: each is against a second command of the same run.

import { mkdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { runTool, ToolError } from '../programs.mjs';
import { benchBmake } from './bmake.mjs';
import { benchBystanders } from './bystanders.mjs';
import { benchDeciding } from './deciding.mjs';
import { benchOpening } from './opening.mjs';
import { benchParsing } from './parsing.mjs';
import { benchProving } from './proving.mjs';
import { benchAsking, benchRecording } from './recording.mjs';
import { benchStarting } from './starting.mjs';
import { benchKeeping, benchLookingUp, benchRestoring } from './storing.mjs';
import { benchTerminal } from './terminal.mjs';
import { benchTracing, benchTracingNothing } from './tracing.mjs';

// A command that is to run would else be brought back.
process.env.OODATE_STORE_ENABLED = 'false';

const benches = {
  tracing: benchTracing,
  'tracing-nothing': benchTracingNothing,
  terminal: benchTerminal,
  bystanders: benchBystanders,
  parsing: benchParsing,
  deciding: benchDeciding,
  proving: benchProving,
  asking: benchAsking,
  recording: benchRecording,
  starting: benchStarting,
  restoring: benchRestoring,
  'looking-up': benchLookingUp,
  keeping: benchKeeping,
  bmake: benchBmake,
  opening: benchOpening,
};

await runTool('bench', async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { runs: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
  });
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const work = `${root}.work/bench`;
  mkdirSync(work, { recursive: true });
  process.stdout.write(
    `${cpus().length} processors (${cpus()[0]?.model}), Linux ${release()}, Node ${process.versions.node}, ${values.runs} runs\n`,
  );
  for (const name of positionals.length > 0 ? positionals : Object.keys(benches)) {
    const bench = benches[name];
    if (bench === undefined)
      throw new ToolError(
        'USAGE',
        `there is no bench "${name}"`,
        `name some of ${Object.keys(benches).join(', ')}`,
      );
    process.stdout.write(
      `\n## ${name}\n\n${table(await bench({ root, work, runs: Number(values.runs), only: values.only }))}`,
    );
  }
  return 0;
});

function table({ head, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}
