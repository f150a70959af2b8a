import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  oodate,
  openTerminal,
  scripts,
  type Terminal,
  until,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

const opened: Terminal[] = [];
afterEach(async () => {
  for (const terminal of opened.splice(0)) await terminal.close();
});

/** What is run says whether it knows a terminal, and of which size; in its colours. */
const build = `node print.mjs; printf '\\033[1mbold\\033[0m\\n' >&2; cat in.txt`;
const files = {
  'package.json': scripts({ build, loud: 'echo loud; cat in.txt', open: 'cat in.txt; printf end' }),
  'in.txt': 'one\n',
  'print.mjs': 'console.log({ terminal: process.stdout.isTTY === true, columns: process.stdout.columns });',
};
const coloured =
  '{ terminal: \x1b[33mtrue\x1b[39m, columns: \x1b[33m80\x1b[39m }\r\n\x1b[1mbold\x1b[0m\r\none\r\n';
const plain = '{ terminal: false, columns: undefined }\none\n';

/** As that of what a workspace runs without a terminal. */
const environment = {
  LANG: 'C.UTF-8',
  PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
  TERM: 'xterm',
};

function open(space: Workspace, ...words: string[]): Terminal {
  const env = { ...environment, HOME: space.folder };
  const terminal = openTerminal(words, { cwd: space.folder, env });
  opened.push(terminal);
  return terminal;
}

interface Shown {
  /** Without oodate's own lines. */
  readonly shown: string;
  /** Those, without their looks. */
  readonly said: readonly string[];
}

async function end(terminal: Terminal): Promise<Shown> {
  const { output: whole, status } = await terminal.ended;
  expect({ output: whole, status }).toMatchObject({ status: 0 });
  const output = whole.replaceAll(progress, '');
  const said = output.match(ownLines) ?? [];
  return {
    shown: output.replaceAll(ownLines, ''),
    said: said.map((line) => line.trim().replaceAll(looks, '')),
  };
}

const esc = '\x1b';
/** Shown while something takes long, as on a machine with other work. */
const progress = new RegExp(`\\r(?:${esc}\\[2m)?oodate: reading [^\\r\\n]*|\\r${esc}\\[K`, 'g');
const ownLines = new RegExp(`^(?:${esc}\\[2m)?oodate:.*\r\n`, 'gm');
const looks = new RegExp(`${esc}\\[\\d+m`, 'g');

const onTerminal = (space: Workspace, ...words: string[]): Promise<Shown> =>
  end(open(space, oodate, ...words));

const isUpToDate = expect.stringContaining(' is up to date (');
const saysThatItRan = [expect.stringContaining('oodate: running '), expect.stringContaining('; kept: ')];

describe.each(backends)('what went to a terminal, and was seen by %s,', (backend) => {
  const first = async (target = 'build'): Promise<Workspace> => {
    const space = workspace(files);
    const { said } = await onTerminal(space, 'run', '--backend', backend, target);
    expect(said).toEqual(saysThatItRan);
    return space;
  };

  test('is written again, by Node and then by the proof', async () => {
    const space = await first();
    for (const isProved of [false, true]) {
      expect(space.exists('.oodate/build.proof')).toBe(isProved);
      expect(await onTerminal(space, 'run', 'build')).toEqual({ shown: coloured, said: [isUpToDate] });
    }
  });

  test('is not given to who reads it as data: the command runs, and what it writes then is kept for both', async () => {
    const space = await first();
    await onTerminal(space, 'run', 'build');
    expect(space.exists('.oodate/build.proof')).toBe(true);
    const reason = 'what it writes to stdout, stderr was not kept';
    expect((await space.kept(['build'], reason)).stdout).toBe(plain);
    expect((await space.upToDate(['build'])).stdout).toBe(plain);
    const { shown, said } = await onTerminal(space, 'run', 'build');
    expect([shown.split('\r\n')[0], said]).toEqual([plain.split('\n')[0], [isUpToDate]]);
  });

  test('counts for the streams that still go there', async () => {
    const space = workspace(files);
    const piped = () => end(open(space, 'bash', '-c', `${oodate} run build | cat > out`));
    expect((await piped()).said).toEqual(saysThatItRan);
    for (let times = 0; times < 2; times += 1) {
      expect(await piped()).toEqual({ shown: '\x1b[1mbold\x1b[0m\r\n', said: [isUpToDate] });
      expect(space.read('out')).toBe(plain);
    }
    expect((await onTerminal(space, 'run', 'build')).said).toEqual([isUpToDate]);
    const { said } = await end(open(space, 'bash', '-c', `${oodate} run build 2> err; cat err`));
    expect(said[0]).toMatch('what it writes to stderr was not kept');
  });

  test('is not kept of a run that was interrupted', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'echo begun; until test -e go; do sleep 0.02; done; cat in.txt' }),
      'in.txt': 'one\n',
      'oodate.config.json': '{"ignore": ["go"]}',
    });
    const terminal = open(space, oodate, 'run', '--backend', backend, 'build');
    await terminal.says('begun\r\n');
    terminal.types('\x03');
    expect((await terminal.ended).status).toBe(130);
    space.write({ go: '' });
    const again = await onTerminal(space, 'run', 'build');
    expect([again.shown, again.said]).toEqual(['begun\r\none\r\n', saysThatItRan]);
    expect(again.said[0]).toContain('SIGINT');
  });

  test('is written again as the window was then, whatever size it has now', async () => {
    const space = workspace({
      'package.json': scripts({
        build: `trap 'stty size' WINCH; echo begun; until test -e go; do sleep 0.02; done; stty size`,
      }),
      'oodate.config.json': '{"ignore": ["go"]}',
    });
    const terminal = open(space, oodate, 'run', '--backend', backend, 'build');
    await terminal.says('begun\r\n');
    terminal.resize(30, 101);
    await terminal.says('30 101\r\n');
    space.write({ go: '' });
    const { shown } = await end(terminal);
    expect(shown).toBe('begun\r\n30 101\r\n30 101\r\n');
    expect(await onTerminal(space, 'run', 'build')).toEqual({ shown, said: [isUpToDate] });
  });

  test('by a watch is kept, and written again when another begins', async () => {
    const space = workspace(files);
    for (const begins of ['running build', 'build is up to date']) {
      const terminal = open(space, oodate, 'watch', '--backend', backend, 'build');
      await terminal.says('watching build');
      terminal.types('\x03');
      const { output } = await terminal.ended;
      expect(output).toContain(begins);
      expect(output).toContain(coloured);
    }
  });

  test('by scripts of a workspace that run one by one is written again', async () => {
    const space = workspace({
      'package.json': JSON.stringify({ workspaces: ['a', 'b'] }),
      'a/package.json': JSON.stringify({
        name: 'a',
        scripts: { build: 'tty < /dev/tty > /dev/null && echo a' },
      }),
      'b/package.json': JSON.stringify({ name: 'b', scripts: { build: "printf '\\033[1mb\\033[0m\\n'" } }),
    });
    const words = ['run', '-r', '-j', '1', '--backend', backend, 'build'];
    const runs = [await onTerminal(space, ...words), await onTerminal(space, ...words)];
    expect(runs.map(({ shown }) => shown)).toEqual(Array(2).fill('a\r\n\x1b[1mb\x1b[0m\r\n'));
    expect(runs[1]?.said).toContainEqual(expect.stringContaining('2 scripts in '));
    expect(runs[1]?.said).toContainEqual(expect.stringContaining('2 up to date'));
  });

  test.each(['errors', 'none'])('is not shown with --output %s, then and again', async (output) => {
    const space = workspace(files);
    const words = ['run', '--backend', backend, '--output', output, 'build'];
    expect(await onTerminal(space, ...words)).toEqual({ shown: '', said: saysThatItRan });
    expect(await onTerminal(space, ...words)).toEqual({ shown: '', said: [isUpToDate] });
  });
});

describe('what is written again to a terminal', () => {
  test('and has no newline at its end gets one before what oodate says', async () => {
    const space = workspace(files);
    await open(space, oodate, 'run', 'open').ended;
    const line = String.raw`\x1b\[2moodate: open is up to date \(.*\)\x1b\[22m\r\n`;
    for (let times = 0; times < 2; times += 1) {
      const { output } = await open(space, oodate, 'run', 'open').ended;
      expect(output).toMatch(new RegExp(`^one\r\nend\r\n${line}$`));
      space.remove('.oodate/open.proof');
    }
    const { output } = await open(space, oodate, 'run', '--quiet', 'open').ended;
    expect(output).toBe('one\r\nend');
  });

  test('under npm is what the script wrote there', async () => {
    const space = workspace(files);
    space.write({
      '.npmrc': `script-shell=${oodate.replace(/oodate$/, 'oodate-sh')}\nupdate-notifier=false\n`,
    });
    const runs = [
      await end(open(space, 'npm', 'run', '--silent', 'build')),
      await end(open(space, 'npm', 'run', '--silent', 'build')),
      await end(open(space, 'npm', 'run', '--silent', 'build')),
    ];
    expect(runs.map(({ shown }) => shown)).toEqual(Array(3).fill(coloured));
    expect(runs.map(({ said }) => said)).toEqual([saysThatItRan, [isUpToDate], [isUpToDate]]);
  });

  test('waits for who does not look', async () => {
    const space = workspace({
      'package.json': scripts({ much: 'seq 100000; cat in.txt' }),
      'in.txt': 'one\n',
    });
    const [{ shown }] = [await onTerminal(space, 'run', 'much')];
    for (let times = 0; times < 2; times += 1) {
      const terminal = open(space, 'bash', '-c', `> begun${times}; exec ${oodate} run much`);
      terminal.hold();
      await until(() => existsSync(space.path(`begun${times}`)));
      terminal.release();
      expect(await end(terminal)).toEqual({ shown, said: [isUpToDate] });
    }
  });
});
