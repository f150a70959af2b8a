import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildRing, buildWriter, openTerminal, type Terminal, until } from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { type CapturedOutput, parseCapturedOutput } from './captured-output.js';
import { findProbe } from './probe.js';

const names = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

let writer: string;
let ring: string;
let folder: string;
let terminal: Terminal | undefined;

beforeAll(() => {
  writer = buildWriter();
  ring = buildRing();
});
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'terminal-output-')));
});
afterEach(async () => {
  await terminal?.close();
  terminal = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const copied = (name = 'copy'): CapturedOutput | undefined =>
  parseCapturedOutput(readFileSync(join(folder, name)));
const textOf = (output: CapturedOutput | undefined): string =>
  Buffer.from(output?.bytes ?? []).toString('latin1');
/** The terminal writes a newline as two characters. */
const written = (screen: string): string => screen.replaceAll('\r\n', '\n');

describe.each(names)('by %s, what goes to the terminal', (backend) => {
  /** Runs a line of bash on a terminal, in which $PROBE, $WRITER and $RING are to be had. */
  const open = (line: string): Terminal => {
    const probe = `${findProbe()} --quiet --backend ${backend}`;
    // In a CI job Node has no colours.
    const { CI, NO_COLOR, FORCE_COLOR, ...rest } = process.env;
    const env = { ...rest, PROBE: `${probe} -o log --output copy --`, ONLY: probe };
    terminal = openTerminal(['bash', '-c', line], {
      cwd: folder,
      env: { ...env, WRITER: writer, RING: ring, NODE: process.execPath, TERM: 'xterm' },
    });
    return terminal;
  };

  /** To its end. The copy must be what appeared. */
  const copy = async (line: string): Promise<CapturedOutput | undefined> => {
    const { output: screen, status } = await open(line).ended;
    expect({ screen, status }).toMatchObject({ status: 0 });
    const output = copied();
    expect(textOf(output)).toBe(written(screen));
    expect(output).toMatchObject({ streams: [1, 2], terminals: [1, 2] });
    expect(readFileSync(join(folder, 'log'), 'latin1')).not.toMatch(/^Q/m);
    return output;
  };

  test.each([
    ['one call', 'write 1 80'],
    ['calls of one byte and more in a row', 'write 1 8 write 2 16 write 1 24'],
    ['several buffers', 'list 1 8000 7 list 2 800 500'],
    ['a call with flags', 'at 1 80'],
    ['another number of the descriptor', 'duplicate 1 write 1 80'],
    ['the terminal opened anew', 'reopen 2 write 2 80 reopen 1 write 1 80'],
    ['another thread', 'write 1 80 thread 1 80 write 1 80'],
    ['a child that is killed then', 'write 1 80 child 1 80 write 2 80'],
    ['a program that executes another', 'write 1 80 exec write 1 80'],
    ['much in one call', 'write 1 1000000 write 2 8'],
    ['much without waiting', 'nonblocking 1 write 1 1000000 write 1 8'],
  ])('by %s is copied', async (_, words) => {
    await copy(`$PROBE $WRITER ${words}`);
  });

  test('keeps its order, whoever writes', async () => {
    const script = 'for i in {1..200}; do echo $i; echo e$i >&2; /bin/echo p$i; (echo s$i); done';
    await copy(`$PROBE bash -c '${script}'`);
  });

  test('by Node is copied, in its colours, to the streams that Node meant', async () => {
    writeFileSync(
      join(folder, 'script.mjs'),
      `console.log({ colour: true, columns: process.stdout.columns });
       console.error('err'.repeat(1000));
       process.stdout.write('é\\x1b[31m' + 'x'.repeat(200_000));`,
    );
    const output = await copy('$PROBE $NODE script.mjs');
    expect(textOf(output)).toContain('colour: \x1b[33mtrue\x1b[39m, columns: \x1b[33m80\x1b[39m');
    const [first, second, third] = output?.chunks ?? [];
    expect(second).toEqual({ stream: 2, length: 3001 });
    expect([first?.stream, third?.stream, output?.chunks.length]).toEqual([1, 1, 3]);
  });

  test('is of the stream whose descriptor it went through', async () => {
    const output = await copy('$PROBE $WRITER write 1 8 write 2 16 write 1 24');
    expect(output?.chunks).toEqual([
      { stream: 1, length: 8 },
      { stream: 2, length: 16 },
      { stream: 1, length: 24 },
    ]);
  });

  test.each([
    ['stdout', '2> /dev/null', 'write 1 8 write 2 16', [1], [1]],
    ['stderr', '> /dev/null', 'write 1 8 write 2 16', [2], [2]],
    ['stderr, through another number', '> /dev/null', 'duplicate 2 write 2 16', [2], [2]],
    ['stdout, beside a file', '2> file', 'write 1 8 write 2 16', [1, 2], [1]],
    ['stderr, beside a pipe', '| cat > file', 'write 1 8 write 2 16', [1, 2], [2]],
  ])('%s alone is copied where that alone is one', async (_, redirections, words, streams, terminals) => {
    const { output: screen } = await open(`$PROBE $WRITER ${words} ${redirections}`).ended;
    const output = copied();
    expect(output).toMatchObject({ streams, terminals });
    const kept = [...(output?.chunks ?? [])];
    let at = 0;
    const ofTerminals = kept.map(({ stream, length }) => {
      const text = textOf(output).slice(at, at + length);
      at += length;
      return (terminals as number[]).includes(stream) ? text : '';
    });
    expect(ofTerminals.join('')).toBe(written(screen));
    expect(screen).not.toBe('');
  });

  test('by the name /dev/tty is no output', async () => {
    const { output: screen } = await open(`$PROBE sh -c 'echo one; echo two > /dev/tty; echo three'`).ended;
    expect(screen).toBe('one\r\ntwo\r\nthree\r\n');
    expect(textOf(copied())).toBe('one\nthree\n');
  });

  test('to another terminal is no output', async () => {
    const { output: screen } = await open(`$PROBE script -qec 'echo there > copied' /dev/null; cat copied`)
      .ended;
    expect(screen).toBe('there\r\n');
    expect(textOf(copied())).toBe('');
  });

  test('is not copied where nobody asks', async () => {
    const { output: screen } = await open('$ONLY -o log -- $WRITER write 1 8').ended;
    expect(screen).toBe('0000000\r\n');
    expect(existsSync(join(folder, 'copy'))).toBe(false);
  });

  const noOutput = { streams: [], terminals: [], chunks: [] };

  test.each([
    ['more than is kept', '$PROBE $WRITER write 1 17000000'],
    ['more than is kept, in parts', '$PROBE $WRITER write 1 9000000 write 1 9000000'],
    ['what comes from a file', 'echo text > f; $PROBE $WRITER file 1 f write 1 8'],
    ['what comes through a pipe', 'echo text > f; $PROBE $WRITER splice 1 f write 1 8'],
  ])('is left out as a whole if that is not copied: %s', async (_, line) => {
    const { status } = await open(line).ended;
    expect(status).toBe(0);
    expect(copied()).toMatchObject(noOutput);
    expect(readFileSync(join(folder, 'log'), 'latin1')).not.toMatch(/^Q/m);
  });

  test('is left out if it came through io_uring', async () => {
    const { output: screen, status } = await open('$PROBE $RING write /dev/stdout').ended;
    // 2: there is no ring, as always under notify.
    if (status !== 2)
      expect({ screen, status, copied: copied() }).toMatchObject({ status: 0, copied: noOutput });
  });

  test('is left out where it cannot be copied, and what goes to a pipe is there', async () => {
    writeFileSync(join(folder, 'f'), 'text\n');
    await open('$PROBE $WRITER file 2 f write 1 8 write 2 8 | cat > file').ended;
    expect(copied()).toMatchObject({ streams: [1], terminals: [], chunks: [{ stream: 1, length: 8 }] });
  });

  test('waits for a slow reader, and is copied once', async () => {
    const { hold, release, ended } = open('$PROBE $WRITER write 1 80 say held write 1 1000000 write 2 8');
    hold();
    await until(() => existsSync(join(folder, 'held')));
    release();
    const { output: screen, status } = await ended;
    expect(status).toBe(0);
    expect(textOf(copied())).toBe(written(screen));
  });

  test('is copied once if a signal has the call begin anew', async () => {
    const { hold, resize, release, ended } = open(
      '$PROBE $WRITER count resized say ready fill 1 say full write 1 8000 write 2 8',
    );
    const size = () => statSync(join(folder, 'resized')).size;
    hold();
    await until(() => existsSync(join(folder, 'full')));
    for (let times = 1; times <= 3; times += 1) {
      resize(24, 80 + times);
      await until(() => size() >= times);
    }
    release();
    const { output: screen, status } = await ended;
    expect(status).toBe(0);
    expect(screen).toContain('0000001\r\n');
    expect(textOf(copied())).toBe(written(screen));
  });

  test('of a command within, that has a probe of its own, is copied for both', async () => {
    await open(`$PROBE sh -c 'echo one; $ONLY -o inner.log --output inner -- echo two; echo three'`).ended;
    expect(textOf(copied())).toBe('one\ntwo\nthree\n');
    expect(textOf(copied('inner'))).toBe('two\n');
  });

  test('of a command within is not copied for that alone, if the probe around it does not look', async () => {
    await open(`$ONLY -o log -- sh -c '$ONLY -o inner.log --output inner -- echo two'`).ended;
    const inner = copied('inner');
    expect([textOf(inner), inner?.terminals.length]).toEqual(backend === 'bpf' ? ['two\n', 2] : ['', 0]);
  });
});
