import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Culprit } from '@oodate/explain';
import { oodate, type Result, requireTool, scripts, until, type Workspace, workspace } from '@oodate/testkit';

/*
 * The recorder of a project: that it starts and ends, that its journal holds what happened, and that why names who it was.
 */

const isRoot = process.getuid?.() === 0;

interface Cause {
  readonly kind: string;
  readonly culprit: Culprit | null;
}

const projects: Project[] = [];
afterEach(async () => {
  for (const project of projects.splice(0)) await project.end();
});

/** A project with one script, which has run. */
class Project {
  readonly space: Workspace;
  readonly folder = '.oodate/recorder';
  readonly #pids: number[] = [];

  constructor() {
    this.space = workspace({
      'package.json': scripts({ build: 'cat src/a src/b > out' }),
      'src/a': '1',
      'src/b': '2',
    });
    projects.push(this);
  }

  static async built(): Promise<Project> {
    const project = new Project();
    await project.space.kept(['build']);
    return project;
  }

  record(...words: string[]): Promise<Result> {
    return this.space.oodate('monitor', 'record', ...words);
  }

  async started(...words: string[]): Promise<Result> {
    const result = await this.record('start', ...words);
    if (result.status !== 0) this.space.fail('no recorder could be started');
    this.#pids.push(this.pid());
    return result;
  }

  pid(): number {
    return Number(this.space.read(`${this.folder}/pid`));
  }

  /** Resolves once the journal tells of this. */
  async recorded(...texts: string[]): Promise<void> {
    await until(() => {
      const journal = this.space.read(`${this.folder}/journal`);
      return texts.every((text) => journal.includes(text));
    });
  }

  async causes(): Promise<Cause[]> {
    const { stdout } = await this.space.oodate('why', '--json', 'build');
    return JSON.parse(stdout).reasons;
  }

  /** Ends the recorders that were started. */
  async end(): Promise<void> {
    for (const pid of this.#pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    await until(() => !this.#pids.some(isRunning));
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
  } catch {
    return false;
  }
}

describe('without privileges, by inotify,', () => {
  let project: Project;
  let space: Workspace;
  beforeEach(async () => {
    project = await Project.built();
    space = project.space;
    await project.started('--backend', 'inotify');
  });

  test('why, run and the log tell when an input was changed, removed or put in the place of another', async () => {
    space.write({ 'src/new': '3' });
    space.rename('src/new', 'src/a');
    space.remove('src/b');
    await project.recorded('src/a"', 'src/b"', '"DELETE"');
    expect(await project.causes()).toMatchObject([
      { kind: 'input-changed', culprit: { path: space.path('src/a'), did: 'changed', process: null } },
      { kind: 'input-gone', culprit: { path: space.path('src/b'), did: 'removed', process: null } },
    ]);
    expect((await space.oodate('why', 'build')).stdout).toMatch(/^ {6}changed at \d\d:\d\d:\d\d$/m);
    space.write({ 'src/b': '2' });
    await space.ran(['build'], /^src\/a changed \(.*\) at \d\d:\d\d:\d\d$/);
    expect((await project.record('log')).stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}src\/a removed$/m,
    );
    const { stdout } = await project.record('log', '--json', 'src/b');
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const paths = events.map(({ path, entry }) => (entry === undefined ? path : join(path, entry)));
    expect(new Set(paths)).toEqual(new Set([space.path('src/b')]));
  });

  test('a file that was put in the place of another is watched as that was, and what a run used for the first time', async () => {
    space.write({ 'src/new': '3' });
    space.rename('src/new', 'src/a');
    await project.recorded('"DELETE"');
    const { ino } = lstatSync(space.path('src/a'));
    await until(() => {
      space.write({ 'src/a': String(Math.random()) });
      return space.read(`${project.folder}/journal`).includes(`"inode":"${ino}"`);
    });
    await until(async () => (await project.causes())[0]?.culprit !== null);
    space.write({ 'package.json': scripts({ build: 'cat src/a src/later > out' }), 'src/later': '1' });
    // A run waits only for a moment for a recorder that is slow to take what it is told.
    await until(async () => {
      await space.ran(['build']);
      space.write({ 'src/later': String(Math.random()) });
      const [cause] = await project.causes();
      return cause?.culprit?.path === space.path('src/later');
    });
  });

  test('what changed while no recorder ran is not claimed to be known, and damaged lines are told of once', async () => {
    space.write({ 'src/a': '11' });
    await project.recorded('src/a"');
    await project.record('stop');
    const { ctimeMs } = lstatSync(space.path('src/a'));
    await until(() => {
      space.write({ 'src/a': '111' });
      return lstatSync(space.path('src/a')).ctimeMs > ctimeMs + 100;
    });
    expect(await project.causes()).toMatchObject([{ kind: 'input-changed', culprit: null }]);
    const journal = `${project.folder}/journal`;
    space.write({ [journal]: `half\n{"event":\n${space.read(journal)}` });
    const { stdout, stderr, status } = await project.record('log');
    expect(stdout).toMatch(/src\/a changed$/m);
    expect(stderr).toMatch(/^oodate: 2 lines of the journal in .* cannot be read\n$/);
    expect(status).toBe(0);
  });

  test('the status tells what it watches and what it cannot tell, from any folder of the project', async () => {
    const { stdout, status } = await space.oodateWith({ cwd: 'src' }, 'monitor', 'record', 'status');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^recorder +pid \d+, backend inotify, since at \d\d:\d\d:\d\d$/m);
    expect(stdout).toMatch(/^cannot tell +which process changes a file$/m);
    expect(JSON.parse((await project.record('status', '--json')).stdout)).toMatchObject({
      version: 1,
      running: true,
      project: space.folder,
      folder: space.path(project.folder),
      pid: project.pid(),
      backend: 'inotify',
      events: 0,
    });
    const modes = ['', '/socket', '/pid', '/journal'].map(
      (name) => lstatSync(space.path(project.folder + name)).mode & 0o077,
    );
    expect(modes).toEqual([0, 0, 0, 0]);
  });

  test('a second one is refused; after it was killed there is none, and another can be started', async () => {
    const pid = project.pid();
    const again = await project.record('start', '--backend', 'inotify');
    expect(again.status).toBe(2);
    expect(again.stderr).toBe(
      `oodate: a recorder runs for this project already (pid ${pid}); end it with: oodate monitor record stop\n`,
    );
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid));
    expect(space.exists(`${project.folder}/socket`)).toBe(true);
    expect((await project.record('status')).status).toBe(1);
    await space.upToDate(['build']);
    await project.started('--backend', 'inotify');
    space.write({ 'src/a': '11' });
    await project.recorded('src/a"');
    expect((await project.causes())[0]?.culprit).toMatchObject({ did: 'changed' });
  });

  test('once stopped it is gone, but for its journal', async () => {
    const pid = project.pid();
    const { stdout, status } = await project.record('stop');
    expect([stdout, status]).toEqual([`the recorder of ${space.folder} has ended\n`, 0]);
    await until(() => !isRunning(pid));
    expect(readdirSync(space.path(project.folder))).toEqual(['journal']);
    const none = await project.record('stop');
    expect(none.stderr).toBe(
      `oodate: no recorder runs for ${space.folder}; start one with: oodate monitor record start\n`,
    );
    expect(none.status).toBe(2);
  });
});

/** As whom root runs nothing else. */
const other = 65534;

// What only root, or a program that was granted it, can see.
(isRoot ? describe : describe.skip).each(['bpf', 'fanotify'])('by %s, with all processes,', (backend) => {
  let project: Project;
  let space: Workspace;
  beforeEach(async () => {
    project = await Project.built();
    space = project.space;
    await project.started('--backend', backend);
    await until(async () => {
      const { sets, inputs } = JSON.parse((await project.record('status', '--json')).stdout);
      return sets === 0 || inputs > 0;
    });
  });

  const culpritOfFirst = async (): Promise<Culprit> => {
    let culprit: Culprit | undefined;
    await until(async () => {
      culprit = (await project.causes())[0]?.culprit ?? undefined;
      return culprit !== undefined;
    });
    return culprit as Culprit;
  };

  test('why and run name the process, and on whose behalf it worked', async () => {
    // Python stands for an editor that has a shell start a formatter.
    const editor = 'import subprocess; subprocess.run(["sh", "-c", "node formatter.js; true"])';
    space.write({
      'formatter.js': "require('fs').writeFileSync('src/a', String(process.pid)); process.stdin.resume();",
    });
    const running = space.start(['python3', '-c', editor]);
    const culprit = await culpritOfFirst();
    const pid = Number(space.read('src/a'));
    expect(culprit).toMatchObject({
      path: space.path('src/a'),
      did: 'changed',
      process: { pid, uid: 0, name: 'node' },
    });
    const isTold = culprit.process?.words !== null;
    if (backend === 'fanotify') expect(isTold).toBe(true);
    if (isTold) {
      expect(culprit.process?.words).toEqual(['node', 'formatter.js']);
      expect(culprit.process?.of).toEqual({ pid: running.pid, name: 'python3' });
    }
    const shown = (text: string) => text.replace(/\d\d:\d\d:\d\d/, 'TIME');
    const named = `at TIME by ${isTold ? `node formatter.js (pid ${pid}, of python3)` : `node (pid ${pid})`}\n`;
    expect(shown((await space.oodate('why', 'build')).stdout)).toContain(`\n      changed ${named}`);
    expect(shown((await space.ran(['build'])).stderr)).toContain(
      ` (was 1 byte, is ${String(pid).length}) ${named}`,
    );
    expect(shown((await project.record('log', 'src/a')).stdout)).toMatch(
      new RegExp(` TIME {2}src/a .* by node.* [(]pid ${pid}, user root`, 'm'),
    );
  });

  test('of a process of another user no more is known than its name', async () => {
    chmodSync(space.folder, 0o755);
    chownSync(space.path('src/a'), other, other);
    const secret = 'echo secret-$$ > src/a; read end';
    space.start([
      'setpriv',
      `--reuid=${other}`,
      `--regid=${other}`,
      '--clear-groups',
      'sh',
      '-c',
      secret,
      'password',
    ]);
    await until(() => space.read('src/a').startsWith('secret-'));
    const culprit = await culpritOfFirst();
    expect(culprit.process).toMatchObject({ uid: other, name: 'sh', executable: null, words: null });
    expect((await space.oodate('why', 'build')).stdout).toMatch(/ by sh \(pid \d+, user nobody/);
    expect(space.read(`${project.folder}/journal`)).not.toContain('password');
  });

  test('who removed an input is named, and who put another in its place', async () => {
    space.write({ other: 'x' });
    // They wait for input then, since fanotify knows little of a process that has ended.
    const python = (deed: string) => space.start(['python3', '-c', `import os; ${deed}; input()`]);
    const remover = python('os.remove("src/b")');
    const replacer = python('os.rename("other", "src/a")');
    await until(async () => {
      const causes = await project.causes();
      return causes.length === 2 && causes.every(({ culprit }) => culprit !== null);
    });
    expect(await project.causes()).toMatchObject([
      { kind: 'input-changed', culprit: { did: 'changed', process: { pid: replacer.pid, name: 'python3' } } },
      { kind: 'input-gone', culprit: { did: 'removed', process: { pid: remover.pid, name: 'python3' } } },
    ]);
  });

  test('what happens to a file that has got the number of one that is gone is not laid to that one', async () => {
    const remover = space.start(['python3', '-c', 'import os; os.remove("src/b"); input()']);
    await until(() => !space.exists('src/b'));
    // Many file systems give the number away at once.
    for (let round = 0; round < 20; round += 1) {
      space.write({ 'src/c': '2' });
      space.remove('src/c');
    }
    expect(await culpritOfFirst()).toMatchObject({
      path: space.path('src/b'),
      did: 'removed',
      process: { pid: remover.pid },
    });
  });
});

test('without privileges the backend is inotify, and that is said', async () => {
  const project = await Project.built();
  const under = isRoot ? ['setpriv', '--bounding-set=-sys_admin,-bpf,-perfmon', '--'] : [];
  const { stdout, stderr, status } = await project.space.oodateWith({ under }, 'monitor', 'record', 'start');
  expect(stderr).toMatch(
    /^oodate: it cannot tell who changes a file: .*; "oodate doctor" says what its backends need\n$/,
  );
  expect(stdout).toMatch(/^a recorder runs for .* \(backend inotify, pid \d+\)\n$/);
  expect(status).toBe(0);
  await project.record('stop');
});

test('of several that are started at the same time one records', async () => {
  const project = await Project.built();
  const started = await Promise.all([1, 2, 3].map(() => project.record('start', '--backend', 'inotify')));
  expect(started.map(({ status }) => status).sort()).toEqual([0, 2, 2]);
  expect((await project.record('status')).status).toBe(0);
  await project.record('stop');
});

test.each(isRoot ? ['inotify', 'bpf'] : ['inotify'])(
  'a recorder whose project is removed ends: %s',
  async (backend) => {
    const project = await Project.built();
    await project.started('--backend', backend);
    const pid = project.pid();
    project.space.remove('.');
    await until(() => !isRunning(pid));
  },
);

test('a recorder keeps nothing of who started it: session, directory, descriptors, environment', async () => {
  const project = await Project.built();
  const { space } = project;
  const start = `exec 9< package.json 8> secret; exec ${oodate} monitor record start --backend inotify`;
  await space.run(['sh', '-c', start], { env: { TOKEN: 'secret' } });
  const pid = project.pid();
  const of = (name: string) => `/proc/${pid}/${name}`;
  expect(readlinkSync(of('cwd'))).toBe('/');
  expect(readFileSync(of('environ'), 'latin1')).not.toContain('TOKEN');
  const session = readFileSync(of('stat'), 'latin1').split(') ')[1]?.split(' ')[3];
  expect(session).toBe(String(pid));
  const open = readdirSync(of('fd')).map((name) => readlinkSync(join(of('fd'), name)));
  const files = open.filter((name) => name.startsWith(space.folder));
  await project.record('stop');
  expect(files.toSorted()).toEqual(
    [project.folder, `${project.folder}/journal`].map((name) => space.path(name)),
  );
});

test('in the foreground it is there until it is told to end', async () => {
  const project = await Project.built();
  const running = project.space.start([
    oodate,
    'monitor',
    'record',
    'start',
    '--foreground',
    '--backend',
    'inotify',
  ]);
  await running.says('a recorder runs for');
  expect((await project.record('status')).status).toBe(0);
  running.kill('SIGTERM');
  await running.end();
  expect((await project.record('status')).status).toBe(1);
});

test('without a recorder there is nothing to stop or to show, and why says no more than ever', async () => {
  const project = await Project.built();
  expect(await project.record('status')).toMatchObject({
    status: 1,
    stdout: `no recorder runs for ${project.space.folder}\n`,
  });
  expect(JSON.parse((await project.record('status', '--json')).stdout)).toMatchObject({ running: false });
  expect(await project.record('log')).toMatchObject({
    status: 2,
    stderr: `oodate: there is no journal of ${project.space.folder}; one is kept while a recorder runs: oodate monitor record start\n`,
  });
  project.space.write({ 'src/a': '11' });
  expect(await project.causes()).toMatchObject([{ culprit: null }]);
  expect(existsSync(project.space.path(project.folder))).toBe(false);
});

(isRoot ? describe : describe.skip)('of two users', () => {
  test('a folder of the other one is not used', async () => {
    const project = await Project.built();
    await project.started('--backend', 'inotify');
    project.space.write({ 'src/a': '11' });
    await project.recorded('src/a"');
    await project.record('stop');
    const folder = project.space.path(project.folder);
    for (const name of ['', '/journal']) chownSync(folder + name, other, other);
    expect(await project.causes()).toMatchObject([{ culprit: null }]);
    const { stderr, status } = await project.record('start');
    expect(stderr).toContain(`oodate: ${folder} belongs to another user (${other}); `);
    expect(status).toBe(2);
  });

  test('a folder that others may look into is not used', async () => {
    const project = await Project.built();
    await project.started('--backend', 'inotify');
    await project.record('stop');
    chmodSync(project.space.path(project.folder), 0o755);
    expect((await project.record('start')).stderr).toMatch(/ is open to others; close it with: chmod 700 \//);
  });

  test('what root is asked for by sudo is refused, since it would be root’s', async () => {
    const project = await Project.built();
    chownSync(project.space.folder, other, other);
    const { stderr, status } = await project.space.oodateWith(
      { env: { SUDO_UID: String(other) } },
      'monitor',
      'record',
      'start',
    );
    expect(stderr).toMatch(/ belongs to the user 65534, .*; start it without sudo; .*oodate doctor --fix/);
    expect(status).toBe(2);
    expect(existsSync(project.space.path(project.folder))).toBe(false);
  });
});

describe('a unit for systemd', () => {
  (requireTool('systemd-analyze') ? test : test.skip).each([
    ['of the user', ['--user'], []],
    ['of the system', [], ['--system']],
  ])('%s is one that it takes', async (_, scope, words) => {
    const project = new Project();
    const { stdout } = await project.record('unit', ...words);
    project.space.write({ 'oodate-record.service': stdout });
    const verified = await project.space.run(
      ['systemd-analyze', ...scope, 'verify', './oodate-record.service'],
      {
        env: { XDG_RUNTIME_DIR: project.space.folder },
      },
    );
    const complaints = verified.stderr.split('\n').filter((line) => line.includes('oodate-record'));
    expect(complaints).toEqual([]);
  });

  test('starts and stops the recorder of this project, as its user and with what bpf needs', async () => {
    const project = new Project();
    const { stdout } = await project.record('unit', '--system');
    expect(stdout).toContain(`PIDFile=${project.space.path(project.folder)}/pid\n`);
    expect(stdout).toContain(`WorkingDirectory=${project.space.folder}\n`);
    expect(stdout).toContain('AmbientCapabilities=CAP_BPF CAP_PERFMON\n');
    expect(stdout).toMatch(/^User=\w+$/m);
    const ofUser = (await project.record('unit')).stdout;
    expect(ofUser).not.toMatch(/^(User|AmbientCapabilities)=/m);
    for (const verb of ['start', 'stop']) {
      const [, line = ''] =
        new RegExp(`^Exec${verb === 'start' ? 'Start' : 'Stop'}=(.*)$`, 'm').exec(ofUser) ?? [];
      expect(line).toBe(`"${oodate}" monitor record ${verb}`);
    }
  });
});
