import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath } from '@oodate/filemon';
import { mostOfCause, type RecordedState, type StoredReason } from '@oodate/meta-file';
import type { Reason } from './reason.js';
import { isShortened, reasonOfStored, storedReasons } from './stored-reason.js';

const odd = decodePath(Buffer.from('/w/caf\xe9\n\\ "', 'latin1')) as AbsolutePath;
const used = { path: odd, by: '/bin/sh' };
const file: RecordedState = {
  type: 'file',
  size: 2n ** 63n,
  mtime: -1n,
  ctime: 2n,
  inode: 3n,
  mode: 0o644,
  digest: 'a'.repeat(64),
};
const states: RecordedState[] = [
  file,
  { ...file, digest: undefined },
  { type: 'absent' },
  { type: 'directory' },
  { type: 'special' },
  { type: 'link', target: 'odd\ntarget' },
  { type: 'unreadable', errno: 'ELOOP' },
];
const changes = states.map((was, at) => ({ was, is: states.at(at - 1) as RecordedState }));

const reasons: { readonly [Kind in Reason['kind']]: readonly Extract<Reason, { kind: Kind }>[] } = {
  'no-record': [{ kind: 'no-record', metaFile: '/w/m' }],
  'record-damaged': [{ kind: 'record-damaged', metaFile: '/w/m', message: 'it is a directory' }],
  'record-foreign': [
    { kind: 'record-foreign', metaFile: '/w/m', version: undefined },
    { kind: 'record-foreign', metaFile: '/w/m', version: 1 },
  ],
  'last-run-failed': [{ kind: 'last-run-failed', exit: { status: 0, signal: 9 } }],
  'last-run-unfinished': [{ kind: 'last-run-unfinished' }],
  'last-run-incomplete': [{ kind: 'last-run-incomplete', causes: ['one', 'two'] }],
  forced: [{ kind: 'forced' }],
  'command-changed': [{ kind: 'command-changed', was: [['a', ''], []], is: [['b\n']] }],
  'directory-changed': [{ kind: 'directory-changed', was: '/w' as AbsolutePath, is: odd }],
  'variable-changed': [
    { kind: 'variable-changed', name: 'A', was: undefined, is: { value: '', hidden: true } },
    { kind: 'variable-changed', name: 'A', was: { value: '1', hidden: false }, is: undefined },
  ],
  'standard-input-changed': [{ kind: 'standard-input-changed', was: 'null', is: 'file 0 /x' }],
  'network-used': [{ kind: 'network-used', uses: ['used', 'served'] }],
  'output-not-recorded': [{ kind: 'output-not-recorded', streams: [1, 2] }],
  'input-changed': changes.map((change) => ({ kind: 'input-changed', ...used, ...change })),
  'input-newer': [{ kind: 'input-newer', ...used, by: undefined }],
  'input-gone': [
    { kind: 'input-gone', ...used, was: file },
    { kind: 'input-gone', ...used },
  ],
  'input-appeared': [{ kind: 'input-appeared', ...used, is: file }],
  'extra-input-new': [{ kind: 'extra-input-new', ...used, by: undefined }],
  'looked-at-changed': changes.map((change) => ({ kind: 'looked-at-changed', ...used, ...change })),
  'link-changed': [{ kind: 'link-changed', ...used, was: 'a', is: { type: 'link', target: 'b' } }],
  'listing-changed': [{ kind: 'listing-changed', ...used, gained: ['a/', 'b/@'], lost: [] }],
  'changed-while-running': [{ kind: 'changed-while-running', ...used }],
  'output-gone': [{ kind: 'output-gone', ...used }],
  'output-changed': changes.map((change) => ({ kind: 'output-changed', ...used, ...change })),
  'removed-came-back': [{ kind: 'removed-came-back', ...used, is: { type: 'directory' } }],
  'input-unreadable': [{ kind: 'input-unreadable', ...used, errno: 'EACCES' }],
};

/** As a record gives it back. */
function stored(reason: Reason): StoredReason {
  const [first] = storedReasons([reason]).reasons;
  return JSON.parse(JSON.stringify(first));
}

describe.each(Object.entries(reasons))('%s', (_, ofKind) => {
  test.each(ofKind.map((reason) => [reason]))('comes back as it was: %p', (reason) => {
    expect(reasonOfStored(stored(reason))).toEqual(reason);
    expect(isShortened(stored(reason))).toBe(false);
  });

  test.each(ofKind.map((reason) => [reason]))(
    'is taken as a reason or not at all, whatever is in it: %p',
    (reason) => {
      const whole = stored(reason);
      for (const [field, part] of Object.entries(whole))
        for (const other of oddForms(part)) {
          const taken = reasonOfStored({ ...whole, [field]: other } as StoredReason);
          expect(taken === undefined || reasonOfStored(stored(taken))).toEqual(taken ?? true);
        }
    },
  );
});

/** Other values, and the value with each of its parts replaced by others. */
function* oddForms(value: unknown): Generator<unknown> {
  yield* [undefined, null, 7, -1, 1.5, 'x', '/../x', true, [], [[]], {}, [null]];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value))
    for (const other of oddForms(part))
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other };
}

test.each(['', 'constructor', '__proto__', 'toString', 'unheard-of'])(
  'a reason of the kind %j is not known',
  (kind) => {
    expect(reasonOfStored({ kind })).toBeUndefined();
  },
);

test('of many reasons the first are kept, and how many more there were', () => {
  const many = Array.from(
    { length: 25 },
    (_, at): Reason => ({ kind: 'output-gone', path: `/w/${at}` as AbsolutePath, by: undefined }),
  );
  const { reasons: kept, more } = storedReasons(many);
  expect(kept.map(({ path }) => path)).toEqual(
    many.slice(0, mostOfCause.reasons).map((one) => 'path' in one && one.path),
  );
  expect(more).toBe(5);
});

test('of a long reason the beginning is kept, and that it is no more than that', () => {
  const gained = Array.from({ length: 5000 }, (_, at) => `name-${at}`);
  const long = stored({ kind: 'listing-changed', ...used, gained, lost: [] });
  expect(reasonOfStored(long)).toEqual({
    kind: 'listing-changed',
    ...used,
    gained: gained.slice(0, 5),
    lost: [],
  });
  expect(isShortened(long)).toBe(true);
});

test('a reason whose path alone is too long is counted, and not kept', () => {
  const path = `/${'\udc80'.repeat(4000)}` as AbsolutePath;
  expect(storedReasons([{ kind: 'output-gone', path, by: undefined }])).toEqual({ reasons: [], more: 1 });
});
