import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { type AhafsLevel, formatAhafs } from './ahafs.js';
import { contentReasons, type MonitorEvent } from './monitor-event.js';

const time = { seconds: 1_269_863_383, nanoseconds: 455_993_143 };
const path = '/src/a.ts' as AbsolutePath;
const written: MonitorEvent = {
  event: 'CONTENT',
  reason: 'WRITE',
  path,
  device: '254:0',
  inode: '12',
  time,
  sequence: 7,
  process: { pid: 6_947_038, parent: 1, uid: 1000, loginUid: 1001, gid: 100, name: 'cat', ancestors: [] },
  stacks: { kernel: ['vfs_write+0x12'], user: ['/usr/lib/libc.so.6+0x1234', 'main+0x8'] },
};

const head = [
  'BEGIN_EVENT_INFO',
  'TIME_tvsec=1269863383',
  'TIME_tvnsec=455993143',
  'SEQUENCE_NUM=7',
  'PID=6947038',
  'UID=1000',
  'UID_LOGIN=1001',
  'GID=100',
  'PROG_NAME=cat',
  'RC_FROM_EVPROD=1000',
];
const message = ['BEGIN_EVPROD_INFO', '/src/a.ts', 'END_EVPROD_INFO'];
const stack = ['STACK_TRACE', 'vfs_write+0x12', '/usr/lib/libc.so.6+0x1234', 'main+0x8'];

test.each<[AhafsLevel, string[]]>([
  [1, [...head, 'END_EVENT_INFO']],
  [2, [...head, ...message, 'END_EVENT_INFO']],
  [3, [...head, ...message, ...stack, 'END_EVENT_INFO']],
])('level %d has the lines of that level, in the order of AIX', (level, lines) => {
  expect(formatAhafs(written, level)).toBe(`${lines.join('\n')}\n`);
});

function codeOf(event: MonitorEvent): string | undefined {
  return /^RC_FROM_EVPROD=(.*)$/m.exec(formatAhafs(event, 1))?.[1];
}

test('reasons have the numbers of modFile', () => {
  expect(
    Object.fromEntries(contentReasons.map((reason) => [reason, codeOf({ event: 'CONTENT', reason, path })])),
  ).toEqual({
    WRITE: '1000',
    UNMOUNT: '1001',
    MAP: '1002',
    REMOVE: '1003',
    RENAME: '1004',
    FCLEAR: '1005',
    FTRUNC: '1006',
    OVERMOUNT: '1007',
    ENTRY: '2007',
  });
});

test.each([
  ['CONTENT', '2000'],
  ['ATTRIBUTE', '2001'],
  ['DELETE', '2002'],
  ['EXEC', '2003'],
  ['EXIT', '2004'],
  ['OPEN', '2005'],
  ['STATE', '2006'],
] as const)('%s, which AIX does not have, has a number of its own', (event, code) => {
  expect(codeOf({ event, path })).toBe(code);
});

test('a loss is the word by which AIX tells it', () => {
  expect(formatAhafs({ event: 'OVER', lost: 3, sequence: 8, time }, 3)).toBe('BUF_WRAP\n');
});

test('what is not known is left out', () => {
  expect(formatAhafs({ event: 'ATTRIBUTE', path, time, sequence: 1 }, 3)).toBe(
    [
      ...['BEGIN_EVENT_INFO', 'TIME_tvsec=1269863383', 'TIME_tvnsec=455993143', 'SEQUENCE_NUM=1'],
      ...['RC_FROM_EVPROD=2001', ...message, 'END_EVENT_INFO', ''],
    ].join('\n'),
  );
});

test('who has not logged in has the number by which the kernel says so', () => {
  const { loginUid: _, ...process } = written.process ?? { pid: 1, parent: 0, uid: 0, gid: 0, name: '' };
  expect(formatAhafs({ ...written, process }, 1)).toContain('\nUID_LOGIN=4294967295\n');
});

test('no name can be taken for a line', () => {
  const event: MonitorEvent = {
    ...written,
    reason: 'ENTRY',
    path: '/a\nEND_EVPROD_INFO' as AbsolutePath,
    entry: 'b\\\x1b',
  };
  expect(formatAhafs(event, 2)).toContain(
    '\nBEGIN_EVPROD_INFO\n/a\\x0aEND_EVPROD_INFO\nb\\\\\\x1b\nEND_EVPROD_INFO\n',
  );
});
