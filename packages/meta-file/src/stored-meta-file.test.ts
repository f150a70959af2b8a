import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath } from '@oodate/filemon';
import type { MetaFile } from './meta-file.js';
import {
  invalidateMetaFile,
  isUnderWay,
  noteAttempt,
  readMetaFile,
  wasAlone,
  writeMetaFile,
} from './stored-meta-file.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oodate-meta-'));
  path = join(folder, 'a', 'b', 'build.meta');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const meta: MetaFile = {
  path: '/x/build.meta',
  commands: ['true'],
  cwd: '/x',
  target: 'build',
  output: Buffer.alloc(0),
  filemon: Buffer.from('V 5\n# Bye bye\n'),
  run: {
    version: 2,
    commands: [['true']],
    cwd: '/x' as AbsolutePath,
    environment: [],
    started: 1,
    recorded: 1n,
    files: [],
    listings: [],
  },
};

const inFolder = (): string[] => readdirSync(join(folder, 'a', 'b'));
const failed = { kind: 'failed', exit: { status: 3, signal: 0 } } as const;

/** As a run does that succeeds. */
function keep(path: string): void {
  invalidateMetaFile(path);
  writeMetaFile(path, meta);
}

describe('the life of a meta file', () => {
  test('at first there is none', () => {
    expect(readMetaFile(path)).toEqual({ kind: 'none', metaFile: path });
  });

  test('a kept file is good, alone in a folder made for it', () => {
    keep(path);
    expect(readMetaFile(path)).toMatchObject({ kind: 'good', run: meta.run });
    expect(inFolder()).toEqual(['build.meta']);
  });

  test('while a run goes on, and after it was killed, nothing is trusted and nothing lost', () => {
    keep(path);
    const bytes = readFileSync(path, 'latin1');
    invalidateMetaFile(path);
    expect(readMetaFile(path)).toEqual({ kind: 'former', metaFile: path, attempt: undefined });
    expect(readFileSync(`${path}.last`, 'latin1').startsWith(bytes)).toBe(true);
  });

  test('a first run that was killed is known as well', () => {
    invalidateMetaFile(path);
    expect(readMetaFile(path)).toMatchObject({ kind: 'former', attempt: undefined });
  });

  test.each([
    failed,
    { kind: 'failed', exit: { status: 0, signal: 9 } } as const,
    { kind: 'incomplete', causes: ['records were lost', 'a "path"\nwith a newline', ''] } as const,
  ])('the end of a bad run is known: %j', (attempt) => {
    keep(path);
    invalidateMetaFile(path);
    noteAttempt(path, attempt);
    expect(readMetaFile(path)).toEqual({ kind: 'former', metaFile: path, attempt });
  });

  test('a run that is killed after one that failed has not failed', () => {
    invalidateMetaFile(path);
    noteAttempt(path, failed);
    invalidateMetaFile(path);
    expect(readMetaFile(path)).toMatchObject({ kind: 'former', attempt: undefined });
  });

  test('a good run after a bad one leaves nothing of it', () => {
    invalidateMetaFile(path);
    noteAttempt(path, failed);
    writeMetaFile(path, meta);
    expect(readMetaFile(path)).toMatchObject({ kind: 'good' });
    expect(inFolder()).toEqual(['build.meta']);
  });

  test('a name that is not UTF-8 works', () => {
    const odd = decodePath(Buffer.from(`${folder}/caf\xe9.meta`, 'latin1'));
    keep(odd);
    expect(readMetaFile(odd)).toMatchObject({ kind: 'good' });
    expect(readdirSync(folder, 'buffer')).toEqual([Buffer.from('caf\xe9.meta', 'latin1')]);
  });
});

describe('a run', () => {
  const other = (): void => {
    appendFileSync(`${path}.last`, `# oodate attempt started 1 ${startOfInit()}\n`);
  };

  test('is alone after others that have ended, well or not', () => {
    for (const end of [() => {}, () => noteAttempt(path, failed), () => writeMetaFile(path, meta)]) {
      const mark = invalidateMetaFile(path);
      expect(wasAlone(path, mark)).toBe(true);
      end();
    }
  });

  test('is not alone if another runs when it begins', () => {
    invalidateMetaFile(path);
    other();
    const mark = invalidateMetaFile(path);
    expect(wasAlone(path, mark)).toBe(false);
  });

  test('is not alone if another begins before its end, also when that has ended first', () => {
    const mark = invalidateMetaFile(path);
    other();
    expect(wasAlone(path, mark)).toBe(false);
    writeMetaFile(path, meta);
    expect(wasAlone(path, mark)).toBe(false);
  });
});

describe('a run is under way', () => {
  test('from its beginning to its end, well or not', () => {
    expect(isUnderWay(path)).toBe(false);
    for (const end of [() => noteAttempt(path, failed), () => writeMetaFile(path, meta)]) {
      invalidateMetaFile(path);
      expect(isUnderWay(path)).toBe(true);
      end();
      expect(isUnderWay(path)).toBe(false);
    }
  });

  test('no more when it was killed', () => {
    keep(path);
    renameSync(path, `${path}.last`);
    appendFileSync(`${path}.last`, '# oodate attempt started 1 1\n');
    expect(isUnderWay(path)).toBe(false);
  });
});

/** Something that runs, whatever else does. */
function startOfInit(): string {
  return readFileSync('/proc/1/stat', 'latin1').split(' ')[21] ?? '';
}

describe('a folder that the command removed', () => {
  test.each([
    ['.oodate', '.oodate'],
    ['node_modules/.cache/oodate', 'node_modules/.cache/oodate'],
  ])('is made again: %s', (ours, removed) => {
    path = join(folder, ours, 'build.meta');
    invalidateMetaFile(path);
    rmSync(join(folder, removed), { recursive: true });
    writeMetaFile(path, meta);
    expect(readMetaFile(path)).toMatchObject({ kind: 'good' });
    rmSync(join(folder, removed), { recursive: true });
    noteAttempt(path, failed);
    expect(readMetaFile(path)).toMatchObject({ kind: 'former', attempt: failed });
  });

  test.each([
    ['node_modules/.cache/oodate', 'node_modules/.cache'],
    ['chosen', 'chosen'],
  ])('is not made again with what it lay in: %s in %s', (place, removed) => {
    path = join(folder, place, 'build.meta');
    invalidateMetaFile(path);
    rmSync(join(folder, removed), { recursive: true });
    const gone = expect.objectContaining({ code: 'META_FOLDER_GONE' });
    expect(() => writeMetaFile(path, meta)).toThrow(gone);
    expect(() => noteAttempt(path, failed)).toThrow(gone);
    expect(existsSync(join(folder, removed))).toBe(false);
  });
});

describe('what is no good meta file', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  });

  test.each([
    ['an empty file', ''],
    ['some other text', 'hello\n'],
    ['half a file', '# Meta data file /x\nCMD x\nCWD /\nTAR'],
    [
      'a cut record',
      '# Meta data file /x\nCWD /\nTARGET x\n-- command output --\n\n-- filemon acquired metadata --\n# oodate record 1\n',
    ],
  ])('%s is damaged', (_, text) => {
    writeFileSync(path, text);
    expect(readMetaFile(path)).toMatchObject({
      kind: 'damaged',
      metaFile: path,
      message: expect.stringMatching(/\(line \d+\)$/),
    });
  });

  test("bmake's file is foreign", () => {
    writeFileSync(path, '# Meta data file /x\nCWD /\nTARGET x\n-- command output --\n\n');
    expect(readMetaFile(path)).toMatchObject({ kind: 'foreign', metaFile: path, version: undefined });
  });

  test('a directory is damaged, and cannot be invalidated or written', () => {
    mkdirSync(path);
    expect(readMetaFile(path)).toMatchObject({ kind: 'damaged', message: 'it is a directory' });
    expect(() => invalidateMetaFile(path)).toThrow(
      expect.objectContaining({ code: 'META_FILE_IS_DIRECTORY' }),
    );
    expect(() => writeMetaFile(path, meta)).toThrow(
      expect.objectContaining({ code: 'META_FILE_IS_DIRECTORY' }),
    );
    expect(inFolder()).toEqual(['build.meta']);
  });
});

describe('a folder that cannot be made', () => {
  // Works for root as well, whom permissions do not stop.
  beforeEach(() => writeFileSync(join(folder, 'a'), 'a file'));

  test.each([
    ['invalidating', () => invalidateMetaFile(path)],
    ['writing', () => writeMetaFile(path, meta)],
    ['noting an attempt', () => noteAttempt(path, failed)],
  ])('%s says so, and what to do', (_, act) => {
    expect(act).toThrow(
      expect.objectContaining({ code: 'META_FILE_NOT_WRITABLE', hint: expect.stringContaining('--meta') }),
    );
    expect(existsSync(path)).toBe(false);
  });

  test('there is no record in it', () => {
    expect(readMetaFile(path)).toMatchObject({ kind: 'none' });
  });
});
