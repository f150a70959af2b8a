import { copyFileSync, readFileSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { workspace } from '@oodate/testkit';

import { debianSource } from './bench/debian-source.mjs';

const native = fileURLToPath(new URL('../packages/tracer/native', import.meta.url));

const files = {
  makefile: [
    '.MAKE.MODE = meta missing-filemon=yes curdirok=yes',
    'all: foo.o bar.o',
    'foo.o: foo.c',
    '\tcc -c foo.c',
    '\t@test -f foo.o',
    'bar.o: bar.c',
    '\tcc -c bar.c',
    'many:',
    '\tfor i in `seq 3000`; do test -e none/$$i; done; echo > many',
    '',
  ].join('\n'),
  'word.h': '#define N 3\n',
  'foo.c': '#include "word.h"\nint foo(void) { return N; }\n',
  'bar.c': 'int bar(void) { return 0; }\n',
};

// Takes the network, a compiler and half a minute.
(process.env.OODATE_TEST_LONG === '1' ? test : test.skip)(
  'a bmake built with our filemon writes sections and decides by them',
  async () => {
    const space = workspace(files, { inCheckout: true });
    const source = debianSource('bmake', space.path('debian'));
    copyFileSync(join(native, 'bmake/filemon_oodatetrace.c'), join(source, 'filemon/filemon_oodatetrace.c'));
    const built = await space.run([
      'sh',
      '-c',
      `cd ${dirname(source)} && mkdir obj && cd obj && ../source/configure --with-filemon=oodatetrace && sh make-bootstrap.sh`,
    ]);
    expect(built.status).toBe(0);
    const bmake = join(dirname(source), 'obj/bmake');
    const run = async (...words: string[]) => {
      const path = `PATH=${native}/build:${process.env.PATH}`;
      const made = await space.run(['env', path, bmake, '-m', join(source, 'mk'), '-r', ...words, 'all']);
      expect(made.status).toBe(0);
      return made.stdout.split('\n').filter((line) => line.startsWith('cc '));
    };
    for (const mode of [[], ['-j2']]) {
      utimesSync(space.path('word.h'), 1, 1);
      for (const name of ['foo', 'bar']) await space.run(['rm', '-f', `${name}.o`, `${name}.o.meta`]);
      expect((await run(...mode)).sort()).toEqual(['cc -c bar.c', 'cc -c foo.c']);
      expect(readFileSync(space.path('foo.o.meta'), 'utf8')).toMatch(/^R \d+ (\S*\/)?word\.h$/m);
      expect(await run(...mode)).toEqual([]);
      const later = Date.now() / 1000 + 2;
      utimesSync(space.path('word.h'), later, later);
      expect(await run(...mode)).toEqual(['cc -c foo.c']);
    }
    // A section that could not be kept whole makes bmake make the target again.
    const many = [`PATH=${native}/build:${process.env.PATH}`, bmake, '-m', join(source, 'mk'), '-r', 'many'];
    const small = 'mkdir small && mount -t tmpfs -o size=64k none small && TMPDIR=$PWD/small exec env "$@"';
    const first = await space.run([
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      small,
      'sh',
      ...many,
    ]);
    expect(first.status).toBe(0);
    expect(space.read('many.meta')).toMatch(/\n-- filemon acquired metadata --\nQ\n$/);
    for (const makes of [true, false]) {
      const { stdout } = await space.run(['env', ...many]);
      expect(stdout.includes('test -e none')).toBe(makes);
    }
  },
  300_000,
);
