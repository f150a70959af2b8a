import fc, { type Arbitrary } from 'fast-check';
import type { BmakeCase, CaseFile } from './bmake-cases.js';

/** A tree with a makefile and meta files, as layOut makes it and askBmake is asked about it. */
export type BmakeTreeCase = Pick<BmakeCase, 'env' | 'targets' | 'files'>;

/**
 * Trees drawn at random: makefiles with targets that need each other, meta files
 * right and wrong in every line, files older and newer, settings of all kinds.
 * What is undefined in bmake is left out: a name that goes through a file, a log
 * whose first record names no process, a NUL byte at the start of a line.
 */
export function arbitraryBmakeTree(): Arbitrary<BmakeTreeCase> {
  return fc
    .record({
      settings: fc.record({
        mode: fc
          .tuple(usually('curdirok=yes', 'curdirok=no'), fc.subarray(modeWords()))
          .map((mode) => mode.flat()),
        ignorePaths: maybe(words(['@ROOT@/inc', '@ROOT@/sr', '@ROOT@/src/d', '@ROOT@/src/to-d'])),
        ignorePatterns: maybe(words(['*.h', '*/inc/*', '?.h', '*[a-b].?', '*it*', '.', 'd'])),
        ignoreFilter: maybe(
          fc.constantFrom('N*/inc/*', 'N*.h', 'M*/src/*', 'C,^.*/inc/.*,,', 'S,src,, N*d*', 'N*a.h N*c.h'),
        ),
        bailiwick: maybe(words(['@ROOT@/stage', '@ROOT@', '@ROOT@/work'])),
        objdir: fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, fc.constant(true)),
      }),
      targets: fc.array(arbitraryTarget(), { minLength: 1, maxLength: 8 }),
      files: fc.tuple(...places.map((path) => fc.tuple(fc.constant(path), fc.option(time())))),
    })
    .map(({ settings, targets, files }) => {
      const cwd = settings.objdir ? '@ROOT@/obj' : '@ROOT@/work';
      const named = targets.map((target, index) => ({ ...target, name: names[index] as string, index }));
      return {
        targets: named.map(({ name }) => name),
        ...(settings.objdir ? { env: { MAKEOBJDIR: cwd } } : {}),
        files: [
          ...directories.map((path) => ({ path, dir: true })),
          { path: 'src/to-d', symlink: 'd' },
          { path: 'src/to-a.h', symlink: '../inc/a.h' },
          ...files.flatMap(([path, mtime]) => (mtime === null ? [] : [{ path, text: 'x\n', mtime }])),
          { path: 'work/Makefile', lines: makefile(settings, named) },
          ...named.flatMap((target) => targetFiles(target, cwd)),
        ],
      };
    });
}

const built = 1_600_000_000;

const directories = ['work/sub', 'work/d', 'work2', 'obj/sub', 'other', 'src/d', 'inc', 'stage'];

const places = [
  'src/a.h',
  'src/b.h',
  'src/d/c.h',
  "src/it's",
  'src/a b.h',
  'src/a:b.h',
  'src/a}"b.h',
  'inc/a.h',
  'work/a.h',
  'work/d/c.h',
  'work/sub/a.h',
  'work2/b.h',
  'obj/a.h',
  'stage/x',
];

/** Some of them lie beside the working directory, and have a meta file in it. */
const names = ['t0', 't1', 'sub/t2', 't3', '../other/t4', 't5', 't6', 't7'];

function modeWords(): string[] {
  return ['missing-meta=yes', 'missing-filemon=yes', 'nofilemon', 'ignore-cmd', 'read', 'verbose'];
}

/** Unset most of the time. */
function maybe<Value>(arbitrary: Arbitrary<Value>): Arbitrary<Value | null> {
  return fc.option(arbitrary, { freq: 1 });
}

function usually<Value>(value: Value, ...others: readonly Value[]): Arbitrary<Value> {
  return fc.oneof({ arbitrary: fc.constant(value), weight: 15 }, fc.constantFrom(...others));
}

function words(of: readonly string[]): Arbitrary<string> {
  return fc.subarray([...of]).map((chosen) => chosen.join(' '));
}

/** Around that of the targets, in seconds; mostly not later. */
function time(): Arbitrary<number> {
  return fc
    .oneof({ arbitrary: fc.constantFrom(-1000, -0.5, 0, 0.25, 0.75), weight: 3 }, fc.constantFrom(1, 1000))
    .map((difference) => built + difference);
}

interface Settings {
  readonly mode: readonly string[];
  readonly ignorePaths: string | null;
  readonly ignorePatterns: string | null;
  readonly ignoreFilter: string | null;
  readonly bailiwick: string | null;
}

interface Target {
  readonly time: number | null;
  readonly attributes: readonly string[];
  /** Which of the targets before it are among its sources. */
  readonly sources: readonly number[];
  readonly commands: readonly Command[];
  readonly metaFile: MetaFile | null;
}

interface NamedTarget extends Target {
  readonly name: string;
  readonly index: number;
}

/** As the makefile has it, and what bmake makes of it. */
type Command = readonly [string, (target: NamedTarget) => string];

interface MetaFile {
  /** What becomes of the command at each place: as it is, another, none, or one more. */
  readonly commands: readonly ('same' | 'other' | 'none' | 'twice')[];
  readonly cwd: string | null;
  readonly output: readonly string[];
  readonly log: readonly string[] | null;
  readonly isCut: boolean;
}

const commands: readonly Command[] = [
  ['true', () => 'true'],
  ['@: $(.TARGET)', ({ name }) => `@: ${name}`],
  ['-: $(.TARGET:T) $$', ({ name }) => `-: ${name.replace(/.*\//, '')} $`],
  [': $(WORD) # $(.ALLSRC)', ({ sources }) => `: hi # ${sources.map((index) => names[index]).join(' ')}`],
  [': a$(.newline)\tb$(.newline)$(.newline)c', () => ': a\n\tb\n\nc'],
  ['$(EMPTY)', () => ''],
  ['@', () => '@'],
  [': $? x', () => ':  x'],
  ['$(.OODATE:M*) : y', () => ' : y'],
  ['@$(.OODATE) : z', () => '@ : z'],
  [': $(MAKE) x', () => ': bmake x'],
  [': x$(MAKE)', () => ': xbmake'],
];

const plainCommands = commands.slice(0, 5);

function arbitraryTarget(): Arbitrary<Target> {
  return fc.record({
    time: fc.option(usually(built, built - 2, built + 1, built + 0.5, 2_000_000_000), { freq: 30 }),
    attributes: fc.oneof(
      { arbitrary: fc.constant([]), weight: 12 },
      fc.subarray(['.META', '.NOMETA', '.NOMETA_CMP', '.PHONY'], { maxLength: 2 }),
    ),
    sources: fc.oneof({ arbitrary: fc.constant([]), weight: 8 }, fc.subarray([0, 1, 2, 3, 4, 5])),
    commands: fc
      .array(
        fc.oneof({ arbitrary: fc.constantFrom(...plainCommands), weight: 8 }, fc.constantFrom(...commands)),
        { maxLength: 2 },
      )
      .map((more) => [...more, [': end', () => ': end'] as const]),
    metaFile: fc.option(
      fc.record({
        commands: fc.array(
          fc.oneof(
            { arbitrary: fc.constant('same' as const), weight: 60 },
            fc.constantFrom('other' as const, 'none' as const, 'twice' as const),
          ),
          { minLength: 3, maxLength: 3 },
        ),
        cwd: fc.oneof(
          { arbitrary: fc.constant('CWD @CWD@'), weight: 40 },
          fc.constantFrom(null, 'CWD', 'CWD ', 'CWD /elsewhere', 'CWD @CWD@/'),
        ),
        output: fc.oneof(
          { arbitrary: fc.constant([]), weight: 15 },
          fc.array(outputLine(), { maxLength: 3 }),
        ),
        log: fc.option(fc.array(record(), { maxLength: 16 }), { freq: 12 }),
        isCut: fc.oneof({ arbitrary: fc.constant(false), weight: 30 }, fc.constant(true)),
      }),
      { freq: 12 },
    ),
  });
}

function outputLine(): Arbitrary<string> {
  return fc.constantFrom(
    '',
    'text',
    'CMD',
    'CMD x y',
    'CWD @CWD@',
    'CWD /else where',
    '-- filemon log\nR 10 .',
    '# buildmon\nR 10 .',
    ' CMD x',
    'nul\0byte',
  );
}

const absolute = [
  ...places.map((path) => `@ROOT@/${path}`),
  ...[
    'src',
    'src/d',
    'inc',
    'work',
    'work/sub',
    'src/to-d',
    'src/to-d/c.h',
    'src/to-a.h',
    'src/./d/../b.h',
  ].map((path) => `@ROOT@/${path}`),
  ...[
    'src/gone.h',
    'src/gone/x',
    'work/gone',
    'work2/gone',
    'stage/gone',
    'stage/gone/x',
    'stage/tmp/x',
    'obj/gone',
  ].map((path) => `@ROOT@/${path}`),
  '/etc/gone',
  '/tmp/gone',
  '/dev/null',
  '/gone',
  '//gone',
  '/',
];

const relative = [
  'a.h',
  'b.h',
  'd/c.h',
  'c.h',
  'd',
  'sub',
  '.',
  '..',
  '../src/a.h',
  './a.h',
  'gone',
  "it's",
  'a b.h',
  ' x',
];

function name(): Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom(...absolute), weight: 3 },
    { arbitrary: fc.constantFrom(...relative), weight: 2 },
  );
}

function pid(): Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.constantFrom('10', '11', '12'), weight: 12 },
    fc.constantFrom('0', '-1', '+10', '011', 'x', '12x', '', '\t10'),
  );
}

function record(): Arbitrary<string> {
  const of = (letter: string, data: Arbitrary<string>) =>
    fc.tuple(pid(), data).map(([process, text]) => `${letter} ${process} ${text}`);
  const pair = fc.oneof(
    { arbitrary: fc.tuple(name(), name()).map(([from, to]) => `'${from}' '${to}'`), weight: 6 },
    fc.tuple(name(), name()).map(([from, to]) => `${from} ${to}`),
    name(),
    fc.constantFrom("'' ''", "'a", "' '", "'a' "),
  );
  return fc.oneof(
    { arbitrary: of('R', name()), weight: 20 },
    { arbitrary: of('E', name()), weight: 4 },
    { arbitrary: of('W', name()), weight: 5 },
    { arbitrary: of('C', name()), weight: 4 },
    { arbitrary: of('F', pid()), weight: 3 },
    { arbitrary: of('X', fc.constantFrom('0 0', '0', '')), weight: 3 },
    { arbitrary: of('D', name()), weight: 3 },
    { arbitrary: of('M', pair), weight: 3 },
    { arbitrary: of('L', pair), weight: 3 },
    { arbitrary: of('A', name()), weight: 1 },
    { arbitrary: of('N', name()), weight: 2 },
    { arbitrary: of('T', fc.constantFrom('0', '17000000', 'x')), weight: 2 },
    {
      arbitrary: fc.constantFrom(
        '# text',
        'V 5',
        '#',
        '#text',
        'V',
        '',
        'R',
        'R ',
        'R 10',
        'R 10 ',
        'Rx 10 a.h',
        ' R 10 a.h',
        'R 10 a\0b',
      ),
      weight: 1,
    },
  );
}

function makefile(settings: Settings, targets: readonly NamedTarget[]): string[] {
  const variable = (suffix: string, value: string | null) =>
    value === null ? [] : [`.MAKE.META.${suffix}=${value}`];
  return [
    `.MAKE.MODE=meta ${settings.mode.join(' ')}`,
    'WORD=hi',
    ...variable('IGNORE_PATHS', settings.ignorePaths),
    ...variable('IGNORE_PATTERNS', settings.ignorePatterns),
    ...variable('IGNORE_FILTER', settings.ignoreFilter),
    ...variable('BAILIWICK', settings.bailiwick),
    ...targets.flatMap((target) => [
      `${target.name}: ${[...sourcesOf(target), ...target.attributes].join(' ')}`,
      ...target.commands.map(([source]) => `\t${source}`),
    ]),
  ];
}

function sourcesOf({ sources, index }: NamedTarget): string[] {
  return sources.filter((source) => source < index).map((source) => names[source] as string);
}

function targetFiles(target: NamedTarget, cwd: string): CaseFile[] {
  const files: CaseFile[] = [];
  const objdir = cwd.replace('@ROOT@/', '');
  if (target.time !== null) files.push({ path: `${objdir}/${target.name}`, text: 'x\n', mtime: target.time });
  if (target.metaFile === null) return files;
  const place = target.name.startsWith('../') ? '@ROOT_@_other_t4' : target.name.replace('/', '_');
  return [...files, { path: `${objdir}/${place}.meta`, ...metaText(target, target.metaFile, cwd) }];
}

function metaText(
  target: NamedTarget,
  metaFile: MetaFile,
  cwd: string,
): Pick<CaseFile, 'lines' | 'noFinalNewline'> {
  const own = { ...target, sources: target.sources.filter((source) => source < target.index) };
  const told = target.commands.flatMap(([, expand], index) => {
    const line = `CMD ${expand(own)}`;
    const what = metaFile.commands[index] ?? 'same';
    return what === 'same' ? [line] : what === 'other' ? [`${line} `] : what === 'twice' ? [line, line] : [];
  });
  const log =
    metaFile.log === null
      ? []
      : ['-- filemon acquired metadata --', '# filemon version 5', 'R 10 .', ...metaFile.log];
  const lines = [
    '# Meta data file',
    ...told,
    ...(metaFile.cwd === null ? [] : [metaFile.cwd]),
    `TARGET ${target.name}`,
    '-- command output --',
    ...metaFile.output,
    '',
    ...log,
  ];
  return { lines: lines.map((line) => line.replaceAll('@CWD@', cwd)), noFinalNewline: metaFile.isCut };
}
