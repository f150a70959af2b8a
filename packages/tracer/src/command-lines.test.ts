import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';
import { filemonRecords } from '@oodate/filemon';
import { buildActs, inFolder, onDisk, requireTool } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { trace } from './trace.js';

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);
const bashTest = requireTool('bash') ? test : test.skip;

describe.each(backends)('with %s, a command line', (backend) => {
  /** What was executed, with its command line, in order. */
  async function executed(words: readonly string[], cwd = '/'): Promise<string[]> {
    const { log, status, accesses } = await trace(words, { cwd, backend });
    expect({ status, incomplete: accesses.incomplete }).toEqual({ status: 0, incomplete: [] });
    return [...filemonRecords([log])].flatMap((record) =>
      record.kind === 'process' && 'EP'.includes(record.letter) ? [`${record.letter} ${record.data}`] : [],
    );
  }

  const lineOf = async (words: readonly string[]): Promise<string> =>
    (await executed(['/bin/true', ...words])).at(-1)?.replace('P /bin/true ', '') ?? '';

  test('follows what was executed', async () => {
    expect(await executed(['/bin/sh', '-c', '/bin/true a; /bin/true'])).toEqual([
      'E /bin/sh',
      "P /bin/sh -c '/bin/true a; /bin/true'",
      'E /bin/true',
      'P /bin/true a',
      'E /bin/true',
      'P /bin/true',
    ]);
  });

  test.each([
    { words: ['a-b_c', 'd=e,f:g/h.i@j%k+l'], line: 'a-b_c d=e,f:g/h.i@j%k+l' },
    { words: ['x y', '$HOME', '*', '~', '#'], line: "'x y' '$HOME' '*' '~' '#'" },
    { words: ["it's", '', '"', '\\'], line: "'it'\\''s' '' '\"' '\\'" },
    { words: ['größe', '日本'], line: 'größe 日本' },
    { words: ['a\nb', "\t\r\x1b[1m'\\\x7f"], line: "$'a\\nb' $'\\t\\r\\x1b[1m\\'\\\\\\x7f'" },
  ])('is one line, as one types it in sh: $words', async ({ words, line }) => {
    expect(await lineOf(words)).toBe(line);
  });

  // What is before them takes 10 of the 1,000 bytes.
  test.each([
    { what: 'just fits is whole', words: ['x'.repeat(989)], line: 'x'.repeat(989) },
    { what: 'is longer is cut with a mark', words: ['x'.repeat(990), 'y'], line: `${'x'.repeat(990)} \\` },
    {
      what: 'would be cut in a letter ends before it',
      words: ['ä'.repeat(600)],
      line: `${'ä'.repeat(495)} \\`,
    },
    { what: 'would be cut in a sign', words: [`x${'日'.repeat(400)}`], line: `x${'日'.repeat(329)} \\` },
    {
      what: 'has many quotes',
      words: ["'".repeat(2000)],
      line: `'${"'\\''".repeat(990)}' \\`,
    },
    { what: 'is many empty words', words: Array(980).fill(''), line: Array(980).fill("''").join(' ') },
  ])('that $what', async ({ words, line }) => {
    const shown = await lineOf(words);
    expect(shown.length).toBe(line.length);
    expect(shown === line).toBe(true);
  });

  test('of many words is cut with a mark', async () => {
    const line = await lineOf(Array.from({ length: 5000 }, (_, at) => `${at}`));
    expect(line).toMatch(/^0 1 2 .* 27[0-9]* \\$/);
  });

  bashTest('gives its words back to bash', async () => {
    const every = Array.from({ length: 127 }, (_, at) => String.fromCharCode(at + 1));
    const words = ['', ...every, every.join(''), "'''", 'ä\n日', '-n'];
    const shown = execFileSync('bash', ['-c', `printf '%s\\0' ${await lineOf(words)}`], { encoding: 'utf8' });
    expect(shown).toBe(words.map((word) => `${word}\0`).join(''));
  });

  test('of a script is that which was given, without the interpreters', async () => {
    await inFolder([], async (folder) => {
      const plant = (name: string, text: string) => {
        writeFileSync(join(folder, name), text);
        chmodSync(join(folder, name), 0o755);
      };
      plant('outer', `#!${folder}/inner -x\n`);
      plant('inner', '#!/bin/sh -e\nexec /bin/true "$@"\n');
      expect(await executed(['./outer', 'a b'], folder)).toEqual([
        `E ${folder}/outer`,
        `E ${folder}/inner`,
        'E /bin/sh',
        "P ./outer 'a b'",
        'E /bin/true',
        `P /bin/true -x ./outer 'a b'`,
      ]);
    });
  });

  test('of a script has the name that was given, whatever the first word is', async () => {
    const acts = buildActs({ static: true });
    await inFolder([], async (folder) => {
      writeFileSync(join(folder, 'script'), '#!/bin/sh\n');
      chmodSync(join(folder, 'script'), 0o755);
      const words = ['call', '[', 'execve', './script', 'u64:=other,=a,0', 'u64:0', ']'];
      expect((await executed([acts, ...words], folder)).at(-1)).toBe('P ./script a');
    });
  });

  test.each([
    { how: 'with another first word', does: 'call [ execve /bin/true u64:=a,=b,0 u64:0 ]', line: 'P a b' },
    { how: 'by descriptor', does: 'call [ execveat AT_FDCWD /bin/true u64:=a,=b,0 u64:0 0 ]', line: 'P a b' },
  ])('is as it was given $how', async ({ does, line }) => {
    const acts = buildActs({ static: true });
    const words = does.split(' ').map((word) => onDisk('/', word));
    expect((await executed([acts, ...words])).at(-1)).toBe(line);
  });

  test('of a program that is not executed is not there', async () => {
    const lines = await executed(['/bin/sh', '-c', '/bin/nosuch a; /etc b; exit 0']);
    expect(lines).toEqual(['E /bin/sh', "P /bin/sh -c '/bin/nosuch a; /etc b; exit 0'"]);
  });
});
