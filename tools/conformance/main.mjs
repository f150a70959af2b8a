// Compares what the probe records with what strace sees, on real programs, and prints the differences.
//
//   npm run conformance [-- NAME ...] [--short] [--list] [--keep] [--backend NAME]
//
//   NAME ...         these workloads only
//   --short          those that need no download, as in the tests
//   --list           tell which workloads there are
//   --keep           leave both traces and the last state in .work/conformance
//   --backend NAME   this backend of the probe only; default: all that work here
//
// The exit status is 1 if a difference is unexplained. Without NAME, --short and --backend the result is
// written to docs/conformance.md as well.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { aptLine, installPackages } from '../debian-packages.mjs';
import { findProgram, runTool, ToolError } from '../programs.mjs';
import { workingBackends } from './backends.mjs';
import { renderDocument, renderResult } from './report.mjs';
import { compareRuns } from './two-runs.mjs';
import { workloads } from './workloads.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (line) => process.stdout.write(`${line}\n`);

await runTool('conformance', () => {
  const { values: options, positionals: names } = readOptions();
  const chosen = chooseWorkloads(names, options.short);
  if (options.list) {
    for (const { name, does, short } of chosen)
      say(`${name.padEnd(16)}${short ? 'short  ' : '       '}${does}`);
    return 0;
  }
  const backends = chooseBackends(options.backend);
  installNeeds(chosen);
  const work = join(root, '.work/conformance');
  const results = backends.flatMap((backend) =>
    chosen.map((workload) => {
      const result = compareRuns(workload, { root, work, backend, keep: options.keep });
      process.stdout.write(renderResult({ workload, backend, ...result }, options.keep));
      return { workload, backend, ...result };
    }),
  );
  if (names.length === 0 && !options.short && options.backend === undefined)
    writeFileSync(join(root, 'docs/conformance.md'), renderDocument(results));
  return results.every(({ unexplained, problems }) => unexplained.length + problems.length === 0) ? 0 : 1;
});

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        short: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        backend: { type: 'string' },
      },
    });
  } catch (error) {
    throw new ToolError('USAGE', error.message, 'the head of tools/conformance/main.mjs lists the options');
  }
}

function chooseWorkloads(names, short) {
  for (const name of names)
    if (!workloads.some((workload) => workload.name === name))
      throw new ToolError(
        'USAGE',
        `there is no workload "${name}"`,
        'npm run conformance -- --list tells which there are',
      );
  return workloads.filter(
    (workload) => (names.length === 0 || names.includes(workload.name)) && (!short || workload.short),
  );
}

function chooseBackends(name) {
  const working = workingBackends(root);
  if (name === undefined && working.length > 0) return working;
  if (name !== undefined && working.includes(name)) return [name];
  throw new ToolError(
    'NO_BACKEND',
    name === undefined
      ? 'no backend of the probe works here'
      : `the probe has no backend "${name}" that works here`,
    'oodate doctor tells why',
  );
}

function installNeeds(chosen) {
  const needs = Object.entries(
    Object.assign({ strace: 'strace' }, ...chosen.map((workload) => workload.needs)),
  );
  const packages = needs.filter(([program]) => findProgram(program) === undefined).map(([, name]) => name);
  if (packages.length > 0 && !installPackages(packages, 'the workloads need', say))
    throw new ToolError(
      'NOT_INSTALLED',
      'some workloads need what is missing here',
      `as root: ${aptLine(packages)}`,
    );
}
