import * as v from 'valibot';
import { causeFields, moment, path, reason, version } from './explanation-schema.js';

/*
 * What `oodate why --after --json` prints. docs/formats/why-after.schema.json is made from it.
 * What stands here stays as it is; fields and kinds may be added.
 */

const cause = v.intersect([
  reason,
  v.object({
    group: causeFields.group,
    process: causeFields.process,
    shortened: v.pipe(v.boolean(), v.description('Only the beginning of its lists and texts was recorded.')),
  }),
]);

const run = v.object({
  target: v.object({ name: v.string(), metaFile: path }),
  started: v.nullable(v.pipe(moment, v.description('null: the result was brought back.'))),
  milliseconds: v.pipe(v.number(), v.description('How long the command ran.')),
  restored: v.nullable(v.pipe(moment, v.description('When the result was made that was brought back.'))),
  causes: v.nullable(
    v.pipe(v.array(cause), v.description('The most telling reasons; null if none were recorded.')),
  ),
  more: v.pipe(v.number(), v.description('How many reasons more there were.')),
  outputs: v.nullable(
    v.pipe(v.picklist(['same', 'changed']), v.description('Against what the run before had left.')),
  ),
  isAvoidable: v.pipe(v.boolean(), v.description('Nothing would be missing had it not run.')),
  spared: v.pipe(
    v.array(
      v.object({
        path,
        runs: v.pipe(v.number(), v.description('In so many runs.')),
        now: v.pipe(v.boolean(), v.description('It was a reason for this run.')),
      }),
    ),
    v.description('Inputs that have changed and did not show in the outputs.'),
  ),
  advice: v.pipe(
    v.array(v.object({ setting: v.literal('ignore'), value: v.string() })),
    v.description('Settings by which what has not shown so far would count no more.'),
  ),
});

export const whyAfterSchema: v.GenericSchema = v.pipe(
  v.object({ version, runs: v.array(run) }),
  v.title('oodate why --after --json'),
  v.description('The last good run of each target. Fields and kinds of reasons may be added.'),
);
