import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fsPath } from '../../packages/filemon/dist/index.js';
import { probeOf } from './backends.mjs';
import { compareRecords } from './differences.mjs';
import { explanations } from './explanations.mjs';
import { recordsOf } from './probe-records.mjs';
import { expectedRecords, tracedCalls } from './strace-accesses.mjs';
import { parseStrace } from './strace-text.mjs';

/** What the probe says where it lets a program use files through io_uring. */
const throughRing = 'the log is incomplete: files were used by name through io_uring';

/** Numbers of processes are new in each run. */
const alwaysRandom = [[/\/proc\/\d+(?=\/|'|$)/g, '/proc/PID']];

/**
 * Runs a workload twice from the same state, in a folder of the same name: under strace and under the probe.
 *
 * @param {import('./workloads.mjs').Workload} workload
 * @param {{root: string, work: string, backend: string, keep?: boolean}} options  of the checkout; where to
 *   work; the probe's backend; whether to leave the two traces and the last state there
 * @returns {import('./differences.mjs').Comparison & {problems: string[], folder: string}}
 */
export function compareRuns(workload, { root, work, backend, keep = false }) {
  mkdirSync(work, { recursive: true });
  const folder = realpathSync(mkdtempSync(join(work, 'run-')));
  try {
    return { ...compareIn(folder, workload, { root, work, backend }), folder };
  } finally {
    if (!keep) rmSync(folder, { recursive: true, force: true });
  }
}

function compareIn(folder, workload, { root, work, backend }) {
  const state = join(folder, 'state');
  const traces = { strace: join(folder, 'strace.txt'), log: join(folder, 'filemon.log') };
  const run = (...tracer) => {
    rmSync(state, { recursive: true, force: true });
    for (const name of ['home', 'tmp']) mkdirSync(join(state, name), { recursive: true });
    workload.prepare?.(state, { root, work });
    const before = new Set(pathsBelow(state));
    const failure = runScript(workload, state, { root, work }, tracer);
    return { before, failures: failure === undefined ? [] : [failure] };
  };

  const { before, failures } = run(
    'strace',
    '-f',
    '-y',
    '--seccomp-bpf',
    '-s',
    '65536',
    '-e',
    `trace=${tracedCalls}`,
    '-e',
    'signal=none',
    // As the probe does it: what goes through a ring is no call, so strace would not see it either.
    '-e',
    'inject=io_uring_setup:error=ENOSYS',
    '-o',
    traces.strace,
  );
  const { calls, unreadable } = parseStrace(readFileSync(traces.strace, 'latin1'));
  const isBelow = (path) => path === state || path.startsWith(`${state}/`);
  const { records, unknown } = expectedRecords(calls, state, {
    before: (path) => (isBelow(path) ? before.has(path) : lstat(path) !== undefined),
    after: lstat,
    real: realpath,
  });

  let isThroughRing = false;
  const logged = completeLog(() => {
    const { failures } = run(probeOf(root), '--backend', backend, '-o', traces.log, '--');
    const { records, problems, isComplete } = recordsOf(readFileSync(traces.log));
    if (workload.rings && problems.includes(throughRing)) {
      isThroughRing = true;
      const others = problems.filter((problem) => problem !== throughRing);
      return { records, problems: [...failures, ...others], isComplete: others.length === 0 };
    }
    return { records, problems: [...failures, ...problems], isComplete };
  });

  return {
    ...compareRecords(
      records,
      logged.records,
      explanations,
      [...alwaysRandom, ...(workload.random ?? [])],
      isThroughRing,
    ),
    problems: [
      ...failures,
      ...unreadable.map((line) => `a line of strace is not understood: ${line.slice(0, 200)}`),
      ...unknown.map((name) => `the call ${name} is not in the table of strace-accesses.mjs`),
      ...logged.problems,
    ],
  };
}

/**
 * Where the probe itself tells that a log is not to be trusted, nothing is compared with it: it takes another
 * run. A signal may have interrupted a call, or something in the background ended too late (docs/design-notes.md).
 * What is told again and again is a problem.
 */
function completeLog(runAndRead) {
  const runs = 3;
  for (let run = 1; ; run += 1) {
    const logged = runAndRead();
    if (logged.isComplete || run === runs) return logged;
  }
}

/** Undefined if it was successful, else what there is to say. */
function runScript({ script, env = {} }, state, places, [tracer, ...words]) {
  const { status, signal, stdout, stderr, error } = spawnSync(tracer, [...words, '/bin/sh', '-euc', script], {
    cwd: state,
    env: {
      LANG: 'C.UTF-8',
      PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
      HOME: join(state, 'home'),
      TMPDIR: join(state, 'tmp'),
      ...places,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  if (status === 0) return undefined;
  return `it fails under ${basename(tracer)} (${error?.code ?? signal ?? `exit status ${status}`})\n${stdout}${stderr}`;
}

function pathsBelow(folder) {
  const below = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? pathsBelow(path) : [path];
  });
  return [folder, ...below];
}

function lstat(path) {
  return lstatSync(fsPath(path), { throwIfNoEntry: false });
}

function realpath(path) {
  try {
    return realpathSync.native(fsPath(path));
  } catch {
    return undefined;
  }
}
