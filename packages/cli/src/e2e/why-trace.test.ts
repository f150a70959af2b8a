import { describe, expect, test } from '@jest/globals';
import {
  type AbsolutePath,
  filemonRecords,
  formatFilemonLog,
  type ProcessLife,
  processTree,
} from '@oodate/filemon';
import { readMetaFile, writeMetaFile } from '@oodate/meta-file';
import type { ProcessSpan, TraceView } from '@oodate/report';
import { scripts, traceEventFaults, type Workspace, workspace } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

const script = "sh -c 'sh one & sh two & wait'; ./three; sh -c 'exec cat in > out'; sh -c 'kill -9 $$' || :";

const files = {
  'package.json': scripts({ build: script }),
  in: '',
  one: '/bin/true; cat in',
  two: '(cat in); exit 3',
  three: '#!/bin/sh\ncat in\n',
};

async function traced(space: Workspace, ...words: string[]): Promise<{ text: string; spans: ProcessSpan[] }> {
  const { stdout, stderr, status } = await space.oodate('why', '--format', 'trace', ...words);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const { traceEvents } = JSON.parse(stdout) as TraceView;
  return { text: stdout, spans: traceEvents.filter((event) => event.ph === 'X') };
}

function livesOf(space: Workspace): ProcessLife[] {
  const record = readMetaFile(space.path('.oodate/build.meta'));
  if (record.kind !== 'good') throw new Error(`the record is ${record.kind}`);
  return processTree(filemonRecords([record.meta.filemon ?? Buffer.alloc(0)]), space.folder as AbsolutePath);
}

describe.each(backends)('with %s, the trace of a run', (backend) => {
  async function kept(): Promise<Workspace> {
    const space = workspace(files);
    space.writeProgram('three', files.three);
    await space.kept(['--backend', backend, 'build']);
    return space;
  }

  test('keeps the rules of its format', async () => {
    const { text } = await traced(await kept(), 'build');
    expect(traceEventFaults(text)).toEqual([]);
  });

  test('has a beginning and a duration for each process of the log', async () => {
    const space = await kept();
    const { spans } = await traced(space, 'build');
    const lives = livesOf(space);
    expect(lives.length).toBeGreaterThan(9);
    const bySpan = spans.map(({ ts, dur, args }) => [args.pid, ts, ts + dur]);
    const byLog = lives.map(({ pid, started, ended }) => [pid, started, ended]);
    const sorted = (rows: unknown[][]) => rows.map((row) => row.join(' ')).sort();
    expect(sorted(bySpan)).toEqual(sorted(byLog));
    // All of them wait for what they start.
    for (const { ts, dur, args } of spans) {
      const parent = spans.find((span) => span.args.pid === args.parent);
      expect(args.parent === undefined).toBe(parent === undefined);
      expect(ts).toBeGreaterThanOrEqual(parent?.ts ?? 0);
      expect(ts + dur).toBeLessThanOrEqual(
        parent === undefined ? Number.POSITIVE_INFINITY : parent.ts + parent.dur,
      );
    }
    expect(spans.filter(({ args }) => args.parent === undefined)).toHaveLength(1);
  });

  test('says of each what it was and how it ended', async () => {
    const { spans } = await traced(await kept(), 'build');
    const [first] = spans;
    expect(first).toMatchObject({ tid: 1, args: { exitStatus: 0, filesWritten: 0 } });
    expect(first?.args.command).toBe(`sh -c '${script.replaceAll("'", "'\\''")}'`);
    const named = (name: string) => spans.find((span) => span.name === name);
    expect(named('sh two')?.args).toMatchObject({
      exitStatus: 3,
      executable: expect.stringMatching(/\/sh$/),
    });
    expect(named('three')?.args).toMatchObject({
      command: './three',
      executable: expect.stringMatching(/\/three$/),
      interpreter: expect.stringMatching(/\/sh$/),
    });
    expect(named("sh -c 'kill -9 $$'")?.args).toMatchObject({ signal: 9 });
    const cats = spans.filter(({ args }) => args.command === 'cat in' && args.programs === undefined);
    expect(cats).toHaveLength(3);
    for (const { args } of cats) expect(args.filesRead).toBeGreaterThan(1);
    const execs = spans.find(({ args }) => args.programs?.at(-1)?.command === 'cat in');
    expect(execs?.args).toMatchObject({ filesWritten: 1 });
  });
});

describe('why --format trace', () => {
  test('takes a meta file by itself, also of a script that has changed since', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in' }), in: '' });
    await space.kept(['build']);
    space.write({ 'package.json': scripts({}) });
    const { spans, text } = await traced(space, '.oodate/build.meta');
    expect(spans[0]?.args.command).toBe("sh -c 'cat in'");
    expect(JSON.parse(text).otherData).toMatchObject({ target: 'build', directory: space.folder });
  });

  const complaint = async (space: Workspace, ...words: string[]): Promise<string> => {
    const { stdout, stderr, status } = await space.oodate('why', '--format', 'trace', ...words);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
    return stderr;
  };

  test('says where nothing is known of a run', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'test -e in' }) });
    expect(await complaint(space, 'build')).toBe(
      'oodate: there is no meta file .oodate/build.meta; run the target once with: oodate run\n',
    );
    expect((await space.oodate('run', 'build')).status).toBe(1);
    expect(await complaint(space, 'build')).toBe(
      'oodate: .oodate/build.meta no longer holds, since the last run was no success\n',
    );
    space.write({ '.oodate/build.meta': '# Meta data file\nnonsense\n' });
    expect(await complaint(space, 'build')).toMatch(
      /^oodate: the meta file \.oodate\/build\.meta is damaged: /,
    );
  });

  test('says that a log has no times', async () => {
    const log = '# filemon version 5\n# Target pid 1\nV 5\nE 1 /bin/cat\nX 1 0 0\n# Bye bye\n';
    const space = workspace({
      'a.meta': `# Meta data file a.meta\nCMD cat\nCWD /\nTARGET a\n-- command output --\n-- filemon acquired metadata --\n${log}`,
    });
    expect(await complaint(space, 'a.meta')).toBe(
      'oodate: the log in a.meta has no times; those that oodate writes have some\n',
    );
  });

  test('says how a run gets times that was recorded without', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'cat in' }), in: '' });
    await space.kept(['build']);
    const record = readMetaFile(space.path('.oodate/build.meta'));
    if (record.kind !== 'good') throw new Error(`the record is ${record.kind}`);
    const filemon = formatFilemonLog(
      [...filemonRecords([record.meta.filemon ?? Buffer.alloc(0)])].filter(
        (line) => line.kind !== 'process' || line.letter !== 'T',
      ),
    );
    writeMetaFile(space.path('.oodate/build.meta'), { ...record.meta, filemon });
    expect(await complaint(space, 'build')).toBe(
      'oodate: the log in .oodate/build.meta has no times; run it again with: oodate run --force\n',
    );
    // Nothing depends on them.
    await space.upToDate(['build']);
  });

  test.each([
    [['--json', 'build'], '--json has no meaning with --format trace'],
    [['--mode', 'bmake', 'all'], '--format trace has no meaning with --mode bmake'],
    [['a.meta', 'b.meta'], '--format trace shows one run, and several are named'],
  ])('refuses %j', async (words, sentence) => {
    const meta = '# Meta data file\nCMD cat\nCWD /\nTARGET a\n-- command output --\n';
    const space = workspace({ 'package.json': scripts({ build: 'true' }), 'a.meta': meta, 'b.meta': meta });
    expect(await complaint(space, ...words)).toContain(sentence);
  });
});
