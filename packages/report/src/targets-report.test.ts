import { expect, test } from '@jest/globals';
import { type KnownTarget, TargetGraph } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import { targetsReport } from './targets-report.js';

function target(name: string, reads: string, writes: string): KnownTarget {
  const state = { type: 'directory' };
  const files = [
    { path: reads, use: 'read', state },
    { path: writes, use: 'output', state },
  ];
  return { name, metaFile: `/p/${name}.meta`, run: { files, listings: [] } } as unknown as KnownTarget;
}

const graph = new TargetGraph([
  target('lint', '/p/a', '/p/l'),
  target('compile', '/p/a', '/p/b'),
  target('bundle', '/p/b', '/p/c'),
]);
const source = {
  graph,
  own: '/p/bundle.meta',
  directory: '/p' as AbsolutePath,
  causes: new Map<string, string[]>(),
};

test('each node of the picture is told by its id, with what is known of the target', async () => {
  const causes = new Map([['/p/compile.meta', Array.from({ length: 23 }, (_, at) => `cause ${at}`)]]);
  const { picture, nodes } = await targetsReport({ ...source, causes });
  expect(nodes).toMatchObject([
    { name: 'lint', isOwn: false, isUpToDate: true, causes: [], more: 0 },
    { name: 'compile', isOwn: false, isUpToDate: false, more: 3 },
    { name: 'bundle', isOwn: true, isUpToDate: true },
  ]);
  expect(nodes[1]?.causes).toHaveLength(20);
  const titles = [...picture.matchAll(/class="node">\s*<title>(.*?)<\/title>.*?<text[^>]*>(.*?)<\/text>/gs)];
  expect(titles.map(([, id, name]) => [id, name])).toEqual(nodes.map(({ id, name }) => [id, name]));
});

test('only those that lead to a target are nodes, if that is asked for', async () => {
  const { picture, nodes } = await targetsReport({ ...source, shown: ['/p/bundle.meta'] });
  expect(nodes.map(({ name }) => name)).toEqual(['compile', 'bundle']);
  expect(picture.match(/class="node"/g)).toHaveLength(2);
});
