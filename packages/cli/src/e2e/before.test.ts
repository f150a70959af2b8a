import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { parseMetaFile } from '@oodate/meta-file';
import { type Files, oodate, scripts, type Workspace, workspace } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';

/*
 * What the record says of what was there before the run, by what commands do with it.
 */

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);
const typescript = createRequire(import.meta.url).resolve('typescript/package.json');
const tsc = typescript.replace(/package\.json$/, 'bin/tsc');

interface Story {
  readonly files?: Files;
  readonly command: string;
  readonly path: string;
  /** Made anew before the second run. */
  readonly again?: (space: Workspace) => void;
  /** Of the first run and of the second; `content`: the state of what was there. */
  readonly before: readonly ('not looked at' | 'looked' | 'unknown' | 'content')[];
}

const [unseen, looked, unknown, content] = ['not looked at', 'looked', 'unknown', 'content'] as const;

function recorded(space: Workspace, metaFile: string, path: string) {
  const { run } = parseMetaFile(readFileSync(space.path(metaFile))).meta;
  return run?.files.find((file) => file.path === space.path(path) && /output|removed/.test(file.use));
}

async function run(space: Workspace, backend: string, command: string): Promise<void> {
  const words = ['run', '--force', '--backend', backend, '--meta', 'x.meta', '--', 'sh', '-c', command];
  const { status, stderr } = await space.oodate(...words);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('; kept: ') });
}

function digestOf(space: Workspace, path: string): string | undefined {
  if (!space.exists(path)) return undefined;
  return createHash('sha256')
    .update(readFileSync(space.path(path)))
    .digest('hex');
}

describe.each(backends)('with %s, what was there before', (backend) => {
  const a = { a: 'one\n' };
  test.each<Story>([
    { command: 'echo x > a', files: a, path: 'a', before: [unseen, unseen] },
    { command: 'echo x > a', path: 'a', before: [unseen, unseen] },
    { command: 'cp /etc/hostname a', files: a, path: 'a', before: [looked, looked] },
    { command: 'rm a; echo x > a', files: a, path: 'a', before: [looked, looked] },
    { command: 'echo x >> a', files: a, path: 'a', before: [unknown, content] },
    { command: 'echo x >> a', path: 'a', before: [unseen, content] },
    { command: 'echo x 1<> a', files: a, path: 'a', before: [unknown, content] },
    { command: 'sed -i s/one/two/ a', files: a, path: 'a', before: [unknown, content] },
    { command: 'chmod +x a', files: a, path: 'a', before: [unknown, content] },
    { command: 'touch a', files: a, path: 'a', before: [unknown, content] },
    { command: 'touch a', path: 'a', before: [unseen, content] },
    { command: 'truncate -s 2 a', files: a, path: 'a', before: [unknown, content] },
    {
      command: 'ln a b; rm a',
      files: a,
      path: 'a',
      again: (space) => space.rename('b', 'a'),
      before: [unknown, content],
    },
    { command: 'mv a b', files: a, path: 'a', again: (space) => space.write(a), before: [unknown, content] },
    {
      command: "mv 'a b' c",
      files: { 'a b': '' },
      path: 'a b',
      again: (space) => space.write({ 'a b': 'two' }),
      before: [unknown, content],
    },
    {
      command: 'echo x > b; mv b a',
      files: a,
      path: 'a',
      before: [looked, looked],
    },
    {
      command: 'mv d e',
      files: { 'd/a': '' },
      path: 'd',
      again: (space) => space.rename('e', 'd'),
      before: [unknown, unknown],
    },
    {
      command: `node -e 'fs.writeFileSync("a", fs.readFileSync("a", "utf8").trim())'`,
      files: a,
      path: 'a',
      before: [unknown, content],
    },
    {
      command: "sh tsc.sh --incremental --tsBuildInfoFile i --types '' a.ts",
      files: { 'tsc.sh': `exec node ${tsc} "$@"\n`, 'a.ts': 'export const a = 1;\n' },
      path: 'i',
      again: (space) =>
        space.write({ 'a.ts': `export const a = ${JSON.stringify(digestOf(space, 'i'))};\n` }),
      before: [looked, content],
    },
  ])('$command says: $before', async ({ files = {}, command, path, again, before }) => {
    const space = workspace(files);
    for (const [at, expected] of before.entries()) {
      if (at > 0) again?.(space);
      const digest = expected === content ? digestOf(space, path) : undefined;
      await run(space, backend, command);
      const file = recorded(space, 'x.meta', path);
      expect(file).toBeDefined();
      const found = file?.before ?? 'not looked at';
      if (expected === content) expect(found).toMatchObject({ type: 'file', digest });
      else expect(found).toBe(expected);
    }
  });
});

describe('what was there before is known of the second run', () => {
  const build = 'cat in >> out';

  test('of run -r', async () => {
    const space = workspace({
      'package.json': JSON.stringify({ workspaces: ['p'] }),
      'p/package.json': scripts({ build }),
      'p/in': 'one',
      'p/out': '',
    });
    const meta = 'p/.oodate/build.meta';
    await space.oodate('run', '-r', 'build');
    expect(recorded(space, meta, 'p/out')?.before).toBe('unknown');
    space.write({ 'p/in': 'two' });
    const digest = digestOf(space, 'p/out');
    await space.oodate('run', '-r', 'build');
    expect(recorded(space, meta, 'p/out')?.before).toMatchObject({ digest });
  });

  test('of watch', async () => {
    const space = workspace({ 'package.json': scripts({ build }), in: 'one', out: '' });
    const running = space.start([oodate, 'watch', 'build']);
    await running.says('; kept: ');
    await running.says('oodate: watching ');
    expect(recorded(space, '.oodate/build.meta', 'out')?.before).toBe('unknown');
    const digest = digestOf(space, 'out');
    space.write({ in: 'two' });
    await running.says('; kept: ', 2);
    expect(recorded(space, '.oodate/build.meta', 'out')?.before).toMatchObject({ digest });
    running.kill('SIGINT');
    await running.ended();
  });
});
