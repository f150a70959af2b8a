import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { requireTool, until } from '@oodate/testkit';

import { findProbe } from './probe.js';

/*
 * The program that loads the bpf backend, and what stops it. Only root can make
 * another user of itself, and give capabilities to files.
 */

const isRoot = process.getuid?.() === 0;
const withRoot =
  isRoot && requireTool('clang') && requireTool('libbpf') && requireTool('setcap') ? describe : describe.skip;
/** Nobody else's, so that what it leaves in the kernel can be told. */
const user = 61_000 + (process.pid % 4_000);
const asUser = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--'];

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-loader-')));
  chmodSync(folder, 0o777);
  for (const name of ['oodate-probe', 'oodate-probe-bpf'])
    copyFileSync(join(dirname(findProbe()), name), join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...args] = words;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function succeed(...words: string[]): string {
  const { status, stdout, stderr } = run(...words);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function grant(): void {
  succeed('setcap', 'cap_bpf,cap_perfmon=ep', 'oodate-probe-bpf');
}

/** Code and sentence for which bpf does not work, as the probe tells them; empty if it does. */
function refusal(...under: string[]): string[] {
  const [line = ''] = run(...under, './oodate-probe', '--check').stdout.split('\n');
  const [name, works, code = '', sentence = ''] = line.split('\t');
  expect(name).toBe('bpf');
  return works === 'yes' ? [] : [code, sentence];
}

/** Words that run others in a mount namespace of their own, after this line of shell. */
const after = (line: string): string[] => [
  'unshare',
  '--mount',
  '--propagation=private',
  'sh',
  '-ec',
  `${line}; exec "$@"`,
  'sh',
];

withRoot('bpf does not work', () => {
  const needs = 'bpf needs root, or CAP_BPF and CAP_PERFMON on oodate-probe-bpf';
  const noEffect = 'the capabilities of oodate-probe-bpf have no effect here';
  test.each([
    {
      where: 'for a root without the capabilities',
      under: ['setpriv', '--bounding-set=-sys_admin,-bpf', '--'],
      expected: ['NO_CAPABILITY', needs],
    },
    { where: 'for another user', under: asUser, expected: ['NO_CAPABILITY', needs] },
    {
      where: 'for the root of a user namespace',
      under: ['unshare', '--user', '--map-root-user'],
      expected: [
        'BPF_REFUSED',
        'the kernel refused the program of the bpf backend (Operation not permitted)',
      ],
    },
    {
      where: 'on an old kernel, if that refuses',
      under: ['setarch', '--uname-2.6', 'unshare', '--user', '--map-root-user'],
      expected: ['OLD_KERNEL', 'bpf needs Linux 5.17 or later'],
    },
    {
      where: 'without a description of the kernel',
      under: after('mount -t tmpfs none /sys/kernel/btf'),
      expected: ['NO_BTF', 'the kernel does not describe its structures (no /sys/kernel/btf/vmlinux)'],
    },
    {
      where: 'under lockdown',
      under: after(
        'mount -t tmpfs none /sys/kernel/security; echo "none integrity [confidentiality]" > /sys/kernel/security/lockdown',
      ),
      expected: ['LOCKED_DOWN', 'the kernel is locked down and lets no program read its memory'],
    },
    {
      where: 'without the loader',
      under: after('rm oodate-probe-bpf'),
      expected: ['NOT_BUILT', 'the probe was built without bpf, as there was no clang or no libbpf'],
    },
    {
      where: 'for who may not execute the loader',
      under: [...after('chmod 750 oodate-probe-bpf'), ...asUser],
      expected: ['NOT_PERMITTED', 'this user may not execute oodate-probe-bpf'],
    },
  ])('$where', ({ under, expected }) => {
    expect(refusal()).toEqual([]);
    expect(refusal(...under)).toEqual(expected);
  });

  test.each([
    { where: 'no new privileges may be had', under: ['setpriv', '--no-new-privs', '--'] },
    { where: 'they are beyond what may be had', under: ['setpriv', '--bounding-set=-bpf', '--'] },
    {
      where: 'the file system is mounted nosuid',
      under: after('mount --bind . .; mount -o remount,bind,nosuid .; cd .'),
    },
  ])('for another user by capabilities of the loader where $where', ({ under }) => {
    grant();
    expect(refusal(...asUser)).toEqual([]);
    expect(refusal(...under, ...asUser)).toEqual(['NOT_GRANTED', noEffect]);
  });
});

withRoot('another user, by the capabilities of the loader,', () => {
  test('has bpf chosen, and the command has its environment and no capabilities', () => {
    const command = ['sh', '-c', 'grep ^Cap /proc/self/status; echo "$LD_LIBRARY_PATH"; cat a'];
    const as = [...asUser, 'env', 'LD_LIBRARY_PATH=/x'];
    writeFileSync(join(folder, 'a'), '');
    const alone = succeed(...as, ...command);
    expect(alone).toMatch(/^CapEff:\t0+\n(?:Cap.*\n)*\/x\n$/m);
    grant();
    expect(refusal(...asUser)).toEqual([]);
    expect(succeed(...as, './oodate-probe', '-o', 'log', '--', ...command)).toBe(alone);
    const log = readFileSync(join(folder, 'log'), 'latin1');
    expect(log).toContain(`${folder}/a\n`);
    expect(log).not.toMatch(/^Q/m);
    expect(log).toMatch(/# Bye bye\n$/);
  });

  test('may see a set-user-id program that the command starts', () => {
    // What the guide warns of.
    grant();
    copyFileSync('/bin/cat', join(folder, 'cat'));
    chmodSync(join(folder, 'cat'), 0o4755);
    writeFileSync(join(folder, 'secret'), 'told', { mode: 0o600 });
    expect(
      succeed(...asUser, './oodate-probe', '--backend', 'bpf', '-o', 'log', '--', './cat', 'secret'),
    ).toBe('told');
    expect(readFileSync(join(folder, 'log'), 'latin1')).toContain(`${folder}/secret\n`);
  });
});

/*
 * Starts the loader as a probe would, sends it this, and prints its answers, exit
 * status and what it said. Words: as which user, what descriptor 3 is, the size, what is sent,
 * which streams are terminals.
 */
const client = `
import os, socket, struct, subprocess, sys
user, kind, size, message, streams = sys.argv[1:]
os.setgroups([])
os.setresgid(*[int(user)] * 3)
os.setresuid(*[int(user)] * 3)
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM if kind == 'stream' else socket.SOCK_SEQPACKET)
given = {'file': lambda: os.open('/dev/null', os.O_RDWR), 'none': lambda: -1}.get(kind, theirs.fileno)()
def place():
    if given >= 0: os.dup2(given, 3)
    else: os.closerange(3, 64)
loader = subprocess.Popen(['./oodate-probe-bpf', size, streams], preexec_fn=place, close_fds=False, stderr=subprocess.PIPE)
theirs.close()
if kind == 'closed': ours.close()
def grandchild(program):
    child = subprocess.Popen(['sh', '-c', program + ' go & echo $!; cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(child.stdout.readline())
    while 'sh' == open('/proc/%d/comm' % pid).read().strip(): pass
    return pid
if message == 'own': pid = os.getpid()
elif message == 'parent': pid = os.getppid()
elif message[:2] == './': pid = grandchild(message)
else: pid = None if message[:2] == '0x' else int(message)
answers = []
if kind == 'socket':
    while True:
        text, descriptors, *_ = socket.recv_fds(ours, 1024, 16)
        for descriptor in descriptors: os.close(descriptor)
        if text == b'': break
        answers.append(text.decode().split('\\0')[:2])
        if text[:1] == b'+' and len(answers) == 1:
            ours.send(bytes.fromhex(message[2:]) if pid is None else struct.pack('i', pid))
            ours.shutdown(socket.SHUT_WR)
if message[:2] == './': os.kill(pid, 9)
said = loader.communicate()[1].decode()
print(answers, loader.returncode, said, sep='\\n', end='')
`;

(isRoot && requireTool('python3') && requireTool('bpftool') && requireTool('setcap')
  ? describe
  : describe.skip)('a loader with capabilities that another user starts', () => {
  const answer = (kind: string, size: string, message: string, streams = ''): string[] =>
    succeed('python3', '-c', client, String(user), kind, size, message, streams).split('\n');

  /** Programs in the kernel that were loaded by the user. */
  const left = (): unknown[] =>
    (JSON.parse(succeed('bpftool', '-j', 'prog', 'list')) as { uid?: number }[]).filter(
      ({ uid }) => uid === user,
    );

  beforeEach(grant);
  afterEach(() => until(() => left().length === 0));

  test.each([
    { kind: 'none', size: '8388608' },
    { kind: 'file', size: '8388608' },
    { kind: 'stream', size: '8388608' },
    ...[
      '',
      'x',
      '0',
      '100',
      '12288',
      '32768',
      '196608',
      '8388608x',
      '-8388608',
      '536870912',
      '4294967296',
      '99999999999999999999',
    ].map((size) => ({ kind: 'socket', size })),
  ])('does nothing with $kind for descriptor 3 and "$size" for a size', ({ kind, size }) => {
    expect(answer(kind, size, '0')).toEqual([
      '[]',
      '2',
      'oodate-probe-bpf: this is started by oodate-probe, and of no use alone',
      '',
    ]);
  });

  test.each(['1', '12'])('copies nothing for streams %s that are no devices', (streams) => {
    const why = 'the terminal of oodate-probe could not be looked at';
    expect(answer('socket', '65536', '0', streams)).toEqual([`[['-LOADER_FAILED', '${why}']]`, '1', '']);
  });

  test('ends if nobody hears it', () => {
    expect(answer('closed', '8388608', '0')).toEqual(['[]', '1', '']);
  });

  test.each(['0x', '0x01', `0x${'00'.repeat(8)}`, `0x${'ff'.repeat(4000)}`])(
    'ends if it is sent what is no process id: %#',
    (message) => {
      expect(answer('socket', '8388608', message)).toEqual(["[['+']]", '1', '']);
    },
  );

  /** Waits for what nobody writes. */
  const makeWaiter = (mode: number): void => {
    copyFileSync('/bin/cat', join(folder, 'waiter'));
    chmodSync(join(folder, 'waiter'), mode);
    execFileSync('mkfifo', ['-m', '666', join(folder, 'go')]);
  };

  test('watches what the probe has started', () => {
    makeWaiter(0o755);
    expect(answer('socket', '65536', './waiter')).toEqual(["[['+'], ['+']]", '0', '']);
  });

  test('does not watch what runs with the rights of another', () => {
    makeWaiter(0o4755);
    expect(answer('socket', '65536', './waiter')[0]).toMatch(/^\[\['\+'\], \['-NOT_OWN', /);
  });

  test.each(['1', '0', '-1', '2147483647', 'own', 'parent'])(
    'does not watch a process that is not below the probe: %s',
    (message) => {
      const [answers, status, ...said] = answer('socket', '65536', message);
      expect(answers).toMatch(
        /^\[\['\+'\], \['-NOT_OWN', 'process -?\d+ is not one that the probe has started'\]\]$/,
      );
      expect([status, ...said]).toEqual(['1', '']);
    },
  );
});
