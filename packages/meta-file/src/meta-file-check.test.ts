import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { formatMetaFile, type MetaFile } from './meta-file.js';
import { checkFile } from './meta-file-check.js';
import type { RunRecord } from './run-record.js';

const log = '# filemon version 5\n# Target pid 7\nV 5\nE 7 /bin/sh\nX 7 0 0\n# Bye bye\n';

const run: RunRecord = {
  version: 2,
  commands: [['true']],
  cwd: '/p' as AbsolutePath,
  environment: [],
  started: 1,
  recorded: 1n,
  files: [],
  listings: [],
};

function metaFile(changes: Partial<MetaFile> = {}): string {
  const meta = {
    path: '/p/a.meta',
    commands: ['true'],
    cwd: '/p',
    target: 'a',
    output: Buffer.from('one\n'),
  };
  return formatMetaFile({ ...meta, filemon: Buffer.from(log), ...changes }).toString('latin1');
}

function check(file: string): string[] {
  return checkFile(Buffer.from(file, 'latin1')).map(({ line, code }) => `${line}: ${code}`);
}

describe('a meta file', () => {
  test('without a fault has no problems, with and without a record', () => {
    expect(check(metaFile())).toEqual([]);
    expect(check(metaFile({ run }))).toEqual([]);
  });

  test.each<[string, string, string[]]>([
    ['without its title', metaFile().replace(/^.*\n/, ''), ['1: no-title']],
    ['without a command', metaFile({ commands: [] }), ['1: no-command']],
    ['without directory and target', metaFile().replace(/CWD .*\nTARGET .*\n/, ''), ['1: no-directory']],
    ['without its log', metaFile().replace(/-- filemon.*/s, ''), ['7: no-filemon']],
    ['cut in its log', metaFile().slice(0, -4), ['14: line-cut', '14: no-end']],
    ['with a bad line in its log', metaFile().replace('E 7 /bin/sh', 'E 7'), ['12: no-data']],
    ['with a changed byte', metaFile({ run }).replace('one', 'two'), ['15: check-failed']],
    ['cut in its record', metaFile({ run }).slice(0, -9), ['15: check-failed']],
    [
      'with output that looks like a command',
      metaFile({ output: Buffer.from('x\nCMD y\n') }),
      ['7: output-like-layout'],
    ],
    [
      'with output that looks like a log',
      metaFile({ output: Buffer.from('-- filemon\n') }),
      ['6: output-like-layout'],
    ],
  ])('%s', (_, file, problems) => {
    expect(check(file)).toEqual(problems);
  });

  test('with a record of another version is told', () => {
    const other = metaFile({ run: { ...run, version: 1 as 2 } });
    expect(check(other)).toEqual(['15: unknown-record']);
  });

  test('cut anywhere has a problem', () => {
    const file = metaFile({ run });
    const end = file.indexOf('# oodate record');
    for (let length = 0; length < file.length; length += 1)
      // Up to the record it is a whole file, as bmake writes it.
      if (length !== end && check(file.slice(0, length)).length === 0)
        throw new Error(`none when cut at byte ${length}`);
    expect(check(file)).toEqual([]);
  });
});

test('a log alone is checked as such', () => {
  expect(check(log)).toEqual([]);
  expect(check(log.replace('X 7 0 0\n', ''))).toEqual(['4: no-exit']);
});

const fixtures = new URL('../../../fixtures/meta-files/', import.meta.url);
test.each(readdirSync(fixtures).filter((name) => name.endsWith('.meta')))(
  '%s, from a real bmake, lacks nothing but the log that bmake cannot make here',
  (name) => {
    const codes = checkFile(readFileSync(new URL(name, fixtures))).map(({ code }) => code);
    expect(codes.filter((code) => code !== 'no-filemon' && code !== 'output-like-layout')).toEqual([]);
  },
);
