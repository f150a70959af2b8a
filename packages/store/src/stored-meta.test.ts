import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { formatMetaFile, type MetaFile, parseMetaFile, type RunRecord } from '@oodate/meta-file';
import { packMeta, unpackMeta } from './stored-meta.js';

const run: RunRecord = {
  version: 2,
  commands: [['build']],
  cwd: '/w' as AbsolutePath,
  environment: [],
  started: 1,
  recorded: 2n,
  files: [],
  listings: [],
};
const because: RunRecord['because'] = {
  reasons: [{ kind: 'input-gone', path: '/home/ann/diary.txt' }],
  more: 0,
  outputs: 'same',
  spared: [],
};
const meta: MetaFile & { run: RunRecord } = {
  path: '/w/.oodate/build.meta',
  commands: ['build'],
  cwd: '/w',
  target: 'build',
  output: new Uint8Array(),
  filemon: Buffer.from('V 5\n# Bye bye\n'),
  run: { ...run, because },
};

test('why a run was made is kept with its meta file, and not with its result', () => {
  expect(parseMetaFile(formatMetaFile(meta)).meta.run?.because).toEqual(because);
  expect(unpackMeta(packMeta(meta) ?? Buffer.of()).run).toEqual(run);
});

test('a result that says why it was made is taken without that', () => {
  expect(unpackMeta(gzipSync(formatMetaFile(meta))).run).toEqual(run);
});
