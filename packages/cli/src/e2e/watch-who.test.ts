import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { childrenOf, oodate, type Running, scripts, type Workspace, workspace } from '@oodate/testkit';

/*
 * Who changes a file is told by the kernel, to root alone.
 */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

/** Writes what it is told to. */
const tool = "require('node:fs').writeFileSync(process.argv[2], process.argv[3]);";

function watching(space: Workspace, words: readonly string[] = ['build']): Running {
  return space.start([oodate, 'watch', ...words]);
}

/** Changes the file until it is told who does that: the monitor is opened while all is watched already. Gives how often it ran. */
async function named(space: Workspace, running: Running, name = 'in'): Promise<number> {
  await running.says('oodate: watching ');
  let times = 1;
  while (!running.hasSaid(' by node tool.cjs ')) {
    times += 1;
    await space.run([process.execPath, 'tool.cjs', name, `${times}`]);
    await running.says('oodate: watching ', times);
  }
  return times;
}

async function linesOf(running: Running): Promise<string[]> {
  running.kill('SIGINT');
  return (await running.ended()).stderr.split('\n');
}

const actor = String.raw`\(pid \d+(, user \S+)?(, of .+)?\)`;

asRoot('watch says who has changed what it runs for', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat in > out' }), in: '1', 'tool.cjs': tool });
  const running = watching(space);
  await named(space, running);
  expect((await linesOf(running)).filter((line) => line.includes(' by '))).toEqual([
    expect.stringMatching(
      new RegExp(
        `^oodate: running build: in changed \\(.*\\) at \\d\\d:\\d\\d:\\d\\d by node tool\\.cjs in \\d+ ${actor}$`,
      ),
    ),
  ]);
});

asRoot(
  'watch says who has put another file in the place of an input, or a new one into a listed directory',
  async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat in; ls list > out' }),
      in: '1',
      'list/a': '',
      'tool.cjs': tool,
    });
    const running = watching(space);
    const times = await named(space, running);
    await space.run(['sh', '-c', 'echo 12345 > in.new; exec mv in.new in']);
    await running.says('oodate: watching ', times + 1);
    // Made in one step: who changes a new file once more later is not seen.
    await space.run(['mkdir', 'list/b']);
    await running.says('oodate: watching ', times + 2);
    expect((await linesOf(running)).filter((line) => /by (mv|mkdir)/.test(line))).toEqual([
      expect.stringMatching(/^oodate: running build: in changed \(.*\) at \S+ by mv in\.new in /),
      expect.stringMatching(
        /^oodate: running build: the directory list has gained b\/, list\/b made at \S+ by mkdir b /,
      ),
    ]);
  },
);

asRoot('watch asks the recorder of the project, and opens no monitor then', async () => {
  const space = workspace({ 'package.json': scripts({ build: 'cat in > out' }), in: '1', 'tool.cjs': tool });
  expect(await space.oodate('monitor', 'record', 'start')).toMatchObject({ status: 0 });
  try {
    const running = watching(space);
    await named(space, running);
    const names = childrenOf(running.pid).flatMap((pid) => childrenOf(pid).map(nameOf));
    await linesOf(running);
    expect(names.filter((name) => name.startsWith('oodate-probe'))).toEqual([]);
  } finally {
    expect(await space.oodate('monitor', 'record', 'stop')).toMatchObject({ status: 0 });
  }
});

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8');
}

describe('a loop is named with its process where', () => {
  asRoot('the command leaves one running that writes what it reads', async () => {
    const late = `
      const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
      const record = () => readFileSync('.oodate/build.meta.last', 'utf8').trimEnd().split('\\n').at(-1);
      const timer = setInterval(() => {
        if (!record().startsWith('# oodate attempt incomplete')) return;
        clearInterval(timer);
        writeFileSync('stamp', String(process.hrtime.bigint()));
      }, 10);
    `;
    const space = workspace({
      'package.json': scripts({ build: 'cat stamp > out; node late.cjs > /dev/null 2>&1 &' }),
      stamp: '',
      'late.cjs': late,
    });
    const running = watching(space);
    await running.says('is left out of date');
    space.write({ stamp: 'edited' });
    await running.says('is left out of date', 2);
    const lines = await linesOf(running);
    expect(lines.filter((line) => /loop:|left out/.test(line))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^oodate: loop: node late\\.cjs ${actor} writes stamp, which build uses, and was left running by build itself$`,
        ),
      ),
      'oodate: build is left out of date: it runs again when anything is changed by others',
      'oodate: build is left out of date: it runs again when anything is changed by others',
    ]);
  });

  asRoot('a tool changes what the command makes', async () => {
    const formatter = `
      const { existsSync, readFileSync, watch, writeFileSync } = require('node:fs');
      watch('.oodate', (_, name) => {
        if (name !== 'build.meta' || !existsSync('.oodate/build.meta')) return;
        const text = readFileSync('gen/a.ts', 'utf8');
        if (!text.endsWith(';')) writeFileSync('gen/a.ts', text + ';');
      });
      console.log('formatting');
    `;
    const space = workspace({
      'package.json': scripts({ build: 'cat schema > gen/a.ts' }),
      schema: '1',
      'gen/.keep': '',
      'tool.cjs': tool,
      'formatter.cjs': formatter,
    });
    const running = watching(space);
    await named(space, running, 'schema');
    await space.start([process.execPath, 'formatter.cjs']).says('formatting');
    space.write({ schema: 'x' });
    await running.says('is left out of date');
    expect((await linesOf(running)).filter((line) => line.includes('loop:'))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^oodate: loop: build writes gen/a\\.ts, and node formatter\\.cjs ${actor} changes it each time$`,
        ),
      ),
    ]);
  });
});
