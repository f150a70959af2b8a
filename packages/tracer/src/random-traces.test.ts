import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from '@jest/globals';
import { type Access, filemonRecords } from '@oodate/filemon';
import {
  arbitraryActs,
  arbitraryBranches,
  type BranchesCase,
  buildActs,
  checkAtRandom,
  describeFolder,
  inFolder,
  onDisk,
  type Prediction,
  predict,
  sumUp,
  timeForRounds,
} from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { type Trace, trace } from './trace.js';

/** What acts are to do, and what the trace must show. */
interface Expectation {
  readonly files: readonly string[];
  readonly words: readonly string[];
  readonly records: readonly string[];
  readonly exits: readonly string[];
}

const acts = buildActs({ static: true });
const backends = (await probeBackends()).filter(({ works }) => works);

// Cases that once failed, as checkAtRandom prints them.
const folder = new URL('../../../fixtures/random-traces/', import.meta.url);
const fixtures = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  expected: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Expectation,
}));

/** Traces the acts in a folder of its own, and compares what the trace shows with what is expected. */
function check(expected: Expectation, backend: string, then?: (folder: string) => void): Promise<void> {
  return inFolder(expected.files, async (folder) => {
    const command = [acts, ...expected.words.map((word) => onDisk(folder, word))];
    const result = await trace(command, { cwd: folder, backend });
    const late = result.accesses.incomplete.map(({ reason }) => reason);
    // Then the trace says so.
    if (backend === 'bpf' && late.includes('a path could not be found out') && goesUp(expected.words)) return;
    const seen = (what: Shown) => (backend === 'bpf' ? withoutLateLooks(expected.words, what) : what);
    expect(seen(shown(result, folder))).toEqual(
      seen({
        records: settled(expected.records),
        exits: [...expected.exits].sort(),
        paths: sumUp(expected.records),
      }),
    );
    then?.(folder);
  });
}

interface Shown {
  readonly records: readonly string[];
  readonly exits: readonly string[];
  /** Undefined if the trace is incomplete. */
  readonly paths: Readonly<Record<string, string>> | undefined;
}

function goesUp(words: readonly string[]): boolean {
  return words.some((word) => word.includes('..'));
}

/**
 * Why a call failed is looked up some time after it has returned. What the trace itself makes or removes may be
 * another thing by then: whether it was looked for in vain or found does not count; nor does any look where the way
 * up through such a thing may have been taken.
 */
function withoutLateLooks(words: readonly string[], { records, exits, paths }: Shown): Shown {
  const changed = new Set<string>();
  for (const record of records) {
    const [letter = '', , ...names] = record.split(' ');
    if ('WDML'.includes(letter)) for (const name of names) changed.add(name.replaceAll("'", ''));
  }
  const wayUp = changed.size > 0 && words.some((word) => /=E/.test(word)) && goesUp(words);
  const isLate = (path: string) =>
    wayUp || [...changed].some((name) => path === name || path.startsWith(`${name}/`));
  const uses = Object.entries(paths ?? {}).flatMap(([path, use]): [string, string][] => {
    const left = isLate(path) ? use.replace(/\b(looked|missing)(, |$)/g, '') : use;
    return left === '' ? [] : [[path, left]];
  });
  return {
    records: records.filter((record) => {
      const [letter = '', , ...names] = record.split(' ');
      return !('NS'.includes(letter) && isLate(names.join(' ')));
    }),
    exits,
    paths: wayUp ? undefined : paths && Object.fromEntries(uses),
  };
}

/** The log in the words of Prediction. */
function shown({ log, accesses }: Trace, folder: string): Shown {
  const numbers = new Map([[accesses.rootPid, 1]]);
  const records: string[] = [];
  const exits: string[] = [];
  for (const record of filemonRecords([log])) {
    if (record.kind !== 'process' || 'PT'.includes(record.letter)) continue;
    const { letter, pid } = record;
    const number = numbers.get(pid) ?? `unknown (${pid})`;
    const data = record.data.replaceAll(folder, '@').replace(acts, 'acts');
    if (letter === 'X') {
      exits.push(`${number} ${data}`);
      numbers.delete(pid);
    } else if (letter === 'F') {
      numbers.set(Number(data), numbers.size + exits.length + 1);
      records.push(`F ${number} ${numbers.get(Number(data))}`);
    } else if (letter === 'Q' || data.includes('@') || data === 'acts') {
      records.push(`${letter} ${number} ${data}`);
    }
  }
  const paths: [string, string][] = [];
  for (const [path, access] of accesses.paths)
    if (path.startsWith(folder)) paths.push([path.replace(folder, '@'), usesOf(access)]);
  return {
    records: settled(records),
    exits: exits.sort(),
    paths: accesses.incomplete.length > 0 ? undefined : Object.fromEntries(paths.sort()),
  };
}

function usesOf({ read, looked, missing, listed, kept, change }: Access): string {
  const uses = Object.entries({ read, looked, missing, listed, kept }).flatMap(([use, used]) =>
    used ? use : [],
  );
  return [...uses.sort(), ...(change === 'none' ? [] : [change])].join(', ');
}

/** Without what the format leaves open: a second G for the same listing, and the order of files that moved together. */
function settled(records: readonly string[]): string[] {
  const listed = new Map<string, string>();
  const kept = records.filter((record) => {
    const [letter, number = ''] = record.split(' ');
    if (letter !== 'G') return true;
    const again = listed.get(number) === record;
    listed.set(number, record);
    return !again;
  });
  for (let start = 0; start < kept.length; ) {
    const head = /^W \d+ /.exec(kept[start] ?? '')?.[0];
    let end = start + 1;
    while (head !== undefined && kept[end]?.startsWith(head)) end += 1;
    kept.splice(start, end - start, ...kept.slice(start, end).sort());
    start = end;
  }
  return kept;
}

describe.each(backends)('$name', ({ name: backend }) => {
  test(
    'random acts are traced as foretold',
    async () => {
      await checkAtRandom({
        cases: arbitraryActs(),
        runs: 120,
        show: ({ files, acts }) => expectation(files, predict(files, acts)),
        check: async ({ files, acts }) => {
          const prediction = predict(files, acts);
          await check(expectation(files, prediction), backend, (folder) =>
            expect(describeFolder(folder)).toEqual(prediction.tree),
          );
        },
      });
    },
    timeForRounds,
  );

  test(
    'what is done at the same time in different folders is traced as if nothing else was',
    async () => {
      await checkAtRandom({
        cases: arbitraryBranches(),
        runs: 25,
        show: (drawn) => together(drawn),
        check: ({ branches }) => {
          const { files, words, expected } = together({ branches });
          return inFolder(files, async (folder) => {
            const command = [acts, ...words.map((word) => onDisk(folder, word))];
            const result = await trace(command, { cwd: folder, backend });
            const { records, exits } = shown(result, folder);
            const early = (all: readonly string[]): readonly string[] =>
              backend === 'bpf' ? withoutLateLooks(words, { records: all, exits, paths: {} }).records : all;
            expect(exits.map((exit) => exit.replace(/^\S+/, '')).sort()).toEqual(expected.exits);
            expect(
              records
                .filter((record) => /^[QEF]/.test(record))
                .map((record) => record[0])
                .sort(),
            ).toEqual(expected.processes);
            for (const [at, branch] of expected.branches.entries())
              expect(early(ofBranch(records, at))).toEqual(early(ofBranch(branch, at)));
          });
        },
      });
    },
    timeForRounds,
  );

  test.each(fixtures)('as foretold: $name', ({ expected }) => check(expected, backend));
});

function expectation(files: readonly string[], { words, records, exits }: Prediction): Expectation {
  return { files, words, records, exits };
}

/** One command of all branches: all but the last are done beside what follows. */
function together({ branches }: BranchesCase) {
  const last = branches.length - 1;
  const done = branches.map(({ files, acts, threaded }, at) => {
    const below = (text: string): string => text.replaceAll('@', folderOf(at));
    const isOwnProcess = !threaded && at < last;
    // Threads share their directory with the others.
    const prediction = predict(files, acts, { noDirectory: !isOwnProcess });
    const chdir = isOwnProcess ? ['chdir', '@'] : [];
    return {
      files: [`${folderOf(at).slice(2)}/`, ...files.map((file) => `${folderOf(at).slice(2)}/${below(file)}`)],
      words: [...chdir, ...prediction.words].map(below),
      records: [...(isOwnProcess ? ['C 1 @'] : []), ...prediction.records].map(below),
      exits: isOwnProcess ? prediction.exits : prediction.exits.filter((exit) => !exit.startsWith('1 ')),
      isOwnProcess,
    };
  });
  const all = done.flatMap(({ records }) => records).map((record) => record[0] ?? '');
  return {
    files: done.flatMap(({ files }) => files),
    words: done.flatMap(({ words, isOwnProcess }, at) =>
      at === last ? words : [isOwnProcess ? 'beside' : 'beside-thread', '[', ...words, ']'],
    ),
    expected: {
      branches: done.map(({ records }) => records),
      exits: ['1 0 0', ...done.flatMap(({ exits }) => exits)].map((exit) => exit.replace(/^\S+/, '')).sort(),
      processes: [
        ...all.filter((letter) => letter === 'E').slice(last),
        ...all.filter((letter) => letter === 'F'),
        ...done.filter(({ isOwnProcess }) => isOwnProcess).map(() => 'F'),
      ].sort(),
    },
  };
}

function folderOf(branch: number): string {
  return `@/p${branch}`;
}

/** The records on its folder, with processes numbered as they come. */
function ofBranch(records: readonly string[], branch: number): string[] {
  const numbers = new Map<string, number>();
  const own = records.filter((record) => /^[^EF]/.test(record) && record.includes(folderOf(branch)));
  return settled(
    own.map((record) => {
      const [, letter, process = '', data] = /^(.) (\S+) (.*)$/.exec(record) ?? [];
      if (!numbers.has(process)) numbers.set(process, numbers.size + 1);
      return `${letter} ${numbers.get(process)} ${data}`;
    }),
  );
}
