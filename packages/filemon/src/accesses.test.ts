import { describe, expect, test } from '@jest/globals';
import { type Access, type Accesses, summarizeAccesses } from './accesses.js';
import { condenseRecords } from './condensed-records.js';
import { filemonRecords } from './log-text.js';
import { PathHistories } from './path-history.js';
import type { AbsolutePath } from './path-text.js';
import type { FilemonRecord } from './record.js';

function recordsOf(lines: readonly string[]): FilemonRecord[] {
  return [...filemonRecords([Buffer.from(`${lines.join('\n')}\n`)])];
}

function summarize(lines: readonly string[], cwd = '/start'): Accesses {
  return summarizeAccesses(recordsOf(lines), cwd as AbsolutePath);
}

/** Uses and change in words: `{ '/a': 'read written' }`. */
function uses(accesses: Accesses): Record<string, string> {
  return Object.fromEntries(
    [...accesses.paths].map(([path, access]) => {
      const words = (['read', 'executed', 'looked', 'missing', 'listed', 'kept'] as const).filter(
        (use) => access[use],
      );
      return [path, [...words, ...(access.change === 'none' ? [] : [access.change])].join(' ')];
    }),
  );
}

describe('a directory whose name an M record cannot hold', () => {
  const made = ['W 1 /a b', 'W 1 /a b/f', 'W 1 /a b/g'];

  test('is renamed by D and then W, with what is in it', () => {
    expect(uses(summarize([...made, 'D 1 /a b', 'W 1 /c', 'R 1 /c/f', 'D 1 /c/g']))).toEqual({
      '/c': 'written',
      '/c/f': 'written',
    });
  });

  test.each([
    ['another process writes', 'W 2 /c'],
    ['something else is done', 'S 1 /c'],
  ])('is only removed where %s next', (_, record) => {
    const { '/c/f': moved, '/a b/f': left } = uses(summarize([...made, 'D 1 /a b', record, 'W 1 /d']));
    expect({ moved, left }).toEqual({ moved: undefined, left: 'written' });
  });

  test('is only removed at the end of the log', () => {
    expect(uses(summarize([...made, 'D 1 /a b']))).toEqual({ '/a b/f': 'written', '/a b/g': 'written' });
  });
});

describe('the order of reads and writes', () => {
  test.each<[string, string[], Record<string, string>]>([
    ['read', ['R 1 /a'], { '/a': 'read' }],
    ['executed is read as well', ['E 1 /a'], { '/a': 'read executed' }],
    ['looked at', ['S 1 /a'], { '/a': 'looked' }],
    ['looked for and missing', ['N 1 /a'], { '/a': 'missing' }],
    ['listed', ['G 1 /a'], { '/a': 'listed' }],
    ['entered', ['C 1 /a'], { '/a': 'looked' }],
    ['written', ['W 1 /a'], { '/a': 'written' }],
    ['read, then written', ['R 1 /a', 'W 1 /a'], { '/a': 'read written' }],
    [
      'written, then read, executed and looked at',
      ['W 1 /a', 'R 1 /a', 'E 1 /a', 'S 1 /a'],
      { '/a': 'written' },
    ],
    ['written, then listed', ['W 1 /a', 'G 1 /a'], { '/a': 'listed written' }],
    ['missing, then written', ['N 1 /a', 'W 1 /a'], { '/a': 'missing written' }],
    ['written and removed', ['W 1 /a', 'R 1 /a', 'D 1 /a'], {}],
    ['written, removed, looked for', ['W 1 /a', 'D 1 /a', 'N 1 /a'], {}],
    ['made, listed, removed', ['W 1 /a', 'G 1 /a', 'D 1 /a'], {}],
    ['missing, written, removed', ['N 1 /a', 'W 1 /a', 'D 1 /a'], { '/a': 'missing' }],
    ['missing as a link that leads nowhere, removed', ['N 1 /a', 'D 1 /a'], { '/a': 'missing removed' }],
    ['removed at once', ['D 1 /a'], { '/a': 'removed' }],
    ['read and removed', ['R 1 /a', 'D 1 /a'], { '/a': 'read removed' }],
    ['listed and removed', ['G 1 /a', 'D 1 /a'], { '/a': 'listed removed' }],
    ['looked at, written, removed', ['S 1 /a', 'W 1 /a', 'D 1 /a'], { '/a': 'looked removed' }],
    ['removed, then missing', ['D 1 /a', 'N 1 /a'], { '/a': 'removed' }],
    ['removed, then written', ['D 1 /a', 'W 1 /a', 'R 1 /a'], { '/a': 'written' }],
    ['removed, written, removed', ['D 1 /a', 'W 1 /a', 'D 1 /a'], { '/a': 'removed' }],
    ['changed, and kept in part', ['K 1 /a', 'W 1 /a', 'D 1 /a'], { '/a': 'kept removed' }],
    ['made, then changed', ['N 1 /a', 'W 1 /a', 'K 1 /a', 'W 1 /a'], { '/a': 'missing written' }],
    ['removed and made, then changed', ['D 1 /a', 'W 1 /a', 'K 1 /a', 'W 1 /a'], { '/a': 'written' }],
    ['linked', ["L 1 '/a' '/b'", 'R 1 /b'], { '/b': 'written' }],
  ])('%s', (_, lines, expected) => {
    expect(uses(summarize(lines))).toEqual(expected);
  });
});

describe('renames', () => {
  test.each<[string, string[], Record<string, string>]>([
    ['an unknown file', ["M 1 '/a' '/b'"], { '/a': 'kept removed', '/b': 'written' }],
    ['written under a temporary name', ['R 1 /b', 'W 1 /t', "M 1 '/t' '/b'"], { '/b': 'read written' }],
    ['there and back', ['S 1 /a', "M 1 '/a' '/b'", "M 1 '/b' '/a'"], { '/a': 'looked kept written' }],
    ['onto itself', ['R 1 /a', "M 1 '/a' '/a'"], { '/a': 'read' }],
    [
      'a directory that the trace made',
      ['W 1 /t', 'W 1 /t/a', 'W 1 /t/s', 'W 1 /t/s/b', "M 1 '/t' '/d'", 'R 1 /d/s/b'],
      { '/d': 'written', '/d/a': 'written', '/d/s': 'written', '/d/s/b': 'written' },
    ],
    [
      'a directory known only by what is in it',
      ['W 1 /t/s/a', "M 1 '/t' '/d'"],
      { '/t': 'kept removed', '/d': 'written', '/d/s/a': 'written' },
    ],
    [
      'a directory that was there',
      ['R 1 /o/a', 'N 1 /o/n', "M 1 '/o' '/d'"],
      {
        '/o': 'kept removed',
        '/o/a': 'read kept removed',
        '/o/n': 'missing',
        '/d': 'written',
        '/d/a': 'written',
      },
    ],
    [
      'a directory with a file made and removed in it',
      ['W 1 /t', 'W 1 /t/a', 'D 1 /t/a', "M 1 '/t' '/d'"],
      { '/d': 'written' },
    ],
    ['a directory, and then removed', ['W 1 /t', 'W 1 /t/a', "M 1 '/t' '/d'", 'D 1 /d/a', 'D 1 /d'], {}],
    [
      'a name that only begins alike',
      ['W 1 /t/a', 'W 1 /tt', "M 1 '/tt' '/d'"],
      { '/t/a': 'written', '/d': 'written' },
    ],
  ])('%s', (_, lines, expected) => {
    expect(uses(summarize(lines))).toEqual(expected);
  });

  test('of a directory into itself is damage', () => {
    const accesses = summarize(['W 1 /d/a', "M 1 '/d' '/d/e'", "M 1 '/' '/x'"]);
    expect(accesses.paths.get('/d/a' as AbsolutePath)).toMatchObject({ change: 'written' });
    expect(accesses.incomplete).toEqual([
      { pid: 1, reason: 'a rename record moves a directory into itself' },
    ]);
  });
});

describe('directories and processes', () => {
  test.each<[string, string[], string[]]>([
    ['a relative name belongs to the directory of the start', ['R 1 a/../b'], ['/start/b']],
    [
      'chdir is joined to the directory before it',
      ['C 1 d', 'C 1 ../e', 'R 1 a'],
      ['/start/d', '/start/e', '/start/e/a'],
    ],
    ['a child has the directory of its parent', ['C 1 /d', 'F 1 2', 'R 2 a'], ['/d', '/d/a']],
    ['its own chdir concerns only itself', ['C 1 /d', 'F 1 2', 'C 2 /e', 'R 1 a'], ['/d', '/e', '/d/a']],
    ['an unknown process is in the directory of the start', ['C 1 /d', 'R 7 a'], ['/d', '/start/a']],
    [
      'a pid that is used again does not keep the directory',
      ['C 1 /d', 'X 1 0 0', 'R 1 a'],
      ['/d', '/start/a'],
    ],
    [
      'a fork told late does not undo the chdir of the child',
      ['C 1 /d', 'C 2 /e', 'F 1 2', 'R 2 a'],
      ['/d', '/e', '/e/a'],
    ],
    [
      'names in links and renames are joined as well',
      ['C 1 /d', "M 1 'a' 'b'", "L 1 'x' 'c'"],
      ['/d', '/d/a', '/d/b', '/d/c'],
    ],
  ])('%s', (_, lines, paths) => {
    expect([...summarize(lines).paths.keys()].sort()).toEqual(paths.sort());
  });

  test('an access names the executable of the process that came first', () => {
    const { paths } = summarize([
      'R 1 /before',
      'E 1 /bin/sh',
      'F 1 2',
      'R 2 /forked',
      'E 2 /bin/cc',
      'R 2 /a.c',
      'R 1 /a.c',
      'R 9 /foreign',
      'W 2 /t/x',
      "M 1 '/t' '/u'",
    ]);
    const by = Object.fromEntries([...paths].map(([path, access]) => [path, access.by]));
    expect(by).toEqual({
      '/before': undefined,
      '/bin/sh': undefined,
      '/forked': '/bin/sh',
      '/bin/cc': '/bin/sh',
      '/a.c': '/bin/cc',
      '/foreign': undefined,
      '/t': '/bin/sh',
      '/u': '/bin/sh',
      '/u/x': '/bin/sh',
    });
  });

  test('records and processes are counted, a pid that is used again twice', () => {
    const accesses = summarize([
      'V 5',
      '# x',
      'E 1 /a',
      'F 1 2',
      'X 2 0 0',
      'F 1 2',
      'X 2 0 0',
      'Q 0 x',
      'X 1 0 0',
    ]);
    expect(accesses).toMatchObject({ records: 7, processes: 3 });
  });
});

describe('how the command ended', () => {
  test.each<[string, string[], Partial<Accesses>]>([
    [
      'with the exit of the target pid',
      ['# Target pid 1', 'V 5', 'F 1 2', 'X 2 1 0', 'X 1 3 0'],
      { rootPid: 1, exit: { status: 3, signal: 0 } },
    ],
    ['by a signal', ['# Target pid 1', 'V 5', 'X 1 0 9'], { rootPid: 1, exit: { status: 0, signal: 9 } }],
    ['in a way not known', ['# Target pid 1', 'V 5', 'X 1 -1 0'], { rootPid: 1, exit: undefined }],
    ['not at all', ['# Target pid 1', 'V 5', 'R 1 /a'], { rootPid: 1, exit: undefined }],
    [
      'where the target pid is that of make',
      ['# Target pid 9', 'V 5', 'F 1 2', 'X 2 1 0', 'X 1 3 0'],
      { rootPid: 1, exit: { status: 3, signal: 0 } },
    ],
    [
      'where make started several',
      ['# Target pid 9', 'V 5', 'X 1 0 0', 'X 2 0 0'],
      { rootPid: 9, exit: undefined },
    ],
    [
      'and its pid was used again',
      ['# Target pid 1', 'V 5', 'X 1 3 0', 'X 1 0 0'],
      { rootPid: 1, exit: { status: 3, signal: 0 } },
    ],
  ])('%s', (_, lines, expected) => {
    expect(summarize(lines)).toMatchObject(expected);
  });

  test('the header, the notes and the end', () => {
    const lines = [
      '# Target pid 1',
      '# Start 17.000002',
      'V 5',
      '# Note b',
      '# Note a',
      '# Note b',
      '# Network served',
      '# Network used',
      '# Network used',
      '# Network',
      '# Stop 18.5',
      '# Stop 18.500000',
      '# Bye bye',
    ];
    expect(summarize(lines)).toMatchObject({
      version: 5,
      started: 17_000_002,
      stopped: 18_500_000,
      notes: ['b', 'a'],
      network: ['used', 'served'],
      ended: true,
    });
    const again = [...lines, '# Target pid 2', '# Start 99.000000'];
    expect(summarize(again)).toMatchObject({ rootPid: 1, started: 17_000_002 });
    expect(summarize(lines.slice(0, 3))).toMatchObject({
      stopped: undefined,
      notes: [],
      network: [],
      ended: false,
    });
  });
});

describe('what makes a trace incomplete', () => {
  test.each<[string, string[], [number, string][]]>([
    ['a Q record of no process in particular', ['Q 0 overflow'], [[0, 'overflow']]],
    [
      'a Q record, once',
      ['Q 3 overflow', 'Q 3 overflow', 'Q 4 overflow'],
      [
        [3, 'overflow'],
        [4, 'overflow'],
      ],
    ],
    ['lines that cannot be read', ['?', ''], [[0, 'lines of the log that cannot be read: 2']]],
    ['a letter that is not known', ['Z 1 a'], [[1, 'the log has records of an unknown kind, Z']]],
    ['a program without a path', ['E 1 <unknown>'], [[1, 'the path of a program it executed is not known']]],
    ['a fork without a child', ['F 1 x'], [[1, 'a fork record does not tell the child']]],
    ['a rename without names', ['M 1 /a /b'], [[1, 'the names in a rename record cannot be told apart']]],
    [
      'a link with unclear names',
      ["L 1 'a' 'b' 'c'"],
      [[1, 'the names in a link record cannot be told apart']],
    ],
    [
      'openat below an unknown directory',
      ['A 1 a', 'R 1 a', 'W 1 a'],
      [[1, 'it opened a file relative to a directory that is not known']],
    ],
    ['not openat below a directory that is given', ['A 1 a', 'R 1 /d/a'], []],
    ['not a plain open after an openat', ['A 1 a', 'R 1 /d/a', 'R 1 a'], []],
    ['not the openat of another process', ['A 1 a', 'R 2 a'], []],
  ])('%s', (_, lines, expected) => {
    expect(summarize(lines).incomplete).toEqual(expected.map(([pid, reason]) => ({ pid, reason })));
  });
});

test('what is kept grows with the distinct paths and not with the records', () => {
  const histories = new PathHistories();
  for (let record = 0; record < 10_000; record += 1) {
    for (const name of ['/d/a', '/d/./a', 'a', '../d//b'])
      histories.see(histories.of(name, '/d' as AbsolutePath), 'read');
    histories.move(
      histories.of('/d/a', '/' as AbsolutePath),
      histories.of('/d/b', '/' as AbsolutePath),
      () => {},
    );
  }
  expect(Array.from(histories, ({ path }) => path).sort()).toEqual(['/', '/d', '/d/a', '/d/b']);
  expect(Array.from(histories, ({ below }) => below.length).sort()).toEqual([0, 0, 1, 2]);
});

describe('random acts on a small tree', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);

  test('give the accesses that the tree predicts', () => {
    for (const seed of seeds) {
      const { lines, predicted } = actAtRandom(seed);
      expect({ seed, uses: uses(summarize(lines)) }).toEqual({ seed, uses: predicted });
    }
  });

  test('give the same accesses when the records are condensed', () => {
    let left = 0;
    for (const seed of seeds) {
      const records = recordsOf(actAtRandom(seed).lines);
      const condensed = [...condenseRecords(records)];
      const full = summarizeAccesses(records, '/' as AbsolutePath);
      expect(summarizeAccesses(condensed, '/' as AbsolutePath)).toEqual({
        ...full,
        records: condensed.length,
      });
      left += records.length - condensed.length;
    }
    expect(left).toBeGreaterThan(0);
  });
});

/**
 * A tree of files and directories on which random acts are done, as a file
 * system would do them. Each existing path is looked at first, so that a log can
 * tell all. The prediction compares the tree before and after, path by path.
 */
function actAtRandom(seed: number): { lines: string[]; predicted: Record<string, string> } {
  let state = seed * 7919 + 17;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = (names: string[]): string => names[random(names.length)] as string;

  const before = new Map<string, 'file' | 'directory'>([
    ['/d', 'directory'],
    ['/d/a', 'file'],
    ['/d/s', 'directory'],
    ['/d/s/b', 'file'],
    ['/f', 'file'],
  ]);
  const tree = new Map(before);
  const touched = new Set<string>();
  const seen = new Map<string, Set<string>>();
  const note = (path: string, use: string): void => {
    if (touched.has(path) && use !== 'listed') return;
    seen.set(path, (seen.get(path) ?? new Set()).add(use));
  };
  const lines = [...before.keys()].map((path) => {
    note(path, 'looked');
    return `S 1 ${path}`;
  });
  const inside = (directory: string): string[] =>
    [...tree.keys()].filter((path) => path.startsWith(`${directory}/`));
  const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

  for (let act = 0; act < 30; act += 1) {
    const directories = ['', ...[...tree.keys()].filter((path) => tree.get(path) === 'directory')];
    const path = `${pick(directories)}/${pick(['a', 'b', 'd', 'f', 's', 't'])}`;
    const kind = tree.get(path);
    const pid = 1 + random(2);
    if (random(8) === 0) lines.push(`T ${pid} ${act}`, `F ${pid} ${100 + act}`);
    if (kind === undefined) {
      if (random(3) === 0) {
        lines.push(`N ${pid} ${path}`);
        note(path, 'missing');
      } else {
        tree.set(path, random(3) === 0 ? 'directory' : 'file');
        touched.add(path);
        lines.push(`W ${pid} ${path}`);
      }
      continue;
    }
    const choice = random(4);
    if (choice === 0) {
      lines.push(`${kind === 'file' ? 'R' : 'G'} ${pid} ${path}`);
      note(path, kind === 'file' ? 'read' : 'listed');
    } else if (choice === 1 && kind === 'file') {
      if (random(2) === 0) {
        lines.push(`K ${pid} ${path}`);
        note(path, 'kept');
      }
      touched.add(path);
      lines.push(`W ${pid} ${path}`);
    } else if (choice === 2 && inside(path).length === 0) {
      tree.delete(path);
      touched.add(path);
      if (!before.has(path)) seen.get(path)?.delete('listed');
      lines.push(`D ${pid} ${path}`);
    } else if (choice === 3) {
      const to = `${pick(directories)}/${pick(['a', 'd', 'm'])}`;
      const occupied = to === path || `${to}/`.startsWith(`${path}/`) || tree.has(to);
      if (occupied || !(parent(to) === '' || tree.has(parent(to)))) continue;
      lines.push(`M ${pid} '${path}' '${to}'`);
      for (const from of [path, ...inside(path)]) {
        const arrived = to + from.slice(path.length);
        tree.set(arrived, tree.get(from) as 'file' | 'directory');
        tree.delete(from);
        if (!before.has(from)) seen.get(from)?.delete('listed');
        note(from, 'kept');
        touched.add(from).add(arrived);
      }
    }
  }

  const predicted: Record<string, string> = {};
  for (const path of new Set([...seen.keys(), ...touched])) {
    const order: (keyof Access)[] = ['read', 'executed', 'looked', 'missing', 'listed', 'kept'];
    const words: string[] = order.filter((use) => seen.get(path)?.has(use));
    if (touched.has(path)) {
      if (tree.has(path)) words.push('written');
      else if (before.has(path)) words.push('removed');
    }
    if (words.length > 0) predicted[path] = words.join(' ');
  }
  return { lines, predicted };
}
