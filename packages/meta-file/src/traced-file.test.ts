import { utimesSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type LogFormat, logFormats } from '@oodate/filemon';
import { dice, requireTool, rounds, type Workspace, workspace } from '@oodate/testkit';
import { formatMetaFile, type MetaFile } from './meta-file.js';
import { checkFile } from './meta-file-check.js';
import { type ConvertedFile, convertFiles, parseTracedFile, type TracedFile } from './traced-file.js';

function log(...records: string[]): Buffer {
  const lines = ['# filemon version 5', '# Target pid 1', 'V 5', ...records, 'X 1 0 0', '# Bye bye'];
  return Buffer.from(`${lines.join('\n')}\n`);
}

const first: MetaFile = {
  path: '/p/a.meta',
  commands: ['one'],
  cwd: '/p',
  target: 'a',
  output: Buffer.from('1\n'),
  filemon: log('R 1 /in1'),
};
const second: MetaFile = {
  ...first,
  path: '/p/b.meta',
  commands: ['two', 'three'],
  target: 'b',
  output: Buffer.from('2'),
  error: '3',
  filemon: log('R 1 /in2'),
};

function meta(file: MetaFile): TracedFile {
  return { kind: 'meta', meta: file };
}

function text(file: TracedFile): string {
  return Buffer.from(file.kind === 'meta' ? formatMetaFile(file.meta) : file.log).toString();
}

function merged(files: readonly TracedFile[], to: LogFormat = 'oodate'): ConvertedFile {
  const converted = convertFiles(files, to);
  if ('kind' in converted) throw new Error(converted.kind);
  return converted;
}

describe('several meta files', () => {
  test('become that of one target with all their commands', () => {
    const { file, untraced } = merged([meta(first), meta(second)]);
    expect(untraced).toBe(0);
    expect(text(file)).toBe(
      [
        '# Meta data file /p/a.meta',
        ...['CMD one', 'CMD two', 'CMD three', 'CWD /p', 'TARGET a', '-- command output --'],
        ...['1', '2', '*** Error code 3', '', '-- filemon acquired metadata --'],
        ...['# filemon version 5', '# Target pid 1', 'V 5'],
        ...['R 1 /in1', 'X 1 0 0', 'R 2 /in2', 'X 2 0 0', '# Bye bye', ''],
      ].join('\n'),
    );
  });

  test('have no whole log if one of them has none', () => {
    const { filemon: _, ...untracedMeta } = second;
    const { file, untraced } = merged([meta(first), meta(untracedMeta)]);
    expect(untraced).toBe(1);
    expect(text(file)).toMatch(/\nX 1 0 0\n$/);
  });

  test('of different directories cannot become one', () => {
    expect(convertFiles([meta(first), meta({ ...second, cwd: '/q' })], 'oodate')).toEqual({
      kind: 'directories',
      one: '/p',
      other: '/q',
    });
  });

  test('and logs cannot become one', () => {
    expect(convertFiles([meta(first), { kind: 'log', log: log() }], 'oodate')).toEqual({ kind: 'mixed' });
  });
});

describe('the record of a run', () => {
  const run = {
    version: 2,
    commands: [['one']],
    cwd: '/p' as never,
    environment: [],
    started: 1,
    recorded: 1n,
    files: [],
    listings: [],
  } as const;

  test('stays in one file of our own format, to the byte', () => {
    const bytes = formatMetaFile({ ...first, run });
    const { file, record } = merged([parseTracedFile(bytes)]);
    expect(record).toBe(false);
    expect(text(file)).toBe(bytes.toString());
  });

  test.each([
    ['in another format', [{ ...first, run }], 'freebsd' as const],
    ['of several files', [{ ...first, run }, second], 'oodate' as const],
  ])('is left out %s', (_, files, to) => {
    const { file, record } = merged(files.map(meta), to);
    expect(record).toBe(true);
    expect(text(file)).not.toContain('# oodate');
  });
});

const bmakeTest = requireTool('bmake') ? test : test.skip;

/** Files whose times are drawn by lot, and a log of ours that uses them in all ways. */
function drawnTree(): { space: Workspace; filemon: Buffer } {
  const { below } = dice(1 + dice().below(1_000_000) + drawn++);
  const space = workspace({}, { inCheckout: true });
  const names = ['a', 'b c', "d'e", 'f', 'g'];
  const path = (name: string) => `${space.folder}/src/${name}`;
  for (const name of names) {
    if (below(5) === 0) continue;
    space.write({ [`src/${name}`]: '' });
    const time = 1000 + (below(6) === 0 ? 10 : -10);
    utimesSync(space.path(`src/${name}`), time, time);
  }
  space.write({ 'obj/Makefile': '.MAKE.MODE=meta curdirok=yes\nout:\n\t@:\n', 'obj/out': '' });
  utimesSync(space.path('obj/out'), 1000, 1000);
  const records = Array.from({ length: 12 }, () => {
    const name = path(names[below(names.length)] as string);
    const plain = path(['a', 'f', 'g'][below(3)] as string);
    const other = path(['a', 'f', 'g'][below(3)] as string);
    const pid = 1 + below(2);
    return [
      `R ${pid} ${name}`,
      `E ${pid} ${plain}`,
      `W ${pid} ${name}`,
      `D ${pid} ${name}`,
      `M ${pid} '${plain}' '${other}'`,
      `N ${pid} ${name}`,
      `S ${pid} ${name}`,
      `G ${pid} ${space.folder}`,
      `C ${pid} ${space.folder}`,
    ][below(9)] as string;
  });
  return { space, filemon: log('F 1 2', ...records, 'X 2 3 0') };
}
let drawn = 0;

describe('bmake', () => {
  bmakeTest('gives the same verdict on a meta file in every format', async () => {
    const verdicts = new Set<string>();
    for (let round = 0; round < rounds(12); round += 1) {
      const { space, filemon } = drawnTree();
      const ours: TracedFile = meta({
        path: space.path('obj/out.meta'),
        commands: ['@:'],
        cwd: space.path('obj'),
        target: 'out',
        output: Buffer.from(''),
        filemon,
      });
      const verdict = async (file: TracedFile) => {
        space.write({ 'obj/out.meta': text(file) });
        const { stdout, stderr } = await space.run(['bmake', '-n', '-dM', 'out'], { cwd: 'obj' });
        return stdout + stderr.replaceAll(/out\.meta: \d+:/g, 'out.meta:');
      };
      const expected = await verdict(ours);
      verdicts.add(expected.includes('is up to date') ? 'up to date' : 'out of date');
      for (const to of logFormats) {
        const { file } = merged([ours], to);
        const found = await verdict(file);
        if (found !== expected)
          throw new Error(`${to}: ${found}\nand not: ${expected}\n${text(ours)}${text(file)}`);
        if (
          checkFile(Buffer.from(text(file))).some(
            ({ code }) => code !== 'after-exit' && code !== 'unknown-process',
          )
        )
          throw new Error(`problems in the format ${to}: ${text(file)}`);
      }
    }
    expect([...verdicts].sort()).toEqual(['out of date', 'up to date']);
  });

  bmakeTest('takes merged meta files for those of one target with two commands', async () => {
    const space = workspace(
      {
        'obj/Makefile': '.MAKE.MODE=meta curdirok=yes\nout:\n\tone\n\ttwo\n\tthree\n',
        'obj/out': '',
        in1: '',
        in2: '',
      },
      { inCheckout: true },
    );
    const here = (file: MetaFile, input: string) =>
      meta({ ...file, cwd: space.path('obj'), filemon: log(`R 1 ${space.path(input)}`) });
    const { error: _, ...good } = second;
    const { file } = merged([here(first, 'in1'), here(good, 'in2')]);
    space.write({ 'obj/out.meta': text(file) });
    const old = new Date(1000);
    for (const input of ['in1', 'in2']) utimesSync(space.path(input), old, old);
    const bmake = async () => (await space.run(['bmake', '-n', '-dM', 'out'], { cwd: 'obj' })).stderr;
    expect(await bmake()).toBe('');
    space.touch('obj/out');
    utimesSync(space.path('in2'), new Date(), new Date(Date.now() + 100_000));
    expect(await bmake()).toContain(`file '${space.path('in2')}' is newer than the target`);
  });
});
