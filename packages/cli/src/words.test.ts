import { describe, expect, test } from '@jest/globals';
import { groupOf, type ReasonProcess } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { RecordedState } from '@oodate/meta-file';
import type { Reason } from '@oodate/planner';
import {
  errorWords,
  failedWords,
  keptWords,
  nameWords,
  outOfDateWords,
  pathWords,
  processLines,
  processWords,
  reasonWords,
  upToDateWords,
} from './words.js';

const cwd = '/home/u/p';
const path = '/home/u/p/src/a.ts' as AbsolutePath;
const by = '/usr/bin/node';

function file(size: number, mode = 0o644): RecordedState {
  const time = 1_700_000_000_000_000_000n;
  return { type: 'file', size: BigInt(size), mtime: time, ctime: time, inode: 1n, mode, digest: undefined };
}

const directory = { type: 'directory' } as const;
const value = (text: string) => ({ value: text, hidden: false });
const hidden = { value: '', hidden: true };

const cases: readonly (readonly [Reason, string, string])[] = [
  [
    { kind: 'no-record', metaFile: `${cwd}/.oodate/build.meta` },
    'nothing is known of an earlier run (no .oodate/build.meta)',
    'earlier runs',
  ],
  [
    { kind: 'record-damaged', metaFile: '/m.meta', message: 'a line is cut (line 7)' },
    'the meta file /m.meta is damaged: a line is cut (line 7)',
    'earlier runs',
  ],
  [
    { kind: 'record-foreign', metaFile: '/m.meta', version: undefined },
    'the meta file /m.meta was not written by oodate',
    'earlier runs',
  ],
  [
    { kind: 'record-foreign', metaFile: '/m.meta', version: 9 },
    'the meta file /m.meta is of version 9, which this oodate does not read',
    'earlier runs',
  ],
  [
    { kind: 'last-run-failed', exit: { status: 2, signal: 0 } },
    'the last run failed with exit status 2',
    'earlier runs',
  ],
  [
    { kind: 'last-run-failed', exit: { status: 0, signal: 9 } },
    'the last run was ended by SIGKILL',
    'earlier runs',
  ],
  [{ kind: 'last-run-unfinished' }, 'the last run did not come to its end', 'earlier runs'],
  [
    { kind: 'last-run-incomplete', causes: ['a', 'b', 'c', 'd', 'e'] },
    'not all that the last run did could be seen: a, b, c and 2 more',
    'earlier runs',
  ],
  [{ kind: 'forced' }, '--force was given', 'earlier runs'],
  [
    { kind: 'command-changed', was: [['sh', '-c', 'tsc -p .']], is: [['sh', '-c', "tsc -p . '-w'"]] },
    "the command was `tsc -p .`, is `tsc -p . '-w'`",
    'command and environment',
  ],
  [
    {
      kind: 'command-changed',
      was: [['cc', 'a b.c']],
      is: [
        ['cc', 'c.c'],
        ['strip', 'x'],
      ],
    },
    "the command was `cc 'a b.c'`, is `cc c.c` and then `strip x`",
    'command and environment',
  ],
  [
    { kind: 'directory-changed', was: '/home/u' as AbsolutePath, is: cwd as AbsolutePath },
    'it ran in /home/u, would run in .',
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'CC', was: value('gcc'), is: value('clang -v') },
    "the variable CC was 'gcc', is 'clang -v'",
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'CC', was: undefined, is: value('a\nb') },
    "the variable CC was not set, is $'a\\nb'",
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'PATH', was: value('/a:/b:/c'), is: value('/n:/a:/m:/c') },
    'the variable PATH has gained /n, /m and has lost /b',
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'PATH', was: value('/a:/b'), is: value('/b:/a') },
    'the variable PATH has its paths in another order',
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'HOST', was: value('a:80'), is: value('/a:/b') },
    "the variable HOST was 'a:80', is '/a:/b'",
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'API_KEY', was: hidden, is: hidden },
    'the variable API_KEY has another value (values hidden)',
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'API_KEY', was: hidden, is: undefined },
    'the variable API_KEY is not set now (values hidden)',
    'command and environment',
  ],
  [
    { kind: 'variable-changed', name: 'API_KEY', was: undefined, is: hidden },
    'the variable API_KEY is set now (values hidden)',
    'command and environment',
  ],
  [
    { kind: 'input-changed', path, by, was: file(1), is: file(14) },
    'src/a.ts changed (was 1 byte, is 14)',
    'inputs',
  ],
  [
    { kind: 'input-changed', path, by, was: file(9), is: file(9) },
    'src/a.ts changed (9 bytes as before)',
    'inputs',
  ],
  [
    { kind: 'input-changed', path, by, was: file(9), is: file(9, 0o755) },
    'src/a.ts became executable',
    'inputs',
  ],
  [
    { kind: 'looked-at-changed', path, by, was: file(9, 0o755), is: file(9) },
    'src/a.ts is no longer executable',
    'inputs',
  ],
  [
    { kind: 'looked-at-changed', path, by, was: directory, is: file(9) },
    'src/a.ts was a directory, is a file of 9 bytes',
    'inputs',
  ],
  [{ kind: 'input-gone', path, by, was: file(3) }, 'src/a.ts is gone, was a file of 3 bytes', 'inputs'],
  [
    { kind: 'input-appeared', path, by, is: directory },
    'src/a.ts is there now (a directory), was looked for and not there',
    'inputs',
  ],
  [
    { kind: 'link-changed', path, by, was: 'b.ts', is: { type: 'link', target: '/home/u/p/c.ts' } },
    'src/a.ts was a link to b.ts, is a link to c.ts',
    'inputs',
  ],
  [
    { kind: 'listing-changed', path, by, gained: ['x', 'y z'], lost: ['w'] },
    "the directory src/a.ts has gained x, 'y z' and has lost w",
    'inputs',
  ],
  [
    { kind: 'listing-changed', path, by, gained: [], lost: ['1', '2', '3', '4'] },
    'the directory src/a.ts has lost 1, 2, 3 and 1 more',
    'inputs',
  ],
  [
    { kind: 'changed-while-running', path, by },
    'src/a.ts was changed by someone else while the command ran',
    'inputs',
  ],
  [{ kind: 'input-unreadable', path, by, errno: 'EACCES' }, 'src/a.ts cannot be read now (EACCES)', 'inputs'],
  [
    { kind: 'network-used', uses: ['used'] },
    'the last run used the network, and what came over it cannot be compared',
    'earlier runs',
  ],
  [
    { kind: 'network-used', uses: ['served'] },
    'the last run served on the network, and what came over it cannot be compared',
    'earlier runs',
  ],
  [
    { kind: 'network-used', uses: ['used', 'served'] },
    'the last run used the network and served on it, and what came over it cannot be compared',
    'earlier runs',
  ],
  [{ kind: 'output-gone', path, by }, 'src/a.ts, which the command had made, is gone', 'outputs'],
  [
    { kind: 'output-changed', path, by, was: file(1), is: file(2) },
    'src/a.ts is not as the command left it: it changed (was 1 byte, is 2)',
    'outputs',
  ],
  [
    { kind: 'output-changed', path, by, was: file(1), is: { type: 'special' } },
    'src/a.ts is not as the command left it: it was a file of 1 byte, is a special file',
    'outputs',
  ],
  [
    { kind: 'removed-came-back', path, by, is: file(0) },
    'src/a.ts, which the command had removed, is there again (a file of 0 bytes)',
    'outputs',
  ],
  [
    { kind: 'output-not-recorded', streams: [1, 2] },
    'what it writes to stdout, stderr was not kept by the last run',
    'outputs',
  ],
];

describe('a reason in words', () => {
  test.each(cases)('%j is "%s" under "%s"', (reason, clause, group) => {
    expect({ clause: reasonWords(reason, cwd), group: groupOf(reason) }).toEqual({ clause, group });
  });
});

describe('the process that used a path', () => {
  const known = (words: string | null, executable: string | null = '/usr/bin/node'): ReasonProcess => ({
    executable,
    words,
    how: ['read'],
    parents: [],
  });

  test.each([
    [null, 80, ''],
    [known(null, null), 80, ''],
    [known(null), 10, 'used by /usr/bin/node'],
    [known(null, `${cwd}/node_modules/tool`), 80, 'used by node_modules/tool'],
    [known('cc -c a.c'), 17, 'used by cc -c a.c'],
    [known('cc -c a.c'), 16, 'used by cc -c a…'],
    [known('cc -c a.c'), 13, 'used by cc -…'],
    [known('cc -c a.c'), 10, 'used by cc'],
    [known('cc -c a.c'), -20, 'used by cc'],
    [known('/usr/lib/gcc/cc1 -quiet a.c'), 80, 'used by cc1 -quiet a.c'],
    [known("'/my tools/cc1' a.c"), 80, "used by '/my tools/cc1' a.c"],
    [known('./tool /a/b'), 80, 'used by ./tool /a/b'],
    [known('seq 1 2 3 \\'), 80, 'used by seq 1 2 3 …'],
    [known('cat a\u009bb'), 80, 'used by cat a\\x9bb'],
  ])('%j in %d columns is "%s"', (process, columns, text) => {
    expect(processWords(process, cwd, columns)).toBe(text);
  });

  test.each<[ReasonProcess['how'], string]>([
    [['executed', 'read'], 'executed as cc a.c'],
    [['read'], 'read by cc a.c'],
    [['looked'], 'looked at by cc a.c'],
    [['listed', 'looked'], 'listed by cc a.c'],
    [['missing'], 'looked for by cc a.c'],
    [['written', 'removed'], 'written and removed by cc a.c'],
    [[], 'used by cc a.c'],
  ])('has used it so: %j', (how, line) => {
    expect(processLines({ ...known('cc a.c'), how }, cwd)).toEqual([line]);
  });

  test('has parents, a line each', () => {
    const parents = [
      { executable: `${cwd}/bin/make`, words: null },
      { executable: '/bin/sh', words: "sh -c 'make \\" },
    ];
    expect(processLines({ ...known('/usr/bin/cc a.c'), parents }, cwd)).toEqual([
      'read by /usr/bin/cc a.c',
      'started by bin/make',
      "started by sh -c 'make …",
    ]);
  });
});

describe('a path in words', () => {
  test.each([
    ['/home/u/p/a.c', 'a.c'],
    ['/home/u/p', '.'],
    ['/home/u/pq/a.c', '/home/u/pq/a.c'],
    ['/home/u/p/my file', "'my file'"],
    ["/home/u/p/it's", "'it'\\''s'"],
    ['/home/u/p/größe/日本.c', 'größe/日本.c'],
    ['/home/u/p/[id].ts', '[id].ts'],
    ['/home/u/p/a\tb\nc', "$'a\\tb\\nc'"],
    ['/home/u/p/f\udcff.c', "$'f\\xff.c'"],
    ["/home/u/p/'\u0007\\", "$'\\'\\x07\\\\'"],
  ])('%j is %s', (odd, words) => {
    expect(pathWords(odd, cwd)).toBe(words);
  });
});

const counts = { inputs: 412, missing: 97, listings: 3, outputs: 1 };

test('a run that is kept says how long it took and what was seen', () => {
  const seen = '412 inputs, 97 looked for and missing, 3 listings, 1 output';
  expect(keptWords('build', 2149, counts)).toBe(`build ran in 2.1 s; kept: ${seen}`);
  expect(keptWords('build', 64_300, counts)).toBe(`build ran in 1 min 4 s; kept: ${seen}`);
  expect(keptWords('build', 59_700, counts)).toBe(`build ran in 60 s; kept: ${seen}`);
  expect(keptWords('build', 42, counts)).toBe(`build ran in 0.04 s; kept: ${seen}`);
});

test('a target that is up to date says how many inputs were compared', () => {
  expect(upToDateWords('build', counts, 670)).toBe(
    'build is up to date (412 inputs unchanged; ran in 0.67 s last time)',
  );
});

test('a run that failed says with what', () => {
  expect(failedWords('build', { status: 0, signal: 2 })).toBe(
    'build was ended by SIGINT; nothing is kept, the next run runs it again',
  );
});

test('a long command is named on one short line', () => {
  expect(nameWords(`cc\n${'x'.repeat(100)}`)).toBe(`cc ${'x'.repeat(56)}…`);
});

test.each([1, 12_345])('the line that begins %i reasons fits the width', (reasons) => {
  const line = outOfDateWords('x'.repeat(100), reasons);
  expect(line).toMatch(/^x+… is out of date, for \d+ reasons?:$/);
  expect(line).toHaveLength(80);
});

test('an error is one sentence with what to do', () => {
  expect(errorWords('The file is missing.', 'Make it.')).toBe('The file is missing; make it');
  expect(errorWords('it is missing', undefined)).toBe('it is missing');
});
