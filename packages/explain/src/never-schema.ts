import * as v from 'valibot';
import { path, process, reason, state, version } from './explanation-schema.js';
import type { NearPath, NeverFinding } from './never.js';

/*
 * What `oodate why --never --json` prints. docs/formats/why-never.schema.json is made from it.
 * What stands here stays as it is; fields and kinds may be added.
 */

const use = v.picklist(['read', 'executed', 'looked', 'missing', 'extra', 'output', 'removed']);
export const role = v.picklist([...use.options, 'listed']);

const nearFields = {
  'listed-directory': { path, process },
  'other-name': {
    path,
    link: v.nullable(v.pipe(path, v.description('The symbolic link; null for a hard link.'))),
    use,
    process,
  },
  'missing-directory': { path, process },
  'used-below': { path, use, number: v.pipe(v.number(), v.description('Of paths; one of them is path.')) },
  'left-running': { processes: v.array(v.object({ pid: v.number(), name: v.string() })) },
} as const satisfies Record<NearPath['kind'], v.ObjectEntries>;

const nearest = v.pipe(
  v.array(
    v.variant(
      'kind',
      Object.entries(nearFields).map(([kind, fields]) => v.object({ kind: v.literal(kind), ...fields })),
    ),
  ),
  v.description('What the run did that is nearest to using the path.'),
);

/** The fields of each kind of finding. */
export const findingFields = {
  'used-path': {
    use: role,
    link: v.pipe(v.boolean(), v.description('As a symbolic link, and not as what that leads to.')),
    process,
  },
  'own-output': {
    use: v.picklist(['output', 'removed']),
    before: v.pipe(
      v.picklist(['unseen', 'looked', 'used']),
      v.description('What the command made of what it found there.'),
    ),
    usedAfter: v.pipe(v.boolean(), v.description('It used it when it had written it.')),
    process,
  },
  'ignored-path': {
    use: v.nullable(role),
    pattern: v.string(),
    from: v.pipe(
      v.record(v.string(), v.string()),
      v.description('Where the setting stands: kind, and by that file, variable or flag.'),
    ),
  },
  'kernel-path': { leadsTo: v.nullable(path) },
  'oodate-path': {},
  'bookkeeping-path': {},
  'temporary-path': { process },
  'never-opened': { nearest },
  'not-there': { nearest },
  'no-good-record': { reason },
} as const satisfies Record<NeverFinding['kind'], v.ObjectEntries>;

const common = {
  target: v.object({ name: v.string(), metaFile: path }),
  path,
  is: v.pipe(
    v.picklist(['absent', 'directory', 'special', 'unreadable', 'link', 'file']),
    v.description('What is there now.'),
  ),
  counts: v.pipe(
    v.object({ content: v.boolean(), presence: v.boolean() }),
    v.description(
      'Whether the target would be out of date with another content there; and if it went, or came to be.',
    ),
  ),
};

export const neverSchema: v.GenericSchema = v.pipe(
  v.object({
    version,
    findings: v.pipe(
      v.array(
        v.variant(
          'kind',
          Object.entries(findingFields).map(([kind, fields]) =>
            v.object({ kind: v.literal(kind), ...common, ...fields }),
          ),
        ),
      ),
      v.description('One for each target and path.'),
    ),
  }),
  v.title('oodate why --never --json'),
);

/** What the schema in JSON says once. */
export const neverDefinitions = { path, state, reason, process, nearest };
