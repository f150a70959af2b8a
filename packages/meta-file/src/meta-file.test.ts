import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath } from '@oodate/filemon';
import { dice, rounds } from '@oodate/testkit';
import { filemonSection, formatMetaFile, type MetaFile, parseMetaFile } from './meta-file.js';
import type { RecordedFile, RunRecord } from './run-record.js';

const fixtures = new URL('../../../fixtures/meta-files/', import.meta.url);
const names = readdirSync(fixtures).filter((name) => name.endsWith('.meta'));
const fixture = (name: string): Buffer => readFileSync(new URL(name, fixtures));

const absolute = (text: string): AbsolutePath => text as AbsolutePath;

const oddCharacters = [
  'a',
  '/',
  ' ',
  '\\',
  'n',
  '\n',
  '\r',
  '"',
  '\0',
  '\u2028',
  'é',
  '\udc80',
  '😀',
  '__proto__',
  '# oodate ',
];

const log = Buffer.from('# filemon version 5\n# Target pid 7\nV 5\nE 7 /bin/sh\nX 7 0 0\n# Bye bye\n');

/** One of every kind of line, with texts that are hard to keep apart. */
const run: RunRecord = {
  version: 2,
  commands: [
    ['sh', '-c', 'echo "two\nlines" \\n'],
    ['', 'true '],
  ],
  cwd: absolute('/srv/my project'),
  network: ['used', 'served'],
  environment: [
    { name: 'EMPTY', value: '', hidden: false },
    { name: 'PATH', value: '/bin:/usr/bin=x', hidden: false },
    { name: 'TWO', value: 'first\nsecond \\n', hidden: false },
    { name: 'TOKEN', value: '00ff:abcd', hidden: true },
  ],
  started: 1_732_171_234_000_001,
  recorded: 1_732_171_235_000_000_002n,
  files: [
    {
      path: absolute('/srv/lib -> x'),
      use: 'looked',
      state: { type: 'link', target: ' odd\n target' },
      by: undefined,
      disturbed: true,
    },
    {
      path: absolute(decodePath(Buffer.from('/srv/caf\xe9 \\n', 'latin1'))),
      use: 'read',
      state: {
        type: 'file',
        size: 0n,
        mtime: -1n,
        ctime: 5n,
        inode: 2n ** 63n,
        mode: 0o4755,
        digest: 'a'.repeat(64),
      },
      by: '/usr/bin/a program',
      disturbed: false,
    },
    {
      path: absolute('/srv/p'),
      use: 'executed',
      state: { type: 'file', size: 9n, mtime: 1n, ctime: 1n, inode: 1n, mode: 0, digest: undefined },
      version: 'p 1.0\n2',
      by: '/bin/sh',
      disturbed: false,
    },
    { path: absolute('/srv/no'), use: 'missing', state: { type: 'absent' }, by: '/bin/sh', disturbed: false },
    {
      path: absolute('/srv/tmp'),
      use: 'removed',
      state: { type: 'absent' },
      before: 'looked',
      by: '/bin/sh',
      disturbed: true,
    },
    { path: absolute('/'), use: 'output', state: { type: 'directory' }, by: '/bin/sh', disturbed: false },
    {
      path: absolute('/srv/fifo'),
      use: 'looked',
      state: { type: 'special' },
      by: '/bin/sh',
      disturbed: false,
    },
    {
      path: absolute('/srv/loop'),
      use: 'looked',
      state: { type: 'unreadable', errno: 'ELOOP' },
      by: undefined,
      disturbed: false,
    },
  ],
  listings: [
    { path: absolute('/srv'), names: ['a b', 'c\nd', 'é'], own: ['\\'], by: '/bin/sh', disturbed: true },
    { path: absolute('/srv/empty'), names: [], own: [], by: undefined, disturbed: false },
  ],
  output: {
    streams: [1, 2],
    terminals: [2],
    chunks: [
      { stream: 1, length: 3 },
      { stream: 2, length: 1 },
    ],
  },
  because: {
    reasons: [
      {
        kind: 'input-gone',
        path: decodePath(Buffer.from('/srv/caf\xe9 \\n', 'latin1')),
        was: { type: 'file', size: '18446744073709551616', digest: null },
      },
      { kind: 'listing-changed', gained: ['a\nb'], lost: [] },
    ],
    more: 3,
    outputs: 'same',
    spared: [
      { path: absolute('/srv/two\nlines\r'), runs: 7 },
      { path: absolute(decodePath(Buffer.from('/srv/caf\xe9', 'latin1'))), runs: 1 },
    ],
  },
};

const meta: MetaFile = {
  path: '/srv/.oodate/build.meta',
  commands: ['sh -c "two\nlines"'],
  cwd: '/srv/my project',
  target: 'build',
  output: Buffer.from('out'),
  filemon: log,
  run,
};

describe('the layout', () => {
  test.each(names)('%s comes back to the byte', (name) => {
    const bytes = fixture(name);
    const { meta: parsed, problems } = parseMetaFile(bytes);
    expect(problems).toEqual([]);
    expect(formatMetaFile(parsed).equals(bytes)).toBe(true);
  });

  test.each(names)('%s parses cut at any length, without throwing', (name) => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length += 1)
      expect(parseMetaFile(bytes.subarray(0, length)).meta.run).toBeUndefined();
  });

  test('what bmake writes is told apart', () => {
    const { meta: parsed } = parseMetaFile(fixture('bmake-oodate-env.meta'));
    expect(parsed).toMatchObject({
      path: '/srv/demo/obj/out.meta',
      commands: ['@cat in.txt > out', 'echo made out'],
      cwd: '/srv/demo/obj',
      target: 'out',
      oodate: 'in.txt',
    });
    expect(parsed.env?.slice(0, 3)).toEqual([
      'PATH=/usr/bin:/bin',
      'LANG=C.UTF-8',
      'TWO=first line\nsecond line',
    ]);
    expect(Buffer.from(parsed.output).toString()).toBe('made out\n');
    expect(parsed.filemon).toBeUndefined();
  });

  test.each([
    ['bmake-failed.meta', 'before\n', '3'],
    ['bmake-failed-unended-output.meta', 'no newline', '2'],
    ['bmake-unended-output.meta', 'no newline', undefined],
    ['bmake-no-output.meta', '', undefined],
    ['bmake-marker-in-output.meta', '-- filemon is a word here\n', undefined],
  ])('the output and error of %s', (name, output, error) => {
    const { meta: parsed } = parseMetaFile(fixture(name));
    expect([Buffer.from(parsed.output).toString(), parsed.error]).toEqual([output, error]);
  });

  test('a command of several lines is one command', () => {
    const { meta: parsed } = parseMetaFile(fixture('bmake-multi-line-command.meta'));
    expect(parsed.commands).toEqual(['@echo one\necho two', '-false', 'touch multi']);
  });

  test('the log of a foreign file is the whole section', () => {
    const { meta: parsed, recordVersion } = parseMetaFile(fixture('netbsd-v4.meta'));
    expect(Buffer.from(parsed.filemon ?? []).toString()).toMatch(/^# filemon version 4\n.*# Bye bye\n$/s);
    expect(recordVersion).toBeUndefined();
  });
});

describe('a file of ours', () => {
  test('comes back as it was, with all of its record', () => {
    const parsed = parseMetaFile(formatMetaFile(meta));
    expect(parsed.problems).toEqual([]);
    expect(parsed.meta).toEqual({ ...meta, output: expect.anything(), filemon: expect.anything() });
    expect(Buffer.from(parsed.meta.output).toString()).toBe('out');
    expect(Buffer.from(parsed.meta.filemon ?? []).equals(log)).toBe(true);
  });

  test.each([
    [
      'marks of the layout',
      '-- command output --\nCWD /x\nTARGET y\n\n-- filemon acquired metadata --\nV 5\n',
    ],
    ['what bmake says of an error', 'make stops\n\n*** Error code 1\n'],
    ['a record', '# oodate record 1\n# oodate check 00\n'],
    ['no newline at its end', 'half'],
    ['nothing', ''],
  ])('keeps output that holds %s', (_, text) => {
    const parsed = parseMetaFile(formatMetaFile({ ...meta, output: Buffer.from(text) }));
    expect(parsed.meta.run).toEqual(run);
    expect(Buffer.from(parsed.meta.output).toString()).toBe(text);
  });

  test('keeps a command that looks like the rest of the layout', () => {
    const commands = ['cat <<E\nCMD x\nCWD /y\n-- command output --\nE'];
    expect(parseMetaFile(formatMetaFile({ ...meta, commands })).meta).toMatchObject({ cwd: meta.cwd, run });
  });

  test('has lines in the filemon section that bmake takes for comments, and none that is empty', () => {
    const text = formatMetaFile(meta).toString('latin1');
    const section = text
      .slice(text.indexOf('# Bye bye\n') + 10)
      .split('\n')
      .slice(0, -1);
    expect(section.length).toBeGreaterThan(20);
    for (const line of section) expect(line).toMatch(/^# oodate \S/);
  });

  test('is never good when it is cut', () => {
    const bytes = formatMetaFile(meta);
    for (let length = 0; length < bytes.length; length += 1)
      expect(parseMetaFile(bytes.subarray(0, length)).meta.run).toBeUndefined();
  });

  test('is never good when a bit is flipped', () => {
    const bytes = formatMetaFile(meta);
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at % 8)), at);
      expect(parseMetaFile(flipped).meta.run).toBeUndefined();
    }
  });

  test.each(['\n', 'x', '# oodate check 00\n', '# oodate attempt started\n'])(
    'is never good with %j appended',
    (more) => {
      const parsed = parseMetaFile(Buffer.concat([formatMetaFile(meta), Buffer.from(more)]));
      expect(parsed.meta.run).toBeUndefined();
      expect(parsed.problems.map(({ code }) => code)).toContain('check-failed');
    },
  );

  test('of another version is known as such and not used', () => {
    const former = { ...run, version: 1 as unknown as 2 };
    expect(parseMetaFile(formatMetaFile({ ...meta, run: former }))).toMatchObject({
      recordVersion: 1,
      problems: [],
    });
    expect(parseMetaFile(formatMetaFile({ ...meta, run: former })).meta.run).toBeUndefined();
  });

  test.each([
    ['use', { files: [{ ...run.files[3], use: 'sniffed' }] }],
    ['use that is none of what it changed', { files: [{ ...run.files[1], before: 'looked' }] }],
    ['version of what is no input', { files: [{ ...run.files[4], version: '1' }] }],
    ['state before the run', { files: [{ ...run.files[4], before: 'unheard' }] }],
    ['state with more than that', { files: [{ ...run.files[4], before: 'absent /x' }] }],
    ['link before the run', { files: [{ ...run.files[4], before: { type: 'link', target: '/x' } }] }],
    ['use of the network', { network: ['asked'] }],
    ['reason without a kind', { because: { reasons: [{ path: '/x' }], more: 0, spared: [] } }],
    ['reason that is none', { because: { reasons: ['forced'], more: 0, spared: [] } }],
    ['longer reason', { because: { reasons: [{ kind: 'x'.repeat(8192) }], more: 0, spared: [] } }],
    ['reason too many', { because: { reasons: Array(21).fill({ kind: 'x' }), more: 0, spared: [] } }],
    ['reason that was not counted', { because: { reasons: [{ kind: 'x' }], more: -1, spared: [] } }],
    ['number of reasons', { because: { reasons: [], more: 0.5, spared: [] } }],
    ['outcome', { because: { reasons: [], more: 0, outputs: 'better', spared: [] } }],
    ['number of runs', { because: { reasons: [], more: 0, spared: [{ path: '/x', runs: 0 }] } }],
    ['relative path', { because: { reasons: [], more: 0, spared: [{ path: 'x', runs: 1 }] } }],
    [
      'path too many',
      { because: { reasons: [], more: 0, spared: Array(101).fill({ path: '/x', runs: 1 }) } },
    ],
    ['terminal', { output: { streams: [1], terminals: [3], chunks: [] } }],
    ['terminal that was not kept', { output: { streams: [1], terminals: [2], chunks: [] } }],
  ])('with a line of a %s that is none of ours is not used, whatever its check says', (_, wrong) => {
    const odd = { ...run, ...wrong } as unknown as RunRecord;
    const parsed = parseMetaFile(formatMetaFile({ ...meta, run: odd }));
    expect(parsed.meta.run).toBeUndefined();
    expect(parsed.problems).toMatchObject([{ code: 'bad-record-line' }]);
  });

  test('keeps any reasons for a run, drawn at random', () => {
    const lot = dice();
    const text = (): string =>
      Array.from({ length: lot.below(9) }, () => oddCharacters[lot.below(oddCharacters.length)]).join('');
    const value = (depth: number): unknown => {
      const kinds: (() => unknown)[] = [text, () => lot.below(1e6) - 7, () => lot.below(2) === 0, () => null];
      if (depth > 0)
        kinds.push(
          () => Array.from({ length: lot.below(4) }, () => value(depth - 1)),
          () => Object.fromEntries(Array.from({ length: lot.below(4) }, () => [text(), value(depth - 1)])),
        );
      return kinds[lot.below(kinds.length)]?.();
    };
    for (let round = 0; round < rounds(300); round += 1) {
      const because: RunRecord['because'] = {
        reasons: Array.from({ length: lot.below(4) }, () => ({
          was: value(3),
          [text()]: value(1),
          kind: text(),
        })),
        more: lot.below(3),
        ...(lot.below(2) === 0 && { outputs: 'changed' as const }),
        spared: Array.from({ length: lot.below(4) }, () => ({
          path: absolute(`/${text()}`),
          runs: 1 + lot.below(1e9),
        })),
      };
      const parsed = parseMetaFile(formatMetaFile({ ...meta, run: { ...run, because } }));
      try {
        expect(parsed.meta.run?.because).toEqual(because);
      } catch (cause) {
        throw new Error(`OODATE_TEST_SEED=${lot.seed}, round ${round}`, { cause });
      }
    }
  });

  test.each<RecordedFile['before'][]>([
    ['looked'],
    ['unknown'],
    [{ type: 'absent' }],
    [{ type: 'directory' }],
    [{ type: 'special' }],
    [{ type: 'unreadable', errno: 'ELOOP' }],
    [{ type: 'file', size: 1n, mtime: 2n, ctime: 3n, inode: 4n, mode: 0o600, digest: 'b'.repeat(64) }],
    [{ type: 'file', size: 1n, mtime: 2n, ctime: 3n, inode: 4n, mode: 0o600, digest: undefined }],
  ])('keeps what was there before the run: %p', (before) => {
    const file: RecordedFile = {
      path: absolute('/srv/out'),
      use: 'output',
      state: { type: 'link', target: '/x y' },
      by: undefined,
      disturbed: true,
      ...(before && { before }),
    };
    const kept = { ...run, files: [file, ...run.files] };
    expect(parseMetaFile(formatMetaFile({ ...meta, run: kept })).meta.run).toEqual(kept);
  });
});

test('the section of a log is the log without repeated looks', () => {
  const section = filemonSection(Buffer.from('V 5\nN 7 /x\nN 7 /x\nW 7 /x\nR 7 /x\n'), {});
  expect(section.toString()).toBe('V 5\nN 7 /x\nW 7 /x\nR 7 /x\n');
});

test('a link is kept as a write, since bmake takes its first name for a file that was read', () => {
  const links = "L 7 '/nowhere' '/link'\nR 7 /a\nL 7 '/a' '/b'\nL 7 'x' 'y' 'z'\n";
  expect(filemonSection(Buffer.from(links), {}).toString()).toBe(
    "W 7 /link\nR 7 /a\nW 7 /b\nL 7 'x' 'y' 'z'\n",
  );
});

test('secrets of the environment are covered in the command lines of a log, and nowhere else', () => {
  const log = 'P 7 login hunter2hunter2\nR 7 /hunter2hunter2\n';
  const section = filemonSection(Buffer.from(log), { PASSWORD: 'hunter2hunter2' });
  expect(section.toString()).toBe('P 7 login ***\nR 7 /hunter2hunter2\n');
});
