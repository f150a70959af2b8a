import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ask, runQuietly, ToolError } from '../programs.mjs';

/** By whom the tests are run: by nobody but sh, and by the two programs that trace. */
const ways = {
  alone: () => [],
  'oodate-probe': ({ root, folder }) => [
    join(root, 'packages/tracer/native/build/oodate-probe'),
    ...['-o', join(folder, 'log'), '--output', join(folder, 'copy'), '--'],
  ],
  'oodate run': ({ root, folder }) => [
    join(root, 'packages/cli/bin/oodate'),
    ...['run', '--force', '--quiet', '--meta', join(folder, 'meta'), '--'],
  ],
};

/**
 * Runs a suite alone and traced, each time from a fresh source in the same place.
 * Gives for each way the exit status, how many lines tell of a test, and the lines that
 * differ from those of the run alone.
 *
 * @param {import('./suites.mjs').Suite} suite
 */
export function runThrice(suite, { root, work }) {
  mkdirSync(work, { recursive: true });
  const folder = mkdtempSync(join(work, `${suite.name}-`));
  try {
    const archive = downloadSource(suite.name, folder);
    const runs = Object.entries(ways).map(([way, words]) => ({
      way,
      ...runOnce(suite, archive, folder, words({ root, folder })),
    }));
    return runs.map(({ way, status, lines, seconds }) => ({
      way,
      status,
      seconds,
      tests: lines.filter((line) => /^(PASS|FAIL|SKIP|XFAIL|XPASS|ERROR):/.test(line)).length,
      differences: differences(runs[0].lines, lines),
    }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function downloadSource(name, folder) {
  if (!runQuietly('apt-get', ['source', '--download-only', '-q', name], { cwd: folder }))
    throw new ToolError(
      'NO_SOURCE',
      `the source of ${name} could not be downloaded`,
      'run apt-get update, with deb-src',
    );
  const archive = readdirSync(folder).find((file) => /\.orig\.tar\.\w+$/.test(file));
  if (archive === undefined)
    throw new ToolError('NO_SOURCE', `the source of ${name} has no original archive`);
  return join(folder, archive);
}

function runOnce({ test }, archive, folder, words) {
  const source = join(folder, 'source');
  rmSync(source, { recursive: true, force: true });
  mkdirSync(source);
  if (ask('tar', ['-xf', archive, '-C', source, '--strip-components=1']) === undefined)
    throw new ToolError('NO_SOURCE', `${archive} could not be unpacked`);
  const begun = performance.now();
  const [program, ...args] = [...words, 'sh', '-c', test];
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: source,
    env: { ...process.env, OODATE_STORE_ENABLED: 'false', LC_ALL: 'C.UTF-8', TZ: 'UTC', CI: '' },
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  const lines = [...stdout.split('\n'), ...stderr.split('\n')].map(withoutChance).sort();
  return { status: status ?? signal, lines, seconds: Math.round((performance.now() - begun) / 100) / 10 };
}

/** A line without what differs from run to run anyhow: process numbers, addresses, times. */
function withoutChance(line) {
  return line
    .replace(/==\d+==/g, '==')
    .replace(/\b0x[0-9a-f]+\b/g, '0x')
    .replace(/\b\d+\.\d+ ?s\b/g, 's');
}

/** The lines that only one of both sorted lists has, with a sign before each. */
function differences(first, second) {
  const count = new Map();
  for (const line of first) count.set(line, (count.get(line) ?? 0) - 1);
  for (const line of second) count.set(line, (count.get(line) ?? 0) + 1);
  return [...count]
    .filter(([, times]) => times !== 0)
    .map(([line, times]) => `${times < 0 ? '-' : '+'} ${line}`);
}
