import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { ToolError } from '../programs.mjs';
import { compareEach } from './pairs.mjs';
import { makePackage, milliseconds, mustRun } from './proving.mjs';

/** `oodate run` of what is up to date, with a recorder that knows it and with none; and what the recorder takes for that. */
export async function benchAsking({ root, work, runs }) {
  const words = [join(root, 'packages/cli/bin/oodate'), 'run', 'build'];
  const rows = [];
  for (const count of [1_000, 10_000, 100_000]) {
    const folder = join(work, `recorded-${count}`);
    makePackage(folder, count);
    const options = { cwd: folder, runs };
    // In the same way as it is measured: a proof is for who reads the same streams.
    compareEach([words], words, { ...options, runs: 1 });
    const recorder = await startRecorder(root, folder);
    await recorder.watch(join(folder, '.oodate/build.proof'));
    const prepare = (index) => recorder.show(index === 0);
    const { baseline, results } = compareEach([words], words, { ...options, prepare });
    const [asked] = results;
    rows.push([
      count.toLocaleString('en'),
      milliseconds(asked.seconds),
      milliseconds(asked.fastest),
      milliseconds(baseline),
      asked.ratio.toFixed(2),
      (recorder.memory() / count).toFixed(0),
    ]);
    await recorder.stop();
    rmSync(folder, { recursive: true });
  }
  const head = ['inputs', 'recorder: median', 'fastest', 'looking', 'recorder / looking', 'bytes an input'];
  return { head, rows };
}

const files = 10_000;

/** A program that reads as many files as it writes, while they are watched and while they are not. */
export async function benchRecording({ root, work, runs }) {
  const folder = join(work, 'recorded-build');
  const oodate = join(root, 'packages/cli/bin/oodate');
  makePackage(folder, files);
  writeFileSync(
    join(folder, 'build.mjs'),
    `import { once } from 'node:events';
import { linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
for (const input of readFileSync('inputs', 'utf8').trim().split('\\n')) {
  const output = input.replace('/src/', '/dist/');
  mkdirSync(output.replace(/[^/]*$/, ''), { recursive: true });
  writeFileSync(output, readFileSync(input, 'utf8').repeat(40));
}`,
  );
  const build = 'node build.mjs';
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', scripts: { build } }),
  );
  const options = { cwd: folder, runs };
  mustRun(oodate, ['run', 'build'], options);
  mustRun(oodate, ['run', 'build'], options);
  const times = { with: [], without: [] };
  for (let run = 0; run <= runs; run += 1)
    for (const way of ['with', 'without']) {
      const recorder = way === 'with' ? await startRecorder(root, folder) : undefined;
      // What was built by hand is no longer what the proof says: it is watched all the same.
      await recorder?.watch(join(folder, '.oodate/build.proof'));
      const start = process.hrtime.bigint();
      mustRun('node', ['build.mjs'], options);
      if (run > 0) times[way].push(Number(process.hrtime.bigint() - start) / 1e9);
      await recorder?.stop();
    }
  rmSync(folder, { recursive: true });
  const ratios = times.with.map((time, index) => time / times.without[index]).sort((a, b) => a - b);
  const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  return {
    head: ['files written', 'recorder', 'none', 'recorder / none'],
    rows: [
      [
        files.toLocaleString('en'),
        milliseconds(middle(times.with)),
        milliseconds(middle(times.without)),
        `${middle(ratios).toFixed(3)} (${ratios[0].toFixed(3)}–${ratios.at(-1).toFixed(3)})`,
      ],
    ],
  };
}

async function startRecorder(root, folder) {
  const place = join(folder, '.oodate/recorder');
  const socket = join(place, 'socket');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const words = ['--monitor', '--backend', 'bpf', '--record', place];
  const child = spawn(join(root, 'packages/tracer/native/build/oodate-probe'), words, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = await once(child.stdout, 'data');
  if (!`${line}`.includes('"monitor"'))
    throw new ToolError('NO_RECORDER', `${line}`, 'run the bench as root');
  let shown = true;
  const ask = async (request) => {
    const client = createConnection(socket);
    client.end(`${request}\0`);
    return (await text(client)).trim().split('\n').at(-1);
  };
  return {
    async watch(proof) {
      await ask(`set 1 ${proof}`);
      while (!(await ask('status 2')).includes('"doubtful":0')) await setTimeout(20);
    },
    /** Whether it can be found. Something is there all the time, or else it would end. */
    show(now) {
      if (now === shown) return;
      shown = now;
      if (now) {
        renameSync(`${socket}.hidden`, socket);
        return;
      }
      linkSync(socket, `${socket}.hidden`);
      writeFileSync(`${socket}.none`, '');
      renameSync(`${socket}.none`, socket);
    },
    /** Bytes, with those that it shares with the kernel. */
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
      return 1024 * (kilobytes('RssAnon') + kilobytes('RssShmem'));
    },
    async stop() {
      this.show(true);
      await ask('stop 3');
      await ended;
    },
  };
}
