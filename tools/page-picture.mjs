// Makes docs/guide/images/why-page.png: the page that `why --html` makes of a build of fixtures/projects/calc, after
// some changes.
//
//   node tools/page-picture.mjs

import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { openBrowser } from './browser.mjs';
import { runQuietly, runTool, ToolError } from './programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Not in the checkout: its place would stand in the picture.
const work = join(tmpdir(), 'oodate-picture');
const folder = join(work, 'calc');
const page = join(work, 'why.html');

await runTool('page-picture', async () => {
  rmSync(work, { recursive: true, force: true });
  cpSync(join(root, 'fixtures/projects/calc'), folder, { recursive: true });
  const manifest = { name: 'calc', version: '1.0.0', scripts: { build: './configure && make -j2' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  oodate('run', 'build');
  appendFileSync(join(folder, 'calc.h'), 'int divide(int a, int b);\n');
  writeFileSync(join(folder, 'notes.txt'), '');
  rmSync(join(folder, 'calc'));
  oodate('why', '--html', page, 'build');
  await takePicture();
  rmSync(work, { recursive: true });
  return 0;
});

function oodate(...words) {
  const env = { ...process.env, OODATE_STORE: join(work, 'store') };
  if (!runQuietly(join(root, 'packages/cli/bin/oodate'), words, { cwd: folder, env }))
    throw new ToolError('FAILED', `oodate ${words.join(' ')} failed`);
}

async function takePicture() {
  const browser = await openBrowser();
  try {
    const view = await browser.newPage({ viewport: { width: 1200, height: 1060 }, reducedMotion: 'reduce' });
    await view.goto(pathToFileURL(page).href);
    await view.locator('.cause-words').first().click();
    await view.locator('#table .row.active').waitFor();
    await view.evaluate('window.scrollTo(0, 0)');
    mkdirSync(join(root, 'docs/guide/images'), { recursive: true });
    await view.screenshot({ path: join(root, 'docs/guide/images/why-page.png') });
  } finally {
    await browser.close();
  }
}
