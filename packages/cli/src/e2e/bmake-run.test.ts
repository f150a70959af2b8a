import { utimesSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { oodate, type Result, requireTool, until, type Workspace, workspace } from '@oodate/testkit';

const story = requireTool('bmake') ? test : test.skip;
/** bmake decides nothing about what lies below /tmp. */
const tree = (files: Record<string, string> = {}): Workspace => workspace(files, { inCheckout: true });

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
	sed s/one/ONE/ < gen.in > gen.tmp
	@mv gen.tmp gen.h
part.o: gen.h
`,
  'main.c': '#include <late.h>\nint part(void);\nint main(void) { return part() + LATE; }\n',
  'part.c': '#include "gen.h"\nint part(void) { return ONE; }\n',
  'late/late.h': '#define LATE 0\n',
  'early/none.h': '',
  'gen.in': '#define one 1\n',
};

function programTree(): Workspace {
  const space = tree(program);
  space.writeProgram('bin/tool', '#!/bin/sh\nexec "$@"\n');
  age(space, ...Object.keys(program), 'bin/tool');
  return space;
}

/** bmake compares whole seconds: what was there before the build is older than it by an hour. */
function age(space: Workspace, ...names: string[]): void {
  for (const name of names) setTime(space, name, Date.now() / 1000 - 3600);
}

/** Later than all that was built. */
function touch(space: Workspace, name: string): void {
  setTime(space, name, Date.now() / 1000 + 3600);
}

function setTime(space: Workspace, name: string, seconds: number): void {
  utimesSync(space.path(name), seconds, seconds);
}

const bmake = (space: Workspace, ...words: string[]): Promise<Result> => space.oodate('bmake', ...words);

/** The commands that the stock bmake would run, and its reasons. */
async function plan(space: Workspace, ...words: string[]): Promise<{ commands: string[]; reasons: string }> {
  const { stdout, stderr } = await space.run(['bmake', '-n', '-dM', ...words]);
  const commands = stdout.split('\n').filter((line) => line !== '' && !line.includes('is up to date'));
  return { commands, reasons: stderr };
}

/** The records of the section, the process numbered from 1; undefined if there is none. */
function section(space: Workspace, meta: string): string[] | undefined {
  const [, text] = space.read(meta).split('-- filemon acquired metadata --\n');
  return text?.split('\n').slice(0, -1);
}

/** The paths in the tree that records of these letters name. */
function paths(space: Workspace, meta: string, letters: string): string[] {
  return (section(space, meta) ?? [])
    .filter((line) => letters.includes(line.charAt(0)) && line.includes(`${space.folder}/`))
    .map((line) => line.slice(line.indexOf(space.folder) + space.folder.length + 1));
}

describe.each([
  ['compat mode', []],
  ['jobs mode', ['-j3']],
])('bmake in %s', (_name, jobs) => {
  story('has sections in its meta files, and nothing else in them is changed', async () => {
    const space = programTree();
    expect(await space.run(['bmake', ...jobs])).toMatchObject({ status: 0 });
    const files = ['prog.meta', 'main.o.meta', 'part.o.meta', 'gen.h.meta'];
    const before = files.map((file) => space.read(file));
    for (const made of ['prog', 'main.o', 'part.o', 'gen.h', ...files]) space.remove(made);
    expect(await bmake(space, ...jobs)).toMatchObject({ status: 0, stderr: '' });
    for (const [i, file] of files.entries()) {
      const [start, records = ''] = space.read(file).split('-- filemon acquired metadata --\n');
      expect(start).toBe(before[i]);
      expect(records).toMatch(
        /^# filemon version 5\n# Target pid \d+\n# Start \d+\.\d{6}\nV 5\n(?:[A-Z] \d+ .+\n)+# Stop \d+\.\d{6}\n# Bye bye\n$/,
      );
    }
    expect(paths(space, 'main.o.meta', 'R')).toContain('late/late.h');
    expect(paths(space, 'main.o.meta', 'N')).toContain('early/late.h');
    expect(paths(space, 'main.o.meta', 'E')).toContain('bin/tool');
    expect(paths(space, 'part.o.meta', 'R')).not.toContain('late/late.h');
    expect(paths(space, 'gen.h.meta', 'RW')).toEqual(expect.arrayContaining(['gen.in', 'gen.tmp']));
  });

  story('decides by them: a null build runs nothing, and each change runs what it should', async () => {
    const space = programTree();
    await bmake(space, ...jobs);
    expect(await plan(space)).toEqual({ commands: [], reasons: '' });
    const built = ['prog', 'main.o', 'part.o', 'gen.h'];

    touch(space, 'late/late.h');
    const header = await plan(space);
    expect(header.reasons).toContain(`file '${space.folder}/late/late.h' is newer than the target`);
    expect(header.commands.map((line) => line.split(' ')[3])).not.toContain('part.o');
    expect(header.commands.join('\n')).toContain('-o main.o main.c');
    age(space, 'late/late.h');
    expect((await plan(space)).commands).toEqual([]);

    touch(space, 'bin/tool');
    expect((await plan(space)).commands).toHaveLength(3);
    age(space, 'bin/tool');

    space.remove('gen.h');
    expect((await plan(space)).commands.join('\n')).toContain('sed s/one/ONE/ < gen.in > gen.tmp');
    await bmake(space, ...jobs);
    for (const made of built) expect(section(space, `${made}.meta`)).toBeDefined();
    expect((await plan(space)).commands).toEqual([]);
  });

  story('leaves no section in the meta file of a target that failed', async () => {
    const space = tree();
    space.write({
      Makefile: `${mode}all: good bad\ngood:\n\techo > good\nbad:\n\techo > bad; exit 3\nignored:\n\t-echo > ignored; exit 3\n`,
    });
    expect((await bmake(space, '-k', ...jobs)).stderr).toBe('');
    expect(section(space, 'bad.meta')).toBeUndefined();
    expect(paths(space, 'good.meta', 'W')).toEqual(['good']);
    expect((await plan(space)).commands).toEqual(['echo > bad; exit 3']);
    await bmake(space, 'ignored', ...jobs);
    expect(paths(space, 'ignored.meta', 'W')).toEqual(['ignored']);
  });

  story('keeps what .NOMETA targets and a bmake within it do out of the others’ files', async () => {
    const space = tree();
    space.write({
      Makefile: `${mode}all: one sub two three\n.ORDER: one sub two three\none:\n\tcat a > one\nsub: .META\n\tcat s > sub.log; \${.MAKE} -C inner\ntwo: .NOMETA\n\tcat b > two\nthree:\n\tcat c > three\n`,
      'inner/Makefile': `${mode}x:\n\tcat ../d > x\n`,
      a: '',
      b: '',
      c: '',
      d: '',
      s: '',
    });
    expect(await bmake(space, ...jobs)).toMatchObject({ status: 0, stderr: '' });
    const read = (meta: string) => paths(space, meta, 'R').filter((name) => /^[abcds]$/.test(name));
    expect(read('one.meta')).toEqual(['a']);
    expect(read('three.meta')).toEqual(['c']);
    expect(read('inner/x.meta')).toEqual(['d']);
    expect(read('sub.meta')).toEqual(['s']);
    expect(space.exists('two.meta')).toBe(false);
  });

  story('leaves no section where something was not seen, and says so', async () => {
    const space = tree();
    space.write({ Makefile: `${mode}all: hidden\nhidden:\n\tunshare --user --mount true; echo > hidden\n` });
    const { status, stderr } = await bmake(space, ...jobs);
    expect(status).toBe(0);
    expect(stderr).toBe(
      `oodate: ${space.folder}/hidden.meta has no filemon section: a process entered a mount namespace of its own\n`,
    );
    expect((await plan(space)).reasons).toContain('hidden.meta: missing filemon data');
  });

  story.each([
    ['stopped by SIGINT', 'SIGINT'],
    ['killed', 'SIGKILL'],
  ] as const)('%s leaves a meta file that nobody trusts, and oodate ends alike', async (_title, signal) => {
    const space = tree();
    const wait = 'echo $$PPID > bmake; touch slow; echo begun > begun; read x < never';
    space.write({
      Makefile: `${mode}.PRECIOUS: slow\nall: done slow\n.ORDER: done slow\ndone:\n\techo > done\nslow:\n\t${wait}\n`,
    });
    await space.run(['mkfifo', 'never']);
    const running = space.start([oodate, 'bmake', ...jobs]);
    await until(() => space.exists('begun') && space.read('begun') !== '');
    process.kill(Number(space.read('bmake')), signal);
    // A bmake that is killed leaves its command behind, and one that is interrupted may wait for it.
    space.start(['sh', '-c', 'echo > never']);
    const end = await running.end();
    expect(end.status).not.toBe(0);
    expect(end.stderr).not.toContain('oodate:');
    expect(section(space, 'slow.meta')).toBeUndefined();
    expect(section(space, 'done.meta')).toBeDefined();
  });

  story('shows an oodate around it all that its targets use', async () => {
    const space = tree();
    space.write({ Makefile: `${mode}all: out\nout:\n\tcat in > out\n`, in: 'one' });
    const words = ['run', '--', oodate, 'bmake', ...jobs];
    expect((await space.oodate(...words)).status).toBe(0);
    expect(paths(space, 'out.meta', 'R')).toEqual(['in']);
    space.write({ in: 'two' });
    expect((await space.oodate('why', '--', oodate, 'bmake', ...jobs)).stdout).toContain('in changed');
  });
});

story('with -n nothing is written', async () => {
  const space = tree();
  space.write({ Makefile: `${mode}out:\n\techo > out\n` });
  expect(await bmake(space, '-n')).toMatchObject({ status: 0, stdout: 'echo > out\n', stderr: '' });
  expect(space.exists('out.meta')).toBe(false);
});

story('a symbolic link that leads nowhere is no more than written', async () => {
  const space = tree({ Makefile: `${mode}out:\n\tln -s /nowhere/at/all out\n` });
  await bmake(space);
  expect(section(space, 'out.meta')).toContainEqual(expect.stringMatching(/^W \d+ .*\/out$/));
  expect((await plan(space, 'out')).reasons).not.toContain('missing files');
});

story('what a target wrote itself before it read it is no prerequisite', async () => {
  const space = tree();
  space.write({
    Makefile: `${mode}out:\n\techo x > 'a tmp'; cat 'a tmp' in > out; mv out out2; mv out2 out; cat out\n`,
  });
  space.write({ in: '' });
  await bmake(space);
  expect(paths(space, 'out.meta', 'R')).toEqual(['in']);
});

/** A signal that comes before the probe has received the call that it interrupts: on a busy machine it happens. */
const interrupted =
  /^oodate: .*\/(t\d+)\.meta has no filemon section: a signal interrupted a call that would not have been interrupted otherwise$/;

// Each end of a job sends bmake a signal, which may come as it waits for the probe.
story('each of many short jobs has its section, but for a few at most of which it is said', async () => {
  const space = tree();
  const names = Array.from({ length: 150 }, (_, i) => `t${i}`);
  space.write({ Makefile: `${mode}all: ${names.join(' ')}\n${names.join(' ')}:\n\tcat Makefile > $@\n` });
  const { status, stderr } = await bmake(space, '-j4');
  expect({ status, others: stderr.split('\n').filter((line) => line && !interrupted.test(line)) }).toEqual({
    status: 0,
    others: [],
  });
  const seen = names.filter((name) => !stderr.includes(`/${name}.meta `));
  expect(seen.length).toBeGreaterThanOrEqual(names.length - 10);
  for (const name of seen) expect(paths(space, `${name}.meta`, 'W')).toEqual([name]);
});
