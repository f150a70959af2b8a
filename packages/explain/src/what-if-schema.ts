import * as v from 'valibot';
import { path, process, version } from './explanation-schema.js';
import { role } from './never-schema.js';

/*
 * What `oodate why --if-changed --json` prints. docs/formats/why-if-changed.schema.json is made from it.
 * What stands here stays as it is; fields may be added.
 */

const paths = v.array(path);

export const whatIfSchema: v.GenericSchema = v.pipe(
  v.object({
    version,
    changes: v.pipe(paths, v.description('The paths that were given.')),
    unused: v.pipe(paths, v.description('Those of them that no target uses.')),
    targets: v.array(
      v.object({
        name: v.string(),
        metaFile: path,
        asked: v.pipe(v.boolean(), v.description('false: it is one by which an other is affected.')),
        affected: v.pipe(
          v.boolean(),
          v.description('It would be out of date by the changes, or come after one that is.'),
        ),
        outOfDate: v.pipe(v.boolean(), v.description('It is out of date as it is.')),
        causes: v.array(
          v.object({
            path: v.pipe(path, v.description('That the target uses.')),
            use: role,
            changes: v.pipe(paths, v.description('Those that would make it another.')),
            process,
          }),
        ),
        after: v.pipe(
          v.array(v.object({ name: v.string(), metaFile: path, paths })),
          v.description('The affected targets that make what it uses, and what of it.'),
        ),
      }),
    ),
  }),
  v.title('oodate why --if-changed --json'),
);

/** What the schema in JSON says once. */
export const whatIfDefinitions = { path, process };
