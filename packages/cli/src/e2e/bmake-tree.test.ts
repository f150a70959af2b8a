import { cpSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
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

  /** What bmake makes, by name. */
  async make(...words: string[]): Promise<string[]> {
    const before = times(this.space.folder);
    const { status, stderr } = await this.space.run([oodate, 'bmake', ...this.#words, ...words], {
      env: this.#env,
    });
    if (status !== 0 || stderr !== '') this.space.fail('it is not built as it should');
    return [...times(this.space.folder)]
      .filter(([path, time]) => !path.endsWith('.meta') && before.get(path) !== time)
      .map(([path]) => basename(path))
      .sort();
  }

  /** As `make`, after the change. bmake compares whole seconds: all that is there gets older before that. */
  async makeAfter(change: () => void, ...words: string[]): Promise<string[]> {
    for (const [path, time] of times(this.space.folder)) {
      const seconds = Number(time / 1_000_000_000n) - 2;
      utimesSync(path, seconds, seconds);
    }
    change();
    return this.make(...words);
  }

  touch(name: string): void {
    const now = Date.now() / 1000;
    utimesSync(this.space.path(name), now, now);
  }

  /** Those of the meta files whose targets are not up to date by content. */
  async outOfDate(...metaFiles: string[]): Promise<string[]> {
    const { stdout } = await this.space.oodate('check', '--json', ...metaFiles);
    const { targets } = JSON.parse(stdout) as { targets: { metaFile: string; verdict: string }[] };
    return targets
      .filter(({ verdict }) => verdict === 'out of date')
      .map(({ metaFile }) => relative(this.space.folder, metaFile));
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
  ['jobs mode and directories of its own', ['-j2'], { objects: true }],
])('a tree of several directories, built in %s', (_name, words, options) => {
  story('is rebuilt by bmake just where something has changed', async () => {
    const tree = new Tree(words, options);
    const { space } = tree;
    const after = (change: () => void, ...args: string[]) => tree.makeAfter(change, ...args);
    if (options.objects) await tree.make('obj');
    expect(await tree.make()).toEqual(everything);
    const converted = await space.run(['sh', '-c', `echo 2.5 | ${tree.built('unit/unit')} mile km`]);
    expect(converted.stdout).toBe('4.023 km\n');

    // What was not there is nothing to bmake, but its meta files tell of it.
    const affected = ['libunit/convert.o', 'unit/print.o'];
    const meta = (name: string) => tree.built(`${name}.meta`);
    space.write({ 'local/rounding.h': '#define DIGITS 1\n#define SMALLEST 0.1\n' });
    expect(await tree.make()).toEqual([]);
    const others = ['libunit/find.o', 'libunit/libunit.a', 'unit/main.o', 'unit/table.h', 'unit/unit'];
    expect(await tree.outOfDate(...[...affected, ...others].map(meta))).toEqual(affected.map(meta));
    const { stdout } = await space.oodate('why', '--mode', 'content', meta('unit/print.o'));
    // Where lines break depends on the place of the checkout.
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /^print\.o is out of date, for 1 reason: inputs local\/rounding\.h is there now \(a file of 38 bytes\), was looked for and not there; used by cc1 .* looked for at local\/rounding\.h, then found at include\/rounding\.h $/,
    );

    const makes = {
      'what the new header concerns': await after(() => {
        for (const name of affected) space.remove(tree.built(name));
      }),
      'nothing changed': await after(() => undefined),
      'the new header gone': await after(() => space.remove('local/rounding.h')),
      'a header of two': await after(() => tree.touch('include/rounding.h')),
      'what the table is made from': await after(() => tree.touch('unit/units.txt')),
      'the program that makes the table': await after(() => tree.touch('mktable/mktable.c')),
      'the table gone': await after(() => space.remove(tree.built('unit/table.h'))),
      'the library gone': await after(() => space.remove(tree.built('libunit/libunit.a'))),
      'another compiler': await after(() => tree.touch('bin/cc')),
      'other flags': await after(() => undefined, 'LDFLAGS=-s'),
      'at last': await after(() => undefined, 'LDFLAGS=-s'),
    };
    const users = ['convert.o', 'libunit.a', 'print.o', 'unit'];
    expect(makes).toEqual({
      'what the new header concerns': users,
      'nothing changed': [],
      'the new header gone': users,
      'a header of two': users,
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
