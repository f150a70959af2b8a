import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackendName, Monitor } from '../monitor.js';
import type { MonitorEvent } from '../monitor-event.js';
import { type Actor, Scene, type Watch, working } from './scene.js';

/*
 * What can happen to files and directories, made to happen by another process: each backend must tell all of it that it
 * can tell, and nothing else. Where mounts change and where programs begin and end is in tests of their own.
 */

interface Row {
  readonly deed: string;
  /** What is done before anybody looks on. */
  readonly before?: string;
  readonly acts: string;
  /** By a backend that knows all. */
  readonly told: readonly string[];
  /** By inotify, where that is not the same in fewer words: it looks at the files afterwards, and infers. */
  readonly inferred?: readonly string[];
}

/** Which anybody may give to a file. */
const group = process.getgid?.() ?? 0;

/** There are files `a` and `b` of a page each, of which `b` is called `l`, too, a link `s` to `a`, and a directory `d` with a file `x`. */
const table: readonly Row[] = [
  { deed: 'appends to a file', acts: 'append a', told: ['CONTENT WRITE a'] },
  { deed: 'writes into a file', acts: 'update a', told: ['CONTENT WRITE a'] },
  { deed: 'writes a file anew', acts: 'write a', told: ['CONTENT FTRUNC a', 'CONTENT WRITE a'] },
  {
    deed: 'copies into a file',
    before: 'keep [ openat AT_FDCWD b O_RDONLY ] keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ copy_file_range $1 0 $2 0 9 0 ]',
    told: ['CONTENT WRITE a'],
  },
  {
    deed: 'sends a file to a file',
    before: 'keep [ openat AT_FDCWD b O_RDONLY ] keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ sendfile $2 $1 0 9 ]',
    told: ['CONTENT WRITE a'],
  },
  { deed: 'truncates a file by its name', acts: 'truncate a', told: ['CONTENT FTRUNC a'] },
  {
    deed: 'truncates a file that is open',
    before: 'keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ ftruncate $1 9 ]',
    told: ['CONTENT FTRUNC a'],
  },
  {
    deed: 'makes a file longer',
    before: 'keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ ftruncate $1 9000 ]',
    told: ['CONTENT FTRUNC a'],
  },
  {
    deed: 'empties a file as it opens it',
    acts: 'call [ openat AT_FDCWD a O_WRONLY|O_TRUNC ]',
    told: ['CONTENT FTRUNC a'],
  },
  {
    deed: 'punches a hole',
    before: 'keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ fallocate $1 FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 4096 ]',
    told: ['CONTENT FCLEAR a'],
  },
  {
    deed: 'zeroes a range',
    before: 'keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ fallocate $1 FALLOC_FL_ZERO_RANGE 0 4096 ]',
    told: ['CONTENT FCLEAR a'],
  },
  {
    deed: 'allocates room',
    before: 'keep [ openat AT_FDCWD a O_WRONLY ]',
    acts: 'call [ fallocate $1 0 0 16384 ]',
    told: ['CONTENT WRITE a'],
  },
  { deed: 'maps a file for writing', acts: 'map a', told: ['CONTENT MAP a'] },
  { deed: 'stores to mapped memory', before: 'map a', acts: 'store', told: ['CONTENT MAP a'] },
  {
    deed: 'stores to mapped memory that was written to disk',
    before: 'map a store msync',
    acts: 'store',
    told: ['CONTENT MAP a'],
  },
  { deed: 'makes a mapping writable', before: 'map-read a', acts: 'protect', told: ['CONTENT MAP a'] },
  { deed: 'maps a file for reading', acts: 'map-read a', told: [] },
  { deed: 'removes a file', acts: 'unlink a', told: ['CONTENT REMOVE a', 'DELETE a'] },
  {
    deed: 'removes another name of a file',
    acts: 'unlink l',
    told: ['CONTENT REMOVE b'],
    inferred: ['ATTRIBUTE b'],
  },
  {
    deed: 'removes one name of a file',
    acts: 'unlink b',
    told: ['CONTENT REMOVE b'],
  },
  {
    deed: 'removes all names of a file',
    acts: 'unlink b unlink l',
    told: ['CONTENT REMOVE b', 'DELETE b'],
    inferred: ['CONTENT REMOVE b'],
  },
  { deed: 'renames a file', acts: 'rename a c', told: ['CONTENT RENAME a'] },
  {
    deed: 'replaces a file that has another name',
    acts: 'rename a b',
    told: ['CONTENT RENAME a', 'CONTENT REMOVE b'],
  },
  {
    // The new one may get the number of the old one.
    deed: 'removes a file and makes another',
    acts: 'unlink a create c append c',
    told: ['CONTENT REMOVE a', 'DELETE a'],
  },
  {
    deed: 'replaces a file',
    acts: 'rename b a',
    told: ['CONTENT RENAME b', 'CONTENT REMOVE a', 'DELETE a'],
  },
  { deed: 'exchanges files', acts: 'exchange a b', told: ['CONTENT RENAME a', 'CONTENT RENAME b'] },
  { deed: 'sets permissions', acts: 'chmod a', told: ['ATTRIBUTE a'] },
  { deed: 'sets times', acts: 'utimens a', told: ['ATTRIBUTE a'], inferred: ['CONTENT a'] },
  { deed: 'sets an owner', acts: `call [ fchownat AT_FDCWD a -1 ${group} 0 ]`, told: ['ATTRIBUTE a'] },
  { deed: 'sets an extended attribute', acts: 'call [ setxattr a user.x =y 1 0 ]', told: ['ATTRIBUTE a'] },
  {
    deed: 'removes an extended attribute',
    before: 'call [ setxattr a user.x =y 1 0 ]',
    acts: 'call [ removexattr a user.x ]',
    told: ['ATTRIBUTE a'],
  },
  { deed: 'gives a file another name', acts: 'link a c', told: ['ATTRIBUTE a'] },
  {
    deed: 'reads, looks and opens for writing',
    acts: 'read a stat a list d call [ openat AT_FDCWD a O_RDWR ]',
    told: [],
  },
  { deed: 'writes through a link', acts: 'append s', told: ['CONTENT WRITE a'] },
  {
    deed: 'removes a link',
    acts: 'unlink s',
    told: ['CONTENT REMOVE s', 'DELETE s'],
    inferred: ['CONTENT REMOVE s'],
  },
  {
    deed: 'sets the owner of a link',
    acts: `call [ fchownat AT_FDCWD s -1 ${group} AT_SYMLINK_NOFOLLOW ]`,
    told: ['ATTRIBUTE s'],
  },
  { deed: 'makes a file in a directory', acts: 'create d/n', told: ['CONTENT ENTRY d n'] },
  { deed: 'makes a directory in one', acts: 'mkdir d/n', told: ['CONTENT ENTRY d n'] },
  { deed: 'makes a link in a directory', acts: 'symlink x d/n', told: ['CONTENT ENTRY d n'] },
  { deed: 'removes what is in a directory', acts: 'unlink d/x', told: ['CONTENT ENTRY d x'] },
  {
    deed: 'renames what is in a directory',
    acts: 'rename d/x d/y',
    told: ['CONTENT ENTRY d x', 'CONTENT ENTRY d y'],
  },
  { deed: 'moves a file out of a directory', acts: 'rename d/x c', told: ['CONTENT ENTRY d x'] },
  {
    deed: 'moves a file into a directory',
    acts: 'rename a d/a',
    told: ['CONTENT RENAME a', 'CONTENT ENTRY d a'],
  },
  { deed: 'writes to what is in a directory', acts: 'append d/x', told: [] },
  { deed: 'sets permissions of a directory', acts: 'chmod d', told: ['ATTRIBUTE d'] },
  { deed: 'renames a directory', acts: 'rename d e', told: ['CONTENT RENAME d'] },
  {
    deed: 'removes a directory',
    before: 'unlink d/x',
    acts: 'rmdir d',
    told: ['CONTENT REMOVE d', 'DELETE d'],
  },
];

/** What a backend that knows less makes of it: it leaves out what it cannot see, and gives no reason where it does not know that. */
function asToldBy({ tells }: Monitor, { told }: Row): string[] {
  const seen = tells.has('map') ? told : told.filter((line) => !line.startsWith('CONTENT MAP '));
  return tells.has('reasons') ? [...seen] : seen.map((line) => line.replace(/ (WRITE|FTRUNC|FCLEAR) /, ' '));
}

/** Without those that say the same again. As two files may be told of in any order, in the order of the alphabet. */
function distinct(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort();
}

function factsOf({ pid, words }: Actor): unknown {
  return {
    pid,
    parent: process.pid,
    uid: process.getuid?.(),
    gid: process.getgid?.(),
    name: 'acts',
    executable: words[0],
    words,
    ancestors: expect.arrayContaining([{ pid: process.pid, name: expect.any(String) }]),
  };
}

function millisecondsOf({ time }: MonitorEvent): number {
  if (time === undefined) throw new Error('an event has no time');
  return time.seconds * 1000 + time.nanoseconds / 1e6;
}

describe.each<BackendName>([...working])('%s', (backend) => {
  let scene: Scene;
  let watch: Watch;
  let number = 0;

  beforeAll(async () => {
    scene = new Scene();
    watch = await scene.watch({ backend });
  });
  afterAll(() => scene.close());

  /** A folder with what the table says, in which a process stands. */
  async function prepared() {
    number += 1;
    const folder = `${number}`;
    mkdirSync(scene.at(`${folder}/d`), { recursive: true });
    for (const name of ['a', 'b', 'd/x']) scene.make(join(folder, name), 'x'.repeat(4096));
    linkSync(scene.at(`${folder}/b`), scene.at(`${folder}/l`));
    symlinkSync('a', scene.at(`${folder}/s`));
    const actor = await scene.actor();
    await actor.does('chdir', scene.at(folder));
    return { actor, folder };
  }

  test.each(table)('tells that somebody $deed', async (row) => {
    const { actor, folder } = await prepared();
    await actor.does(...(row.before?.split(' ') ?? []));
    for (const name of ['a', 'b', 'd', 's'])
      await watch.express(scene.at(join(folder, name)), ['content', 'attribute', 'delete']);
    const before = Date.now();
    const [events = []] = await scene.toldOf([watch], actor, () => actor.does(...row.acts.split(' ')));
    const lines = watch.lines(events).map((line) => line.replace(`${folder}/`, ''));
    const expected = backend === 'inotify' && row.inferred ? row.inferred : asToldBy(watch.monitor, row);
    expect(distinct(lines)).toEqual(distinct(expected));
    watch.expectNoGap();
    for (const event of events) {
      expect(event.process).toEqual(watch.monitor.tells.has('process') ? factsOf(actor) : undefined);
      expect(millisecondsOf(event)).toBeGreaterThanOrEqual(before);
      expect(millisecondsOf(event)).toBeLessThan(Date.now() + 1);
    }
  });

  test('tells that a file is deleted only when nobody has it open any more', async () => {
    const { actor, folder } = await prepared();
    const path = scene.at(`${folder}/a`);
    await watch.express(path, ['delete']);
    await actor.does('keep', '[', 'openat', 'AT_FDCWD', 'a', 'O_RDWR', ']');
    const whileOpen = await scene.toldOf([watch], actor, () => actor.does('unlink', 'a'));
    if (backend === 'inotify') {
      expect(watch.lines(whileOpen.flat())).toEqual([`DELETE ${folder}/a`]);
      return;
    }
    expect(whileOpen).toEqual([[]]);
    const [events = []] = await scene.toldOf([watch], actor, () =>
      actor.does('call', '[', 'close', '$1', ']'),
    );
    expect(watch.lines(events)).toEqual([`DELETE ${folder}/a`]);
    // The one that has taken its name.
    expect(events[0]?.process?.pid).toBe(actor.pid);
    await expect(watch.monitor.revoke(path, ['delete'])).rejects.toMatchObject({ code: 'NOT_EXPRESSED' });
  });
});
