import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
 * @property {string} script  for /bin/sh -eu, in the folder of the state; `$root` is the checkout
 * @property {Record<string, string>} [env]
 * @property {[RegExp, string][]} [random]  in paths: what differs from run to run, and what is to stand for it
 */

const own = (name) => fileURLToPath(new URL(name, import.meta.url));

/** mkstemp(3) and the like: six characters. */
const gccFiles = [/\/tmp\/cc[A-Za-z0-9]{6}(?=[./']|$)/g, '/tmp/ccXXXXXX'];

/** @type {Workload[]} */
export const workloads = [
  {
    name: 'c-project',
    does: 'a small configure script, make -j2 and make install',
    short: true,
    prepare: (state) => cpSync(own('projects/calc'), join(state, 'source'), { recursive: true }),
    script: `
      mkdir build; cd build
      ../source/configure
      make -j2
      make install DESTDIR=../root
      make -q
      ../root/usr/bin/calc`,
    random: [gccFiles, [/\bst[A-Za-z0-9]{6}\b/g, 'stXXXXXX']],
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
    },
    script: `
      git init -q -b main --bare origin.git
      git clone -q origin.git one 2>&1
      cd one
      mkdir 'a folder'; echo 1 >a.txt; echo 2 >'a folder/b c.txt'; ln -s a.txt link
      git add .; git commit -q -m first
      git checkout -q -b side; echo 3 >>a.txt; git commit -q -a -m second
      git checkout -q main; echo 4 >d.txt; git add d.txt; git commit -q -m third
      git merge -q --no-edit side; git mv d.txt e.txt; git stash -q; git stash pop -q
      git push -q origin main 2>&1
      git gc -q; git fsck --no-progress 2>&1; git status --short
      cd ..; git clone -q --no-local origin.git two; git -C two log --stat >log.txt`,
    random: [
      [/tmp_(obj|pack|idx|rev|graph)_[A-Za-z0-9]{6}/g, 'tmp_$1_XXXXXX'],
      [/\.tmp-\d+-/g, '.tmp-PID-'],
      [/\/t[A-Za-z0-9]{6}(?='|$)/g, '/tXXXXXX'],
      [/\/info\/(refs|packs)_[A-Za-z0-9]{6}/g, '/info/$1_XXXXXX'],
      [/\/tmp_objdir-incoming-[A-Za-z0-9]{6}/g, '/tmp_objdir-incoming-XXXXXX'],
      [/\.stash\.\d+/g, '.stash.PID'],
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
    prepare: (state, { root }) => cpSync(join(root, 'fixtures/projects/shop'), state, { recursive: true }),
    script: 'cd app; node tools/generate.mjs; $root/node_modules/.bin/tsc -b; $root/node_modules/.bin/tsc -b',
  },
  {
    name: 'esbuild',
    does: 'esbuild bundling TypeScript: a static Go program',
    short: true,
    prepare: (state, { root }) => cpSync(join(root, 'fixtures/projects/shop'), state, { recursive: true }),
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
];

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
