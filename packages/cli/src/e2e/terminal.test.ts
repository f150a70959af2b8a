import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSituation, openTerminal, type Terminal, until } from '@oodate/testkit';
import { findProbe } from '@oodate/tracer';

const oodate = fileURLToPath(new URL('../../bin/oodate', import.meta.url));

let situation: string;
let folder: string;
let here: string;
const opened: Terminal[] = [];

beforeAll(() => {
  situation = buildSituation();
});
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'terminal-')));
  here = join(folder, 'here');
  mkdirSync(here);
});
afterEach(async () => {
  for (const terminal of opened.splice(0)) await terminal.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A command alone, to see that the story holds for it, and under each program that runs it. */
const ways = {
  itself: () => '',
  'oodate-probe': () => `${findProbe()} -o ${folder}/log --output ${folder}/copy --`,
  'oodate-probe --backend notify': () =>
    `${findProbe()} --backend notify -o ${folder}/log --output ${folder}/copy --`,
  'oodate run': () => `${oodate} run --force --quiet --meta ${folder}/meta --`,
  'oodate run --untraced': () => `${oodate} run --untraced --quiet --`,
} as const;
type Way = keyof typeof ways;
const names = Object.keys(ways) as Way[];

function open(way: Way, ...words: string[]): Terminal {
  const terminal = openTerminal(words, {
    cwd: here,
    env: {
      HOME: '/nonexistent',
      LANG: 'C.UTF-8',
      PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      PS1: 'prompt> ',
      TERM: 'dumb',
      RUN: ways[way](),
      SITUATION: situation,
    },
  });
  opened.push(terminal);
  return terminal;
}

/** A shell with job control, at its prompt. */
async function openShell(way: Way): Promise<Terminal> {
  const terminal = open(way, 'bash', '--norc', '--noprofile', '--noediting', '-i');
  await terminal.says('prompt> ');
  return terminal;
}

/**
 * Runs this in the shell, up to where it says that it is ready; its text itself does not have that word.
 * What Ctrl-Z is to stop waits by `read`: while dash starts a program, by vfork, it cannot be stopped.
 */
async function begin(terminal: Terminal, script: string): Promise<void> {
  terminal.types(`$RUN sh -c '${script.replaceAll('READY', 'echo rea""dy')}'\n`);
  await terminal.says('ready\r\n');
}

/** For the shell: waits until it has noticed the end of its job. */
/** Until a stopped job goes on, bash tells of it as such: by 128 and SIGSTOP or SIGTSTP. */
const forItsEnd = 'while wait -f %1 2> /dev/null; s=$?; [ $s = 147 ] || [ $s = 148 ]; do :; done';
const forEnd = 'while jobs %1 > /dev/null 2>&1; do sleep 0.02; done';

const keys = { interrupt: '\x03', quit: '\x1c', suspend: '\x1a', endOfInput: '\x04' };

describe.each(names)('on a terminal, by %s', (way) => {
  test('Ctrl-C ends a command', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'READY; exec sleep 60');
    terminal.types(keys.interrupt);
    await terminal.says('prompt> ');
    terminal.types('echo status $?\n');
    await terminal.says('status 130\r\n');
  });

  test('Ctrl-C ends the loop that the command is in', async () => {
    const terminal = open(
      way,
      'bash',
      '-c',
      'for i in 1 2 3; do $RUN sh -c "echo ready; exec sleep 60"; done; echo not reached',
    );
    await terminal.says('ready\r\n');
    terminal.types(keys.interrupt);
    const { output, status } = await terminal.ended;
    expect(status).toBe(130);
    expect(output).not.toContain('not reached');
  });

  test('Ctrl-C comes once to a command that handles it', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'trap "echo cau\\"\\"ght" INT; READY; read -r x; read -r y; echo got $y');
    terminal.types(keys.interrupt);
    await terminal.says('caught\r\n');
    terminal.types('one\n');
    terminal.types('two\n');
    await terminal.says('got ');
    await terminal.says('prompt> ');
    expect(terminal.output.match(/caught\r\n/g)).toHaveLength(1);
  });

  test('Ctrl-\\ ends a command', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'READY; exec sleep 60');
    terminal.types(keys.quit);
    await terminal.says('prompt> ');
    terminal.types('echo status $?\n');
    await terminal.says('status 131\r\n');
  });

  test('Ctrl-Z stops a command, and fg goes on with it', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'READY; read -r x; echo got $x; exit 5');
    terminal.types(keys.suspend);
    await terminal.says('Stopped');
    await terminal.says('prompt> ');
    terminal.types('echo status $?\n');
    await terminal.says('status 148\r\n');
    terminal.types('fg\n');
    await terminal.says('fg\r\n');
    terminal.types('it\n');
    await terminal.says('got it\r\n');
    await terminal.says('prompt> ');
    terminal.types('echo status $?\n');
    await terminal.says('status 5\r\n');
  });

  test('Ctrl-Z stops it as often as it is pressed', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'READY; while read -r x; do echo got $x; done');
    for (const line of ['one', 'two', 'three']) {
      terminal.types(keys.suspend);
      await terminal.says('Stopped');
      await terminal.says('prompt> ');
      terminal.types('fg\n');
      await terminal.says('fg\r\n');
      terminal.types(`${line}\n`);
      await terminal.says(`got ${line}\r\n`);
    }
    terminal.types(keys.endOfInput);
    await terminal.says('prompt> ');
  });

  test('a stopped command goes on in the background', async () => {
    execFileSync('mkfifo', [join(here, 'gate')]);
    const terminal = await openShell(way);
    await begin(terminal, 'READY; read -r x < gate; echo fin""ished');
    terminal.types(keys.suspend);
    await terminal.says('Stopped');
    terminal.types('bg; echo > gate; wait; echo status $?\n');
    await terminal.says('finished\r\n');
    await terminal.says('status 0\r\n');
  });

  test('Ctrl-Z does nothing to a command that ignores it', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'trap "" TSTP; READY; read -r x; ls / > /dev/null; echo got $x');
    terminal.types(keys.suspend);
    terminal.types('it\n');
    await terminal.says('got it\r\n');
    await terminal.says('prompt> ');
    expect(terminal.output).not.toContain('Stopped');
  });

  test('a command that stops itself is seen to', async () => {
    const terminal = await openShell(way);
    terminal.types(`$RUN sh -c 'kill -STOP $$; echo ba""ck'\n`);
    await terminal.says('Stopped');
    await terminal.says('prompt> ');
    terminal.types('fg\n');
    await terminal.says('back\r\n');
  });

  test('a command in the background that reads stops until it is in front', async () => {
    const terminal = await openShell(way);
    terminal.types(`$RUN sh -c 'read -r x; echo got $x' &\n`);
    await terminal.says('[1] ');
    await terminal.says('prompt> ');
    await until(async () => {
      terminal.types('jobs\n');
      await terminal.says('prompt> ');
      return terminal.output.includes('Stopped');
    });
    terminal.types('fg\n');
    terminal.types('it\n');
    await terminal.says('got it\r\n');
  });

  test('a stop of one process alone, and its going on, do no harm', async () => {
    const terminal = await openShell(way);
    terminal.types(`$RUN sh -c 'while [ ! -e go ]; do sleep 0.02; done; echo fin""ished' &\n`);
    await terminal.says('[1] ');
    terminal.types(`kill -STOP $!; touch go; kill -CONT $!; ${forItsEnd}; echo sta""tus $s\n`);
    await terminal.says('finished\r\n');
    await terminal.says('status 0\r\n');
  });

  test('a signal to its process ends it when it is stopped and goes on', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'READY; exec sleep 60');
    terminal.types(keys.suspend);
    await terminal.says('Stopped');
    terminal.types(`kill %1; ${forItsEnd}; echo sta""tus $s\n`);
    await terminal.says('status 143\r\n');
  });

  test('a shell within has job control of its own', async () => {
    const terminal = await openShell(way);
    terminal.types('PS1="in> " $RUN bash --norc --noprofile --noediting -i\n');
    await terminal.says('in> ');
    terminal.types('sh -c "echo rea\\"\\"dy; exec sleep 60"\n');
    await terminal.says('ready\r\n');
    terminal.types(keys.suspend);
    await terminal.says('Stopped');
    await terminal.says('in> ');
    terminal.types(`kill -KILL %1; ${forEnd}; exit 7\n`);
    await terminal.says('prompt> ');
    terminal.types('echo status $?\n');
    await terminal.says('status 7\r\n');
  });

  test('the window’s new size is told', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'trap "stty size" WINCH; READY; while [ ! -e go ]; do sleep 0.02; done');
    terminal.resize(30, 101);
    await terminal.says('30 101\r\n');
  });

  test('the end of the terminal is told', async () => {
    const terminal = await openShell(way);
    await begin(terminal, 'trap "echo gone > gone; exit" HUP; READY; while :; do sleep 0.02; done');
    terminal.hangUp();
    await until(() => existsSync(join(here, 'gone')));
    await terminal.ended;
  });

  test('the terminal stays as the command left it', async () => {
    const terminal = open(way, 'bash', '-c', '$RUN stty -echo');
    expect(await terminal.ended).toEqual({ output: '', status: 0, echoes: false });
  });

  test('what is written to stdout and stderr keeps its order', async () => {
    const script = '$RUN bash -c "for i in {1..300}; do echo \\$i; echo e\\$i >&2; done"';
    const { output } = await open(way, 'bash', '-c', script).ended;
    const expected = Array.from({ length: 300 }, (_, i) => `${i + 1}\r\ne${i + 1}\r\n`).join('');
    expect(output).toBe(expected);
  });
});

/** Which of the pseudo-terminals it is depends on how many others there are. */
const terminalDevice = /device=0x88[0-9a-f]{2}\b/g;

describe.each(names.slice(1))('by %s a command has the same terminal', (way) => {
  test.each([
    '$RUN $SITUATION told',
    '$RUN $SITUATION told < /dev/null',
    '$RUN $SITUATION told | cat',
    '$RUN $SITUATION told 2>&1 | cat',
    'echo x | $RUN $SITUATION told',
    '$RUN $SITUATION told > out',
    '$RUN $SITUATION told 2> out',
    '$RUN $SITUATION told < /dev/null > out',
    '$RUN $SITUATION told < /dev/null > out 2>&1',
    '$RUN $SITUATION told <&-',
    'setsid -w $RUN $SITUATION told',
  ])('%s', async (script) => {
    const told = async (by: Way): Promise<string[]> => {
      const { status } = await open(by, 'bash', '-c', script).ended;
      expect(status).toBe(0);
      const lines = readFileSync(join(here, 'told'), 'utf8')
        .replaceAll(terminalDevice, 'device=terminal')
        .split('\n');
      // What is documented to differ, and where bash notes the program that it starts.
      return lines
        .filter((line) => !/^(env (OODATE_PROBE|RUN|_)=|status Seccomp|session )/.test(line))
        .sort();
    };
    const alone = await told('itself');
    expect(await told(way)).toEqual(alone);
  });
});
