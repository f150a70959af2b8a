import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, filemonRecords, processTree } from '@oodate/filemon';
import {
  buildActs,
  buildRing,
  childrenOf,
  dice,
  processesWith,
  requireTool,
  rounds,
  shownRecords,
  until,
} from '@oodate/testkit';

import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';

/* What is the bpf backend's own. What every backend records is in calls.test.ts and trace.test.ts. */

const isHere = (await probeBackends()).some(({ name, works }) => name === 'bpf' && works);
const isRoot = process.getuid?.() === 0;

let acts: string;
let probe: string;
let folder: string;

beforeAll(() => {
  acts = buildActs({ static: true });
  probe = `${findProbe()} --quiet --backend bpf`;
});
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-bpf-')));
  writeFileSync(join(folder, 'a'), 'a');
});
afterEach(async () => {
  await until(() => processesWith(`MARK=${folder}`).length === 0);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a line of shell, in which $PROBE and $ACTS are to be had. It must succeed. Returns what it writes. */
function shell(line: string, input = ''): string {
  const env = { ...process.env, MARK: folder, PROBE: probe, ACTS: acts, RING: buildRing() };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', line], {
    cwd: folder,
    env,
    input,
    encoding: 'utf8',
  });
  expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: '' });
  return stdout;
}

const log = (name = 'log'): Buffer => readFileSync(join(folder, name));
const shown = (name = 'log'): string[] => shownRecords(log(name), folder);
const without = (records: readonly string[], letters: string): string[] =>
  records.filter((record) => !letters.includes(record[0] ?? ''));

/** Runs a line under the probe's eyes and gives the records on the folder. */
function traced(command: string, input = ''): string[] {
  shell(`$PROBE -o log -- ${command}`, input);
  return shown();
}

/** Every process is forked before it does anything, and ends once. Returns the pids in order. */
function expectWhole(name = 'log'): number[] {
  const text = log(name).toString();
  const begun = [Number(/^# Target pid (\d+)$/m.exec(text)?.[1])];
  const running = new Set(begun);
  for (const record of filemonRecords([log(name)])) {
    if (record.kind !== 'process') continue;
    expect(running).toContain(record.pid);
    if (record.letter === 'F') {
      running.add(Number(record.data));
      begun.push(Number(record.data));
    }
    if (record.letter === 'X') running.delete(record.pid);
  }
  expect([...running]).toEqual([]);
  expect(text).toMatch(/# Bye bye\n$/);
  return begun;
}

// bash takes standard input that is a socket, as node gives it, for a remote login, and reads ~/.bashrc.
(isHere ? describe : describe.skip)('processes', () => {
  test('keep their number when a thread that is not the first executes a program', () => {
    expect(traced('$ACTS read a thread [ exec stat . fork [ read a ] ]')).toEqual([
      'R 1 a',
      'S 1 .',
      'R 2 a',
    ]);
    expect(expectWhole()).toHaveLength(2);
  });

  test('that share memory until they execute a program are told apart', () => {
    expect(traced('$ACTS vfork [ read a ] vfork [ fork [ stat a ] ] stat .')).toEqual([
      'R 2 a',
      'S 4 a',
      'S 1 .',
    ]);
    expect(expectWhole()).toHaveLength(4);
  });

  test('whose number was used before are new ones', () => {
    if (!isRoot) return;
    const again = 'echo 70 > /proc/sys/kernel/ns_last_pid; (read x < $i; exit $i)';
    for (const name of ['1', '2', '3']) writeFileSync(join(folder, name), 'x\n');
    shell(
      `unshare --pid --fork --mount-proc $PROBE -o log -- bash --norc -c 'for i in 1 2 3; do ${again}; done; exit 0'`,
    );
    const records = [
      ...log()
        .toString()
        .matchAll(/^([FRX] .*71( .*)?)$/gm),
    ].map(([line]) => line.replace(`${folder}/`, ''));
    expect(records.map((line) => line.replace(/^F \d+/, 'F SHELL'))).toEqual(
      ['1', '2', '3'].flatMap((name) => ['F SHELL 71', `R 71 ${name}`, `X 71 ${name} 0`]),
    );
    expectWhole();
  });

  test('have the numbers of where the probe is, in a name space of its own', () => {
    if (!isRoot) return;
    const out = shell(
      `unshare --pid --fork --mount-proc $PROBE -o log -- bash --norc -c 'echo $$; cat a > /dev/null & echo $!; wait'`,
    );
    expect(expectWhole()).toEqual(out.trim().split('\n').map(Number));
  });

  test('have the numbers of where the probe is, where the command makes a name space', () => {
    if (!isRoot) return;
    const records = traced(`unshare --pid --fork sh -c 'test $$ = 1 && $ACTS read a fork [ stat a ]'`);
    expect(records.filter((record) => record.endsWith(' a'))).toEqual(['R 3 a', 'S 4 a']);
    expect(expectWhole().every((pid) => pid > 2)).toBe(true);
  });

  test('that were there before are nothing to it, and those of other traces neither', () => {
    execFileSync('mkfifo', [join(folder, 'go')]);
    const numbers = Array.from({ length: 8 }, (_, n) => n);
    for (const n of numbers) writeFileSync(join(folder, `in${n}`), '');
    const one = (n: number) =>
      `$PROBE -o log${n} -- $ACTS repeat 300 [ read in${n} fork [ stat in${n} ] ] stat=ENOENT none${n} &`;
    // The one before opens its file once a traced one has opened the pipe, which is about then.
    shell(
      `(read x < go; $ACTS repeat 300 [ read a ]) & $PROBE -o log -- bash --norc -c 'echo > go' & ${numbers.map(one).join(' ')} wait`,
    );
    expect(shown().filter((record) => record.endsWith(' a'))).toEqual([]);
    for (const n of numbers) {
      const records = shown(`log${n}`).map((record) => record.replace(/ \d+ /, ' '));
      expect(records).toHaveLength(601);
      expect(new Set(records)).toEqual(new Set([`R in${n}`, `S in${n}`, `N none${n}`]));
      expect(expectWhole(`log${n}`)).toHaveLength(301);
    }
  });
});

(isHere ? describe : describe.skip)('paths', () => {
  test.each([
    ['read f', ['R 1 root/f']],
    ['read /f', ['R 1 root/f']],
    ['chdir /d read ../f', ['C 1 root/d', 'S 1 root/d', 'R 1 root/f']],
    ['read ../../../f', ['R 1 root/f']],
    ['stat=ENOENT /none', ['N 1 root/none']],
    ['read near', ['R 1 root/near']],
    ['write /new rename /new /newer', ['W 1 root/new', "M 1 'root/new' 'root/newer'"]],
    // The same link leads the probe to another file.
    ['read far', ['Q 1 a link was followed below a root directory of its own', 'R 1 root/far']],
    ['read fard/../f', ['Q 1 a path could not be found out']],
    ['fork [ read far ]', ['Q 2 a link was followed below a root directory of its own', 'R 2 root/far']],
  ])('below a root of the command’s own are told with what is above: %s', (does, expected) => {
    if (!isRoot) return;
    mkdirSync(join(folder, 'root/d'), { recursive: true });
    copyFileSync(acts, join(folder, 'root/acts'));
    shell('echo > root/f; ln -s f root/near; ln -s /f root/far; ln -s /d root/fard');
    const records = traced(`chroot root /acts ${does}`);
    const begin = records.findIndex((record) => record.startsWith('E '));
    expect(records.slice(begin)).toEqual(['E 1 root/acts', 'N 1 root/proc/self/exe', ...expected]);
  });

  test('of a linker below such a root are below it, too', () => {
    if (!isRoot) return;
    const libraries = shell(`ldd "$(command -v env)" | grep -o '/[^ ]*' | tr '\\n' ' '`);
    shell(`mkdir root; cp -L --parents "$(command -v env)" ${libraries} root`);
    const linker = libraries.split(' ').find((name) => name.includes('/ld-'));
    expect(traced('chroot root $(command -v env)')).toContain(`R 1 root${linker}`);
  });

  test('are those of the probe where it has such a root itself', () => {
    if (!isRoot) return;
    const programs = [findProbe(), `${findProbe()}-bpf`, acts];
    const libraries = programs
      .slice(0, 2)
      .map((name) => spawnSync('ldd', [name], { encoding: 'utf8' }).stdout);
    const found = [...libraries.join('').matchAll(/(\/\S+) \(/g)].map(([, name]) => name);
    const needed = [...new Set(found)].join(' ');
    shell(`mkdir -p root/proc root/sys; cp ${programs.join(' ')} root; ${needed && `cp -L --parents ${needed} root || :`}
      echo > root/a; unshare --mount sh -c 'mount -t proc proc root/proc; mount --rbind /sys root/sys
      chroot root /oodate-probe --quiet --backend bpf -o log -- /acts-static chdir /proc read ../a stat=ENOENT /none' 2> errors`);
    expect(log('root/log').toString().split('\n')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^E \d+ \/acts-static$/),
        expect.stringMatching(/^R \d+ \/a$/),
        expect.stringMatching(/^N \d+ \/none$/),
      ]),
    );
  });

  test('lead through what is mounted, as they were given', () => {
    if (!isRoot) return;
    mkdirSync(join(folder, 'there'));
    mkdirSync(join(folder, 'here'));
    shell(`echo > there/f; unshare --mount sh -c 'mount --bind there here
      $PROBE -o log -- $ACTS read here/f chdir here read f read ../there/f'`);
    expect(shown()).toEqual(['R 1 here/f', 'C 1 here', 'R 1 here/f', 'S 1 here', 'R 1 there/f']);
  });

  test('are not to be had where the command mounts', () => {
    if (!isRoot) return;
    shell('mkdir there here; echo > there/f');
    expect(traced(`unshare --mount sh -c 'mount --bind there here; $ACTS read here/f'`)).toContainEqual(
      expect.stringMatching(/^Q \d a process changed what is mounted where$/),
    );
  });

  test('of a directory that was removed are none, but for the way up', () => {
    mkdirSync(join(folder, 'd'));
    expect(traced('$ACTS chdir d rmdir ../d read=ENOENT x write=ENOENT x read ../a')).toEqual([
      'C 1 d',
      'S 1 d',
      'D 1 d',
      'S 1 d',
      'R 1 a',
    ]);
  });

  test('a thousand directories deep are recorded as long as a record holds them', () => {
    const depth = 1200;
    const go = (step: string) => `import os\nfor i in range(${depth}):\n    ${step}\n`;
    writeFileSync(join(folder, 'make.py'), `${go("os.mkdir('d'); os.chdir('d')")}open('f', 'w').close()\n`);
    writeFileSync(join(folder, 'use.py'), `${go("os.chdir('d')")}open('f').close()\n`);
    shell('python3 make.py');
    expect(traced('python3 use.py')).toContain(`R 1 ${'d/'.repeat(depth)}f`);
  });

  test('through /proc/self lead to the file', () => {
    const records = traced(
      `bash --norc -c 'exec 3< a; exec $ACTS read /proc/self/fd/3 read /dev/fd/3 read /proc/self/cwd/a'`,
    );
    expect(without(records, 'S')).toEqual(['R 1 a', 'R 1 a', 'R 1 a', 'R 1 a']);
    traced(`bash --norc -c 'exec /proc/self/exe -c "exit 0"'`);
    expect(log().toString()).not.toMatch(/^E \d+ \/proc/m);
  });
});

(isHere ? describe : describe.skip)('a ring of io_uring', () => {
  const told = 'Q 1 files were used by name through io_uring';

  test.each(['idle', 'nop', 'read a', 'write b read a', 'sqpoll idle', 'sqpoll read a', 'sqpoll write b'])(
    'that does no more than "%s" is no reason to distrust',
    (does) => {
      expect(traced(`$RING ${does}`).filter((record) => record.startsWith('Q'))).toEqual([]);
      expectWhole();
    },
  );

  test.each([
    'open a',
    'statx a',
    'rename a b',
    'unlink a',
    'mkdir d',
    'symlink a b',
    'link a b',
    'sqpoll open a',
    'sqpoll statx a',
    'nop read a rename a b',
  ])('that does "%s" makes the trace incomplete', (does) => {
    expect(traced(`$RING ${does}`)).toContain(told);
    expectWhole();
  });

  test.each(['input', 'sqpoll input'])('that reads standard input is seen to: %s', (does) => {
    expect(traced(`$RING ${does}`, 'x')).toEqual(['Q 1 standard input was read, and it is not a file']);
    expect(shell(`$PROBE -o log -- $RING ${does} < a`)).toBe('');
    expect(shown()).toEqual(['R 1 a']);
  });

  test('of Node is used for what it awaits, and not at all if it awaits no file', () => {
    const node = (script: string) => traced(`env UV_USE_IO_URING=1 ${process.execPath} -e '${script}'`);
    expect(node('require("fs").readFileSync("a")')).toContain('R 1 a');
    expect(shown()).not.toContain(told);
    expect(node('require("fs/promises").readFile("a")')).toContain(told);
  });
});

(isHere && isRoot && requireTool('setcap') ? describe : describe.skip)('another user', () => {
  beforeEach(() => {
    chmodSync(folder, 0o777);
    for (const name of ['oodate-probe', 'oodate-probe-bpf'])
      copyFileSync(join(dirname(findProbe()), name), join(folder, name));
    shell('setcap cap_bpf,cap_perfmon+ep oodate-probe-bpf; cp $(command -v id) sid; chmod u+s sid');
    probe = `setpriv --reuid=65534 --regid=65534 --clear-groups ${folder}/oodate-probe --quiet --backend bpf`;
  });
  afterEach(() => {
    probe = `${findProbe()} --quiet --backend bpf`;
  });

  test('who may use it runs set-user-id programs as they are', () => {
    expect(shell(`$PROBE -o log -- sh -c './sid -u; id -u; cat a'`)).toBe('0\n65534\na');
    expect(without(shown(), 'NS')).toEqual([
      expect.stringMatching(/^E \d sid$/),
      expect.stringMatching(/^R \d a$/),
    ]);
    expectWhole();
  });

  test('who may not is told so', () => {
    shell('setcap -r oodate-probe-bpf');
    expect(spawnSync('bash', ['-c', `${probe} -o log -- true`], { cwd: folder }).status).toBe(125);
    expect(log().toString()).toMatch(/^# Failed NO_CAPABILITY .*CAP_BPF and CAP_PERFMON/m);
  });
});

test.each(isHere ? ['strace -qq -o /dev/null', 'gdb -q -batch -ex run -ex quit --args'] : [])(
  'tracers within work: %s',
  (tracer) => {
    const records = traced(`sh -c '${tracer} $ACTS read a fork [ stat=ENOENT b ] > /dev/null 2>&1'`);
    expect(without(records, 'SWECG').filter((record) => / [ab]$/.test(record))).toEqual([
      expect.stringMatching(/^R \d+ a$/),
      expect.stringMatching(/^N \d+ b$/),
    ]);
  },
);

(isHere ? test : test.skip)('records that find no room are counted, and make the trace incomplete', () => {
  const looks = 100_000;
  shell(
    `$PROBE -o log -- bash --norc -c 'kill -STOP $PPID; $ACTS repeat ${looks} [ stat a ]; kill -CONT $PPID'`,
  );
  const records = shown();
  const lost = Number(/^Q \d+ (\d+) records found no room/m.exec(records.join('\n'))?.[1]);
  const seen = records.filter((record) => record.endsWith(' a')).length;
  expect(lost).toBeGreaterThan(0);
  // What is missing beside looks are a few that were not about the folder.
  expect(lost + seen).toBeGreaterThanOrEqual(looks);
  expect(lost + seen).toBeLessThan(looks + 100);
});

(isHere ? test : test.skip)('times are those of what happened, however late it is read', () => {
  shell(`$PROBE -o log -- bash --norc -c 'kill -STOP $PPID; sleep 0.05; kill -CONT $PPID'`);
  const lives = processTree(filemonRecords([log()]), folder as AbsolutePath);
  const { executedAt = [], ended } =
    lives.find(({ commandLines }) => commandLines.includes('sleep 0.05')) ?? {};
  expect((ended ?? 0) - (executedAt[0] ?? 0)).toBeGreaterThanOrEqual(50_000);
});

(isHere && isRoot ? test : test.skip).each(['1000000', '-10'])(
  'times are right where the clock of the kernel is another: by %s seconds',
  (seconds) => {
    const begun = process.hrtime.bigint();
    shell(`unshare --time --monotonic ${seconds} --fork $PROBE -o log -- sh -c '/bin/true; :'`);
    const took = Number(process.hrtime.bigint() - begun) / 1000;
    const ends = processTree(filemonRecords([log()]), folder as AbsolutePath).map(({ ended }) => ended ?? 0);
    expect(ends).toHaveLength(2);
    expect(Math.min(...ends)).toBeGreaterThan(0);
    expect(Math.max(...ends)).toBeLessThan(took);
  },
);

(isHere && requireTool('bpftool') ? describe : describe.skip)('when parts of the probe are killed', () => {
  /** What a process holds of the kernel's programs: `link 12`. */
  function held(pid: number): string[] {
    try {
      return readdirSync(`/proc/${pid}/fdinfo`).flatMap((fd) =>
        /bpf/.test(readlinkSync(`/proc/${pid}/fd/${fd}`))
          ? [
              ...readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').matchAll(/^(link|prog|map)_id:\t(\d+)$/gm),
            ].map(([, kind, id]) => `${kind} ${id}`)
          : [],
      );
    } catch {
      return []; // It has ended.
    }
  }

  const isLoaded = (object: string): boolean => {
    const [kind = '', id = ''] = object.split(' ');
    return spawnSync('bpftool', [kind, 'show', 'id', id]).status === 0;
  };

  const below = (pid: number): number[] => childrenOf(pid).flatMap((child) => [child, ...below(child)]);

  async function ended(child: ChildProcess): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode;
  }

  test.each(['loader', 'supervisor', 'launcher', 'all'])(
    'at any time, nothing of it stays in the kernel, and a command that has begun ends by itself: %s',
    async (which) => {
      const all = new Set<string>();
      const { below: drawn, seed } = dice();
      for (let round = 0; round < rounds(10); round += 1) {
        rmSync(join(folder, 'log'), { force: true });
        rmSync(join(folder, 'out'), { force: true });
        const words = ['--quiet', '--backend', 'bpf', '-o', 'log', '--', acts];
        const busy = 'forks 4 [ repeat 200 [ stat a read a ] ] write out exit 7'.split(' ');
        const child = spawn(findProbe(), [...words, ...busy], {
          cwd: folder,
          env: { ...process.env, MARK: folder },
          stdio: 'ignore',
        });
        const launcher = child.pid as number;
        const end = performance.now() + drawn(100);
        const isLast = round === rounds(10) - 1;
        let victims: number[] = [];
        while (performance.now() < end || (isLast && all.size === 0 && child.exitCode === null)) {
          for (const pid of [launcher, ...below(launcher)]) for (const object of held(pid)) all.add(object);
          // What the supervisor has made is called so too, until it is the command.
          const parts = which === 'supervisor' ? childrenOf(launcher) : below(launcher);
          victims = parts.filter(
            (pid) => nameOf(pid) === (which === 'loader' ? 'oodate-probe-bp' : 'oodate-probe'),
          );
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (which === 'all' || which === 'launcher')
          victims = which === 'all' ? [launcher, ...victims] : [launcher];
        for (const pid of victims) spawnSync('kill', ['-9', `${pid}`]);
        const status = await ended(child);
        await until(() => processesWith(`MARK=${folder}`).length === 0);
        const hasBegun = existsSync(join(folder, 'out'));
        if (which === 'supervisor' || which === 'loader')
          expect({ seed, status }).toEqual({ seed, status: hasBegun ? 7 : 125 });
        const text = existsSync(join(folder, 'log')) ? log().toString() : '';
        if (hasBegun && text !== '' && !text.endsWith('# Bye bye\n') && status !== null)
          expect(text).toMatch(/^Q 0 the probe's supervisor ended before the command$/m);
        if (text.endsWith('# Bye bye\n'))
          expect(shown().filter((record) => record.startsWith('R'))).toHaveLength(800);
      }
      expect(all.size).toBeGreaterThan(0);
      for (const object of all) await until(() => !isLoaded(object));
    },
  );
});

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}
