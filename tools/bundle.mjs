// Makes packages/cli/dist of the compiled packages and of what they use: few files, since Node takes longer to find
// and load a module than to run it. What a run with nothing to do needs is loaded at the start, all else when it is
// asked for.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, transform } from 'esbuild';
import { licenceTexts } from './licences.mjs';

/** `root` is the checkout, in which the page has been made. Rejects if a source cannot be bundled, and has said why on stderr. */
export async function bundleCli(root) {
  const cli = join(root, 'packages/cli');
  const folder = join(cli, 'dist');
  const { metafile, outputFiles } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: [join(cli, 'src/program.ts')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
    plugins: [keepTogether(join(cli, 'src/main.ts'))],
  });
  const files = new Map([
    // The sources are ECMAScript modules. Node takes 8 ms longer to load what is one.
    ['package.json', '{ "type": "commonjs" }\n'],
    // Read by the report package, which is in the bundle: it looks for the page beside itself.
    ['report-page.html', readFileSync(join(root, 'packages/report/dist/report-page.html'))],
    ['third-party-licences.txt', licenceTexts(root, Object.keys(metafile.inputs))],
  ]);
  for (const { path, text } of outputFiles) files.set(basename(path), await asCommonJs(text));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  for (const name of readdirSync(folder))
    if (!files.has(name)) rmSync(join(folder, name), { recursive: true });
}

const common = { target: 'node20.19', logLevel: 'error', charset: 'utf8' };

async function asCommonJs(text) {
  const { code } = await transform(text, {
    ...common,
    format: 'cjs',
    platform: 'node',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'ownUrl' },
    banner,
  });
  return code.replace(
    /^var (\w+) = require\("(node:(?:child_process|crypto|os|zlib))"\);$/gm,
    'const $1 = whenUsed("$2");',
  );
}

/** Node has not loaded some by itself: crypto takes it 3 ms, zlib and child_process 2, os 1. */
const banner = `const ownUrl = require('node:url').pathToFileURL(__filename).href;
const whenUsed = (name) => {
  let loaded;
  return new Proxy({}, { get: (_, key) => (loaded ??= require(name))[key] });
};`;

/**
 * esbuild cuts at every difference in what needs a file. So every part that is imported later imports `first` as
 * well, of which it needs some: then all parts need all of it, and it stays in one piece.
 */
function keepTogether(first) {
  return {
    name: 'keep-together',
    setup({ onResolve, onLoad, resolve: ask }) {
      onResolve({ filter: /./ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === asked) return undefined;
        const found = await ask(path, { kind, importer, resolveDir, pluginData: asked });
        return { ...found, namespace: 'later' };
      });
      onLoad({ filter: /./, namespace: 'later' }, ({ path }) => ({
        contents: `import ${JSON.stringify(first)};\nexport * from ${JSON.stringify(path)};\n`,
        resolveDir: dirname(path),
      }));
    },
  };
}

const asked = Symbol('asked');
