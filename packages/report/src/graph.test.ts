import { describe, expect, test } from '@jest/globals';
import { type KnownTarget, TargetGraph } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import { graphPicture } from './graph-picture.js';
import { type GraphOptions, graphText } from './graph-text.js';

const directory = '/p' as AbsolutePath;

/** What it reads, and what it writes. */
function target(name: string, reads: readonly string[], writes: readonly string[]): KnownTarget {
  const used = (use: string) => (path: string) => ({ path, use, state: { type: 'directory' } });
  const files = [...reads.map(used('read')), ...writes.map(used('output'))];
  return {
    name,
    metaFile: `/p/.oodate/${name}.meta`,
    run: { files, listings: [] },
  } as unknown as KnownTarget;
}

function textOf(targets: readonly KnownTarget[], options: Partial<GraphOptions> = {}): string {
  return graphText(new TargetGraph(targets), { outOfDate: new Map(), directory, ...options });
}

const compile = target('compile', ['/p/src/a'], ['/p/dist/a', '/p/dist/b', '/p/dist/c', '/p/dist/d']);
const bundle = target('bundle', ['/p/dist/a', '/p/dist/b', '/p/dist/c', '/p/dist/d'], ['/q/out']);
const deploy = target('deploy', ['/q/out'], []);
const lint = target('lint', ['/p/src/a'], []);
const all = [compile, bundle, deploy, lint];

/** The texts of each node and edge of a picture; throws if the document is not well-formed. */
function shownIn(svg: string): { nodes: string[][]; edges: string[][] } {
  const shown: { nodes: string[][]; edges: string[][] } = { nodes: [], edges: [] };
  const open: string[] = [];
  let texts: string[] | undefined;
  const body = svg.replace(/^<\?xml[^>]*\?>\s*<!DOCTYPE[^>]*>/, '').replace(/<!--(?:(?!--)[\s\S])*-->/g, '');
  const token = /<(\/?)([\w:]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const match of body.matchAll(token)) {
    const [whole, closing, name = '', attributes = '', selfClosing, text] = match;
    end = match.index + whole.length;
    if (text !== undefined) {
      if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(text)) throw new Error(`an ampersand stands alone: ${text}`);
      if (open.at(-1) === 'text') texts?.push(decoded(text));
      continue;
    }
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    } else if (selfClosing !== '/') open.push(name);
    const kind = /class="(node|edge)"/.exec(attributes)?.[1];
    if (kind !== undefined) {
      texts = [];
      shown[kind === 'node' ? 'nodes' : 'edges'].push(texts);
    }
  }
  if (open.length > 0 || end !== body.length) throw new Error(`not well-formed at ${end}: ${open.join(' ')}`);
  return shown;
}

function decoded(text: string): string {
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text
    .replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
      code === undefined ? (names[name] ?? '') : String.fromCodePoint(Number(code)),
    )
    .replaceAll('\u00a0', ' ');
}

describe('the graph of targets', () => {
  test('has an arrow for what one makes and another uses, a few paths named', async () => {
    const { nodes, edges } = shownIn(await graphPicture(textOf(all)));
    expect(nodes).toEqual([
      ['compile', 'up to date'],
      ['bundle', 'up to date'],
      ['deploy', 'up to date'],
      ['lint', 'up to date'],
    ]);
    expect(edges).toEqual([['dist/a', 'dist/b', 'dist/c', 'and 1 more'], ['/q/out']]);
  });

  test('tells what is out of date by text, shape and colour', async () => {
    const text = textOf(all, { outOfDate: new Map([[bundle.metaFile, 'dist/a changed']]) });
    expect(shownIn(await graphPicture(text)).nodes).toContainEqual([
      'bundle',
      'out of date:',
      'dist/a changed',
    ]);
    const marked = text.split('\n').filter((line) => line.includes('peripheries=2'));
    expect(marked).toEqual([expect.stringMatching(/^ {2}t2 .*bundle.*#fee2e2/)]);
  });

  test('can be the chain that leads to one target', async () => {
    const { nodes, edges } = shownIn(await graphPicture(textOf(all, { shown: [bundle.metaFile] })));
    expect(nodes.map(([name]) => name)).toEqual(['compile', 'bundle']);
    expect(edges).toHaveLength(1);
  });

  test.each([
    ['quotes and backslashes', 'a"b\\c\\', 'a"b\\c\\'],
    ['what Graphviz takes for an escape', '\\N \\n \\l \\G', '\\N \\n \\l \\G'],
    ['what is an entity of HTML', '&amp; &lt; &#65; a&b', '&amp; &lt; &#65; a&b'],
    ['what is a tag', '<b>x</b>', '<b>x</b>'],
    ['newlines and other control characters', 'a\nb\0\u001b', 'a\\x0ab\\x00\\x1b'],
    ['bytes that are not UTF-8', 'a\udcffb', 'a\\xffb'],
    ['other scripts', 'größe 日本 🙂', 'größe 日本 🙂'],
    ['words of the language', 'digraph {} -> ; //', 'digraph {} -> ; //'],
    ['nothing but a space', ' ', ' '],
    ['what is long', 'x'.repeat(100), `${'x'.repeat(59)}…`],
  ])('shows names with %s as they are', async (_, name, shown) => {
    const targets = [target(name, [], [`/p/${name}`]), target('user', [`/p/${name}`], [])];
    const text = textOf(targets, { outOfDate: new Map([['/p/.oodate/user.meta', name]]) });
    const { nodes, edges } = shownIn(await graphPicture(text));
    expect(nodes).toEqual([
      [shown, 'up to date'],
      ['user', 'out of date:', shown],
    ]);
    expect(edges).toEqual([[shown]]);
  });

  test('is a graph also where there are no targets', async () => {
    expect(shownIn(await graphPicture(textOf([])))).toEqual({ nodes: [], edges: [] });
  });
});

test('what is no graph is refused', async () => {
  await expect(graphPicture('digraph {')).rejects.toThrow(/syntax error/);
});
