// Tells the main job as a story, on a copy of fixtures/projects/shop. It ends with a non-zero exit status when a
// step does not do what the story says.
//
//   node tools/demo.mjs [FOLDER]
//
// FOLDER (default .demo) is replaced. It must lie in the checkout, where the copy finds tsc and esbuild.

import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.argv[2] ?? join(root, '.demo');
const app = join(folder, 'app');
const bundle = join(app, 'bundle/shop.js');

await runTool('demo', () => {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, 'fixtures/projects/shop'), folder, { recursive: true });
  const { build } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).scripts;

  tell(
    `A small shop, copied to ${relative(process.cwd(), folder) || '.'}. Its script "build" is`,
    `  ${build}`,
  );
  tell('The first run: oodate watches what the script does.');
  runs();
  tell('What it has built works:');
  shows(process.execPath, ['bundle/shop.js']);

  tell('Nothing has changed, so the second run starts nothing.');
  isUpToDate();

  tell('A source is touched. Its content is the same, so there is still nothing to do.');
  const now = new Date();
  utimesSync(join(app, 'src/cart.ts'), now, now);
  isUpToDate();

  tell('A source is edited: "Total" becomes "In all" in src/receipt.ts.');
  edit('src/receipt.ts', 'Total', 'In all');
  isDueTo('src/receipt.ts');
  runs();
  isUpToDate();

  tell('A file is added to a folder that the generator lists. No list of inputs was written anywhere.');
  cpSync(join(app, 'src/icons/apple.svg'), join(app, 'src/icons/cheese.svg'));
  isDueTo('src/icons');
  runs();
  isUpToDate();

  tell('A file outside the package changes: bread gets dearer.');
  edit('../shared/prices.json', '320', '1050');
  isDueTo('shared/prices.json');
  runs();
  isUpToDate();

  tell('The bundle is edited by hand. That is not what the script has left, so it is made again.');
  appendFileSync(bundle, '// by hand\n');
  isDueTo('bundle/shop.js');
  runs();
  isUpToDate();

  tell(
    'In that last run the compiler had nothing to do, and only looked at the sources. An edit counts all the same.',
  );
  edit('src/money.ts', '}.', '},');
  isDueTo('src/money.ts');
  runs();
  isUpToDate();

  tell('This is what it all came to:');
  const printed = shows(process.execPath, ['bundle/shop.js']);
  expect(/^\* 3 x cheese/m.test(printed), 'the new icon is not in the bundle');
  expect(printed.includes('21,00'), 'the new price and its comma are not in the bundle');
  expect(printed.includes('In all'), 'the edit is not in the bundle');
  return 0;
});

function tell(...lines) {
  process.stdout.write(`\n${lines.join('\n')}\n`);
}

function runs() {
  const said = oodate('run', 'build');
  expect(said.includes('running build: '), 'the script was not run');
  expect(said.includes('; kept: '), 'what was seen was not kept');
  expect(oodateStatus('check', 'build') === 0, 'it is not up to date right after the run');
}

function isUpToDate() {
  const before = statSync(bundle, { bigint: true });
  const said = oodate('run', 'build');
  expect(said.includes('build is up to date'), 'it is not up to date');
  expect(!said.includes('running build'), 'something was run');
  expect(statSync(bundle, { bigint: true }).ctimeNs === before.ctimeNs, 'the bundle was written');
}

function isDueTo(path) {
  expect(oodateStatus('check', 'build') === 1, `${path} has changed, and it counts as up to date`);
  expect(oodate('why', 'build').includes(path), `it does not name ${path}`);
}

function edit(path, from, to) {
  const file = join(app, path);
  const text = readFileSync(file, 'utf8');
  expect(text.includes(from), `${path} does not hold "${from}"`);
  writeFileSync(file, text.replace(from, to));
}

/** Runs it with success, as the user would see it. Gives what it said. */
function oodate(...words) {
  return shows(join(root, 'packages/cli/bin/oodate'), words, 'oodate');
}

function shows(program, words, name = 'node') {
  process.stdout.write(`\n  $ ${[name, ...words].join(' ')}\n`);
  const { status, output } = run(program, words);
  process.stdout.write(output.replace(/^(?=.)/gm, '  '));
  expect(status === 0, `the exit status is ${status}`);
  return output;
}

function oodateStatus(...words) {
  return run(join(root, 'packages/cli/bin/oodate'), words).status;
}

function run(program, words) {
  // Of the user's own store it uses and leaves nothing.
  const env = { ...process.env, OODATE_STORE_ENABLED: 'false' };
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: app, env, encoding: 'utf8' });
  if (error) throw new ToolError('NOT_STARTED', `${program} cannot be started (${error.code})`);
  return { status, output: stdout + stderr };
}

function expect(condition, otherwise) {
  if (!condition) throw new ToolError('NOT_AS_TOLD', `the story is not true: ${otherwise}`);
}
