import { cpSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { oodate, requireTool, type Workspace, workspace } from '@oodate/testkit';

const story = requireTool('bmake') ? test : test.skip;
const project = fileURLToPath(new URL('../../../../fixtures/projects/units', import.meta.url));

const everything = [
  'convert.o',
  'find.o',
  'libunit.a',
  'main.o',
  'mktable',
  'mktable.o',
  'print.o',
  'table.h',
  'unit',
];

/** The tree, built once by `oodate bmake`. */
class Tree {
  readonly space: Workspace;
  readonly #words: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  /** Where things are built. */
  readonly #built: string;

  constructor(words: readonly string[], { objects }: { objects: boolean }) {
    this.space = workspace({}, { inCheckout: true });
    this.#words = [...words, `CC=${this.space.path('bin/cc')}`];
    const prefix = this.space.path('obj');
    this.#built = objects ? join('obj', this.space.folder) : '.';
    this.#env = {
      MAKESYSPATH: this.space.path('share/mk'),
      ...(objects && { MAKEOBJDIRPREFIX: prefix }),
    };
    cpSync(project, this.space.folder, { recursive: true });
    this.space.writeProgram('bin/cc', '#!/bin/sh\nexec cc "$@"\n');
    if (objects) this.space.write({ 'obj/README': '' });
  }

  built(name: string): string {
    return join(this.#built, name);
  }

  /** What bmake makes, by name, and what it says. All then gets older by an hour: bmake compares whole seconds. */
  async make(...words: string[]): Promise<{ made: string[]; said: string }> {
    const before = times(this.space.folder);
    const { status, stdout, stderr } = await this.space.run([oodate, 'bmake', ...this.#words, ...words], {
      env: this.#env,
    });
    if (status !== 0 || stderr !== '') this.space.fail('it is not built');
    const after = times(this.space.folder);
    const made = [...after].filter(([path, time]) => !path.endsWith('.meta') && before.get(path) !== time);
    for (const [path, time] of after)
      utimesSync(path, Number(time / 1_000_000_000n) - 3600, Number(time / 1_000_000_000n) - 3600);
    return { made: made.map(([path]) => basename(path)).sort(), said: stdout };
  }

  async makes(...words: string[]): Promise<string[]> {
    return (await this.make(...words)).made;
  }

  touch(name: string): void {
    const now = Date.now() / 1000;
    utimesSync(this.space.path(name), now, now);
  }

  why(...words: string[]): Promise<string> {
    return this.space.oodate('why', ...words).then(({ stdout }) => stdout);
  }
}

/** Modification times of all files below, in nanoseconds since the epoch. */
function times(folder: string): Map<string, bigint> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path, statSync(path, { bigint: true }).mtimeNs];
    }),
  );
}

describe.each([
  ['compat mode', [], { objects: false }],
  ['jobs mode', ['-j2'], { objects: false }],
  ['jobs mode, built elsewhere', ['-j2'], { objects: true }],
])('a tree of several directories, built in %s', (_name, words, options) => {
  story('is rebuilt by bmake just where something has changed', async () => {
    const tree = new Tree(words, options);
    const { space } = tree;
    if (options.objects) await tree.make('obj');
    expect(await tree.makes()).toEqual(everything);
    const converted = await space.run(['sh', '-c', `echo 2.5 | ${tree.built('unit/unit')} mile km`]);
    expect(converted.stdout).toBe('4.023 km\n');

    const makes: Record<string, unknown> = {};
    makes['nothing changed'] = await tree.makes();
    tree.touch('include/rounding.h');
    makes['a header of two'] = await tree.makes();
    tree.touch('unit/units.txt');
    makes['what the table is made from'] = await tree.makes();
    tree.touch('mktable/mktable.c');
    makes['the program that makes the table'] = await tree.makes();
    space.remove(tree.built('unit/table.h'));
    makes['the table gone'] = await tree.makes();
    space.remove(tree.built('libunit/libunit.a'));
    makes['the library gone'] = await tree.makes();
    tree.touch('bin/cc');
    makes['another compiler'] = await tree.makes();
    makes['other flags'] = await tree.makes('LDFLAGS=-s');
    makes['at last'] = await tree.makes('LDFLAGS=-s');
    expect(makes).toEqual({
      'nothing changed': [],
      'a header of two': ['convert.o', 'libunit.a', 'print.o', 'unit'],
      'what the table is made from': ['main.o', 'table.h', 'unit'],
      'the program that makes the table': ['main.o', 'mktable', 'mktable.o', 'table.h', 'unit'],
      'the table gone': ['main.o', 'table.h', 'unit'],
      'the library gone': ['libunit.a', 'unit'],
      'another compiler': everything,
      'other flags': ['main.o', 'mktable', 'table.h', 'unit'],
      'at last': [],
    });
  });
});
