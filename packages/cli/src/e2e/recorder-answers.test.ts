import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { FileWitness, settledClock } from '@oodate/planner';
import { buildRing, requireTool, type StartOptions, until, Workspace } from '@oodate/testkit';
import { askProof, program, proofOfCall, proofProgram, writeProof } from './proof-program.js';
import { canRecord, Recorder } from './recorder-program.js';

/*
 * The recorder may answer only what looking would have found. Not below the system's temporary directory: that is on
 * the way to whatever is in it, and others change it all the time.
 */

const call = ['run', '--', 'x'];
const isRoot = process.getuid?.() === 0;
const python = requireTool('python3');

function ownSpace(): Workspace {
  return new Workspace(mkdtempSync('/var/tmp/oodate-recorder-'));
}

/** Files, and a proof that rests on them. */
async function provenSpace(recorder: Recorder, looks = looked): Promise<Workspace> {
  const space = new Workspace(mkdtempSync(recorder.space.path('project-')));
  space.write({
    'in.txt': 'one\n',
    'dir/deep/file': 'deep\n',
    'far/target': 'far\n',
    'other/target': 'other\n',
  });
  space.write({ 'listed/a': '', twice: 'twice\n', store: 'x'.repeat(8192) });
  linkSync(space.path('twice'), space.path('far/second'));
  space.link('link', 'far');
  chmodSync(space.folder, 0o755);
  chmodSync(space.path('store'), 0o666);
  prove(space, looks);
  space.link('.oodate/recorder', recorder.folder);
  await recorder.ask(`set 1 ${proofOfCall(space, call)}`);
  return space;
}

async function watchedSpace(recorder: Recorder): Promise<Workspace> {
  const space = await provenSpace(recorder);
  await recorder.settled();
  return space;
}

const looked = ['in.txt', 'dir/deep/file', 'link/target', 'missing', 'dir/missing/too', 'twice', 'store'];

function prove(space: Workspace, looks: readonly string[]): void {
  for (;;) {
    // What was made just before could be changed once more within the same tick of the clock of file times.
    const clock = settledClock(space.folder, BigInt(Date.now()) * 1_000_000n + 20_000_000n);
    const witness = new FileWitness();
    for (const name of looks) witness.state(space.path(name) as AbsolutePath);
    witness.linkState(space.path('link') as AbsolutePath);
    witness.list(space.path('listed') as AbsolutePath);
    const found = witness.looks(clock);
    // Else the machine was so busy that there was no waiting for it.
    if (found !== undefined) {
      writeProof(space, call, found);
      return;
    }
  }
}

async function isProven(space: Workspace, options: StartOptions = {}): Promise<boolean> {
  const { status } = await askProof(space, call, options);
  return status === 0;
}

/** What looking says, and what is said with the recorder, and whether that one knew it. */
async function answers(space: Workspace, recorder: Recorder) {
  const before = await recorder.status();
  const withRecorder = await isProven(space);
  const after = await recorder.status();
  const looking = await recorder.hidden(() => isProven(space));
  return { withRecorder, looking, known: after.yes > before.yes };
}

/** How many changes it has been told of what the proof rests on. */
async function changesOf(space: Workspace, recorder: Recorder): Promise<number> {
  const { proofs } = await recorder.status();
  return proofs.find(({ proof }) => proof === proofOfCall(space, call))?.changes ?? -1;
}

async function knows(space: Workspace, recorder: Recorder): Promise<void> {
  await until(async () => (await answers(space, recorder)).known);
}

/** By a program other than this one. */
async function act(space: Workspace, line: string, under: readonly string[] = []): Promise<void> {
  const { status, stderr } = await space.run(['sh', '-ec', line], { under });
  expect({ line, status, stderr }).toEqual({ line, status: 0, stderr: '' });
}

const storing = `import mmap
f = open('store', 'r+b'); m = mmap.mmap(f.fileno(), 0)
m[4096:4097] = b'y'`;

interface Change {
  readonly make: (space: Workspace) => Promise<void> | void;
  readonly undo?: (space: Workspace) => Promise<void> | void;
  /** Not one that a look would see. */
  readonly unseen?: true;
  readonly needs?: boolean;
}

const changes: Readonly<Record<string, Change>> = {
  'a file that was written': { make: (space) => writeFileSync(space.path('in.txt'), 'two\n') },
  'a file that was written, and its times put back': {
    make: (space) => {
      writeFileSync(space.path('in.txt'), 'two\n');
      utimesSync(space.path('in.txt'), 1e9, 1e9);
    },
  },
  'a file with more in it': { make: (space) => appendFileSync(space.path('in.txt'), 'two\n') },
  'a file that was cut': { make: (space) => truncateSync(space.path('in.txt'), 1) },
  'a touched file': { make: (space) => utimesSync(space.path('in.txt'), 2e9, 2e9) },
  'a file with other permissions': { make: (space) => chmodSync(space.path('in.txt'), 0o600) },
  'a file of somebody else': { make: (space) => chownSync(space.path('in.txt'), 1, 1), needs: isRoot },
  'a file that another took the place of': {
    make: (space) => {
      writeFileSync(space.path('new'), 'one\n');
      renameSync(space.path('new'), space.path('in.txt'));
    },
  },
  'a file that is gone': { make: (space) => space.remove('in.txt') },
  'a file that was missing': { make: (space) => writeFileSync(space.path('missing'), '') },
  'a link in the place of what was missing': {
    make: (space) => symlinkSync('in.txt', space.path('missing')),
  },
  'what was missing in a directory that was': {
    make: (space) => space.write({ 'dir/missing/too': '' }),
  },
  'a directory alone of what is still missing in it': {
    make: (space) => mkdirSync(space.path('dir/missing')),
    unseen: true,
  },
  'a name more in a directory that was listed': { make: (space) => space.write({ 'listed/b': '' }) },
  'a name more in a directory that was not': {
    make: (space) => space.write({ 'dir/deep/b': '' }),
    unseen: true,
  },
  'a directory on the way that was moved': {
    make: (space) => renameSync(space.path('dir'), space.path('moved')),
  },
  'a directory on the way with another in its place': {
    make: (space) => {
      renameSync(space.path('dir'), space.path('moved'));
      space.write({ 'dir/deep/file': 'deep\n' });
    },
  },
  'a directory on the way that was moved, and moved back': {
    make: (space) => {
      renameSync(space.path('dir'), space.path('moved'));
      renameSync(space.path('moved'), space.path('dir'));
    },
    unseen: true,
  },
  'a directory on the way with other permissions': {
    make: (space) => chmodSync(space.path('dir'), 0o711),
    unseen: true,
  },
  'a link on the way that leads elsewhere': { make: (space) => space.link('link', 'other') },
  'a file behind a link': { make: (space) => writeFileSync(space.path('far/target'), 'new\n') },
  'a file written by its other name': { make: (space) => writeFileSync(space.path('far/second'), 'new\n') },
  'a name more of a file': { make: (space) => linkSync(space.path('in.txt'), space.path('far/third')) },
  'a store to mapped memory': { make: (space) => act(space, `python3 -c "${storing}"`), needs: python },
  'a file written by another user': {
    make: async (space) => {
      await act(space, 'printf x >> store', ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
    },
    needs: isRoot,
  },
  'a file written in another mount name space': {
    make: (space) => act(space, 'unshare -m sh -c "echo two > in.txt"'),
    needs: isRoot,
  },
  'a directory on the way that is mounted over': {
    make: (space) => act(space, 'mount --bind other far'),
    undo: (space) => act(space, 'umount far'),
    needs: isRoot,
  },
  'a file that is mounted over': {
    make: (space) => act(space, 'mount --bind other/target in.txt'),
    undo: (space) => act(space, 'umount in.txt'),
    needs: isRoot,
  },
};

(canRecord ? describe : describe.skip)('the recorder', () => {
  const cases = Object.entries(changes)
    .filter(([, { needs = true }]) => needs)
    .map(([name, change]) => ({ name, ...change }));
  const spaces = new Map<string, Workspace>();
  let recorder: Recorder;

  beforeAll(async () => {
    recorder = new Recorder(ownSpace());
    chmodSync(recorder.space.folder, 0o755);
    await recorder.start();
    // One after the other would take half a second each.
    for (const { name } of cases) spaces.set(name, await provenSpace(recorder));
  }, 60_000);
  afterEach(async () => {
    // Whatever a test does to it.
    if (recorder.pid < 0) await recorder.start();
  });
  afterAll(async () => {
    await recorder.kill();
    recorder.space.close();
  });

  (requireTool('strace') ? test : test.skip)('answers without one look at a file', async () => {
    const space = await watchedSpace(recorder);
    await knows(space, recorder);
    // What is written there is on nobody's way.
    const place = (name: string) => `${recorder.folder}/${name}`;
    const trace = (name: string) =>
      space.run([
        ...['strace', '-s', '4096', '-o', place(name), '-e', 'trace=newfstatat,statx,openat,recvfrom'],
        ...[proofProgram, program, ...call],
      ]);
    // The machine may be too busy for an answer in time: who asks does not wait for it then, and looks.
    await until(async () => {
      expect(await trace('with')).toMatchObject({ status: 0, stdout: 'proven\n' });
      return space.read(place('with')).includes(String.raw`\"holds\":true`);
    });
    await recorder.hidden(() => trace('without'));
    // Names that are looked for in a directory; of one that is missing there are none.
    const names = ['in.txt', 'file', 'target', 'missing', 'twice', 'store'];
    const calls = (trace: string) => names.filter((name) => space.read(place(trace)).includes(`"${name}"`));
    expect(calls('without')).toEqual(names);
    expect(calls('with')).toEqual([]);
  });

  describe('never says more than looking', () => {
    test.each(cases)('$name', async ({ name, make, undo, unseen = false }) => {
      const space = spaces.get(name) as Workspace;
      await knows(space, recorder);
      const before = await changesOf(space, recorder);
      await make(space);
      try {
        // Where looking finds the same, it may have looked again by now.
        const known = unseen ? expect.any(Boolean) : false;
        expect(await answers(space, recorder)).toEqual({ withRecorder: unseen, looking: unseen, known });
        if (unseen) expect(await changesOf(space, recorder)).toBeGreaterThan(before);
        await recorder.settled();
        // Others may just now have mounted something, or changed what is on the way.
        await until(async () => {
          const said = await answers(space, recorder);
          expect(said).toEqual({ withRecorder: unseen, looking: unseen, known });
          return said.known === unseen;
        });
      } finally {
        await undo?.(space);
      }
    });

    test('and what somebody else has written there is a proof of nothing', async () => {
      const space = await watchedSpace(recorder);
      const proof = proofOfCall(space, call);
      const bytes = readFileSync(proof);
      await knows(space, recorder);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      writeFileSync(proof, bytes);
      expect(await answers(space, recorder)).toEqual({ withRecorder: false, looking: false, known: false });
      expect((await recorder.settled()).proofs.find((one) => one.proof === proof)).toMatchObject({
        state: 'over',
        because: 'NOT_A_PROOF',
      });
    });
  });

  test('says why it does not know of a proof', async () => {
    const space = await watchedSpace(recorder);
    writeFileSync(space.path('in.txt'), 'two\n');
    const { proofs } = await recorder.settled();
    expect(proofs.find(({ proof }) => proof === proofOfCall(space, call))).toMatchObject({
      state: 'over',
      because: 'LOOKS_DIFFER',
    });
  });

  test('does not answer for files where changes are not seen', async () => {
    const space = await provenSpace(recorder, ['in.txt', '/proc/version']);
    const { proofs } = await recorder.watch(proofOfCall(space, call));
    expect(proofs.find(({ proof }) => proof === proofOfCall(space, call))).toMatchObject({
      state: 'over',
      because: 'UNSUITABLE_FILE_SYSTEM',
    });
  });

  test('does not answer for a way that it could not go to its end', async () => {
    const few = new Recorder(ownSpace());
    await few.start();
    try {
      const space = await provenSpace(few);
      const link = (place: number) =>
        symlinkSync(place < 30 ? `link-${place + 1}` : 'far', space.path(`link-${place}`));
      for (let place = 1; place <= 30; place += 1) link(place);
      symlinkSync('link-1/missing', space.path('link-0'));
      // Each link on the way takes one more.
      const descriptors = readdirSync(`/proc/${few.pid}/fd`).length + 20;
      await act(space, `prlimit --pid ${few.pid} --nofile=${descriptors}:`);
      prove(space, ['link-0']);
      const { proofs } = await few.watch(proofOfCall(space, call));
      space.write({ 'far/missing': '' });
      expect(await answers(space, few)).toEqual({ withRecorder: false, looking: false, known: false });
      expect(proofs).toMatchObject([{ state: 'over', because: 'UNCLEAR_WAY' }]);
    } finally {
      await few.kill();
      few.space.close();
    }
  });

  test('that has lost changes looks again before it answers', async () => {
    const space = await watchedSpace(recorder);
    await knows(space, recorder);
    const { lost } = await recorder.status();
    process.kill(recorder.pid, 'SIGSTOP');
    // More than there is room for in the kernel, and then the change that matters.
    const touch = 'import os\nfor i in range(40000): os.utime("store")\nopen("missing", "w")';
    try {
      await act(space, `python3 -c '${touch}'`);
      expect(await isProven(space)).toBe(false);
    } finally {
      process.kill(recorder.pid, 'SIGCONT');
    }
    expect(await answers(space, recorder)).toEqual({ withRecorder: false, looking: false, known: false });
    expect((await recorder.status()).lost).toBeGreaterThan(lost);
    space.remove('missing');
    prove(space, looked);
    await recorder.settled();
    await knows(space, recorder);
  });

  test('sees a change of what it goes through for the first time', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `dir/missing-${index}`);
    const space = await provenSpace(recorder, ['in.txt', ...many]);
    const proof = proofOfCall(space, call);
    await recorder.watch(proof);
    for (let round = 0; round < 2; round += 1) {
      await recorder.kill();
      await recorder.start();
      prove(space, ['in.txt', ...many]);
      await recorder.ask(`set 1 ${proof}`);
      await until(async () => (await recorder.status()).proofs[0]?.lookings !== 0);
      // Which was looked at first.
      utimesSync(space.path('in.txt'), 1e9 + round, 1e9);
      await recorder.settled();
      expect(await answers(space, recorder)).toEqual({ withRecorder: false, looking: false, known: false });
    }
  });

  (python ? test : test.skip)('knows of each change that was over before it was asked', async () => {
    const proofs = Array.from({ length: 40 }, (_, index) => {
      const space = new Workspace(recorder.space.path(`small-${index}`));
      space.write({ 'in.txt': '' });
      return space;
    });
    for (const space of proofs) {
      space.link('link', 'in.txt');
      mkdirSync(space.path('listed'));
    }
    for (const space of proofs) prove(space, ['in.txt']);
    await recorder.watch(...proofs.map((space) => proofOfCall(space, call)));
    // It is called awake before the change, which it must not be too early for.
    const asking = `import os, socket, sys
mounts, root = os.stat('/proc/self/ns/mnt').st_ino, os.stat('/')
mount = [l.split()[0] for l in open('/proc/self/mountinfo') if l.split()[4] == '/'][-1]
for i in range(40):
  for change in (False, True):
    proof = os.stat(sys.argv[2 + i])
    file = os.path.dirname(sys.argv[2 + i]) + '/../in.txt'
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
    if change: os.utime(file, (i, i))
    s.send(f'ask 1 {mounts} {root.st_dev} {root.st_ino} {mount} {proof.st_dev} {proof.st_ino} {proof.st_size} {proof.st_ctime_ns}\\0'.encode())
    answer = b''
    while answer.count(b'\\n') < 2: answer += s.recv(4096)
    print(change, b'true' in answer)`;
    const words = ['python3', '-c', asking, `${recorder.folder}/socket`];
    const { stdout, stderr } = await recorder.space.run([
      ...words,
      ...proofs.map((space) => proofOfCall(space, call)),
    ]);
    const said = stdout.trim().split('\n');
    expect({ stderr, after: said.filter((line) => line.startsWith('True')) }).toEqual({
      stderr: '',
      after: proofs.map(() => 'True False'),
    });
    // Else this has shown nothing. Of some it may have come to doubt, by what others do.
    expect(said.filter((line) => line === 'False True').length).toBeGreaterThan(proofs.length / 2);
  });

  describe.each([
    ['a call', 'linger-plain'],
    ['a worker of a ring', 'linger'],
  ])('a write by %s that began in the tick of another change, and goes on for long,', (_, writing) => {
    (isRoot ? test : test.skip)('is known of when it is over', async () => {
      const space = await watchedSpace(recorder);
      for (let isKnown = false; !isKnown; ) {
        const writer = space.start([buildRing(), writing, 'in.txt']);
        await writer.says('begun');
        prove(space, looked);
        // By then the other one would be known, too, unless its file got a later time by this write.
        await knows(await provenSpace(recorder), recorder);
        isKnown = (await answers(space, recorder)).known;
        expect((await writer.end()).status).toBe(0);
        expect(await answers(space, recorder)).toEqual({ withRecorder: false, looking: false, known: false });
      }
    });
  });

  test('that was killed is started again, and knows nothing of before', async () => {
    const space = await watchedSpace(recorder);
    await knows(space, recorder);
    await recorder.kill();
    writeFileSync(space.path('in.txt'), 'two\n');
    expect(await isProven(space)).toBe(false);
    await recorder.start();
    expect(await recorder.status()).toMatchObject({ sets: 0 });
    expect(await isProven(space)).toBe(false);
    prove(space, looked);
    expect(await isProven(space)).toBe(true);
    await recorder.settled();
    await knows(space, recorder);
  });

  test('refuses a second one in its folder, and ends when it is asked to', async () => {
    const second = await recorder.space.run(recorder.words);
    expect([second.status, JSON.parse(second.stdout)]).toMatchObject([
      1,
      { refusal: { code: 'RECORDS_ALREADY' } },
    ]);
    expect(await recorder.ask('stop 7')).toEqual([{ answer: 7 }]);
    await recorder.kill();
    expect(readdirSync(recorder.folder).filter((name) => ['pid', 'socket'].includes(name))).toEqual([]);
  });

  test('hears no requests that make no sense', async () => {
    const requests = [
      'set 1',
      'set 2 x',
      'set 3 /nowhere',
      'ask 4',
      'ask 5 1 2 3',
      'ask 6 1 2 3 4 5 6 7 -8',
      'say 7',
    ];
    const codes = (await recorder.ask(...requests)).map(
      (answer) => (answer.refusal as { code?: string }).code,
    );
    expect(codes).toEqual([
      ...[
        'BAD_REQUEST',
        'NOT_ABSOLUTE',
        'NOT_THERE',
        'BAD_REQUEST',
        'BAD_REQUEST',
        'BAD_REQUEST',
        'BAD_REQUEST',
      ],
    ]);
    expect(await recorder.ask('ask 1 1 2 3 4 5 6 7 8')).toEqual([
      { answer: 1, holds: false, because: 'OTHER_ROOT' },
    ]);
  });

  describe('other users and places', () => {
    const other = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const asRoot = isRoot ? test : test.skip;

    asRoot('another user is not heard', async () => {
      chmodSync(recorder.folder, 0o777);
      chmodSync(`${recorder.folder}/socket`, 0o777);
      const client = `import socket
s = socket.socket(socket.AF_UNIX); s.connect('${recorder.folder}/socket'); s.send(b'status 1\\0')
print(s.recv(9))`;
      const { stdout, stderr } = await recorder.space.run(['python3', '-c', client], { under: other });
      chmodSync(recorder.folder, 0o700);
      expect({ stdout, stderr }).toEqual({
        stdout: expect.not.stringContaining('monitor'),
        stderr: expect.anything(),
      });
    });

    asRoot('what another user says is not believed', async () => {
      const space = await watchedSpace(recorder);
      const fake = `import socket, os
s = socket.socket(socket.AF_UNIX); s.bind('socket'); os.chmod('socket', 0o777); s.listen()
print('ready', flush=True)
while True:
  c = s.accept()[0]
  c.send(b'{"answer":1,"holds":true}\\n')`;
      space.remove('.oodate/recorder');
      mkdirSync(space.path('.oodate/recorder'));
      chownSync(space.path('.oodate/recorder'), 65534, 65534);
      const server = space.start(['python3', '-c', fake], { cwd: '.oodate/recorder', under: other });
      await server.says('ready');
      expect(await isProven(space)).toBe(true);
      writeFileSync(space.path('in.txt'), 'two\n');
      expect(await isProven(space)).toBe(false);
      server.kill('SIGKILL');
      await server.end();
    });

    asRoot.each([
      ['in another mount name space', ['unshare', '-m'], 'mount --bind other far'],
      ['with other groups', ['setpriv', '--groups=1'], ':'],
    ])('who asks %s is told nothing', async (_, under, before) => {
      const space = await watchedSpace(recorder);
      await knows(space, recorder);
      const { yes } = await recorder.status();
      const line = `cd '${space.folder}'; ${before}; '${proofProgram}' '${program}' ${call.join(' ')}; exit $?`;
      const { status } = await space.run(['sh', '-c', line], { under });
      expect(status).toBe(before === ':' ? 0 : 75);
      expect((await recorder.status()).yes).toBe(yes);
    });

    asRoot('who asks with another root is told nothing', async () => {
      const space = await watchedSpace(recorder);
      await knows(space, recorder);
      // Which has the same files in it.
      const root = recorder.space.path('root');
      mkdirSync(root);
      await act(recorder.space, 'mount --rbind / root');
      try {
        await recorder.settled();
        const { yes } = await recorder.status();
        const line = `cd '${space.folder}'; '${proofProgram}' '${program}' ${call.join(' ')}; exit $?`;
        const { status } = await space.run(['/usr/sbin/chroot', root, 'sh', '-c', line]);
        expect([status, (await recorder.status()).yes]).toEqual([0, yes]);
      } finally {
        await act(recorder.space, 'umount -R -l root');
      }
    });
  });
});
