import { expect, test } from '@jest/globals';
import { parseWalk } from './bmake-walk.js';

/** As bmake 20200710 prints it. */
const walk = `Make_ExpandUse: examine all
\tapplying .c -> .o to "foo.o"
\tapplying .c ->  to "prog"
Examining foo.o...modified 12:26:40 Sep 13, 2020...up-to-date.
Examining prog...modified 12:26:40 Sep 13, 2020...modified before source prog.c...out-of-date.
Examining out...modified 12:26:40 Sep 13, 2020...up-to-date.
Examining out...modified 12:26:40 Sep 13, 2020...:: operator and no sources...out-of-date.
Examining clean...non-existent....PHONY node...out-of-date.
Examining gone...non-existent...non-existent and no sources...out-of-date.
Examining lost...non-existent...modified before source in...out-of-date.
 recheck(gone): update time from  0:00:00 Jan 01, 1970 to now
#*** Input graph:
# foo.o, flags 1, type b000000, made 5
# prog, flags 1, type b000000, made 4
# out, flags 1, type b280004, made 5
#
# 1 unmade children
# parents: all 
out             :: in 
\techo one
\ttwo lines \\
  of it


# out#1, flags 1, type b000004, made 4
#
out             :: 
\techo two


# clean, flags 1, type b011200, made 4
#
clean           : 
\trm


# gone, flags 1, type b000001, made 4
# lost, flags 1, type b000001, made 4
#*** Transformations:
.c.o            : 
\tcc -c

.c              : 
\tcc

`;

test('a walk gives the targets in their order, with commands, attributes and what the ordinary rules say', () => {
  const targets = parseWalk(walk)?.map(({ attributes, ...rest }) => ({
    ...rest,
    attributes: [...attributes],
  }));
  const plain = { isDouble: false, implied: undefined, attributes: [], commands: [], made: undefined };
  expect(targets).toEqual([
    { ...plain, name: 'foo.o', commands: ['cc -c'] },
    {
      ...plain,
      name: 'prog',
      commands: ['cc'],
      implied: 'prog.c',
      made: { kind: 'older-than-source', source: 'prog.c' },
    },
    {
      ...plain,
      name: 'out',
      isDouble: true,
      attributes: ['NOMETA', 'NOMETA_CMP'],
      commands: ['echo one', 'two lines \\\n  of it'],
    },
    {
      ...plain,
      name: 'out',
      isDouble: true,
      commands: ['echo two'],
      made: { kind: 'made-by-rule', rule: ':: operator and no sources' },
    },
    {
      ...plain,
      name: 'clean',
      attributes: ['MAKE', 'SPECIAL', 'PHONY'],
      commands: ['rm'],
      made: { kind: 'made-by-rule', rule: '.PHONY node' },
    },
    { ...plain, name: 'gone', made: { kind: 'target-not-there' } },
    { ...plain, name: 'lost', made: { kind: 'target-not-there', source: 'in' } },
  ]);
});

test.each([
  ['nothing', ''],
  ['no graph', walk.slice(0, walk.indexOf('#***'))],
  ['a graph that ends', walk.slice(0, walk.indexOf('#*** Trans'))],
  ['nodes in other words', walk.replace(/flags \d/g, 'flags none')],
])('of %s nothing is made', (_title, text) => {
  expect(parseWalk(text)).toBeUndefined();
});
