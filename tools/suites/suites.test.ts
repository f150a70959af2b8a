import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { requireTool } from '@oodate/testkit';

import { suites } from './suites.mjs';
import { runThrice } from './three-runs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

for (const suite of suites.filter(({ short }) => short))
  (requireTool('apt-get') ? test : test.skip)(
    `the tests of ${suite.name} end traced as they do alone`,
    () => {
      const results = runThrice(suite, { root, work: `${root}.work/suites` });
      expect(results).toEqual(results.map((result) => ({ ...result, status: 0, differences: [] })));
    },
  );
