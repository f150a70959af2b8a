import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { whyAfterSchema } from '@oodate/explain';
import { formatMetaFile, parseMetaFile, type RunCause } from '@oodate/meta-file';
import { scripts, type Workspace, workspace } from '@oodate/testkit';
import { parse } from 'valibot';

const building = {
  'package.json': scripts({ build: 'cat src/a src/b | sort -u > out' }),
  'src/a': 'one\n',
  'src/b': 'one\ntwo\n',
};

async function after(space: Workspace, ...words: string[]): Promise<string> {
  const { stdout, stderr, status } = await space.oodate('why', '--after', ...words);
  if (status !== 0 || stderr !== '') space.fail('why --after could not tell');
  return stdout
    .replace(/at \d{4}-\d\d-\d\d \d\d:\d\d in \S+ s/, 'at DAY in TIME')
    .replace(/its \S+ s/, 'its TIME');
}

/** As if something else had written the record. */
function tamper(space: Workspace, because: RunCause): void {
  const file = space.path('.oodate/build.meta');
  const { meta } = parseMetaFile(readFileSync(file));
  if (meta.run === undefined) space.fail('there is no record');
  writeFileSync(file, formatMetaFile({ ...meta, run: { ...meta.run, because } }));
}

describe('why --after says why the last run was made', () => {
  test('with all causes, also when the target is up to date by now', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    expect(await after(space, 'build')).toBe(
      [
        'build ran at DAY in TIME, for 1 reason:',
        '',
        '  earlier runs',
        '    nothing is known of an earlier run (no .oodate/build.meta)',
        '',
        '  what the run before had left is not known',
        '',
      ].join('\n'),
    );
    space.write({ 'src/a': 'three\n' });
    space.remove('out');
    await space.kept(['build']);
    expect(await after(space, 'build')).toBe(
      [
        'build ran at DAY in TIME, for 2 reasons:',
        '',
        '  inputs',
        '    src/a changed (was 4 bytes, is 6)',
        '      used by cat src/a src/b',
        '',
        '  outputs',
        '    out, which the command had made, is gone',
        "      used by sh -c 'cat src/a src/b | sort -u > out'",
        '',
        '  it left something else than the run before',
        '',
      ].join('\n'),
    );
  });

  test('and what could have been spared', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    for (const lines of [1, 2, 3, 4]) {
      space.write({
        'src/a': `one\none${'\none'.repeat(lines)}\n`,
        ...(lines === 2 && { 'src/b': 'two\none\n' }),
      });
      await space.kept(['build']);
    }
    expect(await after(space, 'build')).not.toContain('setting');
    space.write({ 'src/a': 'one\n' });
    await space.oodateWith({ env: { MOOD: 'good' } }, 'run', 'build');
    expect(await after(space, 'build')).toBe(
      [
        'build ran at DAY in TIME, for 2 reasons:',
        '',
        '  command and environment',
        "    the variable MOOD was not set, is 'good'",
        '',
        '  inputs',
        '    src/a changed (was 24 bytes, is 4)',
        '      used by cat src/a src/b',
        '',
        '  it left the same as the run before: its TIME could have been spared',
        '',
        '  changed, and did not show in the outputs',
        '    src/a in 5 runs, this one included',
        '    src/b in an earlier run',
        '',
        '  if these never matter, the setting ignore leaves them out: src/a',
        '  that they have not shown so far is no proof of that',
        '',
      ].join('\n'),
    );
  });

  test('of a result that was brought back, why that was', async () => {
    const space = workspace(building);
    const env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: space.path('.store') };
    await space.kept(['build'], '', { env });
    space.remove('out');
    await space.oodateWith({ env }, 'run', 'build');
    expect(await after(space, 'build')).toMatch(
      /^build was restored from \S+ \S+ \(ran in \S+ s then\), for 1 reason:\n\n {2}outputs\n {4}out, .*\n.*\n\n {2}it left the same as the run before\n$/,
    );
  });

  test('of a meta file, and of all targets that are known where none is named', async () => {
    const space = workspace({ 'package.json': scripts({ one: 'cat a', two: 'cat b' }), a: '1', b: '2' });
    await space.kept(['one']);
    await space.kept(['two']);
    expect(await after(space, '.oodate/two.meta')).toContain('two ran at DAY');
    expect(await after(space)).toMatch(/^one ran at DAY.*\n\ntwo ran at /s);
  });

  test('as JSON', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    space.write({ 'src/a': 'three\n' });
    await space.kept(['build']);
    const report = JSON.parse(await after(space, '--json', 'build'));
    expect(parse(whyAfterSchema, report)).toEqual(report);
    const [run, ...others] = report.runs;
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      target: { name: 'build', metaFile: space.path('.oodate/build.meta') },
      restored: null,
      causes: [
        {
          kind: 'input-changed',
          path: space.path('src/a'),
          was: { size: '4' },
          is: { size: '6' },
          group: 'inputs',
          process: { words: 'cat src/a src/b' },
          shortened: false,
        },
      ],
      more: 0,
      outputs: 'changed',
      isAvoidable: false,
      spared: [],
      advice: [],
    });
    expect(Date.parse(run.started)).toBeLessThan(Date.now());
    expect(run.milliseconds).toBeGreaterThan(0);
  });
});

describe('a record is not trusted with what is shown', () => {
  test('control characters, unknown reasons and odd numbers', async () => {
    const space = workspace(building);
    await space.kept(['build']);
    const evil = '\u001b[31mred\n\u0007';
    tamper(space, {
      reasons: [
        { kind: 'moon-phase', path: evil },
        { kind: 'input-gone', path: `/x${evil}` },
        { kind: 'last-run-incomplete', causes: [evil] },
        { kind: 'record-damaged', metaFile: evil, message: evil },
        { kind: 'command-changed', was: [[evil]], is: [['sh', '-c', evil]] },
        { kind: 'variable-changed', name: evil, was: { value: evil, hidden: false } },
        { kind: 'directory-changed', was: `/${evil}`, is: '/' },
        { kind: 'input-unreadable', path: '/x', errno: evil },
        {
          kind: 'looked-at-changed',
          path: '/x',
          was: { type: 'unreadable', errno: evil },
          is: { type: 'link', target: evil },
        },
        { kind: 'listing-changed', path: '/x', gained: [evil], lost: [evil] },
        { kind: 'standard-input-changed', was: `file 0 ${evil}`, is: evil },
      ],
      more: 999_999,
      outputs: 'same',
      spared: [{ path: `/x${evil}` as RunCause['spared'][number]['path'], runs: 999_999 }],
    });
    for (const words of [['build'], ['-v', 'build']]) {
      const said = await after(space, ...words);
      expect(said).toContain('for 1000010 reasons:');
      expect(said.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    }
    await space.upToDate(['build']);
  });
});

test.each([
  ['nothing has run', [], 'there is no meta file .oodate/build.meta'],
  [
    'the last run failed',
    ['run', 'build'],
    '.oodate/build.meta no longer holds, since the last run was no success',
  ],
])('where %s there is nothing to tell: exit status 2', async (_, words, sentence) => {
  const space = workspace({ 'package.json': scripts({ build: 'exit 3' }) });
  if (words.length > 0) await space.oodate(...words);
  const { status, stdout, stderr } = await space.oodate('why', '--after', 'build');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain(sentence);
});
