import {
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianSource } from '../bench/debian-source.mjs';
import { runQuietly, ToolError } from '../programs.mjs';

/**
 * A command that is run twice from the same state.
 *
 * @typedef {object} Workload
 * @property {string} name
 * @property {string} does    for the document
 * @property {boolean} [short]  needs no download, and is part of `npm test`
 * @property {Record<string, string>} [needs]  programs beyond those of the build, with their Debian packages
 * @property {(state: string, places: {root: string, work: string}) => void} [prepare]  fills the state's folder,
 *   which has `home` and `tmp` already; work is for what may be kept from run to run
 * @property {string} script  for /bin/sh -eu, in the folder of the state; `$root` is the checkout,
 *   `$work` where things are kept
 * @property {Record<string, string>} [env]
 * @property {boolean} [rings]  it uses files through io_uring where it may; the log may then say that it is incomplete
 * @property {[RegExp, string][]} [random]  in paths: what differs from run to run, and what is to stand for it
 */

const own = (name) => fileURLToPath(new URL(name, import.meta.url));

/** mkstemp(3) and the like: six characters. */
const gccFiles = [/\/tmp\/cc[A-Za-z0-9]{6}(?=[./']|$)/g, '/tmp/ccXXXXXX'];

/** Those of ar and ranlib. */
const arFiles = [/\/st[A-Za-z0-9]{6}(?='|$)/g, '/stXXXXXX'];

/** What configure scripts of autoconf make. */
const configureFiles = [
  [/\/conf[A-Za-z0-9]{6}(?=[/']|$)/g, '/confXXXXXX'],
  [/\bconf\d+(?=subs|[^A-Za-z0-9]|$)/g, 'confPID'],
  [/\/tmp\/(cg|Gm)[A-Za-z0-9]{6}(?=[/']|$)/g, '/tmp/$1XXXXXX'],
];

/** Logs and the cache of npm. */
const npmFiles = [
  [/\/_logs\/[-0-9TZ_]+-debug/g, '/_logs/TIME-debug'],
  [/\/tmp\/(?:[0-9a-f]{8}-[-0-9a-f]{27}|[A-Za-z0-9]{6})(?=[/']|$)/g, '/tmp/XXXXXX'],
];

/** @type {Workload[]} */
export const workloads = [
  {
    name: 'c-project',
    does: 'a small configure script, make -j2 and make install',
    short: true,
    prepare: (state, places) => copyProject('calc', join(state, 'source'), places),
    script: `
      mkdir build; cd build
      ../source/configure
      make -j2
      make install DESTDIR=../root
      make -q
      ../root/usr/bin/calc`,
    random: [gccFiles, arFiles],
  },
  {
    name: 'git',
    does: 'git init, commit, clone, merge, push, gc',
    short: true,
    needs: { git: 'git' },
    env: {
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.org',
      GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.org',
      GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
      // Else git reads a file again if it was not renamed in the second in which it was made.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.trustctime',
      GIT_CONFIG_VALUE_0: 'false',
    },
    script: `
      git init -q -b main --bare origin.git
      git clone -q origin.git one 2>&1
      cd one
      # git looks again at what has changed in the second of its index, which is a matter of time.
      later() { touch -d 2030-01-01 .git/index; }
      mkdir 'a folder'; echo 1 >a.txt; echo 2 >'a folder/b c.txt'; ln -s a.txt link
      git add .; later; git commit -q -m first; later
      git checkout -q -b side; later; echo 3 >>a.txt; git commit -q -a -m second; later
      git checkout -q main; later; echo 4 >d.txt; git add d.txt; later; git commit -q -m third; later
      git merge -q --no-edit side; later; git mv d.txt e.txt; later
      git push -q origin main 2>&1
      git gc -q; git fsck --no-progress 2>&1; git status --short
      cd ..; git clone -q --no-local origin.git two; git -C two log --stat >log.txt`,
    random: [
      [/tmp_(obj|pack|idx|rev|graph)_[A-Za-z0-9]{6}/g, 'tmp_$1_XXXXXX'],
      [/\.tmp-\d+-/g, '.tmp-PID-'],
      [/\/t[A-Za-z0-9]{6}(?='|$)/g, '/tXXXXXX'],
      [/\/info\/(refs|packs)_[A-Za-z0-9]{6}/g, '/info/$1_XXXXXX'],
      [/\/tmp_objdir-incoming-[A-Za-z0-9]{6}/g, '/tmp_objdir-incoming-XXXXXX'],
    ],
  },
  {
    name: 'copying',
    does: 'tar, cp -a, rsync, sed -i, install, mv, ln, touch, chmod, find, rm -r',
    short: true,
    needs: { rsync: 'rsync' },
    prepare: (state) => {
      for (const name of ['a', 'b/c', 'b/d/e']) {
        mkdirSync(join(state, 'tree', name), { recursive: true });
        writeFileSync(join(state, 'tree', name, 'file.txt'), name);
      }
      writeFileSync(join(state, 'tree/with space'), 'one\n');
      symlinkSync('a/file.txt', join(state, 'tree/link'));
      symlinkSync('b/d', join(state, 'tree/folder'));
      // Of now, a copy made within the same tick of the clock would need no time set.
      for (const name of ['.', ...readdirSync(join(state, 'tree'), { recursive: true })])
        lutimesSync(join(state, 'tree', name), 1e9, 1e9);
    },
    script: `
      tar cf tree.tar tree; mkdir out; tar xf tree.tar -C out
      cp -a tree copy; cp -al tree linked; cp tree/folder/../c/file.txt up.txt
      rsync -a tree/ synced; echo two >tree/a/file.txt; rsync -a --delete tree/ synced
      sed -i s/two/three/ tree/a/file.txt 'tree/with space'
      install -D -m 644 tree/a/file.txt installed/deep/file.txt
      mv copy moved; mv moved/a/file.txt moved/b; mv 'moved/with space' 'moved/now "quoted"'
      mv out 'out of the way'
      ln -s tree/a short; ln tree/a/file.txt hard; ln -sfn tree/b short
      touch tree/new short/touched; chmod -R go-w tree; truncate -s 9 hard; mkfifo pipe
      find . -name '*.txt' -newer tree.tar; ls -lR tree; du -s tree
      cat missing 2>&1 || true; test -e tree/a/file.txt/no || true
      rm -r linked 'out of the way'; rmdir tree/none 2>&1 || true; mktemp -d`,
    random: [
      [/\/\.([^/']+)\.[A-Za-z0-9]{6}(?='|$)/g, '/.$1.XXXXXX'],
      [/\/(sed|tmp\.)[A-Za-z0-9]{6,10}(?='|$)/g, '/$1XXXXXX'],
      [/\/Cu[A-Za-z0-9]{6}(?='|$)/g, '/CuXXXXXX'],
    ],
  },
  {
    name: 'python',
    does: 'python3 with imports of the library and of a package of its own, which it compiles',
    short: true,
    needs: { python3: 'python3' },
    prepare: (state) => {
      mkdirSync(join(state, 'shop'));
      writeFileSync(join(state, 'shop/__init__.py'), 'from .prices import total\n');
      writeFileSync(join(state, 'shop/prices.py'), 'def total(prices):\n    return sum(prices)\n');
    },
    script: `python3 -c '
import asyncio, csv, json, pathlib, shutil, sqlite3, subprocess, tempfile
import shop
try:
    import not_there
except ImportError:
    pass
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "total.json").write_text(json.dumps(shop.total([1, 2])))
    shutil.copytree(folder, "copied")
database = sqlite3.connect("shop.db")
database.execute("create table prices (price)")
database.commit()
subprocess.run(["true"], check=True, cwd="copied")
print(list(pathlib.Path(".").glob("**/*.py")))
'`,
    random: [
      [/\.pyc\.\d+(?='|$)/g, '.pyc.N'],
      [/\/tmp\/(?:tmp)?[a-z0-9_]{8}(?='|\/|$)/g, '/tmp/tmpXXXXXXXX'],
    ],
  },
  {
    name: 'typescript-7',
    does: 'tsc -b of two projects, from scratch and again: a static Go program started by Node',
    short: true,
    prepare: (state, places) => copyProject('shop', state, places),
    script: 'cd app; node tools/generate.mjs; $root/node_modules/.bin/tsc -b; $root/node_modules/.bin/tsc -b',
  },
  {
    name: 'esbuild',
    does: 'esbuild bundling TypeScript: a static Go program',
    short: true,
    prepare: (state, places) => copyProject('shop', state, places),
    script: `
      cd app; node tools/generate.mjs
      $root/node_modules/.bin/esbuild src/main.ts --bundle --minify --outfile=bundle/shop.js --log-level=warning`,
  },
  {
    name: 'busybox',
    does: 'a shell script and its tools in one static program',
    short: true,
    needs: { busybox: 'busybox-static' },
    prepare: (state) => writeFileSync(join(state, 'in.txt'), 'b\na\n'),
    script: `exec busybox sh -euc '
      busybox sort in.txt >out.txt; busybox mkdir -p d/e; busybox cp -a out.txt d/e
      busybox tar cf d.tar d; busybox rm -r d; busybox tar xf d.tar; busybox gzip d.tar
      busybox find . -name "*.txt" -exec busybox wc {} +; busybox sed -i s/a/c/ out.txt
      busybox ln -s d/e l; busybox cat l/out.txt; busybox mv l m; busybox test -e none || :'`,
    random: [[/out\.txt[A-Za-z0-9]{6}(?='|$)/g, 'out.txtXXXXXX']],
  },
  {
    name: 'io_uring',
    does: 'a program that opens files through io_uring',
    short: true,
    rings: true,
    prepare: (state) => {
      compile('ring', state);
      for (const name of ['a', 'b', 'c']) writeFileSync(join(state, name), name);
    },
    script: './ring a b c',
  },
  {
    name: 'libuv',
    does: 'Node reading, writing, listing and renaming 200 files at once in its pool of threads',
    short: true,
    prepare: (state) => {
      mkdirSync(join(state, 'in'));
      for (let number = 0; number < 200; number += 1)
        writeFileSync(join(state, 'in', `${number}.txt`), `${number}\n`);
    },
    script: `node --input-type=module -e '
      import { access, copyFile, mkdir, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
      await mkdir("out/deep", { recursive: true });
      const names = await readdir("in");
      await Promise.all(names.map(async (name) => {
        const text = await readFile("in/" + name);
        await stat("in/" + name);
        await access("in/" + name + ".map").catch(() => {});
        await writeFile("out/" + name + ".tmp", text);
        await rename("out/" + name + ".tmp", "out/" + name);
        await copyFile("out/" + name, "out/deep/" + name);
        await symlink("deep/" + name, "out/link-" + name);
        await realpath("out/link-" + name);
      }));
      await rm("out/deep", { recursive: true });
    '`,
  },
  {
    name: 'libuv-ring',
    does: 'Node reading and writing files at once, its library told to use io_uring',
    short: true,
    rings: true,
    prepare: (state) => {
      for (const name of ['a', 'b', 'c']) writeFileSync(join(state, name), name);
    },
    env: { UV_USE_IO_URING: '1' },
    script: `node --input-type=module -e '
      import { readFile, stat, writeFile } from "node:fs/promises";
      await Promise.all(["a", "b", "c"].map(async (name) => {
        await writeFile(name + ".out", await readFile(name));
        await stat(name + ".out");
        await stat(name + ".none").catch(() => {});
      }));
    '`,
  },
  {
    name: 'spawns',
    does: 'a program that starts another by fork, vfork, posix_spawn, fexecve, execveat, clone and in a thread',
    short: true,
    prepare: (state) => {
      compile('spawns', state);
      mkdirSync(join(state, 'd'));
    },
    script: './spawns d /usr/bin/ls .',
  },
  {
    name: 'daemon',
    does: 'a program that leaves its session and goes on in the background, and is waited for',
    short: true,
    prepare: (state) => {
      compile('daemon', state);
      mkdirSync(join(state, 'd'));
      writeFileSync(join(state, 'd/in'), 'in');
    },
    script: './daemon d | cat',
  },
  {
    name: 'hello',
    does: "Debian's source of hello: configure by autoconf, make -j2, make check, make install",
    prepare: (state, { work }) => copySource('hello', state, work),
    script: `
      mkdir build; cd build
      ../source/configure --quiet
      make -j2; make check; make install DESTDIR=$PWD/../root`,
    random: [gccFiles, arFiles, ...configureFiles],
  },
  {
    name: 'lua',
    does: "Debian's source of lua5.4: plain make -j2, and a program run by it",
    prepare: (state, { work }) => copySource('lua5.4', state, work),
    script: `make -C source/src -j2 posix; source/src/lua -e 'print(pcall(require, "none"))'`,
    random: [gccFiles, arFiles],
  },
  {
    name: 'cmake',
    does: "Debian's source of cjson: cmake, build with two jobs, ctest, install",
    needs: { cmake: 'cmake' },
    prepare: (state, { work }) => copySource('cjson', state, work),
    script: `
      cmake -S source -B build
      cmake --build build -j2
      ctest --test-dir build
      DESTDIR=$PWD/root cmake --install build`,
    random: [
      gccFiles,
      arFiles,
      [/\bTryCompile-[A-Za-z0-9]{6}/g, 'TryCompile-XXXXXX'],
      [/\bcmTC_[0-9a-f]{5}/g, 'cmTC_XXXXX'],
      [/\.tmp[0-9a-f]{5}/g, '.tmpXXXXX'],
    ],
  },
  {
    name: 'typescript-5',
    does: 'tsc 5 on Node: tsc -b of two projects, from scratch and again',
    prepare: (state, places) => {
      npmPackages(places);
      copyProject('shop', state, places);
    },
    script:
      'cd app; node tools/generate.mjs; $work/npm/node_modules/.bin/tsc -b; $work/npm/node_modules/.bin/tsc -b',
  },
  {
    name: 'vite',
    does: 'vite build of a page with a stylesheet, an image and a lazy part',
    prepare: (state, places) => {
      npmPackages(places);
      copyProject('page', state, places);
      // vite writes into the nearest one.
      mkdirSync(join(state, 'node_modules'));
    },
    script: '$work/npm/node_modules/.bin/vite build',
    random: [[/timestamp-\d+-[0-9a-f]+/g, 'timestamp-TIME']],
  },
  {
    name: 'jest',
    does: 'jest with two workers and its cache, twice',
    prepare: (state, places) => copyProject('tested', state, places),
    script:
      '$root/node_modules/.bin/jest --maxWorkers=2 2>&1; $root/node_modules/.bin/jest --maxWorkers=2 2>&1',
    random: [[/(jest-transform-cache.*)\.\d+(?='|$)/g, '$1.N']],
  },
  {
    name: 'npm',
    does: 'npm pack, npm install from a folder and from an archive, npm run',
    prepare: preparePackages,
    script: `
      cd packed; npm pack; cd ../app
      npm install --offline --no-audit --no-fund ../linked ../packed/packed-1.0.0.tgz
      npm run start`,
    random: npmFiles,
  },
  {
    name: 'pnpm',
    does: 'pnpm install from a folder, twice, pnpm run',
    prepare: (state, places) => {
      npmPackages(places);
      preparePackages(state);
    },
    script: `
      cd app; pnpm() { $work/npm/node_modules/.bin/pnpm "$@"; }
      pnpm add --offline ../linked file:../packed
      pnpm install --offline; pnpm run start`,
    random: [
      [/_tmp_\d+_[0-9a-f]{8}/g, '_tmp_PID_X'],
      [/pacquet-stage_\d+_\d+_/g, 'pacquet-stage_PID_TIME_'],
      [/\.\d+\.(\d+)\.tmp/g, '.PID.$1.tmp'],
      [/\/\.tmp[A-Za-z0-9]{6}(?='|$)/g, '/.tmpXXXXXX'],
    ],
  },
];

function copyProject(name, to, { root }) {
  cpSync(join(root, 'fixtures/projects', name), to, { recursive: true });
}

/** A copy: building may write into the source. With its times, so that make sees the same. */
function copySource(name, state, work) {
  cpSync(debianSource(name, join(work, 'sources')), join(state, 'source'), {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
  });
}

/** Programs from npm that the checkout does not have, installed once. */
function npmPackages({ root, work }) {
  const folder = join(work, 'npm');
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = ['typescript@5.9.3', 'vite@7.1.12', packageManager];
  const list = join(folder, 'installed.txt');
  if (existsSync(list) && readFileSync(list, 'utf8') === wanted.join()) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  if (!runQuietly('npm', ['install', '--no-audit', '--no-fund', ...wanted], { cwd: folder }))
    throw new ToolError('NOT_INSTALLED', `${wanted.join(', ')} could not be installed, for the reason above`);
  writeFileSync(list, wanted.join());
}

function preparePackages(state) {
  for (const name of ['linked', 'packed']) {
    mkdirSync(join(state, name, 'lib'), { recursive: true });
    writeFileSync(
      join(state, name, 'package.json'),
      JSON.stringify({ name, version: '1.0.0', main: 'lib/main.js', bin: { [name]: 'lib/main.js' } }),
    );
    writeFileSync(join(state, name, 'lib/main.js'), `#!/usr/bin/env node\nconsole.log('${name}');\n`);
  }
  mkdirSync(join(state, 'app'));
  const scripts = { start: 'linked && packed' };
  writeFileSync(join(state, 'app/package.json'), JSON.stringify({ name: 'app', version: '1.0.0', scripts }));
}

function compile(name, state) {
  const program = join(state, name);
  if (
    !runQuietly('cc', [
      '-std=c11',
      '-D_GNU_SOURCE',
      '-Wall',
      '-Wextra',
      '-O1',
      '-pthread',
      '-o',
      program,
      own(`programs/${name}.c`),
    ])
  )
    throw new ToolError('NOT_COMPILED', `${basename(program)}.c does not compile, for the reasons above`);
}
