import { describe, expect, test } from '@jest/globals';
import { buildActs } from './acts.js';
import { workspace } from './workspace.js';

const everyAct = [
  ['write a read a append a update a read-nofollow a open-path a'],
  ['create a create=EEXIST a creat b openat2 b openat2-write c tmpfile .'],
  ['mkdir d open-directory d list d write-at d x read-at d x stat-at d x stat d/x rmdir=ENOTEMPTY d'],
  ['write a stat a lstat a access a execute-access=EACCES a chmod a execute-access a statx a faccessat2 a'],
  ['stat=ENOENT a lstat=ENOENT a access=ENOENT a statx=ENOENT a faccessat2=ENOENT a readlink=ENOENT a'],
  ['write a symlink a l readlink l readlink=EINVAL a read l read-nofollow=ELOOP l'],
  ['write a rename a b write a rename-noreplace=EEXIST a b exchange a b link a c truncate c unlink c'],
  ['write a utimens a bind s fifo f mkdir d chdir d chdir .. fchdir d stat=ENOENT a fchdir .. stat a'],
  ['fork [ write a fork [ chdir / ] read a ] vfork [ read a ] thread [ unlink a ] stat=ENOENT a'],
  ['fork=ECHILD [ exit 3 ] fork=ECHILD [ raise 15 ] become=ENOENT missing'],
  [
    'repeat 3 [ write a unlink a ] write a forks 3 [ read a ] threads 3 [ read a fork [ stat a ] ] repeat 0 [ read x ]',
  ],
  ['write a exec read a execveat unlink a'],
  ['write a map a store msync store map-read a protect store'],
  ['keep [ openat AT_FDCWD a O_WRONLY|O_CREAT 0666 ] repeat 100000 [ put $1 ]'],
  ['beside [ write a ] beside-thread [ write b ] write c'],
];

describe.each([{ static: false }, { static: true }])('acts, %p', (options) => {
  test.each(everyAct)('%s', async (acts) => {
    const { status, stderr } = await workspace().run([buildActs(options), ...acts.split(' ')]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test.each([
    ['read missing', 1, 'acts: read missing: ENOENT\n'],
    ['write=ENOENT a', 1, 'acts: write=ENOENT a: ok\n'],
    ['fork [ stat missing ]', 1, 'acts: stat missing: ENOENT\nacts: fork : ECHILD\n'],
    ['thread [ stat missing ]', 1, 'acts: stat missing: ENOENT\nacts: thread : ECHILD\n'],
    ['repeat 9 [ create a ]', 1, 'acts: create a: EEXIST\nacts: repeat : ECANCELED\n'],
    ['forks 2 [ fork [ exit 1 ] ]', 1, 'acts: fork : ECHILD\nacts: fork : ECHILD\nacts: forks : ECHILD\n'],
    ['threads 1 [ exec exit 4 ]', 4, ''],
    ['beside [ stat missing ] stat .', 1, 'acts: stat missing: ENOENT\nacts: beside : ECHILD\n'],
    [
      'beside-thread [ stat missing ] stat .',
      1,
      'acts: stat missing: ENOENT\nacts: beside-thread : ECHILD\n',
    ],
    ['exit 7', 7, ''],
    ['dance', 2, 'acts: there is no such act: dance\n'],
    ['rename a', 2, 'acts: words are missing after: rename\n'],
    ['repeat [ read a ]', 2, 'acts: no [ ... ] after: repeat\n'],
    ['fork [ read a', 2, 'acts: no [ ... ] after: fork\n'],
  ])('%s ends with %i', async (acts, status, stderr) => {
    const result = await workspace().run([buildActs(options), ...acts.split(' ')]);
    expect(result).toMatchObject({ status, stderr });
  });
});
