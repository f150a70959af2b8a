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
}
const { user, system } = process.cpuUsage();
writeFileSync('used', String((user + system) / 1e6));`,
  );
  const build = 'node build.mjs';
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', scripts: { build } }),
  );
  const options = { cwd: folder, runs };
  mustRun(oodate, ['run', 'build'], options);
  mustRun(oodate, ['run', 'build'], options);
  const rounds = [];
  for (let run = 0; run <= runs; run += 1) {
    const round = {};
    for (const way of ['with', 'without']) {
      const recorder = way === 'with' ? await startRecorder(root, folder) : undefined;
      // What was built by hand is no longer what the proof says: it is watched all the same.
      await recorder?.watch(join(folder, '.oodate/build.proof'));
      const before = recorder?.processorTime();
      const start = process.hrtime.bigint();
      mustRun('node', ['build.mjs'], options);
      const wall = Number(process.hrtime.bigint() - start) / 1e9;
      const used = Number(readFileSync(join(folder, 'used'), 'utf8'));
      round[way] = { wall, used, recording: recorder && recorder.processorTime() - before };
      await recorder?.stop();
    }
    if (run > 0) rounds.push(round);
  }
  rmSync(folder, { recursive: true });
  const middle = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
  const row = (title, time) => {
    const ratios = rounds.map((round) => time(round.with) / time(round.without)).sort((a, b) => a - b);
    return [
      title,
      milliseconds(middle(rounds.map((round) => time(round.with)))),
      milliseconds(middle(rounds.map((round) => time(round.without)))),
      `${middle(ratios).toFixed(3)} (${ratios[0].toFixed(3)}–${ratios.at(-1).toFixed(3)})`,
    ];
  };
  return {
    head: [`${files.toLocaleString('en')} files written`, 'recorder', 'none', 'recorder / none'],
    rows: [
      row('wall', ({ wall }) => wall),
      row('processors, by the program', ({ used }) => used),
      [
        'processors, by the recorder',
        milliseconds(middle(rounds.map((round) => round.with.recording))),
        '',
        '',
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
    /** Seconds of the processors that it has used; in ticks, of which there are 100 in one. */
    processorTime() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async stop() {
      this.show(true);
      await ask('stop 3');
      await ended;
    },
  };
}
