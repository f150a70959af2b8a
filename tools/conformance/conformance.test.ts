import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { requireTool } from '@oodate/testkit';

import { workingBackends } from './backends.mjs';
import { compareRuns } from './two-runs.mjs';
import { workloads } from './workloads.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const work = `${root}.work/conformance`;

const short = workloads.filter((workload) => workload.short);

describe.each(workingBackends(root))('%s', (backend) => {
  for (const workload of short) {
    const tools = ['strace', ...Object.keys(workload.needs ?? {})];
    const isHere = tools.map(requireTool).every(Boolean);
    (isHere ? test : test.skip)(`records what strace sees of ${workload.name}`, () => {
      const { compared, unexplained, problems } = compareRuns(workload, { root, work, backend });
      expect({ unexplained, problems }).toEqual({ unexplained: [], problems: [] });
      // Every one of them at least executes and reads something.
      expect([...compared.keys()]).toEqual(expect.arrayContaining(['executed', 'read']));
    });
  }
});
