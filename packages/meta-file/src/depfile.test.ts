import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, encodePath, filemonRecords, summarizeAccesses } from '@oodate/filemon';
import { dice, requireTool, rounds, type Workspace, workspace } from '@oodate/testkit';
import { depfileRule, formatDepfile } from './depfile.js';

function absolute(path: string): AbsolutePath {
  return path as AbsolutePath;
}

function ruleOf(...lines: string[]): ReturnType<typeof depfileRule> {
  const records = filemonRecords([Buffer.from(`${lines.join('\n')}\n`)]);
  return depfileRule(summarizeAccesses(records, absolute('/start')), undefined);
}

describe('the rule of a log', () => {
  test('has what was written and what was read, and no directories', () => {
    expect(
      ruleOf(
        'E 1 /bin/cc',
        'C 1 /src',
        'R 1 a.c',
        'R 1 /src',
        'G 1 /inc',
        'R 1 /inc',
        'W 1 /obj',
        'W 1 /obj/a.o',
      ),
    ).toEqual({ inputs: ['/bin/cc', '/src/a.c'], outputs: ['/obj/a.o'] });
  });

  test.each([
    ['looked at', 'S 1 /a'],
    ['looked for', 'N 1 /a'],
    ['removed', 'D 1 /a'],
    ["the kernel's", 'R 1 /proc/self/maps'],
    ['the root', 'R 1 /'],
  ])('has nothing that was only %s: %s', (_, line) => {
    expect(ruleOf(line)).toEqual({ inputs: [], outputs: [] });
  });

  test('has what was read and then written as an output alone', () => {
    expect(ruleOf('R 1 /a', 'W 1 /a')).toEqual({ inputs: [], outputs: ['/a'] });
  });
});

describe('the text', () => {
  const rule = { outputs: [absolute('/p/a.o')], inputs: [absolute('/p/a b.c'), absolute('/usr/x$y.h')] };

  test('names what is below the directory relative to it', () => {
    expect(formatDepfile(rule, 'make', { directory: absolute('/p') }).text).toBe(
      'a.o : \\\n  a\\ b.c \\\n  /usr/x$$y.h\n',
    );
  });

  test('has an empty rule for each input if asked to', () => {
    expect(
      formatDepfile(rule, 'ninja', { directory: absolute('/'), phony: true, targets: ['out'] }).text,
    ).toBe('out : \\\n  p/a\\ b.c \\\n  usr/x$$y.h\np/a\\ b.c :\nusr/x$$y.h :\n');
  });

  test.each([
    ['make', 'a\nb'],
    ['make', 'a;b'],
    ['make', 'ends in space '],
    ['make', 'a\tb'],
    ['make', 'archive(member)'],
    ['ninja', 'a\nb'],
    ['ninja', 'a"b'],
    ['ninja', 'ends in colon:'],
  ] as const)('for %s refuses the name %j', (format, name) => {
    const odd = { outputs: [absolute('/p/o')], inputs: [absolute(`/p/${name}`), absolute('/p/plain')] };
    expect(formatDepfile(odd, format, { directory: absolute('/p') }).refused).toEqual([name]);
  });
});

/** Names with every character that is not a letter or digit, in all places. */
function oddNames(): string[] {
  const odd = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at)).filter(
    (character) => !/[A-Za-z0-9./]/.test(character),
  );
  const { below } = dice();
  const drawn = Array.from({ length: rounds(40) }, () =>
    Array.from({ length: 2 + below(6) }, () => ['a', ...odd][below(odd.length + 1)]).join(''),
  );
  const names = odd.flatMap((character) =>
    ['aXb', 'Xb', 'aX', 'aXXb', 'a X b', '\\X', 'X'].map((shape) => shape.replaceAll('X', character)),
  );
  return [...new Set([...names, ...drawn, 'größe', 'caf\udce9'])];
}

function held(format: 'make' | 'ninja'): string[] {
  return oddNames().filter((name) => {
    const rule = { outputs: [absolute(`/p/${name}`)], inputs: [] };
    return formatDepfile(rule, format, { directory: absolute('/p') }).refused.length === 0;
  });
}

/** All at once, since a start of the program for each name would take long. */
function depfileOf(
  space: Workspace,
  names: readonly string[],
  format: 'make' | 'ninja',
  phony: boolean,
): Buffer {
  const directory = absolute(space.folder);
  const inputs = names.map((name) => absolute(`${directory}/in/${name}`));
  const near = names.map((name) => absolute(`${directory}/${name}`));
  const rule = { outputs: [absolute(`${directory}/out`)], inputs: [...inputs, ...near] };
  return encodePath(formatDepfile(rule, format, { directory, phony }).text);
}

describe('GNU make', () => {
  test('reads each name as it is, as an input and as a target', () => {
    const names = held('make');
    expect(names.length).toBeGreaterThan(150);
    const space = workspace({ Makefile: '-include inputs\n-include outputs\n', 'in/x': '', 'made/x': '' });
    const directory = absolute(space.folder);
    const below = (folder: string) => names.map((name) => absolute(`${directory}/${folder}/${name}`));
    // make takes a wildcard for itself, and then its backslash away, only where there is such a file.
    for (const path of [...below('in'), ...below('made')]) writeFileSync(encodePath(path), '');
    const dep = (outputs: AbsolutePath[], inputs: AbsolutePath[]) =>
      encodePath(formatDepfile({ outputs, inputs }, 'make', { directory, phony: true }).text);
    const [out, source] = [absolute(`${directory}/out`), absolute(`${directory}/source`)];
    space.write({ inputs: dep([out], below('in')), outputs: dep(below('made'), [source]) });

    const { stdout } = spawnSync('make', ['-rRpq'], { cwd: space.folder, encoding: 'latin1' });
    const rules = stdout.split('\n');
    const bytes = (name: string) => encodePath(name).toString('latin1');
    expect(rules.find((rule) => rule.startsWith('out: '))).toBe(
      `out: ${names.map((name) => `in/${bytes(name)}`).join(' ')}`,
    );
    expect(names.filter((name) => !rules.includes(`in/${bytes(name)}:`))).toEqual([]);
    expect(names.filter((name) => !rules.includes(`made/${bytes(name)}: source`))).toEqual([]);
  });

  test('runs when an input is newer or gone, and else does not', () => {
    const names = held('make').filter((_, at) => at % 25 === 0);
    const space = workspace({ Makefile: 'all: out\n-include dep\nout:\n\t@echo RAN; touch out\n' });
    const inputs = names.flatMap((name) => [encodePath(`in/${name}`), encodePath(name)]);
    space.write({ dep: depfileOf(space, names, 'make', true), 'in/x': '' });
    const make = () => spawnSync('make', [], { cwd: space.folder, encoding: 'utf8' }).stdout.includes('RAN');
    for (const input of inputs) writeFileSync(space.path(input), '');
    expect(make()).toBe(true);
    for (const input of inputs) {
      expect(make()).toBe(false);
      const later = Date.now() / 1000 + 100;
      utimesSync(space.path(input), later, later);
      expect(make()).toBe(true);
      utimesSync(space.path(input), 1, 1);
      space.remove(input);
      expect(make()).toBe(true);
      writeFileSync(space.path(input), '');
      utimesSync(space.path(input), 1, 1);
    }
  });
});

(requireTool('ninja') ? describe : describe.skip)('ninja', () => {
  test('reads each name as it is', () => {
    const names = held('ninja');
    expect(names.length).toBeGreaterThan(100);
    const space = workspace({
      'build.ninja':
        'rule r\n  command = cp dep0 dep && touch out\n  depfile = dep\n  deps = gcc\nbuild out: r\n',
    });
    space.write({ dep0: depfileOf(space, names, 'ninja', false) });
    const ninja = (...words: string[]) =>
      spawnSync('ninja', words, { cwd: space.folder, encoding: 'latin1' });
    expect(ninja().status).toBe(0);
    expect(existsSync(space.path('out'))).toBe(true);
    const read = ninja('-t', 'deps', 'out')
      .stdout.split('\n')
      .filter((line) => line.startsWith('    '));
    const bytes = (name: string) => encodePath(name).toString('latin1');
    expect(read).toEqual([
      ...names.map((name) => `    in/${bytes(name)}`),
      ...names.map((name) => `    ${name.startsWith('~') ? `${space.folder}/` : ''}${bytes(name)}`),
    ]);
  });
});
