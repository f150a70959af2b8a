import { chmodSync, utimesSync } from 'node:fs';
import { type Files, oodate, scripts, type Workspace } from '@oodate/testkit';

/** How something comes to be out of date, for real. */
export interface Situation {
  readonly name: string;
  /** What it takes of the machine. */
  readonly tool?: string;
  /** bmake leaves out what lies in the directory for temporary files. */
  readonly inCheckout?: boolean;
  /** Brings it about, and gives what is to be asked then. */
  readonly make: (space: Workspace) => Promise<Question>;
}

/** How `why` is called. */
export interface Question {
  readonly words: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly under?: readonly string[];
  /** A file that is its standard input. */
  readonly stdin?: string;
}

const build: Question = { words: ['build'] };

/** Times do not depend on when the test runs: so many minutes after three o'clock. */
function put(space: Workspace, files: Files, minutes = 0): void {
  space.write(files);
  for (const name of Object.keys(files)) date(space, name, minutes);
}

function date(space: Workspace, name: string, minutes: number): void {
  const time = Date.UTC(2026, 0, 2, 3, minutes) / 1000;
  utimesSync(space.path(name), time, time);
}

function putProgram(space: Workspace, name: string, text: string, minutes = 0): void {
  space.writeProgram(name, text);
  date(space, name, minutes);
}

/** A script that has run well, and then this change. */
function after(
  script: string,
  files: Files,
  change: (space: Workspace) => void,
  question: Question = build,
): Situation['make'] {
  return async (space) => {
    put(space, { 'package.json': scripts({ build: script }), ...files });
    await space.ran(['build']);
    change(space);
    return question;
  };
}

/** gen makes src.ts; compile makes dist/a.js of it; bundle makes out.js of that: each has run well. */
async function chain(space: Workspace): Promise<void> {
  const texts = {
    gen: 'cat schema > src.ts; touch -d "2026-01-02 04:00Z" src.ts',
    compile: 'cat src.ts lib.ts > dist/a.js; touch -d "2026-01-02 05:00Z" dist/a.js',
    bundle: 'cat dist/a.js > out.js',
    lint: 'cat src.ts lib.ts',
  };
  put(space, { 'package.json': scripts(texts), schema: '1', 'lib.ts': '2', 'dist/.keep': '' });
  for (const name of Object.keys(texts)) await space.kept([name]);
}

/** It says that it has begun, and ends when it is told so by a signal: a pipe or a file to wait for would be an input. */
const waiting = 'trap gone=1 USR2; echo beg\'\'un; while [ -z "$gone" ]; do :; done';

export const situations: readonly Situation[] = [
  {
    name: 'no-record',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'true' }) });
      return build;
    },
  },
  {
    name: 'record-damaged',
    make: after('cat in', { in: '1' }, (space) => {
      const metaFile = '.oodate/build.meta';
      space.write({ [metaFile]: space.read(metaFile).replace('CMD cat in', 'CMD cat it') });
    }),
  },
  {
    name: 'record-foreign',
    make: async (space) => {
      put(space, { in: '1' });
      await space.kept(['--meta', 'own.meta', '--', 'cat', 'in']);
      await space.oodate('meta', 'convert', '--to', 'freebsd', '-o', 'other.meta', './own.meta');
      return { words: ['--meta', 'other.meta', '--', 'cat', 'in'] };
    },
  },
  {
    name: 'last-run-failed',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'exit 3' }) });
      await space.oodate('run', 'build');
      return build;
    },
  },
  {
    name: 'last-run-unfinished',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: `echo $$ > pid; ${waiting}` }) });
      const running = space.start([oodate, 'run', 'build']);
      await running.says('begun');
      running.kill('SIGKILL');
      process.kill(Number(space.read('pid')), 'SIGUSR2');
      await running.ended();
      return build;
    },
  },
  {
    name: 'last-run-incomplete',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'read line; true' }) });
      await space.oodate('run', 'build');
      return build;
    },
  },
  { name: 'forced', make: after('cat in', { in: '1' }, () => {}, { words: ['--force', 'build'] }) },
  {
    name: 'command-changed',
    make: after('cat in', { in: '1' }, (space) =>
      put(space, { 'package.json': scripts({ build: 'cat in | sort' }) }),
    ),
  },
  {
    name: 'directory-changed',
    make: async (space) => {
      put(space, { 'one/in': '1', 'two/in': '1' });
      await space.kept(['--meta', '../m', '--', 'cat', 'in'], '', { cwd: 'one' });
      return { words: ['--meta', '../m', '--', 'cat', 'in'], cwd: 'two' };
    },
  },
  {
    name: 'variable-changed',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'true' }) });
      await space.kept(['build'], '', { env: { CC: 'gcc', API_TOKEN: 'abc', OLD: '1' } });
      return { ...build, env: { CC: 'clang', API_TOKEN: 'def', NEW: '1' } };
    },
  },
  {
    name: 'standard-input-changed',
    make: async (space) => {
      put(space, { a: '1', b: '2' });
      await space.run(['sh', '-c', `${oodate} run -- cat < a`]);
      return { words: ['--', 'cat'], stdin: 'b' };
    },
  },
  {
    name: 'network-used',
    make: async (space) => {
      const text = "require('node:net').createServer().listen(0, function () { this.close(); });";
      put(space, { 'package.json': scripts({ build: 'node serve.cjs' }), 'serve.cjs': text });
      await space.ran(['build']);
      return build;
    },
  },
  {
    // `why` itself has nothing to write again, so that it is why another target ran.
    name: 'output-not-recorded',
    make: async (space) => {
      const texts = {
        compile: 'cat src >> a.js; touch -d "2026-01-02 04:00Z" a.js; echo done',
        build: 'cat a.js > out.js',
      };
      put(space, { 'package.json': scripts(texts), src: '1', 'a.js': '' });
      await space.run(['script', '-qec', `exec ${oodate} run compile`, '/dev/null']);
      await space.kept(['build']);
      await space.ran(['compile'], 'was not kept');
      return build;
    },
  },
  {
    name: 'input-changed',
    make: async (space) => {
      put(space, {
        'package.json': scripts({ build: 'cat larger same; ./tool; ./grown' }),
        larger: '1',
        same: '1',
      });
      putProgram(space, 'tool', '#!/bin/sh\n');
      putProgram(space, 'grown', '#!/bin/sh\n');
      await space.kept(['build']);
      put(space, { larger: '22', same: '2' }, 1);
      putProgram(space, 'grown', '#!/bin/sh\n# larger\n', 24 * 60);
      chmodSync(space.path('tool'), 0o644);
      return build;
    },
  },
  {
    name: 'input-newer',
    tool: 'bmake',
    inCheckout: true,
    make: async (space) => {
      const rule = 'out: in part\n\tcat in part > out\n';
      put(space, { Makefile: `.MAKE.MODE= meta curdirok=yes\n${rule}`, in: '1', part: '2' });
      await space.oodate('bmake', 'out');
      utimesSync(space.path('part'), Date.now() / 1000 + 3600, Date.now() / 1000 + 3600);
      return { words: ['out.meta'] };
    },
  },
  {
    name: 'input-gone',
    make: after('cat in list', { in: '1', list: '2' }, (space) => space.remove('list')),
  },
  {
    name: 'input-appeared',
    make: after(
      'cc -E -Ia -Ib -Ic x.c > x.i; cat optional 2> log; true',
      { 'x.c': '#include <x.h>\n', 'a/none': '', 'b/none': '', 'c/x.h': '\n' },
      (space) => put(space, { 'b/x.h': '\n', optional: '' }, 1),
    ),
  },
  {
    name: 'extra-input-new',
    make: after('cat in', { in: '1' }, (space) => put(space, { 'settings.ini': '' }, 1), {
      words: ['--inputs', '*.ini', 'build'],
    }),
  },
  {
    name: 'looked-at-changed',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'test -x tool; test -d place; true' }), place: '' });
      putProgram(space, 'tool', '');
      await space.kept(['build']);
      chmodSync(space.path('tool'), 0o644);
      space.remove('place');
      put(space, { 'place/in': '' }, 1);
      return build;
    },
  },
  {
    name: 'link-changed',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'cat now/in' }), 'one/in': '1', 'two/in': '2' });
      space.link('now', 'one');
      await space.kept(['build']);
      space.link('now', 'two');
      return build;
    },
  },
  {
    name: 'listing-changed',
    make: async (space) => {
      const texts = { gen: 'cat in > src/d.ts', build: 'ls src' };
      put(space, { 'package.json': scripts(texts), in: '1', 'src/a.ts': '', 'src/b.ts': '' });
      await space.kept(['build']);
      space.remove('src/a.ts');
      put(space, { 'src/c.ts': '' });
      await space.kept(['gen']);
      return build;
    },
  },
  {
    name: 'changed-while-running',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: `cat in; ${waiting}` }), in: '1' });
      const running = space.start([oodate, 'run', 'build']);
      await running.says('begun');
      put(space, { in: '2' }, 1);
      running.kill('SIGUSR2');
      await running.ended();
      return build;
    },
  },
  {
    name: 'output-gone',
    make: after('cat in > out', { in: '1' }, (space) => space.remove('out')),
  },
  {
    name: 'output-changed',
    make: after('cat in > out; touch -d "2026-01-02 04:00Z" out', { in: '1' }, (space) =>
      put(space, { out: 'by hand' }, 90),
    ),
  },
  {
    name: 'removed-came-back',
    make: after('rm -f old', { old: '1' }, (space) => put(space, { old: '1' }, 1)),
  },
  {
    name: 'input-unreadable',
    make: async (space) => {
      put(space, { 'package.json': scripts({ build: 'cat in' }), in: '1' });
      await space.kept(['build']);
      date(space, 'in', 1);
      chmodSync(space.path('in'), 0);
      // Root may read it all the same, unless it has lost that capability.
      const lost = '--bounding-set=-dac_override,-dac_read_search';
      return { ...build, ...(process.getuid?.() === 0 && { under: ['setpriv', lost, '--'] }) };
    },
  },
  {
    name: 'chain',
    make: async (space) => {
      await chain(space);
      put(space, { schema: '11' }, 1);
      await space.ran(['gen']);
      await space.ran(['compile']);
      return { words: ['bundle'] };
    },
  },
  {
    name: 'chain-out-of-date',
    make: async (space) => {
      await chain(space);
      put(space, { 'dist/a.js': 'by hand' }, 1);
      return { words: ['bundle'] };
    },
  },
  {
    name: 'version-changed',
    make: async (space) => {
      const version = (text: string) => JSON.stringify({ name: 'tool', version: text });
      put(space, {
        'package.json': scripts({ build: 'tool' }),
        'node_modules/tool/package.json': version('1.9.0'),
      });
      putProgram(space, 'node_modules/tool/run', '#!/bin/sh\n');
      space.link('node_modules/.bin/tool', '../tool/run');
      await space.kept(['build']);
      put(space, { 'node_modules/tool/package.json': version('2.0.0') }, 1);
      putProgram(space, 'node_modules/tool/run', '#!/bin/sh\n# larger\n', 1);
      return build;
    },
  },
  {
    name: 'text-changed',
    make: async (space) => {
      const env = { OODATE_STORE_ENABLED: undefined, OODATE_STORE: space.path('.store') };
      const lines = Array.from({ length: 12 }, (_, at) => `line ${at + 1}\n`);
      const changed = lines.with(1, 'second line\n').with(8, '').concat('\tlast line\n');
      put(space, { 'package.json': scripts({ build: 'cat poem' }), poem: lines.join('') });
      await space.kept(['build'], '', { env });
      put(space, { poem: changed.join('') }, 1);
      return { ...build, env };
    },
  },
  {
    name: 'many',
    make: async (space) => {
      const names = Array.from({ length: 14 }, (_, at) => `in/${String(at).padStart(2, '0')}`);
      const all = (text: string) => Object.fromEntries(names.map((name) => [name, text]));
      put(space, { 'package.json': scripts({ build: 'cat in/??' }), ...all('1') });
      await space.kept(['build']);
      put(space, all('22'), 1);
      return build;
    },
  },
  {
    name: 'meta-files',
    make: async (space) => {
      put(space, { in: '1', other: '2' });
      await space.kept(['--meta', 'one.meta', '--', 'cat', 'in']);
      await space.kept(['--meta', 'two.meta', '--', 'cat', 'other']);
      put(space, { in: '11' }, 1);
      return { words: ['one.meta', 'two.meta'] };
    },
  },
];
