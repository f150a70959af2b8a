import { pathUses } from '@oodate/filemon';
import type { Reason } from '@oodate/planner';
import * as v from 'valibot';
import { culpritActs } from './culprit.js';
import { reasonGroups } from './reason-group.js';

/*
 * What `oodate why --json` prints. docs/formats/why.schema.json is made from it.
 * What stands here stays as it is; fields and kinds may be added.
 */

export const path = v.pipe(
  v.string(),
  v.description('Absolute; a byte that is not UTF-8 is written as \\udc80 to \\udcff.'),
);
const words = v.array(v.string());
export const moment = v.pipe(v.string(), v.isoTimestamp(), v.description('ISO 8601'));
const large = v.pipe(
  v.string(),
  v.regex(/^\d+$/),
  v.description('A number that may be too large for one in JSON.'),
);

export const state = v.pipe(
  v.variant('type', [
    v.object({ type: v.literal('absent') }),
    v.object({ type: v.literal('directory') }),
    v.object({ type: v.literal('special') }),
    v.object({ type: v.literal('unreadable'), errno: v.string() }),
    v.object({ type: v.literal('link'), target: v.string() }),
    v.object({
      type: v.literal('file'),
      size: v.pipe(large, v.description('Bytes.')),
      mtime: v.pipe(large, v.description('Nanoseconds since the epoch.')),
      ctime: v.pipe(large, v.description('Nanoseconds since the epoch.')),
      inode: large,
      mode: v.pipe(v.number(), v.description('Permission bits.')),
      digest: v.optional(
        v.pipe(v.string(), v.description('SHA-256 in hex; not there if it was not needed.')),
      ),
    }),
  ]),
  v.description('What is at a path.'),
);

const value = v.optional(
  v.pipe(
    v.object({ value: v.string(), hidden: v.boolean() }),
    v.description('Not there: the variable is not set. hidden: only whether it differs is known.'),
  ),
);

const used = {
  path,
  by: v.optional(v.pipe(v.string(), v.description('Program of the process that used it first.'))),
};

const commands = v.pipe(v.array(words), v.description('The words of each command.'));

/** The fields of each kind of reason. */
export const reasonFields = {
  'no-record': { metaFile: v.string() },
  'record-damaged': { metaFile: v.string(), message: v.string() },
  'record-foreign': { metaFile: v.string(), version: v.optional(v.number()) },
  'last-run-failed': { exit: v.object({ status: v.number(), signal: v.number() }) },
  'last-run-unfinished': {},
  'last-run-incomplete': { causes: v.array(v.string()) },
  forced: {},
  'command-changed': { was: commands, is: commands },
  'directory-changed': { was: path, is: path },
  'variable-changed': { name: v.string(), was: value, is: value },
  'standard-input-changed': { was: v.string(), is: v.string() },
  'network-used': { uses: v.array(v.picklist(['used', 'served'])) },
  'output-not-recorded': {
    streams: v.pipe(v.array(v.picklist([1, 2])), v.description('1: stdout, 2: stderr')),
  },
  'input-changed': { ...used, was: state, is: state },
  'input-newer': used,
  'input-gone': { ...used, was: v.optional(state) },
  'input-appeared': { ...used, is: state },
  'extra-input-new': used,
  'looked-at-changed': { ...used, was: state, is: state },
  'link-changed': { ...used, was: v.string(), is: state },
  'listing-changed': { ...used, gained: words, lost: words },
  'changed-while-running': used,
  'output-gone': used,
  'output-changed': { ...used, was: state, is: state },
  'removed-came-back': { ...used, is: state },
  'input-unreadable': { ...used, errno: v.string() },
} as const satisfies Record<Reason['kind'], v.ObjectEntries>;

const program = {
  executable: v.nullable(v.pipe(v.string(), v.description('Of a script its interpreter.'))),
  words: v.nullable(v.pipe(v.string(), v.description('Its command line as one types it in sh.'))),
};

export const reason: v.GenericSchema = v.pipe(
  v.variant(
    'kind',
    Object.entries(reasonFields).map(([kind, fields]) => v.object({ kind: v.literal(kind), ...fields })),
  ),
  v.description('One cause for being out of date.'),
);

export const process = v.nullable(
  v.pipe(
    v.object({
      ...program,
      how: v.pipe(v.array(v.picklist(pathUses)), v.description('What matters most first.')),
      parents: v.pipe(
        v.array(v.object(program)),
        v.description('What executed it, the nearest first, up to the command of the target.'),
      ),
    }),
    v.description('The first that used the path in the way that matters.'),
  ),
);

export const causeFields = {
  group: v.picklist(reasonGroups),
  process,
  search: v.nullable(
    v.pipe(
      v.object({
        missing: v.pipe(v.array(path), v.description('Where it was not, in order.')),
        found: v.nullable(path),
      }),
      v.description('How the process looked for the name of a path that was not there.'),
    ),
  ),
  difference: v.nullable(
    v.pipe(
      v.object({
        hunks: v.array(
          v.object({
            was: v.pipe(v.number(), v.description('Its first line in the former text, from 1.')),
            is: v.pipe(v.number(), v.description('And in the present one.')),
            lines: v.pipe(words, v.description('Each with its mark, as in a unified diff.')),
          }),
        ),
        more: v.pipe(v.number(), v.description('Lines removed or added that are not shown.')),
      }),
      v.description('Of a small text.'),
    ),
  ),
  tool: v.nullable(
    v.pipe(
      v.object({ was: v.nullable(v.string()), is: v.nullable(v.string()) }),
      v.description('The versions of a program or an npm package.'),
    ),
  ),
  writer: v.nullable(
    v.pipe(
      v.object({
        target: v.string(),
        metaFile: v.string(),
        path: v.pipe(path, v.description('That of the reason; of a listing one in the directory.')),
        use: v.picklist(['output', 'removed']),
        ran: v.pipe(moment, v.description('When its last run was recorded.')),
        left: v.pipe(
          v.nullable(v.boolean()),
          v.description('Whether what is there is what that run left; null if that is not known.'),
        ),
        outOfDate: v.pipe(v.boolean(), v.description('It would run now.')),
        because: v.pipe(
          v.array(
            v.object({
              target: v.string(),
              path: v.pipe(path, v.description('What it made or removed.')),
              reason: v.nullable(reason),
              more: v.pipe(v.number(), v.description('How many reasons more it had.')),
            }),
          ),
          v.description(
            'Why that run was made, then why what was the reason for it had been made, and so on.',
          ),
        ),
      }),
      v.description('The last run of another target that made or removed the path.'),
    ),
  ),
  culprit: v.nullable(
    v.pipe(
      v.object({
        path: v.pipe(path, v.description('That of the reason; of a listing one in the directory.')),
        did: v.picklist(culpritActs),
        time: moment,
        process: v.nullable(
          v.object({
            pid: v.number(),
            uid: v.nullable(v.number()),
            name: v.pipe(v.nullable(v.string()), v.description('As the kernel has it: 15 bytes at most.')),
            executable: v.nullable(v.string()),
            words: v.pipe(
              v.nullable(words),
              v.description("Its command line; null if it is not known, as of another user's process."),
            ),
            of: v.pipe(
              v.nullable(v.object({ pid: v.number(), name: v.string() })),
              v.description('Its nearest ancestor that is no shell.'),
            ),
          }),
        ),
      }),
      v.description(
        'The last change of the path, where a recorder has seen it. Its process is null if the backend of that could not tell.',
      ),
    ),
  ),
  usedBy: v.pipe(words, v.description('Other targets that the path is an input of.')),
};

const cause: v.GenericSchema = v.pipe(
  v.intersect([reason, v.object(causeFields)]),
  v.description('A reason with what belongs to it.'),
);

const judged = {
  verdict: v.picklist(['up to date', 'out of date']),
  reasons: v.array(cause),
  counts: v.nullable(
    v.pipe(
      v.object({ inputs: v.number(), missing: v.number(), listings: v.number(), outputs: v.number() }),
      v.description('What the last good run used.'),
    ),
  ),
};

export const version = v.pipe(v.literal(1), v.description('Of this format.'));

const ofTarget = v.object({
  version,
  target: v.object({
    kind: v.picklist(['script', 'command']),
    name: v.string(),
    commands,
    directory: path,
    metaFile: path,
  }),
  ...judged,
  run: v.null(),
  known: v.nullable(
    v.pipe(
      v.object({
        made: moment,
        differs: v.pipe(v.array(reason), v.description('None: it would be brought back.')),
      }),
      v.description('The nearest result in the store.'),
    ),
  ),
  makers: v.pipe(
    v.array(v.object({ target: v.string(), metaFile: v.string(), paths: v.array(v.string()) })),
    v.description('Other targets that are out of date, and make these paths, which this one uses.'),
  ),
});

const ofMetaFiles = v.object({
  version,
  verdict: judged.verdict,
  targets: v.array(v.object({ name: v.string(), metaFile: path, ...judged })),
});

export const whySchema: v.GenericSchema = v.pipe(
  v.union([ofTarget, ofMetaFiles]),
  v.title('oodate why --json'),
  v.description('Of a target, or of meta files that were named. Fields and kinds of reasons may be added.'),
);

/** What the schema in JSON says once. */
export const whyDefinitions = { path, state, reason, process, cause };
