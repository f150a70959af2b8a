import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, normalizePath } from '@oodate/filemon';
import { bmakeMetaFile } from '@oodate/meta-file';
import { type BmakeCase, bmakeCases, layOut, placeIn, workspace } from '@oodate/testkit';
import { type BmakeAttribute, type BmakeExpressions, BmakeRun, type BmakeTarget } from './bmake-decision.js';
import { type BmakeFiles, diskBmakeFiles } from './bmake-files.js';
import { type BmakeFinding, isBmakeReason } from './bmake-reason.js';
import { type BmakeSettings, parseBmakeMode, resolveBmakeSettings } from './bmake-settings.js';

const unasked: BmakeExpressions = {
  filterNames: () => {
    throw new Error('no case needs bmake for a filter');
  },
  filterCommand: () => {
    throw new Error('no case needs bmake for a filter');
  },
};

describe.each(['rule', 'quirk'] as const)('a %s of bmake', (kind) => {
  const rows = bmakeCases().filter((row) => row.kind === kind);

  test.each(rows.map((row) => [`${row.id}: ${row.rule}`, row] as const))(
    '%s',
    (_title: string, row: BmakeCase) => {
      const { folder } = workspace({}, { inCheckout: true });
      layOut(row, folder);
      const files = diskBmakeFiles();
      const { settings, targets } = readMakefile(row, folder, files);
      const run = new BmakeRun(settings, files, unasked);
      const found = targets.flatMap((target) => run.judge(target));
      expect(found.filter(isTold).map(shortly)).toEqual(
        row.expected.log.map((line) => placeIn(line, folder)).flatMap(shortLine),
      );
      expect(found.some(isBmakeReason)).toBe(row.expected.reason !== null);
    },
  );
});

test.each([
  ['R 10', 'record-malformed 2'],
  ['R 10 ', 'record-malformed 2'],
  ['#', 'record-malformed 2'],
  ['#comment', 'record-malformed 2'],
  ['V', 'record-malformed 2'],
  ["M 10 'one'", 'record-malformed 2'],
  ["L 10 'one' ", 'record-malformed 2'],
  ['R 10 /gone', 'file-missing /gone'],
  ['RX 10 /gone', 'file-missing /gone'],
  ['R  10 /gone', undefined],
  ['Z 10 /gone', undefined],
  [' R 10 /gone', undefined],
  ['# /gone', undefined],
])('the record "%s" gives %s', (record, expected) => {
  expect(judgedWith(record)).toEqual(expected === undefined ? [] : [expected]);
});

test('names that bmake must filter are asked for together, each once', () => {
  const asked: (readonly string[])[] = [];
  const filterNames = (names: readonly string[]) => {
    asked.push(names);
    return names.map((name) => (name === '/a' ? '' : name));
  };
  const files = noFiles(['R 10 /a', 'E 10 /b', 'W 10 /c', 'R 10 /a', "L 10 '/d' '/e'"].join('\n'));
  const variables = { ignoreFilter: 'S,x,y,' };
  const settings = resolveBmakeSettings(parseBmakeMode('meta curdirok=yes'), variables, files);
  const run = new BmakeRun(settings, files, { ...unasked, filterNames });
  for (let time = 0; time < 2; time += 1) expect(run.judge(target).map(shortly)).toEqual(['file-missing /b']);
  expect(asked).toEqual([['/a', '/b', '/c'], ['/d']]);
});

test('a target at the root is not exempt from having a meta file', () => {
  const files = { ...noFiles(''), read: () => undefined };
  const mode = parseBmakeMode('meta curdirok=yes missing-meta=yes');
  const run = new BmakeRun(resolveBmakeSettings(mode, {}, files), files, unasked);
  const kinds = (path: string) => run.judge({ ...target, path }).map(({ kind }) => kind);
  expect(kinds('/out')).toEqual(['meta-file-missing']);
  expect(kinds('/obj/out')).toEqual([]);
});

test('a NUL byte ends the line for bmake, which takes it for cut short', () => {
  expect(judgedWith('R 10 /a\0b')).toEqual(['line-truncated 2']);
});

/** The findings of a meta file with this one record. */
function judgedWith(record: string): string[] {
  const files = noFiles(record);
  const settings = resolveBmakeSettings(parseBmakeMode('meta curdirok=yes'), {}, files);
  return new BmakeRun(settings, files, unasked).judge(target).map(shortly);
}

/** A disk with a meta file of these records, and nothing else. */
function noFiles(records: string): BmakeFiles {
  return {
    stat: (path) => (path === '/obj' ? { type: 'directory', seconds: 1 } : { type: 'none', errno: 'ENOENT' }),
    hasName: () => false,
    realPath: (path) => path,
    resolve: (path) => path,
    read: () => `-- filemon acquired metadata --\n${records}\n`,
  };
}

const target: BmakeTarget = {
  metaFile: '/obj/out.meta',
  seconds: 1,
  attributes: new Set(),
  commands: [{ source: 'true', text: 'true' }],
  cwd: '/obj',
  objdir: '/obj',
  curdir: '/obj',
  path: 'out',
};

/** bmake says the same, whether it counts or not. */
const sameWords: Readonly<Partial<Record<BmakeFinding['kind'], string>>> = {
  'command-change-ignored': 'build-command-changed',
  'truncated-in-command': 'line-truncated',
};

/** Kind, line and path of a finding. */
function shortly(finding: BmakeFinding): string {
  const kind = sameWords[finding.kind] ?? finding.kind;
  const words = [kind, 'line' in finding ? finding.line : '', 'path' in finding ? finding.path : ''];
  return words.filter((word) => word !== '').join(' ');
}

/** Of meta files that are not used, bmake tells only where it is for a sub-make. */
function isTold(finding: BmakeFinding): boolean {
  return finding.kind !== 'meta-file-unused' || finding.why === '.SUBMAKE';
}

/** The same for a line that bmake wrote; none for the lines that only go on. */
function shortLine(line: string): string[] {
  const [, number, words = line] = /^(?:bmake: )?[^:]+\.meta:(?: (\d+):)? (.*)$/.exec(line) ?? [];
  const kind = told.find(([start]) => words.startsWith(start))?.[1];
  const [, path] =
    /^(?:file '(?=.*')|missing files: )(.*?)(?:' is newer than the target)?\.\.\.$/.exec(words) ?? [];
  return kind === undefined ? [] : [[kind, number, path].filter((word) => word !== undefined).join(' ')];
}

const told: readonly (readonly [string, string])[] = [
  ["file '", 'file-newer'],
  ['missing files:', 'file-missing'],
  ['a build command', 'build-command-changed'],
  ['there were more', 'build-command-removed'],
  ['there are extra', 'build-command-added'],
  ['the current working directory', 'cwd-changed'],
  ['missing filemon', 'filemon-section-missing'],
  ['required but', 'meta-file-missing'],
  ['malformed', 'record-malformed'],
  ['line truncated', 'line-truncated'],
  ['cannot compare', 'command-not-compared'],
  ['Skipping meta', 'meta-file-unused'],
];

/** What bmake would make of the makefile of a case, as far as the cases go; those by which targets are older than sources give none. */
function readMakefile(
  row: BmakeCase,
  root: string,
  files: BmakeFiles,
): { settings: BmakeSettings; targets: BmakeTarget[] } {
  const { lines = [] } = row.files.find(({ path }) => path === 'work/Makefile') ?? {};
  const variables = new Map([
    ['MAKE', 'bmake'],
    ['.newline', '\n'],
  ]);
  const rules: { names: string[]; sources: string[]; commands: string[] }[] = [];
  for (const line of lines.map((text) => placeIn(text, root))) {
    const [, name, value = ''] = /^([.\w]+)=(.*)$/.exec(line) ?? [];
    const [, names = '', sources = ''] = /^([^\t=]+):(.*)$/.exec(line) ?? [];
    if (name !== undefined) variables.set(name, value);
    else if (line.startsWith('\t')) rules.at(-1)?.commands.push(line.slice(1));
    else rules.push({ names: names.split(' '), sources: sources.split(' ').slice(1), commands: [] });
  }
  const mode = parseBmakeMode(variables.get('.MAKE.MODE') ?? '');
  const variable = (name: string) => variables.get(`.MAKE.META.${name}`);
  const settings = resolveBmakeSettings(
    mode,
    {
      ignorePaths: variable('IGNORE_PATHS'),
      ignorePatterns: variable('IGNORE_PATTERNS'),
      ignoreFilter: variable('IGNORE_FILTER'),
      cmpFilter: variable('CMP_FILTER'),
      bailiwick: variable('BAILIWICK'),
      temporary: row.env?.TMPDIR === undefined ? undefined : placeIn(row.env.TMPDIR, root),
    },
    files,
  );
  const curdir = join(root, 'work');
  const objdir = placeIn(row.env?.MAKEOBJDIR ?? curdir, root) as AbsolutePath;
  const stateOf = (path: string) => files.stat(normalizePath(join(objdir, path)));
  const targets = rules.flatMap(({ names, sources, commands }) =>
    names.flatMap((path): BmakeTarget[] => {
      const state = stateOf(path);
      if (commands.length === 0 || state.type === 'none') return [];
      if (sources.some((source) => isNewer(stateOf(source), state.seconds))) return [];
      const attributes = new Set([
        'SUBMAKE',
        ...sources.map((source) => source.slice(1)),
      ] as BmakeAttribute[]);
      const metaFile = bmakeMetaFile(objdir, path);
      const texts = commands.map((source) => ({ source, text: expand(source, path, variables) }));
      return [
        { metaFile, seconds: state.seconds, attributes, commands: texts, cwd: objdir, objdir, curdir, path },
      ];
    }),
  );
  return { settings, targets };
}

function isNewer(state: ReturnType<BmakeFiles['stat']>, seconds: number): boolean {
  return state.type !== 'none' && state.seconds > seconds;
}

function expand(command: string, target: string, variables: ReadonlyMap<string, string>): string {
  return command
    .replace(/\$@|\$\{\.TARGET\}/g, target)
    .replace(/\$\?|\$\{\.OODATE[^}]*\}/g, '')
    .replace(/\$\{([.\w]+)\}/g, (_, name: string) => variables.get(name) ?? '');
}
