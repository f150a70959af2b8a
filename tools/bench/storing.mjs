import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ask, runQuietly, ToolError } from '../programs.mjs';
import { compare } from './pairs.mjs';
import { installTurbo } from './turbo.mjs';

/** Outputs that were deleted, brought back by `oodate run`, against `cp -a` of the same files and `turbo run` from its local cache. */
export function benchRestoring({ root, work, runs }) {
  const rows = amounts.map(({ name, count, size }) => {
    const { folder, oodate, clearOut, remove } = makePackage(
      join(work, 'restoring'),
      root,
      makes(count, size),
    );
    const inFolder = ['env', '-C', folder, 'TURBO_TELEMETRY_DISABLED=1'];
    const turbo = [...inFolder, installTurbo(work), 'run', 'build', '--no-daemon', '--output-logs=none'];
    writeFileSync(join(folder, 'make.mjs'), maker);
    writeFileSync(join(folder, 'turbo.json'), JSON.stringify({ tasks: { build: { outputs: ['out/**'] } } }));
    commitAll(folder);
    for (const words of [turbo, oodate]) {
      clearOut();
      mustRun(words);
    }
    mustRun([...inFolder, 'cp', '-a', 'out', 'kept']);
    clearOut();
    mustRestore(oodate);
    const byCopy = compare(oodate, [...inFolder, 'cp', '-a', 'kept', 'out'], { runs, prepare: clearOut });
    const byTurbo = compare(oodate, turbo, { runs, prepare: clearOut });
    remove();
    return [
      name,
      milliseconds(byCopy.first),
      milliseconds(byCopy.second),
      range(byCopy),
      milliseconds(byTurbo.second),
      range(byTurbo),
    ];
  });
  const head = ['outputs', '`oodate run`', '`cp -a`', 'oodate / cp', '`turbo run`', 'oodate / turbo'];
  return { head, rows };
}

/** Bytes. */
const amounts = [
  { name: '1,000 of 10 KiB', count: 1_000, size: 10 << 10 },
  { name: 'one of 500 MiB', count: 1, size: 500 << 20 },
];

/** Bytes that cannot be compressed, and each time the same. */
const maker = `import { createCipheriv } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';

const [count, size] = process.argv.slice(2).map(Number);
const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
const zeros = Buffer.alloc(Math.min(size, 1 << 20));
mkdirSync('out', { recursive: true });
for (let file = 0; file < count; file += 1) {
  const out = openSync(\`out/\${file}\`, 'w');
  for (let left = size; left > 0; left -= zeros.length)
    writeSync(out, cipher.update(zeros.subarray(0, Math.min(left, zeros.length))));
  closeSync(out);
}
`;

const makes = (count, size) => `node make.mjs ${count} ${size}`;

const setCount = 50;
const setSize = 5_000;
/** Files of each set that no other has. */
const ownFiles = 100;

/** An edit that is taken back when 50 sets of 5,000 accesses are known, of which the last one that is asked is right; against one known set. */
export function benchLookingUp({ root, work, runs }) {
  const many = learn(join(work, 'known-sets'), root, setCount);
  const one = learn(join(work, 'known-set'), root, 1);
  const prepare = () => {
    many.goBack();
    one.goBack();
  };
  prepare();
  mustRestore(many.oodate);
  const found = compare(many.oodate, one.oodate, { runs, prepare });
  many.remove();
  one.remove();
  return {
    head: [`${setCount} known sets`, 'one known set', 'first / second'],
    rows: [[milliseconds(found.first), milliseconds(found.second), range(found)]],
  };
}

/** Runs a command over several lists of files. `goBack`: to the first list, with the record of the run over the last. */
function learn(base, root, sets) {
  const { folder, oodate, remove } = makePackage(base, root, 'xargs cat < list > out');
  const list = (set) =>
    Array.from(
      { length: setSize },
      (_, index) => `${index < setSize - ownFiles ? 'shared' : `set-${set}`}/${index}`,
    );
  const use = (set) => writeFileSync(join(folder, 'list'), list(set).join('\n'));
  mkdirSync(join(folder, 'shared'));
  for (let set = 0; set < sets; set += 1) {
    mkdirSync(join(folder, `set-${set}`));
    for (const file of list(set)) writeFileSync(join(folder, file), `${file}\n`);
  }
  for (let set = 0; set < sets; set += 1) {
    use(set);
    // Not looking for it in the store.
    mustRun([...oodate, '--refresh']);
  }
  const [records, latest] = [join(folder, '.oodate'), join(folder, 'latest')];
  cpSync(records, latest, { recursive: true });
  const goBack = () => {
    use(0);
    for (const made of [records, join(folder, 'out')]) rmSync(made, { recursive: true, force: true });
    cpSync(latest, records, { recursive: true });
  };
  return { oodate, goBack, remove };
}

/** A run of a command, with a store that is empty and with none. */
export function benchKeeping({ root, work, runs }) {
  const rows = amounts.map(({ name, count, size }) => {
    const { folder, oodate, clearOut, clearStore, remove } = makePackage(
      join(work, 'keeping'),
      root,
      makes(count, size),
    );
    writeFileSync(join(folder, 'make.mjs'), maker);
    const prepare = () => {
      clearOut();
      clearStore();
    };
    const kept = compare(oodate, [...oodate, '--no-store'], { runs, prepare });
    remove();
    return [name, milliseconds(kept.first), milliseconds(kept.second), range(kept)];
  });
  return { head: ['outputs', 'with a store', '`--no-store`', 'first / second'], rows };
}

/** A package with the script `build`, the words that bring it up to date, and the store that these use. */
function makePackage(folder, root, build) {
  const store = `${folder}-store`;
  const gone = `${folder}-gone`;
  const remove = () => {
    for (const made of [folder, store, gone]) rmSync(made, { recursive: true, force: true });
  };
  remove();
  mkdirSync(gone);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'bench', version: '1.0.0', packageManager: 'npm@10.0.0', scripts: { build } }),
  );
  const program = join(root, 'packages/cli/bin/oodate');
  const withStore = ['OODATE_STORE_ENABLED=true', `OODATE_STORE=${store}`];
  const oodate = ['env', '-C', folder, ...withStore, program, 'run', 'build'];
  const clearOut = () => moveAway(join(folder, 'out'), gone);
  const clearStore = () => moveAway(store, gone);
  return { folder, oodate, clearOut, clearStore, remove };
}

/** Empties the files and keeps them: ext4 takes several times as long to make files when as many have just been removed. */
function moveAway(made, gone) {
  if (!existsSync(made)) return;
  for (const entry of readdirSync(made, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) truncateSync(join(entry.parentPath, entry.name));
  renameSync(made, join(gone, String(readdirSync(gone).length)));
}

/** turbo is told of the inputs by git, as it is in use. */
function commitAll(folder) {
  const git = ['git', '-C', folder, '-c', 'user.name=b', '-c', 'user.email=b'];
  writeFileSync(join(folder, '.gitignore'), 'out\nkept\n.oodate\n.turbo\nnode_modules\n');
  writeFileSync(
    join(folder, 'package-lock.json'),
    '{"name":"bench","version":"1.0.0","lockfileVersion":3,"packages":{}}',
  );
  mustRun([...git, 'init', '-q']);
  mustRun([...git, 'add', '.']);
  mustRun([...git, 'commit', '-qm', 'bench']);
}

function mustRun([program, ...words]) {
  if (!runQuietly(program, words)) throw new ToolError('FAILED', `${program} failed`);
}

/** What runs the command measures something else. */
function mustRestore([program, ...words]) {
  // With a standard input as the runs that are measured have it.
  const report = ask(program, [...words, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] });
  if (report === undefined || JSON.parse(report).run?.restored === undefined)
    throw new ToolError('NOT_RESTORED', `${words.join(' ')} has brought nothing back`);
}

function milliseconds(seconds) {
  return `${(seconds * 1000).toFixed(0)} ms`;
}

function range({ ratio, lowest, highest }) {
  return `${ratio.toFixed(2)} (${lowest.toFixed(2)}–${highest.toFixed(2)})`;
}
