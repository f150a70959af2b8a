import fc, { type Arbitrary } from 'fast-check';
import { type Act, actNames } from './act-model.js';
import type { TreeChange } from './tree-change.js';

/** What a random case starts from: files as `plant` takes them, and what is done then. */
export interface ActsCase {
  readonly files: readonly string[];
  readonly acts: readonly Act[];
}

// Few names, so that acts meet each other.
const name = fc.constantFrom('a', 'b', 'c', 'd', 'a', 'b', 'c', 'd', 'o d', "q'");
const component = fc.oneof(
  { weight: 10, arbitrary: name },
  { weight: 2, arbitrary: fc.constant('..') },
  { weight: 1, arbitrary: fc.constant('.') },
);
const relative = fc.array(component, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const path = fc.oneof(
  { weight: 6, arbitrary: relative },
  { weight: 2, arbitrary: relative.map((below) => `@/${below}`) },
  { weight: 1, arbitrary: fc.constantFrom('.', '@') },
);

const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const file = fc.oneof(
  { weight: 3, arbitrary: place },
  { weight: 2, arbitrary: place.map((directory) => `${directory}/`) },
  { weight: 2, arbitrary: fc.tuple(place, path).map(([link, text]) => `${link} -> ${text}`) },
);

const simple: Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ name: fc.constantFrom(...actNames.onOne), operands: fc.tuple(path) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ name: fc.constantFrom(...actNames.onTwo), operands: fc.tuple(path, path) }),
  },
);
const ending: Arbitrary<Act> = fc.constantFrom(
  { name: 'exec', operands: [] },
  { name: 'execveat', operands: [] },
  { name: 'exit', operands: ['0'] },
  { name: 'exit', operands: ['3'] },
  { name: 'raise', operands: ['9'] },
  { name: 'raise', operands: ['15'] },
);

/** `depth`: how deep lists may lie in lists. */
function actList(depth: number, length: number, endings = true): Arbitrary<Act[]> {
  const inner: Arbitrary<Act> =
    depth === 0
      ? simple
      : fc.record({
          name: fc.constantFrom('fork', 'vfork', 'thread'),
          operands: fc.constant([]),
          inside: actList(depth - 1, 4, endings),
        });
  const act = fc.oneof(
    { weight: 24, arbitrary: simple },
    { weight: 3, arbitrary: inner },
    { weight: endings ? 1 : 0, arbitrary: ending },
  );
  return fc.array(act, { maxLength: length, size: 'max' });
}

/** Acts of processes and threads one after the other. */
export function arbitraryActs({ length = 24 } = {}): Arbitrary<ActsCase> {
  return fc.record({ files: fc.array(file, { maxLength: 9, size: 'max' }), acts: actList(2, length) });
}

/** Acts of processes or threads at the same time, each in a folder of its own. */
export interface BranchesCase {
  readonly branches: readonly (ActsCase & { readonly threaded: boolean })[];
}

export function arbitraryBranches(): Arbitrary<BranchesCase> {
  const branch = fc.record({
    files: fc.array(file, { maxLength: 6, size: 'max' }),
    acts: actList(1, 16, false),
    threaded: fc.boolean(),
  });
  return fc.record({ branches: fc.array(branch, { minLength: 2, maxLength: 4, size: 'max' }) });
}

/** A run, and what somebody does to the tree afterwards. */
export interface ChangesCase extends ActsCase {
  readonly changes: readonly TreeChange[];
}

export function arbitraryChanges({ length = 12 } = {}): Arbitrary<ChangesCase> {
  const change = fc.record({
    kind: fc.constantFrom('edit', 'remove', 'file', 'directory', 'link', 'mode', 'touch'),
    path: place,
  });
  return fc.record({
    files: fc.array(file, { maxLength: 9, size: 'max' }),
    acts: actList(1, length),
    changes: fc.array(change, { minLength: 1, maxLength: 40, size: 'max' }),
  });
}
