import { describe, expect, test } from '@jest/globals';
import { oodate, type Running, scripts, type Workspace, workspace } from '@oodate/testkit';

/** Starts to watch, and waits until everything is watched. */
async function watching(space: Workspace, target: string): Promise<Running> {
  const running = space.start([oodate, 'watch', target]);
  await running.says('oodate: watching ');
  return running;
}

/** What each said after the end, as far as it is no run of a target. */
async function saidBy(...watches: readonly Running[]): Promise<string[]> {
  const said: string[] = [];
  for (const running of watches) {
    running.kill('SIGINT');
    said.push(...(await running.ended()).stderr.split('\n').filter((line) => /loop:|left out/.test(line)));
  }
  return said;
}

/** What the one said that was the first to rest. */
async function saidByFirst(watches: readonly Running[]): Promise<string[]> {
  const first = await Promise.any(
    watches.map(async (running) => {
      await running.says('is left out of date');
      return running;
    }),
  );
  const said = await saidBy(first);
  await saidBy(...watches.filter((running) => running !== first));
  return said;
}

/** Never twice the same. */
const counts = (file: string) => `n=$(cat ${file}); echo $((n + 1)) > ${file}; `;

describe('a loop is named, and ends, where', () => {
  test('two targets use what the other one makes', async () => {
    const texts = {
      build: `cat gen/b.ts > gen/out; ${counts('one')} cat one > gen/a.ts`,
      types: `cat gen/a.ts > gen/out2; ${counts('two')} cat two > gen/b.ts`,
    };
    const space = workspace({
      'package.json': scripts(texts),
      'gen/a.ts': '',
      'gen/b.ts': '',
      one: '0',
      two: '0',
    });
    const watches = [await watching(space, 'build'), await watching(space, 'types')];
    expect(await saidByFirst(watches)).toEqual([
      expect.stringMatching(
        /^oodate: loop: (build writes gen\/a\.ts, which types uses; types writes gen\/b\.ts, which build uses|types writes gen\/b\.ts, which build uses; build writes gen\/a\.ts, which types uses)$/,
      ),
      expect.stringMatching(
        /^oodate: (build|types) is left out of date: it runs again when anything else changes$/,
      ),
    ]);
  });

  test('two targets write the same file', async () => {
    const texts = { one: 'cat in1 > dist', two: 'cat in2 > dist' };
    const space = workspace({ 'package.json': scripts(texts), in1: 'one', in2: 'two' });
    const watches = [await watching(space, 'one'), await watching(space, 'two')];
    expect((await saidByFirst(watches))[0]).toMatch(
      /^oodate: loop: (one and two|two and one) both write dist, and each runs since the other one did$/,
    );
  });
});

/** What a formatter does that runs on save: once the run is recorded, so that this is never the faster. */
const formatter = `
  const { existsSync, readFileSync, watch, writeFileSync } = require('node:fs');
  watch('.oodate', (_, name) => {
    if (name !== 'build.meta' || !existsSync('.oodate/build.meta')) return;
    const text = readFileSync('gen/a.ts', 'utf8');
    if (!text.endsWith(';\\n')) writeFileSync('gen/a.ts', text.replace('\\n', ';\\n'));
  });
  console.log('formatting');
`;

async function formatted(): Promise<{ space: Workspace; running: Running }> {
  const space = workspace({
    'package.json': scripts({ build: 'cat schema > gen/a.ts' }),
    schema: 'let a\n',
    'gen/.keep': '',
    '.oodate/.keep': '',
    'formatter.cjs': formatter,
  });
  await space.start([process.execPath, 'formatter.cjs']).says('formatting');
  const running = space.start([oodate, 'watch', 'build']);
  await running.says('is left out of date');
  return { space, running };
}

const reasonsIn = (stderr: string) =>
  [...stderr.matchAll(/^oodate: running .*?: (\S+)/gm)].map(([, path = '']) => path);

test('a tool that changes what the command makes is named, and the target is run again for anything else', async () => {
  const { space, running } = await formatted();
  space.write({ schema: 'let b\n' });
  await running.says('is left out of date', 2);
  space.write({ 'gen/a.ts': 'let c;\n' });
  await running.says('is left out of date', 3);
  running.kill('SIGINT');
  const { stderr } = await running.ended();
  expect(reasonsIn(stderr)).toEqual(['nothing', 'gen/a.ts', 'gen/a.ts', 'gen/a.ts', 'schema', 'gen/a.ts']);
  expect(stderr.match(/^.*loop:.*$/gm)).toEqual([
    expect.stringMatching(/^oodate: loop: build writes gen\/a\.ts, and .* changes it each time$/),
  ]);
  expect(space.read('gen/a.ts')).toBe('let b;\n');
});

test('a target in a loop is out of date for everybody', async () => {
  const { space, running } = await formatted();
  await space.because(['build'], ['gen/a.ts is not as the command left it']);
  await saidBy(running);
});

test('it is no loop to save the same file again and again', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat in > out' }), in: '0' });
  const running = await watching(space, 'build');
  for (const round of [2, 3, 4, 5, 6, 7]) {
    space.write({ in: `${round}` });
    await running.says('oodate: watching ', round);
  }
  expect(await saidBy(running)).toEqual([]);
});
