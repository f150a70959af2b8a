import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { encodePath } from '@oodate/filemon';
import { toJsonSchema } from '@valibot/to-json-schema';
import { fileState, monitorEvent, parseMonitorLine, processFacts, stacks } from './monitor-event.js';

// The schema that is published is made from the definition. OODATE_ACCEPT=1 writes it anew; read the difference.
test('the published schema of monitor --json is that of the definition', () => {
  const file = new URL('../../../docs/formats/monitor-event.schema.json', import.meta.url);
  const made = toJsonSchema(monitorEvent, { definitions: { fileState, processFacts, stacks } });
  if (process.env.OODATE_ACCEPT === '1') writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
});

const state = {
  type: 'file',
  device: '254:0',
  inode: '16056340',
  mode: 33188,
  size: '18446744073709551615',
  links: 1,
  uid: 0,
  gid: 0,
  mtime: '-1',
  ctime: '1763764000123456789',
  executing: 0,
};

const event = {
  event: 'CONTENT',
  reason: 'WRITE',
  path: '/p/a.ts',
  device: '254:0',
  inode: '16056340',
  time: { seconds: 1, nanoseconds: 2 },
  sequence: 7,
  process: {
    pid: 2,
    parent: 1,
    uid: 0,
    gid: 0,
    name: 'node',
    executable: '/usr/bin/node',
    words: ['node', 'a b'],
    ancestors: [{ pid: 1, name: 'init' }],
  },
};

describe('a line', () => {
  test.each([
    ['that begins', { monitor: 1, backend: 'bpf', pid: 123, tells: ['process', 'something new'] }],
    ['of an event', event],
    ['of an event of a directory', { event: 'CONTENT', reason: 'ENTRY', path: '/', entry: 'x', sequence: 1 }],
    ['of a loss', { event: 'OVER', time: { seconds: 1, nanoseconds: 2 }, sequence: 9 }],
    ['of a state', { event: 'STATE', path: '/p', sequence: 9, state }],
    ['of a state in which nothing is there', { event: 'STATE', path: '/p', sequence: 9, state: null }],
    ['that answers', { answer: '1', state }],
    ['that answers no more than that it is done', { answer: '1' }],
    ['that refuses', { answer: '1', refusal: { code: 'A', sentence: 'b', remedy: 'c' } }],
    ['that ends it', { refusal: { code: 'A', sentence: 'b', remedy: '' } }],
  ])('%s is read as it was written', (_, value) => {
    expect(parseMonitorLine(Buffer.from(JSON.stringify(value)))).toEqual(value);
  });

  test('has paths of any bytes, each of which is kept', () => {
    const line = Buffer.from('{"event":"DELETE","path":"/\xff\\n\xc3\xa9"}', 'latin1');
    const message = parseMonitorLine(line);
    expect(message).toEqual({ event: 'DELETE', path: '/\udcff\né' });
    expect(encodePath('path' in message ? (message.path ?? '') : '')).toEqual(
      Buffer.from('/\xff\n\xc3\xa9', 'latin1'),
    );
  });

  test.each([
    ['no JSON', '{"event":"DEL'],
    ['an unknown kind', '{"event":"SOMETHING","path":"/a"}'],
    ['a path that is not absolute', '{"event":"DELETE","path":"a"}'],
    ['something else', '[]'],
  ])('with %s is not taken for one', (_, line) => {
    expect(() => parseMonitorLine(Buffer.from(line))).toThrow();
  });
});
