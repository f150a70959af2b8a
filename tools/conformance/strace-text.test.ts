import { describe, expect, test } from '@jest/globals';

import { descriptorOf, memberOf, parseStrace, stringOf } from './strace-text.mjs';

/** The calls as `pid name(args) = result error file`. */
function calls(...lines: string[]): string[] {
  const { calls, unreadable } = parseStrace(`${lines.join('\n')}\n`);
  expect(unreadable).toEqual([]);
  return calls.map(({ pid, name, args, result, error, file }) =>
    [`${pid} ${name}(${args.join(' | ')}) = ${result}`, error, file?.path].filter(Boolean).join(' '),
  );
}

describe('a line of strace', () => {
  test.each([
    [
      '7 openat(AT_FDCWD</tmp>, "a, b) = 3", O_RDONLY|O_CLOEXEC) = 3</tmp/a, b) = 3>',
      '7 openat(AT_FDCWD</tmp> | "a, b) = 3" | O_RDONLY|O_CLOEXEC) = 3 /tmp/a, b) = 3',
    ],
    [
      '7 openat(AT_FDCWD</tmp>, "a\\"b", O_RDONLY) = -1 ENOENT (No such file or directory)',
      '7 openat(AT_FDCWD</tmp> | "a\\"b" | O_RDONLY) = -1 ENOENT',
    ],
    [
      '7 newfstatat(3</a\\74b\\76>(deleted), "", {st_mode=S_IFREG|0644, st_size=2, ...}, AT_EMPTY_PATH) = 0',
      '7 newfstatat(3</a\\74b\\76>(deleted) | "" | {st_mode=S_IFREG|0644, st_size=2, ...} | AT_EMPTY_PATH) = 0',
    ],
    ['7 fork()                                = 8', '7 fork() = 8'],
    ['7 exit_group(2)                     = ?', '7 exit_group(2) = ?'],
    [
      '7 wait4(-1, 0x7ffe, 0, NULL) = ? ERESTARTSYS (To be restarted)',
      '7 wait4(-1 | 0x7ffe | 0 | NULL) = ? ERESTARTSYS',
    ],
    [
      '7 execve("/bin/ls", ["ls", "x)"], 0x7ffc /* 9 vars, (many) */) = 0',
      '7 execve("/bin/ls" | ["ls", "x)"] | 0x7ffc /* 9 vars, (many) */) = 0',
    ],
    [
      '7 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f, stack_size=0x9000}, 88) = 9',
      '7 clone3({flags=CLONE_VM|CLONE_VFORK, exit_signal=SIGCHLD, stack=0x7f, stack_size=0x9000} | 88) = 9',
    ],
    ['7 readlink("/l", "text", 4095) = 4', '7 readlink("/l" | "text" | 4095) = 4'],
    [
      '7 socket(AF_UNIX, SOCK_STREAM, 0) = 3<socket:[412]>',
      '7 socket(AF_UNIX | SOCK_STREAM | 0) = 3 socket:[412]',
    ],
    [
      '7 prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=1<<63}) = 0',
      '7 prlimit64(0 | RLIMIT_STACK | NULL | {rlim_cur=8192*1024, rlim_max=1<<63}) = 0',
    ],
  ])('%s', (line, call) => {
    expect(calls(line)).toEqual([call]);
  });

  test('of a signal or an end is no call', () => {
    expect(calls('7 --- SIGCHLD {si_signo=SIGCHLD} ---', '7 +++ exited with 0 +++')).toEqual([]);
  });

  test.each([
    'strace: Process 7 attached',
    '7 <... read resumed>"", 1) = 0',
    '7 what is this',
    '7 read(3) is odd',
  ])('that is not understood is told: %s', (line) => {
    expect(parseStrace(`${line}\n`)).toEqual({ calls: [], unreadable: [expect.stringContaining(line)] });
  });
});

describe('a call on two lines', () => {
  test('is put together, in the place where it began', () => {
    expect(
      calls(
        '7 vfork( <unfinished ...>',
        '8 execve("/bin/ls", ["ls"], 0x1 /* 9 vars */ <unfinished ...>',
        '7 <... vfork resumed>)              = 8',
        '8 <... execve resumed>)             = 0',
      ),
    ).toEqual(['7 vfork() = 8', '8 execve("/bin/ls" | ["ls"] | 0x1 /* 9 vars */) = 0']);
  });

  test('may have its result in an argument', () => {
    expect(
      calls(
        '7 newfstatat(3</d>, "f",  <unfinished ...>',
        '7 <... newfstatat resumed>{st_mode=S_IFDIR|0755, ...}, 0) = 0',
      ),
    ).toEqual(['7 newfstatat(3</d> | "f" | {st_mode=S_IFDIR|0755, ...} | 0) = 0']);
  });

  test('has no result if the thread was ended within it', () => {
    expect(
      calls(
        '7 openat(AT_FDCWD</d>, "f", O_RDONLY <unfinished ...>',
        '8 wait4(-1,  <unfinished ...>',
        '8 <... wait4 resumed> <unfinished ...>) = ?',
        '7 +++ killed by SIGKILL +++',
      ),
    ).toEqual(['7 openat(AT_FDCWD</d> | "f" | O_RDONLY) = ?', '8 wait4(-1 | <unfinished ...>) = ?']);
  });

  test('is none if the thread was ended before strace knew which', () => {
    expect(
      calls('7 ???( <unfinished ...>', '7 <... ??? resumed>) = ?', '8 ???() = ?', '7 +++ exited with 0 +++'),
    ).toEqual([]);
  });

  test('that executes a program in a thread comes back under the number of the first thread', () => {
    expect(
      calls(
        '8 execve("/bin/ls", ["ls"], 0x1 /* 9 vars */ <unfinished ...>',
        '7 futex(0x7f, FUTEX_WAIT, 0, NULL <unfinished ...>',
        '7 +++ superseded by execve in pid 8 +++',
        '7 <... execve resumed>)             = 0',
      ),
    ).toEqual([
      '8 execve("/bin/ls" | ["ls"] | 0x1 /* 9 vars */) = 0',
      '7 futex(0x7f | FUTEX_WAIT | 0 | NULL) = ?',
    ]);
  });
});

test.each([
  ['"a\\nb\\t\\\\\\"c"', 'a\nb\t\\"c'],
  ['"q\\303\\251"', 'qé'],
  ['"\\1z1\\0011"', '\x01z1\x011'],
  ['"\\377"', '\uDCFF'],
  ['""', ''],
  ['NULL', undefined],
  ['0x7ffc', undefined],
])('the string %s', (argument, text) => {
  expect(stringOf(argument)).toBe(text);
});

test.each([
  ['AT_FDCWD</tmp/a\\74b\\76>', { path: '/tmp/a<b>', deleted: false }],
  ['3</tmp/f>(deleted)', { path: '/tmp/f', deleted: true }],
  ['3<pipe:[1]>', { path: 'pipe:[1]', deleted: false }],
  ['AT_FDCWD', undefined],
  ['3', undefined],
])('the descriptor %s', (argument, descriptor) => {
  expect(descriptorOf(argument)).toEqual(descriptor);
});

test.each([
  ['{flags=O_RDWR|O_CREAT, mode=0666, resolve=0}', 'flags', 'O_RDWR|O_CREAT'],
  ['{sa_family=AF_UNIX, sun_path="a, b}"}', 'sun_path', '"a, b}"'],
  ['{sa_family=AF_UNIX, sun_path=@"abstract"}', 'sun_path', '@"abstract"'],
  ['{sa_family=AF_INET}', 'sun_path', undefined],
])('the member of %s', (argument, name, member) => {
  expect(memberOf(argument, name)).toBe(member);
});
