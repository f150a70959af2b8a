import { describe, expect, test } from '@jest/globals';
import { inWorkspace, type Result, requireTool, until, type Workspace } from '@oodate/testkit';

const story = requireTool('bmake') ? test : test.skip;
/** bmake decides nothing about what lies below /tmp. */
const inTree = (body: (tree: Workspace, ...row: string[]) => void | Promise<void>) =>
  inWorkspace(body, { inCheckout: true });

const mode = '.MAKE.MODE= meta curdirok=yes missing-filemon=yes\n';
const program = {
  Makefile: `${mode}
all: prog
prog: main.o part.o
	./bin/tool cc -o prog main.o part.o
.for name in main part
\${name}.o: \${name}.c
	./bin/tool cc -Iearly -Ilate -c -o \${name}.o \${name}.c
.endfor
gen.h: gen.in
	tr a-z A-Z < gen.in > gen.tmp
	@mv gen.tmp gen.h
part.o: gen.h
`,
  'main.c': '#include <late.h>\nint part(void);\nint main(void) { return part() + LATE; }\n',
  'part.c': '#include "gen.h"\nint part(void) { return 0 GEN; }\n',
  'late/late.h': '#define LATE 0\n',
  'early/none.h': '',
  'gen.in': '#define gen + 1\n',
  'bin/tool': '#!/bin/sh\nexec "$@"\n',
};

function makeProgram(tree: Workspace): void {
  tree.writeAll({ ...program, 'gen.in': '#define gen\n' });
  // Lower case is what the compiler wants; the rest is made upper case.
  tree.write('gen.in', '');
  tree.write('part.c', '#include "gen.h"\nint part(void) { return 0; }\n');
  tree.write('bin/tool', program['bin/tool'], 0o755);
  age(tree, ...Object.keys(program));
}

/** bmake compares whole seconds: what was there before the build is older than it by an hour. */
function age(tree: Workspace, ...names: string[]): void {
  for (const name of names) tree.setTimes(name, Date.now() - 3_600_000);
}

/** Later than all that was built. */
function touch(tree: Workspace, name: string): void {
  tree.setTimes(name, Date.now() + 3_600_000);
}

const bmake = (tree: Workspace, ...words: string[]): Promise<Result> => tree.oodate(['bmake', ...words]);

/** The commands that the stock bmake would run, and its reasons. */
async function plan(tree: Workspace, ...words: string[]): Promise<{ commands: string[]; reasons: string }> {
  const { stdout, stderr } = await tree.run(['bmake', '-n', '-dM', ...words]);
  const commands = stdout.split('\n').filter((line) => line !== '' && !line.includes('is up to date'));
  return { commands, reasons: stderr };
}

/** The records of the section, the process numbered from 1; undefined if there is none. */
function section(tree: Workspace, meta: string): string[] | undefined {
  const [, text] = tree.read(meta).split('-- filemon acquired metadata --\n');
  return text?.split('\n').slice(0, -1);
}

/** The paths in the tree that records of these letters name. */
function paths(tree: Workspace, meta: string, letters: string): string[] {
  return (section(tree, meta) ?? [])
    .filter((line) => letters.includes(line.charAt(0)) && line.includes(`${tree.folder}/`))
    .map((line) => line.slice(line.indexOf(tree.folder) + tree.folder.length + 1));
}

describe.each([
  ['compat mode', []],
  ['jobs mode', ['-j3']],
])('bmake in %s', (_name, jobs) => {
  story(
    'has sections in its meta files, and nothing else in them is changed',
    inTree(async (tree) => {
      makeProgram(tree);
      expect(await tree.run(['bmake', ...jobs])).toMatchObject({ status: 0 });
      const files = ['prog.meta', 'main.o.meta', 'part.o.meta', 'gen.h.meta'];
      const before = files.map((file) => tree.read(file));
      for (const made of ['prog', 'main.o', 'part.o', 'gen.h', ...files]) tree.remove(made);
      expect(await bmake(tree, ...jobs)).toMatchObject({ status: 0, stderr: '' });
      for (const [i, file] of files.entries()) {
        const [start, records = ''] = tree.read(file).split('-- filemon acquired metadata --\n');
        expect(start).toBe(before[i]);
        expect(records).toMatch(
          /^# filemon version 5\n# Target pid \d+\n# Start \d+\.\d{6}\nV 5\n(?:[A-Z] \d+ .+\n)+# Stop \d+\.\d{6}\n# Bye bye\n$/,
        );
      }
      expect(paths(tree, 'main.o.meta', 'R')).toContain('late/late.h');
      expect(paths(tree, 'main.o.meta', 'N')).toContain('early/late.h');
      expect(paths(tree, 'main.o.meta', 'E')).toContain('bin/tool');
      expect(paths(tree, 'part.o.meta', 'R')).not.toContain('late/late.h');
      expect(paths(tree, 'gen.h.meta', 'RW')).toEqual(expect.arrayContaining(['gen.in', 'gen.tmp']));
    }),
  );

  story(
    'decides by them: a null build runs nothing, and each change runs what it should',
    inTree(async (tree) => {
      makeProgram(tree);
      await bmake(tree, ...jobs);
      expect(await plan(tree)).toEqual({ commands: [], reasons: '' });
      const built = ['prog', 'main.o', 'part.o', 'gen.h'];

      touch(tree, 'late/late.h');
      const header = await plan(tree);
      expect(header.reasons).toContain(`file '${tree.folder}/late/late.h' is newer than the target`);
      expect(header.commands.map((line) => line.split(' ')[3])).not.toContain('part.o');
      expect(header.commands.join('\n')).toContain('-o main.o main.c');
      age(tree, 'late/late.h');
      expect((await plan(tree)).commands).toEqual([]);

      touch(tree, 'bin/tool');
      expect((await plan(tree)).commands).toHaveLength(3);
      age(tree, 'bin/tool');

      tree.remove('gen.h');
      expect((await plan(tree)).commands.join('\n')).toContain('tr a-z A-Z < gen.in > gen.tmp');
      await bmake(tree, ...jobs);
      for (const made of built) expect(section(tree, `${made}.meta`)).toBeDefined();
      expect((await plan(tree)).commands).toEqual([]);
    }),
  );

  story(
    'leaves no section in the meta file of a target that failed',
    inTree(async (tree) => {
      tree.write(
        'Makefile',
        `${mode}all: good bad\ngood:\n\techo > good\nbad:\n\techo > bad; exit 3\nignored:\n\t-echo > ignored; exit 3\n`,
      );
      expect((await bmake(tree, '-k', ...jobs)).stderr).toBe('');
      expect(section(tree, 'bad.meta')).toBeUndefined();
      expect(paths(tree, 'good.meta', 'W')).toEqual(['good']);
      expect((await plan(tree)).commands).toEqual(['echo > bad; exit 3']);
      await bmake(tree, 'ignored', ...jobs);
      expect(paths(tree, 'ignored.meta', 'W')).toEqual(['ignored']);
    }),
  );

  story(
    'keeps what .NOMETA targets and a bmake within it do out of the others’ files',
    inTree(async (tree) => {
      tree.writeAll({
        Makefile: `${mode}all: one sub two three\n.ORDER: one sub two three\none:\n\tcat a > one\nsub: .META\n\tcat s > sub.log; \${.MAKE} -C inner\ntwo: .NOMETA\n\tcat b > two\nthree:\n\tcat c > three\n`,
        'inner/Makefile': `${mode}x:\n\tcat ../d > x\n`,
        a: '',
        b: '',
        c: '',
        d: '',
        s: '',
      });
      expect(await bmake(tree, ...jobs)).toMatchObject({ status: 0, stderr: '' });
      const read = (meta: string) => paths(tree, meta, 'R').filter((name) => /^[abcds]$/.test(name));
      expect(read('one.meta')).toEqual(['a']);
      expect(read('three.meta')).toEqual(['c']);
      expect(read('inner/x.meta')).toEqual(['d']);
      expect(read('sub.meta')).toEqual(['s']);
      expect(tree.exists('two.meta')).toBe(false);
    }),
  );

  story(
    'leaves no section where something was not seen, and says so',
    inTree(async (tree) => {
      tree.write('Makefile', `${mode}all: hidden\nhidden:\n\tunshare --user --mount true; echo > hidden\n`);
      const { status, stderr } = await bmake(tree, ...jobs);
      expect(status).toBe(0);
      expect(stderr).toBe(
        `oodate: ${tree.folder}/hidden.meta has no filemon section: a process entered a mount namespace of its own\n`,
      );
      expect((await plan(tree)).reasons).toContain('hidden.meta: missing filemon data');
    }),
  );

  story.each([
    ['stopped by SIGINT', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ] as const)(
    '%s leaves a meta file that nobody trusts',
    inTree(async (tree, _title, signal) => {
      const wait = 'echo $$PPID > bmake; touch slow; echo begun > begun; read x < never';
      tree.write(
        'Makefile',
        `${mode}.PRECIOUS: slow\nall: done slow\n.ORDER: done slow\ndone:\n\techo > done\nslow:\n\t${wait}\n`,
      );
      await tree.run(['mkfifo', 'never']);
      const running = tree.startOodate(['bmake', ...jobs]);
      await until(() => tree.exists('begun') && tree.read('begun') !== '');
      if (signal === 'SIGKILL') process.kill(Number(tree.read('bmake')), signal);
      else running.kill(signal);
      if (signal === 'SIGKILL') tree.write('never', '\n');
      expect((await running.ended).status).not.toBe(0);
      expect(section(tree, 'slow.meta')).toBeUndefined();
      expect(section(tree, 'done.meta')).toBeDefined();
    }),
  );

  story(
    'shows an oodate around it all that its targets use',
    inTree(async (tree) => {
      tree.writeAll({ Makefile: `${mode}all: out\nout:\n\tcat in > out\n`, in: 'one' });
      const words = ['run', '--', ...oodateBmake, ...jobs];
      expect((await tree.oodate(words)).status).toBe(0);
      expect(paths(tree, 'out.meta', 'R')).toEqual(['in']);
      tree.write('in', 'two');
      expect((await tree.oodate(['why', '--', ...oodateBmake, ...jobs])).stdout).toContain('in changed');
    }),
  );
});

const oodateBmake = [new URL('../../bin/oodate', import.meta.url).pathname, 'bmake'];

story(
  'with -n nothing is written',
  inTree(async (tree) => {
    tree.write('Makefile', `${mode}out:\n\techo > out\n`);
    expect(await bmake(tree, '-n')).toMatchObject({ status: 0, stdout: 'echo > out\n', stderr: '' });
    expect(tree.exists('out.meta')).toBe(false);
  }),
);

story(
  'what a target wrote itself before it read it is no prerequisite',
  inTree(async (tree) => {
    tree.write(
      'Makefile',
      `${mode}out:\n\techo x > 'a tmp'; cat 'a tmp' in > out; mv out out2; mv out2 out; cat out\n`,
    );
    tree.write('in');
    await bmake(tree);
    expect(paths(tree, 'out.meta', 'R')).toEqual(['in']);
  }),
);
