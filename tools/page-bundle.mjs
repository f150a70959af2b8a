// Makes packages/report/dist/report-page.html of packages/report/page: the page with all that it runs, as it is for
// every report. What differs goes in when a report is made (packages/report/src/page.ts).

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licenceTexts } from './licences.mjs';

/** `root` is the checkout. Rejects if a source cannot be bundled, and has said why on stderr. */
export async function bundlePage(root) {
  const folder = join(root, 'packages/report');
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(folder, 'page/main.tsx'), join(folder, 'page/page.css')],
    outdir: join(folder, 'dist'),
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    // Browsers of 2023 and later.
    target: ['chrome111', 'firefox111', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const made = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim();
  const script = made('.js');
  const style = made('.css');
  const parts = {
    policy: `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'`,
    script,
    style,
    licences: licenceTexts(root, Object.keys(metafile.inputs)).replace(/[&<]/g, (letter) =>
      letter === '&' ? '&amp;' : '&lt;',
    ),
  };
  const page = readFileSync(join(folder, 'page/page.html'), 'utf8').replace(
    /\{(policy|script|style|licences)\}/g,
    (_, part) => parts[part],
  );
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'dist/report-page.html'), page);
}

/** By which the page allows this script or style, and no other. */
function hashOf(text) {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
