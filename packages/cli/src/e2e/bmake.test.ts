import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  askBmake,
  bmakeLog,
  type CaseFile,
  caseEnvironment,
  layOut,
  requireTool,
  type Workspace,
  workspace,
} from '@oodate/testkit';

/* `--mode bmake` over trees and meta files beyond the fixture's cases. */

const withBmake = requireTool('bmake') ? describe : describe.skip;

const logFolder = new URL('../../../../fixtures/filemon-logs/', import.meta.url);
const logs = readdirSync(logFolder).filter((name) => name.endsWith('.log'));

const old = 1_500_000_000;
const built = 1_600_000_000;
const later = 1_700_000_000;

function made(name: string, mtime = built): CaseFile {
  return { path: `work/${name}`, text: 'x\n', mtime };
}

function meta(target: string, commands: readonly string[], records: readonly string[] = []): CaseFile {
  const log = ['# filemon version 5', 'V 5', ...records, 'X 10 0 0', '# Bye bye'];
  const lines = [
    `# Meta data file @ROOT@/work/${target}.meta`,
    ...commands.map((command) => `CMD ${command}`),
    'CWD @ROOT@/work',
    `TARGET ${target}`,
    '-- command output --',
    '',
    '-- filemon acquired metadata --',
    ...log,
  ];
  return { path: `work/${target}.meta`, lines };
}

function makefile(...lines: string[]): CaseFile {
  return { path: 'work/Makefile', lines: ['.MAKE.MODE=meta curdirok=yes', ...lines] };
}

const header: CaseFile = { path: 'src/a.h', text: 'x\n', mtime: later };
const readsHeader = ['R 10 @ROOT@/src/a.h'];

interface Tree {
  readonly files: readonly CaseFile[];
  readonly targets?: readonly string[];
  readonly verdict: 'up to date' | 'out of date';
  readonly env?: Readonly<Record<string, string>>;
}

const trees: Readonly<Record<string, Tree>> = {
  'a suffix rule': {
    files: [
      makefile('.SUFFIXES: .c .o', '.c.o:', '\tcc -c $(.IMPSRC) -o $(.TARGET) $(.PREFIX)', 'all: foo.o'),
      made('foo.c', old),
      made('foo.o'),
      meta('foo.o', ['cc -c foo.c -o foo.o foo'], readsHeader),
      header,
    ],
    targets: ['foo.o'],
    verdict: 'out of date',
  },
  'a suffix rule for what has no suffix, and a rule after it': {
    files: [
      makefile(
        ...[
          '.SUFFIXES: .c .y',
          '.c:',
          '\tcc $(.IMPSRC) $< -o $(.TARGET) $(.PREFIX) $(.ALLSRC)',
          '.y.c:',
          '\tyacc $(.IMPSRC)',
        ],
        ...['all: prog more out', 'prog: in', 'out: in', '\t: $(.IMPSRC)$< $(.ALLSRC)'],
      ),
      ...['in', 'prog.c', 'more.y'].map((name) => made(name, old)),
      ...['prog', 'more.c', 'more', 'out'].map((name) => made(name)),
      meta('prog', ['cc prog.c prog.c -o prog prog in prog.c']),
      meta('more', ['cc more.c more.c -o more more more.c']),
      meta('more.c', ['yacc more.y']),
      meta('out', [':  in']),
    ],
    targets: ['all'],
    verdict: 'up to date',
  },
  'a suffix rule for what has no suffix, found on a search path': {
    files: [
      makefile('.PATH: @ROOT@/src', '.SUFFIXES: .c', '.c:', '\tcc $(.IMPSRC) -o $(.TARGET)', 'prog:'),
      { path: 'src/prog.c', text: 'x\n', mtime: old },
      made('prog'),
      meta('prog', ['cc prog.c -o prog']),
    ],
    targets: ['prog'],
    verdict: 'out of date',
  },
  'local variables of all kinds': {
    files: [
      makefile('out: in in2', '\t@echo $(.ALLSRC) $> $(.TARGET:T) $(@F) $* $(.OODATE)', '\t-x $(.TARGET:H)'),
      made('in', old),
      made('in2', old),
      made('out'),
      meta('out', ['@echo in in2 in in2 out out out ', '-x .']),
    ],
    verdict: 'up to date',
  },
  'a prefix that comes from a variable': {
    files: [makefile('Q=@', 'out:', '\t$(Q)echo hi'), made('out'), meta('out', ['echo hi'])],
    verdict: 'out of date',
  },
  'a command that expands to nothing, and one that only has a prefix': {
    files: [
      makefile('out:', '\t$(EMPTY)', '\t@', '\techo hi'),
      made('out'),
      meta('out', ['', '@', 'echo hi']),
    ],
    verdict: 'up to date',
  },
  'a command with a # and a backslash': {
    files: [
      makefile('out:', "\techo 'a # b' \\", "\t   $(.TARGET) $$HOME '\\n'"),
      made('out'),
      meta('out', ["echo 'a # b'  out $HOME '\\n'"]),
    ],
    verdict: 'up to date',
  },
  'a command whose lines begin with a tab': {
    files: [
      makefile('out:', '\techo a$(.newline)\tb$(.newline)$(.newline)c', '\ttrue'),
      made('out'),
      meta('out', ['echo a\n\tb\n\nc', 'true']),
    ],
    verdict: 'up to date',
  },
  'a target that is older than what must be made first': {
    files: [
      makefile('all: two', 'one:', '\techo $(.TARGET)', 'two: one', '\techo $(.TARGET)'),
      made('one', old),
      made('two'),
      meta('one', ['echo one'], readsHeader),
      meta('two', ['echo changed']),
      header,
    ],
    targets: ['all'],
    verdict: 'out of date',
  },
  'what must be made first, which leaves its directories to the next': {
    files: [
      makefile('all: one two', 'one two:', '\techo $(.TARGET)'),
      made('one'),
      made('two'),
      meta('one', ['echo other'], ['C 10 @ROOT@/src']),
      meta('two', ['echo two'], ['R 11 a.h']),
      header,
    ],
    targets: ['all'],
    verdict: 'out of date',
  },
  'a target found on a search path': {
    files: [
      makefile('.PATH: @ROOT@/src', 'out.h:', '\techo $(.TARGET)'),
      { path: 'src/out.h', text: 'x\n', mtime: built },
      { path: 'work/@ROOT_@_src_out.h.meta', lines: ['CMD echo @ROOT@/src/out.h', 'CWD @ROOT@/work'] },
    ],
    targets: ['out.h'],
    verdict: 'up to date',
  },
  'a target of two colons': {
    files: [
      makefile('out:: in', '\techo one', 'out:: in2', '\techo two'),
      made('in', old),
      made('in2', old),
      made('out'),
      meta('out', ['echo one']),
    ],
    verdict: 'out of date',
  },
  'an ignore filter that only bmake can evaluate': {
    files: [
      makefile('.MAKE.META.IGNORE_FILTER=C,.*/src/.*,,', 'out:', '\techo hi'),
      made('out'),
      meta('out', ['echo hi'], readsHeader),
      header,
    ],
    verdict: 'up to date',
  },
  'no meta mode': {
    files: [
      { path: 'work/Makefile', lines: ['out:', '\techo hi'] },
      made('out'),
      meta('out', ['echo other'], readsHeader),
      header,
    ],
    verdict: 'up to date',
  },
  'phony targets, .BEGIN and .END': {
    files: [
      makefile('all: out .PHONY', '.END: .NOTMAIN', 'out:', '\techo hi'),
      made('out'),
      meta('out', ['echo hi']),
    ],
    targets: ['all'],
    verdict: 'up to date',
  },
};

async function judged(space: Workspace, asked: Tree, ...words: string[]) {
  const root = space.folder;
  const { stdout, stderr, status } = await space.oodateWith(
    { env: caseEnvironment(asked, root) },
    ...['check', '--mode', 'bmake', '--format', 'bmake', '-C', 'work'],
    ...(asked.targets ?? ['out']),
    ...words,
  );
  return { status, stderr, log: bmakeLog(stdout, root) };
}

withBmake('with the makefile of a tree', () => {
  test.each(Object.entries(trees))('%s: the same as bmake says', async (_title: string, tree: Tree) => {
    const space = workspace({}, { inCheckout: true });
    layOut(tree, space.folder);
    const bmake = askBmake({ ...tree, targets: tree.targets ?? ['out'] }, space.folder);
    expect(bmake.verdict).toBe(tree.verdict);
    const status = tree.verdict === 'up to date' ? 0 : 1;
    expect(await judged(space, tree)).toEqual({ status, stderr: '', log: bmake.log });
  });

  test.each(logs)('the log %s is judged as bmake judges it', async (log) => {
    const space = workspace({}, { inCheckout: true });
    const head = meta('out', ['true']).lines?.slice(0, 5) ?? [];
    const text = [
      ...head,
      '-- filemon acquired metadata --',
      readFileSync(new URL(log, logFolder), 'latin1'),
    ];
    const tree: Tree = {
      files: [
        makefile('.MAKE.META.BAILIWICK=/', 'out:', '\ttrue'),
        made('out'),
        { path: 'work/out.meta', text: text.join('\n') },
      ],
      verdict: 'out of date',
    };
    layOut(tree, space.folder);
    for (const time of [built, 4_000_000_000]) {
      utimesSync(space.path('work/out'), time, time);
      const { verdict, log: told } = askBmake({ ...tree, targets: ['out'] }, space.folder);
      const status = verdict === 'up to date' ? 0 : 1;
      expect(await judged(space, tree)).toEqual({ status, stderr: '', log: told });
    }
  });

  test('the filter for commands is honoured, also where only bmake can evaluate it', async () => {
    const space = workspace({}, { inCheckout: true });
    const tree: Tree = {
      files: [makefile('out:', '\tcc -O$(LEVEL) x.c'), made('out'), meta('out', ['cc -O2 x.c'])],
      verdict: 'out of date',
    };
    layOut(tree, space.folder);
    const ask = async (filter: string) =>
      (await judged(space, tree, '--cmp-filter', filter, '--', 'LEVEL=3')).status;
    expect(await ask('C,-O[0-9],,')).toBe(0);
    expect(await ask('N-O*')).toBe(0);
    expect(await ask('S,x.c,y.c,')).toBe(1);
  });

  test('no command is run, not even one that begins with +', async () => {
    const space = workspace({}, { inCheckout: true });
    const tree: Tree = {
      files: [
        makefile('all: out gone made', 'out:', '\t+touch ran', '\t+touch $(.TARGET)-ran'),
        { path: 'work/more.mk', lines: ['gone:', '\t+touch gone', 'made: .MAKE', '\ttouch made'] },
        made('out'),
        meta('out', ['+touch ran', '+touch other-ran'], readsHeader),
        header,
      ],
      targets: ['all'],
      verdict: 'out of date',
    };
    layOut(tree, space.folder);
    const { status } = await judged(space, tree, '--', '-f', 'Makefile', '-f', 'more.mk');
    expect(status).toBe(1);
    for (const name of ['ran', 'out-ran', 'gone', 'made']) expect(space.exists(`work/${name}`)).toBe(false);
  });

  test('words after -- are for bmake, and an option wins over the makefile', async () => {
    const space = workspace({}, { inCheckout: true });
    const tree: Tree = {
      files: [makefile('out:', '\techo $(WORD)'), made('out'), meta('out', ['echo hi'], readsHeader), header],
      verdict: 'out of date',
    };
    layOut(tree, space.folder);
    const ask = async (...words: string[]) => (await judged(space, tree, ...words)).log;
    expect(await ask('--', 'WORD=hi')).toEqual([
      "@ROOT@/work/out.meta: 10: file '@ROOT@/src/a.h' is newer than the target...",
    ]);
    expect(await ask('--ignore-paths', space.path('src'), '--', 'WORD=hi')).toEqual([]);
    expect(await ask('--ignore-filter', 'C,.*/src/.*,,', '--', 'WORD=hi')).toEqual([]);
    expect(await ask('--ignore-paths', space.path('src'), '--ignore-cmd', '--', 'WORD=')).toEqual([
      '@ROOT@/work/out.meta: 2: a build command has changed',
      'echo hi',
      'vs',
      'echo ',
    ]);
    expect(await ask('--no-curdirok', '--', 'WORD=hi')).toEqual([]);
    expect(await ask('--', '.MAKE.MODE=meta', 'WORD=hi')).toEqual([]);
    expect(await ask('--', '-j', '2', 'WORD=hi')).toHaveLength(1);
  });

  test.each([
    ['a target of two colons', makefile('out:: in', '\techo $(.TARGET)')],
    ['an odd name', makefile('all: o@*', 'o@*:', '\techo $(.TARGET)')],
  ])('the commands of %s cannot be asked for, which is trouble', async (_title: string, file: CaseFile) => {
    const space = workspace({}, { inCheckout: true });
    const name = file.lines?.includes('all: o@*') ? 'o@*' : 'out';
    const tree: Tree = {
      files: [file, made('in', old), made('out.c', old), made(name)],
      targets: [name === 'out' ? 'out' : 'all'],
      verdict: 'up to date',
    };
    layOut(tree, space.folder);
    const { status, stderr } = await judged(space, tree);
    expect(status).toBe(2);
    expect(stderr).toContain(`bmake cannot be asked for the commands of ${name}`);
  });

  test('what bmake cannot read is trouble, with its own words', async () => {
    const space = workspace({}, { inCheckout: true });
    const tree: Tree = { files: [makefile('out: nowhere', '\ttrue')], verdict: 'out of date' };
    layOut(tree, space.folder);
    const { status, stderr } = await judged(space, tree);
    expect(status).toBe(2);
    expect(stderr).toContain("don't know how to make nowhere");
  });
});

describe('with meta files alone', () => {
  const tree: Tree = {
    files: [made('out'), made('two'), meta('out', ['echo hi'], readsHeader), meta('two', ['true']), header],
    verdict: 'out of date',
  };
  const out = 'work/out.meta';
  const newer = /^work\/out\.meta, line 10: src\/a\.h is newer than the target$/m;

  test('each is judged, and one of them decides', async () => {
    const space = workspace({}, { inCheckout: true });
    layOut(tree, space.folder);
    const check = (...words: string[]) => space.oodate('check', '--mode', 'bmake', ...words);
    expect(await check(out, 'work/two.meta')).toMatchObject({ status: 1, stdout: '', stderr: '' });
    expect(await check('work/two.meta')).toMatchObject({ status: 0, stdout: '' });
    expect((await check(out, '--format', 'oodate')).stdout.replace(/^ +/gm, '')).toMatch(newer);
    expect(await check(out, '--ignore-patterns', '*.h')).toMatchObject({ status: 0 });
    expect(await check(out, '--no-curdirok')).toMatchObject({ status: 0 });
    expect(await check('work/two.meta', '--command', 'false')).toMatchObject({ status: 1 });
    space.write({
      'work/echo': '',
      'work/echo.meta': 'CMD a\nCMD b\nCWD /\nTARGET echo\n-- command output --\nCMD c\n',
    });
    expect((await check('work/echo.meta', '--format', 'oodate')).stdout).toContain('it ran in /');
    space.write({ 'work/echo.meta': `CMD a\nCWD ${space.path('work')}\n-- command output --\nCMD c\n` });
    expect((await check('work/echo.meta', '--format', 'oodate')).stdout).toContain(
      'line 4: it had a command',
    );
    expect(await check('work/two.meta', '--command', 'true', '--command', 'x')).toMatchObject({
      status: 1,
    });
    utimesSync(space.path('src/a.h'), old, old);
    expect(await check(out, 'work/two.meta')).toMatchObject({ status: 0 });
    space.remove('src/a.h');
    expect(await check(out, '--format', 'bmake')).toMatchObject({
      status: 1,
      stdout: `${space.path(out)}: missing files: ${space.path('src/a.h')}...\n`,
    });
    space.remove('work/two');
    expect(await check('work/two.meta', '--format', 'oodate')).toMatchObject({
      status: 1,
      stdout: 'two is out of date, for 1 reason:\n  it is not there\n',
    });
  });

  test('a target without a makefile is judged by the place of its meta file', async () => {
    const space = workspace({}, { inCheckout: true });
    layOut(tree, space.folder);
    const why = (...words: string[]) => space.oodate('why', '--mode', 'bmake', '-C', 'work', ...words);
    expect(await why('two')).toMatchObject({ status: 0, stdout: 'up to date, as bmake decides\n' });
    expect((await why('out')).stdout).toContain('out.meta, line 10: ');
    space.remove('work/two.meta');
    expect((await why('two')).stdout).toBe('up to date, as bmake decides\n');
    expect((await why('two', '--missing-meta')).stdout).toContain('the meta file is missing');
  });

  test('JSON has the reasons and remarks of each target', async () => {
    const space = workspace({}, { inCheckout: true });
    layOut(tree, space.folder);
    const { stdout } = await space.oodate('why', '--mode', 'bmake', '--json', out, 'work/two.meta');
    const metaFile = space.path(out);
    const reason = { kind: 'file-newer', line: 10, path: space.path('src/a.h'), metaFile };
    expect(JSON.parse(stdout)).toEqual({
      verdict: 'out of date',
      targets: [
        { name: 'out', metaFile, verdict: 'out of date', reasons: [reason], remarks: [] },
        {
          name: 'two',
          metaFile: space.path('work/two.meta'),
          verdict: 'up to date',
          reasons: [],
          remarks: [],
        },
      ],
    });
  });

  test.each([
    [['check', '--mode', 'bmake', '--force', 'x.meta'], '--force has no meaning with --mode bmake'],
    [['check', '--bailiwick', '/x', 'build'], '--bailiwick has a meaning with --mode bmake alone'],
    [['why', '--mode', 'bmake'], 'there is nothing to judge'],
    [['check', '--mode', 'bmake', 'here.meta', 'target'], 'here.meta is a meta file, and others are not'],
  ])('the words %j are refused', async (words: string[], sentence: string) => {
    const space = workspace();
    space.write({ 'here.meta': '' });
    const { status, stderr } = await space.oodate(...words);
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

test('without bmake a tree is trouble, and a meta file is judged all the same', async () => {
  const space = workspace({}, { inCheckout: true });
  layOut({ files: [makefile('out:', '\ttrue'), made('out'), meta('out', ['true'])] }, space.folder);
  space.link('bin/node', process.execPath);
  space.link('bin/env', '/usr/bin/env');
  const env = { PATH: space.path('bin') };
  const tree = await space.oodateWith({ env }, 'check', '--mode', 'bmake', '-C', 'work', 'out');
  expect(tree).toMatchObject({ status: 2, stderr: expect.stringContaining('bmake cannot be started') });
  expect(await space.oodateWith({ env }, 'check', '--mode', 'bmake', 'work/out.meta')).toMatchObject({
    status: 0,
    stderr: '',
  });
});
