import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filemonRecords, summarizeAccesses } from '../../packages/filemon/dist/index.js';
import { filemonSection, readMetaFile, writeMetaFile } from '../../packages/meta-file/dist/index.js';
import { diskFileStates, reasonsToRun, recordRun, settledClock } from '../../packages/planner/dist/index.js';
import { ToolError } from '../programs.mjs';
import { median } from './pairs.mjs';

/** Reading a meta file and deciding "up to date", against a loop of lstat over the same files. */
export function benchDeciding({ work, runs }) {
  const rows = [1_000, 10_000, 100_000].map((count) => {
    const folder = join(work, `inputs-${count}`);
    const paths = makeInputs(folder, count);
    const metaFile = join(work, `inputs-${count}.meta`);
    const target = { commands: [['true']], cwd: folder, environment: {} };
    record(metaFile, target, paths);
    const times = { all: [], read: [], ratio: [] };
    for (let run = 0; run <= runs; run += 1) {
      const read = time(() => readMetaFile(metaFile));
      const all = time(() => {
        const reasons = [...reasonsToRun(target, readMetaFile(metaFile), diskFileStates())];
        if (reasons.length > 0) throw new ToolError('FAILED', `out of date: ${reasons[0].kind}`);
      });
      const loop = time(() => {
        for (const path of paths) lstatSync(path);
      });
      if (run === 0) continue;
      times.all.push(all);
      times.read.push(read);
      times.ratio.push(all / loop);
    }
    rmSync(folder, { recursive: true });
    const milliseconds = (values) => `${(median(values) * 1000).toFixed(1)} ms`;
    return [
      count.toLocaleString('en'),
      milliseconds(times.all),
      milliseconds(times.read),
      median(times.ratio).toFixed(1),
    ];
  });
  return {
    head: ['inputs', 'decision', 'of this reading the record', 'decision / loop of lstat in Node'],
    rows,
  };
}

function time(action) {
  const start = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function makeInputs(folder, count) {
  rmSync(folder, { recursive: true, force: true });
  return Array.from({ length: count }, (_, index) => {
    const directory = join(folder, `directory-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(directory, { recursive: true });
    const path = join(directory, `input-${index}.ts`);
    writeFileSync(path, `${index}\n`);
    return path;
  });
}

function record(metaFile, target, paths) {
  const started = Math.floor(Date.now() * 1000) + 60_000;
  const lines = ['# filemon version 5', '# Target pid 1', `# Start ${(started / 1e6).toFixed(6)}`, 'V 5'];
  for (const path of paths) lines.push(`R 1 ${path}`);
  lines.push('X 1 0 0', `# Stop ${(started / 1e6).toFixed(6)}`, '# Bye bye', '');
  const log = Buffer.from(lines.join('\n'));
  const accesses = summarizeAccesses(filemonRecords([log]), target.cwd);
  const recorded = settledClock(join(metaFile, '..'), BigInt(Date.now()) * 1_000_000n);
  const { record: run } = recordRun({ accesses, ...target, started, recorded, files: diskFileStates() });
  const output = new Uint8Array();
  writeMetaFile(metaFile, {
    path: metaFile,
    commands: ['true'],
    cwd: target.cwd,
    target: 'bench',
    output,
    filemon: filemonSection(log, {}),
    run,
  });
}
