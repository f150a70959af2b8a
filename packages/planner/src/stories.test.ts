import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type AbsolutePath, decodePath, filemonRecords, summarizeAccesses } from '@oodate/filemon';
import { formatMetaFile, parseMetaFile, type ReadRecord, type RecordedOutput } from '@oodate/meta-file';
import { MemoryFileStates } from './memory-file-states.js';
import { type DecisionOptions, reasonsToRun } from './reasons-to-run.js';
import { type FinishedRun, type RecordedRun, recordRun } from './record-run.js';
import { statesBeforeRun } from './states-before-run.js';
import type { Target } from './target.js';

/*
 * Each test is a story: files lie there, a command runs (its records are given as
 * text, and what it does to the disk is done), then something happens, and the
 * decision must say this and nothing else. The record goes through a meta file.
 */

const target: Target = {
  commands: [['build']],
  cwd: '/w' as AbsolutePath,
  environment: { PATH: '/bin', npm_config_cache: '/home/.npm' },
};

/** Names are below /w unless absolute, the pid is left out: `R a.c`. */
class Story {
  readonly disk = new MemoryFileStates();
  recorded: RecordedRun | undefined;
  #started = 0n;
  #done: string[] = [];

  constructor(...files: string[]) {
    this.disk.mkdir('/w');
    this.disk.write('/bin/sh');
    for (const file of files) this.disk.write(at(file), `old ${file}`);
    this.disk.later();
  }

  /** The command starts; what follows happens while it runs. */
  start(): this {
    this.disk.later();
    this.#started = this.disk.now;
    this.#done = ['E /bin/sh'];
    this.disk.later();
    return this;
  }

  /** The command does this; what it writes or removes is done on the disk. */
  does(...records: string[]): this {
    for (const record of records) {
      const [letter = '', ...rest] = record.split(' ');
      const name = rest.join(' ');
      if (letter === 'W') this.disk.write(at(name), `new ${name}`);
      if (letter === 'D') this.disk.remove(at(name));
      this.#done.push(
        letter === 'M' || letter === 'L' ? `${letter} ${quoted(rest)}` : `${letter} ${at(name)}`,
      );
      if (letter === 'M') this.disk.move(at(rest[0] ?? ''), at(rest[1] ?? ''));
    }
    return this;
  }

  /** Only recorded; the test itself does it on the disk. */
  records(...records: string[]): this {
    this.#done.push(...records);
    return this;
  }

  end(options: Partial<FinishedRun> = {}, lastLine = '# Bye bye\n'): this {
    this.disk.later();
    const lines = this.#done.map((record) => `${record.slice(0, 1)} 7 ${record.slice(2)}\n`).join('');
    const log = `V 5\n${lines}X 7 0 0\n${lastLine}`;
    this.recorded = recordRun({
      accesses: summarizeAccesses(filemonRecords([Buffer.from(log)]), target.cwd),
      ...target,
      started: Number(this.#started / 1000n),
      recorded: this.disk.now,
      files: this.disk,
      ...options,
    });
    this.disk.digested.length = 0;
    this.disk.later();
    return this;
  }

  /** Start, do and end, with nobody else about. */
  runs(...records: string[]): this {
    return this.start()
      .does(...records)
      .end();
  }

  /** Of what the command printed this is kept. */
  kept(output: RecordedOutput): void {
    if (this.recorded !== undefined)
      this.recorded = { ...this.recorded, record: { ...this.recorded.record, output } };
  }

  reasons(options: DecisionOptions = {}, now: Partial<Target> = {}): string[] {
    return [...reasonsToRun({ ...target, ...now }, this.#read(), this.disk, options)].map((reason) =>
      'path' in reason ? `${reason.kind} ${reason.path.replace(/^\/w\//, '')}` : reason.kind,
    );
  }

  all(options: DecisionOptions = {}, now: Partial<Target> = {}): unknown[] {
    return [...reasonsToRun({ ...target, ...now }, this.#read(), this.disk, options)];
  }

  #read(): ReadRecord {
    if (this.recorded === undefined) throw new Error('the story has no run');
    const bytes = formatMetaFile({
      path: '/w/m',
      commands: [],
      cwd: '/w',
      target: 'build',
      output: Buffer.alloc(0),
      filemon: Buffer.alloc(0),
      run: this.recorded.record,
    });
    const { meta } = parseMetaFile(bytes);
    if (meta.run === undefined) throw new Error('the meta file is not good');
    return { kind: 'good', metaFile: '/w/m', meta, run: meta.run };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function at(name: string): string {
  return name.startsWith('/') ? name : `/w/${name}`;
}

function quoted(names: string[]): string {
  return names.map((name) => `'${at(name)}'`).join(' ');
}

const compile = ['S .', 'R a.c', 'N include/a.h', 'R a.h', 'E /bin/cc', 'N a.o', 'W a.o'];
const compiled = (): Story => new Story('a.c', 'a.h', '/bin/cc').runs(...compile);

describe('the network', () => {
  test.each([
    ['used', '# Network used\n', ['used']],
    ['served', '# Network served\n', ['served']],
    ['used and served', '# Network served\n# Network used\n', ['used', 'served']],
  ])('that was %s leaves the target out of date, unless it does not count', (_, line, uses) => {
    const story = new Story('a.c').start().does('R a.c').end({}, `${line}# Bye bye\n`);
    expect(story.all()).toEqual([{ kind: 'network-used', uses }]);
    expect(story.reasons({ ignoresNetwork: true })).toEqual([]);
    story.disk.write('/w/a.c', 'new');
    expect(story.reasons({ ignoresNetwork: true })).toEqual(['input-changed a.c']);
    expect(story.reasons()).toEqual(['network-used', 'input-changed a.c']);
  });
});

describe('an input that was read', () => {
  test('leaves the target up to date as long as nothing happens, without being read', () => {
    const story = compiled();
    expect(story.reasons()).toEqual([]);
    expect(story.disk.digested).toEqual([]);
  });

  test('makes it out of date when edited, and says what was and is', () => {
    const story = compiled();
    story.disk.write('/w/a.c', 'longer than it was');
    expect(story.all()).toMatchObject([
      {
        kind: 'input-changed',
        path: '/w/a.c',
        by: '/bin/sh',
        was: { type: 'file', size: 7n },
        is: { type: 'file', size: 18n },
      },
    ]);
  });

  test('edited without a new size or time', () => {
    const story = compiled();
    const before = story.disk.state('/w/a.c' as AbsolutePath);
    story.disk.write('/w/a.c', 'OLD a.c');
    story.disk.touch('/w/a.c', 'mtime' in before ? before.mtime : 0n);
    expect(story.reasons()).toEqual(['input-changed a.c']);
  });

  test('replaced with its directory by one as old and as large', () => {
    const story = new Story('d/x', 'e/x').runs('R d/x');
    story.disk.remove('/w/d');
    story.disk.move('/w/e', '/w/d');
    expect(story.reasons()).toEqual(['input-changed d/x']);
  });

  test('only touched, or written again as it was', () => {
    const story = compiled();
    story.disk.touch('/w/a.c');
    story.disk.write('/w/a.h', 'old a.h');
    expect(story.reasons()).toEqual([]);
    expect(story.disk.digested).toEqual(['/w/a.c', '/w/a.h']);
  });

  test('touched, where times are compared', () => {
    const story = compiled();
    story.disk.touch('/w/a.c');
    expect(story.reasons({ mode: 'mtime' })).toEqual(['input-changed a.c']);
    expect(story.disk.digested).toEqual([]);
  });

  test.each([
    ['deleted', (disk: MemoryFileStates) => disk.remove('/w/a.c'), 'input-gone a.c'],
    ['renamed', (disk: MemoryFileStates) => disk.move('/w/a.c', '/w/b.c'), 'input-gone a.c'],
    [
      'made a directory',
      (disk: MemoryFileStates) => {
        disk.remove('/w/a.c');
        disk.mkdir('/w/a.c');
      },
      'input-changed a.c',
    ],
    ['made unreadable', (disk: MemoryFileStates) => disk.chmod('/w/a.c', 0), 'input-unreadable a.c'],
    ['out of reach', (disk: MemoryFileStates) => disk.unreadable('/w/a.c', 'EACCES'), 'input-unreadable a.c'],
    [
      'replaced by another',
      (disk: MemoryFileStates) => {
        disk.write('/w/n', 'NEW a.c');
        disk.move('/w/n', '/w/a.c');
      },
      'input-changed a.c',
    ],
  ])('%s', (_, happens, reason) => {
    const story = compiled();
    happens(story.disk);
    expect(story.reasons()).toEqual([reason]);
  });

  test('made executable is no other input', () => {
    const story = compiled();
    story.disk.chmod('/w/a.c', 0o755);
    expect(story.reasons()).toEqual([]);
  });

  test('is read where the decision itself is traced', () => {
    const story = compiled();
    expect(story.reasons({ digestAll: true })).toEqual([]);
    expect(story.disk.digested).toEqual(expect.arrayContaining(['/w/a.c', '/w/a.h', '/bin/cc', '/w/a.o']));
  });

  test('of the kernel is none', () => {
    const story = new Story('/proc/stat', '/dev/x', '/sys/y').runs(
      'R /proc/stat',
      'R /dev/x',
      'R /sys/y',
      'N /proc/z',
    );
    for (const path of ['/proc/stat', '/dev/x', '/sys/y', '/proc/z']) story.disk.write(path, 'changed');
    expect(story.reasons()).toEqual([]);
  });
});

describe('a program that was executed', () => {
  test('and changed makes the target out of date', () => {
    const story = compiled();
    story.disk.write('/bin/cc', 'another compiler');
    expect(story.reasons()).toEqual(['input-changed /bin/cc']);
  });

  test('and is no longer executable too', () => {
    const story = new Story('/bin/cc');
    story.disk.chmod('/bin/cc', 0o755);
    story.runs('E /bin/cc');
    story.disk.chmod('/bin/cc', 0o644);
    expect(story.reasons()).toEqual(['input-changed /bin/cc']);
  });

  test('that may not be read is known by its state', () => {
    const story = new Story('/bin/su');
    story.disk.chmod('/bin/su', 0o4111);
    story.disk.later();
    story.runs('E /bin/su');
    expect(story.reasons()).toEqual([]);
    expect(story.reasons({ digestAll: true })).toEqual([]);
    story.disk.write('/bin/su', 'new /bin/su');
    expect(story.reasons()).toEqual(['input-changed /bin/su']);
  });
});

describe('a path that was only looked at', () => {
  const looked = (): Story => new Story('lib.a', 'dir/x').runs('S lib.a', 'S dir');

  test('can be touched, and a directory can change its entries', () => {
    const story = looked();
    story.disk.touch('/w/lib.a');
    story.disk.write('/w/dir/y');
    expect(story.reasons()).toEqual([]);
  });

  test('showed its time and size, by which make and tsc find it changed', () => {
    const story = new Story('a.c', 'a.o').runs('S a.c', 'S a.o');
    story.disk.write('/w/a.c', 'new a.c');
    expect(story.reasons()).toEqual(['looked-at-changed a.c']);
  });

  test.each([
    ['goes', (disk: MemoryFileStates) => disk.remove('/w/lib.a'), 'input-gone lib.a'],
    [
      'becomes executable',
      (disk: MemoryFileStates) => disk.chmod('/w/lib.a', 0o755),
      'looked-at-changed lib.a',
    ],
    ['becomes a pipe', (disk: MemoryFileStates) => disk.special('/w/lib.a'), 'looked-at-changed lib.a'],
    [
      'becomes a file',
      (disk: MemoryFileStates) => {
        disk.remove('/w/dir');
        disk.write('/w/dir');
      },
      'looked-at-changed dir',
    ],
  ])('must not change otherwise: it %s', (_, happens, reason) => {
    const story = looked();
    happens(story.disk);
    expect(story.reasons()).toEqual([reason]);
  });

  test('and could not be told stays so', () => {
    const story = new Story();
    story.disk.unreadable('/w/loop', 'ELOOP');
    story.runs('S loop');
    expect(story.reasons()).toEqual([]);
  });
});

describe('a path that was looked for and not there', () => {
  test('a header earlier on the include path', () => {
    const story = compiled();
    story.disk.write('/w/include/a.h');
    expect(story.all()).toMatchObject([
      { kind: 'input-appeared', path: '/w/include/a.h', is: { type: 'file' } },
    ]);
  });

  test('a configuration nearer by, as a directory', () => {
    const story = new Story('../tsconfig.json').runs('N tsconfig.json');
    story.disk.mkdir('/w/tsconfig.json');
    expect(story.reasons()).toEqual(['input-appeared tsconfig.json']);
  });

  test('below a file, which is no directory', () => {
    const story = new Story('a.c').runs('N a.c/x');
    expect(story.reasons()).toEqual([]);
  });

  test('where there is a link now, though it leads nowhere', () => {
    const story = new Story('d/a').runs('N link', 'N d/link');
    story.disk.symlink('nowhere', '/w/d/link');
    expect(story.all()).toMatchObject([
      { kind: 'input-appeared', path: '/w/d/link', is: { type: 'link', target: 'nowhere' } },
    ]);
  });

  test('behind a link that leads nowhere, in a directory behind a link', () => {
    const story = new Story('d/a');
    story.disk.symlink('d', '/w/to-d');
    story.disk.symlink('nowhere', '/w/d/link');
    story.runs('N to-d/link');
    expect(story.reasons()).toEqual([]);
  });

  test('behind a link that leads nowhere', () => {
    const story = new Story();
    story.disk.symlink('nowhere', '/w/link');
    story.runs('N link');
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/nowhere');
    expect(story.reasons()).toEqual(['input-appeared link']);
  });
});

describe('a directory that was looked for in vain and then made', () => {
  const made = (): Story => {
    const story = new Story('in').start().records('N /w/dist');
    story.disk.mkdir('/w/dist');
    return story.records('W /w/dist').does('R in', 'W dist/out').end();
  };

  test('is empty but for what the command puts there', () => {
    const story = made();
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/dist/stray');
    expect(story.all()).toMatchObject([{ kind: 'listing-changed', path: '/w/dist', gained: ['stray'] }]);
  });

  test('may have another output edited no more than before', () => {
    const story = made();
    story.disk.write('/w/dist/out', 'other');
    expect(story.all()).toMatchObject([{ kind: 'output-changed', path: '/w/dist/out' }]);
  });
});

describe('a directory that was listed', () => {
  const listed = (): Story =>
    new Story('src/a', 'src/b').runs('R src', 'G src', 'R src/a', 'R src/b', 'W out');

  test.each([
    ['gains a name', (disk: MemoryFileStates) => disk.write('/w/src/c'), ['c'], []],
    ['has one renamed', (disk: MemoryFileStates) => disk.move('/w/src/b', '/w/src/c'), ['c'], ['b']],
  ])('%s', (_, happens, gained, lost) => {
    const story = listed();
    happens(story.disk);
    expect(story.all()).toContainEqual(
      expect.objectContaining({ kind: 'listing-changed', path: '/w/src', gained, lost }),
    );
  });

  test('and only what is in its files changes', () => {
    const story = listed();
    story.disk.write('/w/src/a', 'longer than before');
    expect(story.reasons()).toEqual(['input-changed src/a']);
  });

  test('does not count what the command itself makes there or removes', () => {
    const story = new Story('a', 'old').start().records('W /w/new');
    story.does('G .', 'W out', 'D old', 'W tmp', 'D tmp', 'W new/x').end();
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/out');
    expect(story.reasons()).toEqual(['output-gone out']);
  });

  test('counts a directory that was there, though the command writes in it', () => {
    const story = new Story('src/a').runs('G .', 'W src/generated');
    story.disk.move('/w/src', '/w/other');
    expect(story.all()).toContainEqual(
      expect.objectContaining({ kind: 'listing-changed', gained: ['other/'], lost: ['src/'] }),
    );
  });

  test('and has a directory now where a file was', () => {
    const story = new Story('src/a').runs('G src');
    story.disk.remove('/w/src/a');
    story.disk.mkdir('/w/src/a');
    expect(story.all()).toContainEqual(
      expect.objectContaining({ kind: 'listing-changed', gained: ['a/'], lost: ['a'] }),
    );
  });

  test('and is gone', () => {
    const story = listed();
    story.disk.remove('/w/src');
    expect(story.reasons()).toEqual(['input-gone src', 'input-gone src/a', 'input-gone src/b']);
  });

  test('and can no longer be', () => {
    const story = listed();
    story.disk.list = () => undefined;
    expect(story.reasons()).toEqual(['input-unreadable src']);
  });

  test('through a link that the command made, and is gone', () => {
    const story = new Story('src/a').start();
    story.disk.symlink('src', '/w/link');
    story.records("L 'src' '/w/link'").does('G link').end();
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/src');
    expect(story.reasons()).toEqual(['input-gone link']);
  });

  test('under another name than the command writes it by', () => {
    const story = new Story('real/a');
    story.disk.symlink('real', '/w/link');
    story.runs('G link', 'W real/out');
    expect(story.reasons()).toEqual([]);
  });

  test('does not count what the caller keeps there', () => {
    const story = new Story('a');
    story.start().does('G .');
    story.disk.write('/w/.oodate/x.meta');
    story.end({ ignored: ['/w/.oodate' as AbsolutePath] });
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/.oodate');
    expect(story.reasons()).toEqual([]);
  });
});

describe('what a tool keeps for its own bookkeeping', () => {
  test('is neither an input nor an output', () => {
    const story = new Story('/home/.npm/_logs/1.log');
    story.runs('G /home/.npm/_logs', 'D /home/.npm/_logs/1.log', 'W /home/.npm/_logs/2.log');
    story.disk.write('/home/.npm/_logs/3.log');
    story.disk.remove('/home/.npm/_logs/2.log');
    expect(story.reasons()).toEqual([]);
  });
});

describe('a symbolic link', () => {
  const linked = (): Story => {
    const story = new Story('v1/lib/x', 'v2/lib/x');
    story.disk.symlink('v1', '/w/current');
    story.disk.symlink('../w/current/lib', '/w/lib');
    story.disk.later();
    return story.runs('R lib/x', 'N lib/y');
  };

  test('on the way is an input, and so is one in the target of a link', () => {
    expect(linked().reasons()).toEqual([]);
  });

  test('turned elsewhere is named, though the content is the same', () => {
    const story = linked();
    story.disk.write('/w/v2/lib/x', 'old v1/lib/x');
    story.disk.remove('/w/current');
    story.disk.symlink('v2', '/w/current');
    expect(story.all()).toMatchObject([
      { kind: 'link-changed', path: '/w/current', was: 'v1', is: { type: 'link', target: 'v2' } },
    ]);
  });

  test('that a file has taken the place of is named', () => {
    const story = linked();
    story.disk.remove('/w/current');
    story.disk.move('/w/v1', '/w/current');
    expect(story.reasons()).toEqual(['link-changed current']);
  });

  test('that takes the place of a directory on the way is named once, though the content is the same', () => {
    const story = new Story('p/x', 'p/y').runs('R p/x', 'R p/y', 'N p/z');
    story.disk.move('/w/p', '/w/store');
    story.disk.symlink('store', '/w/p');
    expect(story.all()).toMatchObject([
      {
        kind: 'looked-at-changed',
        path: '/w/p',
        was: { type: 'directory' },
        is: { type: 'link', target: 'store' },
      },
    ]);
  });

  test.each([
    ['read', 'R a', 'input-changed a'],
    ['looked at', 'S a', 'looked-at-changed a'],
    ['written', 'W a', 'output-changed a'],
  ])(
    'that takes the place of a file that was %s is named, though the content is the same',
    (_, used, reason) => {
      const story = new Story('a').runs(used);
      story.disk.move('/w/a', '/w/b');
      story.disk.symlink('b', '/w/a');
      expect(story.reasons()).toEqual([reason]);
      expect(story.all()).toMatchObject([{ was: { type: 'file' }, is: { type: 'link', target: 'b' } }]);
    },
  );

  test('that takes the place of what a known link leads to is named', () => {
    const story = new Story('a');
    story.disk.symlink('a', '/w/b');
    story.disk.later();
    story.runs('R b');
    story.disk.move('/w/a', '/w/c');
    story.disk.symlink('c', '/w/a');
    expect(story.all()).toMatchObject([
      { kind: 'looked-at-changed', path: '/w/a', was: { type: 'file' }, is: { type: 'link', target: 'c' } },
    ]);
  });

  test('at the end of a path is an input with what it leads to', () => {
    const story = new Story('a');
    story.disk.symlink('a', '/w/b');
    story.disk.later();
    story.runs('R b');
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/a', 'something else');
    expect(story.reasons()).toEqual(['input-changed b']);
  });

  test.each(['loop', 'loop/x'])('that leads to itself is no trouble: %s', (path) => {
    const story = new Story();
    const target = { type: 'link', target: 'loop', ctime: 0n } as const;
    const looping: MemoryFileStates['linkState'] = (known) =>
      known === '/w/loop' ? target : { type: 'absent' };
    story.start().does(`N ${path}`);
    story.end({
      files: {
        linkState: looping,
        state: (known) =>
          known.startsWith('/w/loop') ? { type: 'unreadable', errno: 'ELOOP' } : { type: 'absent' },
        digest: () => ({ errno: 'ELOOP' }),
        list: () => undefined,
      },
    });
    expect(story.recorded?.record.files.map(({ path: known, state }) => [known, state.type])).toContainEqual([
      '/w/loop',
      'link',
    ]);
  });

  test('made by the command is an output', () => {
    const story = new Story('a').start();
    story.disk.symlink('a', '/w/b');
    story.records("L 'a' '/w/b'").end();
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/a', 'was no input');
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/b');
    expect(story.reasons()).toEqual(['output-gone b']);
  });

  test('that the command writes through leads to an output', () => {
    const story = new Story('real');
    story.disk.symlink('real', '/w/link');
    story.runs('W link');
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/real', 'by hand');
    expect(story.reasons()).toEqual(['output-changed link']);
    story.disk.remove('/w/link');
    expect(story.reasons()).toEqual(['link-changed link', 'output-gone link']);
  });
});

describe('an output', () => {
  test.each([
    ['deleted', (disk: MemoryFileStates) => disk.remove('/w/a.o'), 'output-gone a.o'],
    ['edited', (disk: MemoryFileStates) => disk.write('/w/a.o', 'NEW a.o'), 'output-changed a.o'],
    ['made executable', (disk: MemoryFileStates) => disk.chmod('/w/a.o', 0o755), 'output-changed a.o'],
    [
      'made a link',
      (disk: MemoryFileStates) => {
        disk.remove('/w/a.o');
        disk.symlink('a.c', '/w/a.o');
      },
      'output-changed a.o',
    ],
  ])('%s makes the target out of date', (_, happens, reason) => {
    const story = compiled();
    happens(story.disk);
    expect(story.reasons()).toEqual([reason]);
  });

  test('only touched does not', () => {
    const story = compiled();
    story.disk.touch('/w/a.o');
    expect(story.reasons()).toEqual([]);
  });

  test('changed in the same tick of the clock in which it was taken down is found by its content', () => {
    const story = new Story().start();
    const tick = story.disk.now + 1_000_000_000n;
    story.disk.now = tick;
    story.does('W o').end({ recorded: tick });
    expect(story.reasons()).toEqual([]);
    story.disk.now = tick;
    story.disk.write('/w/o', 'NEW o');
    expect(story.reasons()).toEqual(['output-changed o']);
  });

  test('can be a directory', () => {
    const story = new Story().start();
    story.disk.mkdir('/w/out');
    story.records('W /w/out').end();
    story.disk.later();
    story.disk.write('/w/out/other');
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/out');
    expect(story.reasons()).toEqual(['output-gone out']);
  });

  test('can be removed by the command, and must not come back', () => {
    const story = new Story('dist/old').runs('R dist/old', 'D dist/old');
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/dist/old');
    expect(story.reasons()).toEqual(['removed-came-back dist/old']);
  });

  test('written under a temporary name and renamed', () => {
    const story = new Story('a').runs('R a', 'N out', 'W out.tmp', 'M out.tmp out');
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/out', 'by hand, with another size');
    expect(story.reasons()).toEqual(['output-changed out']);
  });

  test('that the command reads and rewrites counts as it was left', () => {
    const story = new Story('a.ts', 'tsbuildinfo').runs(
      'R tsbuildinfo',
      'R a.ts',
      'W tsbuildinfo',
      'R tsbuildinfo',
    );
    expect(story.reasons()).toEqual([]);
    story.disk.remove('/w/tsbuildinfo');
    expect(story.reasons()).toEqual(['output-gone tsbuildinfo']);
  });

  test('made, used and removed is nothing', () => {
    const story = new Story('a.c').runs('R a.c', 'W /tmp/cc1.s', 'R /tmp/cc1.s', 'D /tmp/cc1.s', 'W a.o');
    expect(story.reasons()).toEqual([]);
  });

  test('read under another name is no input that somebody changed', () => {
    const story = new Story('real/x', 'a');
    story.disk.symlink('real', '/w/link');
    story.runs('R link/x', 'W real/x', 'N link/y', 'W real/y', 'R link/z', 'W link/z');
    expect(story.reasons()).toEqual([]);
  });

  test('removed under another name than it was read by', () => {
    const story = new Story('real/x', 'real/y', 'v1/lib/x');
    story.disk.symlink('real', '/w/link');
    story.disk.symlink('v1/lib', '/w/deep');
    story.disk.symlink('deep/../lib/x', '/w/up');
    story.start().does('R link/x', 'D real/x', 'R link/y', 'M real away', 'R up', 'D v1/lib/x').end();
    expect(story.reasons()).toEqual([]);
    story.disk.write('/w/v1/lib/x');
    expect(story.reasons()).toEqual(['removed-came-back v1/lib/x']);
  });

  test('replaced as a part of its directory is no foreign change', () => {
    const story = new Story('d/x', 'e/x').runs('R d/x', 'D d/x', 'D d', 'M e d');
    expect(story.reasons()).toEqual([]);
  });

  test('with a second name that was read is no input that somebody changed', () => {
    const story = new Story('a');
    story.disk.link('/w/a', '/w/b');
    story.runs('R b', 'W a');
    expect(story.reasons()).toEqual([]);
  });
});

describe('someone else, while the command ran,', () => {
  test.each<[string, string[], (disk: MemoryFileStates) => unknown, string]>([
    ['edited an input', ['R a.c'], (disk) => disk.write('/w/a.c', 'OLD a.c'), 'a.c'],
    ['touched a looked-at file', ['S a.c'], (disk) => disk.touch('/w/a.c'), 'a.c'],
    ['removed an input', ['R a.c'], (disk) => disk.remove('/w/a.c'), 'a.c'],
    ['replaced an input', ['R a.c'], (disk) => disk.move('/w/b.c', '/w/a.c'), 'a.c'],
    [
      'replaced the directory of an input',
      ['R d/x'],
      (disk) => {
        disk.remove('/w/d');
        disk.move('/w/e', '/w/d');
      },
      'd/x',
    ],
    ['removed what a link led to', ['R ln'], (disk) => disk.remove('/w/a.c'), 'ln'],
    [
      'replaced the directory of a link',
      ['R d/ln'],
      (disk) => {
        disk.remove('/w/d');
        disk.move('/w/e', '/w/d');
      },
      'd/ln',
    ],
    ['made a missing file', ['N no'], (disk) => disk.write('/w/no'), 'no'],
    ['made a missing directory', ['N no'], (disk) => disk.mkdir('/w/no'), 'no'],
    ['moved a directory to a missing path', ['N no/x'], (disk) => disk.move('/w/e', '/w/no'), 'no/x'],
    [
      'turned a link',
      ['R to/x'],
      (disk) => {
        disk.remove('/w/to');
        disk.symlink('e', '/w/to');
      },
      'to',
    ],
    ['added to a listed directory', ['G d'], (disk) => disk.write('/w/d/y'), 'd'],
    ['took from a listed directory', ['G d'], (disk) => disk.remove('/w/d/x'), 'd'],
    ['added to a directory that the command wrote in', ['G d', 'W d/o'], (disk) => disk.write('/w/d/y'), 'd'],
    [
      'made a directory in one that the command wrote in',
      ['G d', 'W d/o'],
      (disk) => disk.mkdir('/w/d/y'),
      'd',
    ],
    ['removed an output', ['W o'], (disk) => disk.remove('/w/o'), 'o'],
    ['put back what the command removed', ['D a.c'], (disk) => disk.write('/w/a.c'), 'a.c'],
  ])('%s', (_, records, happens, path) => {
    const story = new Story('a.c', 'b.c', 'd/x', 'e/x');
    story.disk.symlink('d', '/w/to');
    story.disk.symlink('a.c', '/w/ln');
    story.disk.symlink('../a.c', '/w/d/ln');
    story.disk.symlink('../b.c', '/w/e/ln');
    story.start().does(...records);
    happens(story.disk);
    expect(story.end().reasons()).toContain(`changed-while-running ${path}`);
  });

  test.each<[string, string[], (disk: MemoryFileStates) => unknown]>([
    [
      'wrote a file that the command had nothing to do with',
      ['R a.c', 'S .'],
      (disk) => disk.write('/w/b.c', 'x'),
    ],
    ['wrote in a directory beside its output', ['G .', 'W o'], (disk) => disk.write('/w/e/new')],
    ['made an overlay copy a directory up', ['R d/x', 'W d/s/o'], (disk) => disk.touch('/w/d', 5n)],
    ['did nothing', ['R a.c', 'G d', 'N no', 'W o', 'R to/x'], () => undefined],
  ])('%s, and that is no matter', (_, records, happens) => {
    const story = new Story('a.c', 'b.c', 'd/x', 'e/x');
    story.disk.symlink('d', '/w/to');
    story.start().does(...records);
    happens(story.disk);
    expect(story.end().reasons()).toEqual([]);
  });

  test('changed a file in the tick of the clock in which the command was started', () => {
    const story = new Story('a.c').start();
    story.disk.now -= 1_005_000_000n;
    story.disk.write('/w/a.c');
    story.disk.later();
    expect(story.does('R a.c').end().reasons()).toEqual(['changed-while-running a.c']);
  });

  test('changed it while its content was taken down', () => {
    const story = new Story('a.c').start().does('W o');
    const { disk } = story;
    const digest = disk.digest.bind(disk);
    disk.digest = (path) => {
      disk.later();
      disk.write('/w/o', 'by someone else');
      return digest(path);
    };
    expect(story.end().reasons()).toEqual(['changed-while-running o']);
  });
});

describe('the command itself', () => {
  test.each<[string, Partial<Target>, object]>([
    [
      'another argument',
      { commands: [['build', 'x']] },
      { kind: 'command-changed', was: [['build']], is: [['build', 'x']] },
    ],
    ['words cut otherwise', { commands: [['bui', 'ld']] }, { kind: 'command-changed' }],
    ['another directory', { cwd: '/v' as AbsolutePath }, { kind: 'directory-changed', was: '/w', is: '/v' }],
    [
      'a changed variable',
      { environment: { PATH: '/x' } },
      {
        kind: 'variable-changed',
        name: 'PATH',
        was: { value: '/bin', hidden: false },
        is: { value: '/x', hidden: false },
      },
    ],
    [
      'a new variable',
      { environment: { PATH: '/bin', CC: 'tcc' } },
      { kind: 'variable-changed', name: 'CC', was: undefined, is: { value: 'tcc', hidden: false } },
    ],
    [
      'a variable less',
      { environment: {} },
      { kind: 'variable-changed', name: 'PATH', was: { value: '/bin', hidden: false }, is: undefined },
    ],
  ])('%s is a reason', (_, now, reason) => {
    expect(compiled().all({}, now)).toMatchObject([reason]);
  });

  test('a volatile variable is none', () => {
    const environment = { PATH: '/bin', TERM: 'vt100', SHLVL: '9', npm_lifecycle_script: 'x', OODATE_X: '1' };
    expect(compiled().reasons({}, { environment })).toEqual([]);
  });

  test('a secret is compared and not shown', () => {
    const environment = { PATH: '/bin', MY_TOKEN: 'first' };
    const story = new Story('a.c').start().does('R a.c').end({ environment });
    expect(story.reasons({}, { environment })).toEqual([]);
    const hidden = { value: '', hidden: true };
    expect(story.all({}, { environment: { ...environment, MY_TOKEN: 'second' } })).toEqual([
      { kind: 'variable-changed', name: 'MY_TOKEN', was: hidden, is: hidden },
    ]);
  });

  test('all reasons are found, those that need no look at the disk first', () => {
    const story = compiled();
    story.disk.write('/w/a.c', 'longer than it was');
    story.disk.remove('/w/a.o');
    story.disk.write('/w/include/a.h');
    const now = { commands: [['x']], environment: {} };
    expect(story.reasons({ force: true }, now)).toEqual([
      'forced',
      'command-changed',
      'variable-changed',
      'input-changed a.c',
      'input-appeared include/a.h',
      'output-gone a.o',
    ]);
  });

  test('output that is wanted and was not kept is a reason', () => {
    const story = compiled();
    expect(story.all({ replay: [1, 2] })).toEqual([{ kind: 'output-not-recorded', streams: [1, 2] }]);
    expect(story.reasons({ replay: [] })).toEqual([]);
  });

  test('output that went to a terminal is not what who reads it would get', () => {
    const story = compiled();
    story.kept({ streams: [1, 2], terminals: [2], chunks: [] });
    expect(story.all({ replay: [1, 2] })).toEqual([{ kind: 'output-not-recorded', streams: [2] }]);
    expect(story.reasons({ replay: [1] })).toEqual([]);
  });
});

describe('what was there before the run', () => {
  const before = ({ recorded }: Story, name: string) =>
    recorded?.record.files.find(
      ({ path, use }) => path === at(name) && (use === 'output' || use === 'removed'),
    )?.before ?? 'not looked at';

  test.each<[string, string[], string | undefined]>([
    ['is not looked at by a command that makes it anew', ['W a'], 'not looked at'],
    ['or removes it', ['D a'], 'not looked at'],
    ['is looked at', ['S a', 'W a'], 'looked'],
    ['is looked for in vain', ['N a', 'W a'], 'looked'],
    [
      'is looked for in vain, and read when the command has made it',
      ['N a', 'W a', 'R a', 'K a', 'W a'],
      'looked',
    ],
    ['is looked for in vain, and read when someone has made it', ['N a', 'R a', 'W a'], 'looked'],
    ['is a link that leads nowhere, and remains elsewhere', ['N a', 'M a b'], 'unknown'],
    ['was read', ['R a', 'W a'], 'unknown'],
    ['was executed', ['E /w/a', 'D a'], 'unknown'],
    ['remains in part', ['K a', 'W a'], 'unknown'],
    ['remains elsewhere', ['M a b'], 'unknown'],
  ])('%s', (_, records, expected) => {
    expect(before(new Story('a').runs(...records), 'a')).toBe(expected);
  });

  test.each([
    ['has its times set', ['K d', 'W d'], 'looked'],
    ['is moved away and made again', ['M d e', 'W d'], 'unknown'],
    ['has its times set, is moved away and made again', ['K d', 'W d', 'M d e', 'W d'], 'unknown'],
  ])('is of a directory that %s, known as far as it matters', (_, records, expected) => {
    const story = new Story('a');
    story.disk.mkdir(at('d'));
    story.start();
    story.disk.later();
    story.does(...records);
    story.disk.mkdir(at('d'));
    story.disk.mkdir(at('e'));
    story.end();
    expect(before(story, 'd')).toBe(expected);
  });

  test('is known of what the last run made, and this one reads first', () => {
    const story = new Story('in').runs('R in', 'N info', 'W info');
    expect(before(story, 'info')).toBe('looked');
    const { record: last } = story.recorded as RecordedRun;
    const statesBefore = statesBeforeRun(last, story.disk);
    story.start().does('R in', 'R info', 'W info').end({ statesBefore });
    expect(before(story, 'info')).toMatchObject({ type: 'file', digest: sha256('new info') });
  });

  test('is known of the next run', () => {
    const story = new Story('read', 'kept', 'moved').runs(
      'R read',
      'W read',
      'K kept',
      'W kept',
      'M moved b',
    );
    const { record: last } = story.recorded as RecordedRun;
    for (const name of ['read', 'kept', 'moved']) expect(before(story, name)).toBe('unknown');
    story.disk.write(at('read'), 'one');
    story.disk.write(at('moved'), 'other');
    const statesBefore = statesBeforeRun(last, story.disk);
    expect([...statesBefore.keys()].sort()).toEqual(['b', 'kept', 'moved', 'read'].map(at));
    story.start().does('R read', 'W read', 'K kept', 'W kept', 'M moved b').end({ statesBefore });
    expect(before(story, 'read')).toMatchObject({ type: 'file', size: 3n, digest: sha256('one') });
    expect(before(story, 'kept')).toMatchObject({ type: 'file', digest: sha256('new kept') });
    expect(before(story, 'moved')).toMatchObject({ type: 'file', digest: sha256('other') });
    // And of all that come after that.
    const { record } = story.recorded as RecordedRun;
    expect(statesBeforeRun(record, story.disk).get(at('read') as AbsolutePath)).toMatchObject({
      digest: sha256('new read'),
    });
  });

  test('may be nothing', () => {
    const story = new Story('log').runs('K log', 'W log');
    story.disk.remove(at('log'));
    const statesBefore = statesBeforeRun((story.recorded as RecordedRun).record, story.disk);
    expect(statesBefore).toEqual(new Map([[at('log'), { type: 'absent' }]]));
  });

  test('is not known of a directory that was moved', () => {
    const story = new Story('d/a').runs('R d/a', 'M d e');
    story.disk.move(at('e'), at('d'));
    const statesBefore = statesBeforeRun((story.recorded as RecordedRun).record, story.disk);
    story.start().does('R d/a', 'M d e').end({ statesBefore });
    expect(before(story, 'd')).toBe('unknown');
    expect(before(story, 'd/a')).toMatchObject({ type: 'file' });
  });

  test('is that behind a link, where the link stays', () => {
    const story = new Story('a').start();
    story.disk.symlink('a', at('l'));
    story.start().records(`K ${at('l')}`, `W ${at('l')}`);
    story.disk.write(at('a'), 'new');
    story.end();
    const statesBefore = statesBeforeRun((story.recorded as RecordedRun).record, story.disk);
    expect([...statesBefore.keys()]).toEqual([at('a')]);
    story.start().records(`K ${at('l')}`, `W ${at('l')}`);
    story.disk.write(at('a'), 'newer');
    story.end({ statesBefore });
    expect(before(story, 'l')).toMatchObject({ type: 'file', digest: sha256('new') });
  });

  test('is not known of a link that was replaced', () => {
    const story = new Story('a').start();
    const replaced = ['R l', 'D l', 'W l'];
    story.disk.symlink('a', at('l'));
    story.runs(...replaced);
    story.disk.remove(at('l'));
    story.disk.symlink('a', at('l'));
    const statesBefore = statesBeforeRun((story.recorded as RecordedRun).record, story.disk);
    story
      .start()
      .does(...replaced)
      .end({ statesBefore });
    expect(before(story, 'l')).toBe('unknown');
  });

  test('is told of a link that the command makes', () => {
    const story = new Story('a')
      .start()
      .does('R l', 'D l')
      .records(`W ${at('l')}`);
    story.disk.symlink('a', at('l'));
    expect(before(story.end(), 'l')).toBe('unknown');
  });
});

describe('a record that is not good', () => {
  const exit = { status: 2, signal: 0 };
  const meta = { path: '/m', commands: [], cwd: '/', target: 'm', output: new Uint8Array() };
  test.each<[ReadRecord, object]>([
    [
      { kind: 'none', metaFile: '/m' },
      { kind: 'no-record', metaFile: '/m' },
    ],
    [
      { kind: 'damaged', metaFile: '/m', message: 'cut' },
      { kind: 'record-damaged', metaFile: '/m', message: 'cut' },
    ],
    [
      { kind: 'foreign', metaFile: '/m', meta, version: 9 },
      { kind: 'record-foreign', metaFile: '/m', version: 9 },
    ],
    [{ kind: 'former', metaFile: '/m', attempt: undefined }, { kind: 'last-run-unfinished' }],
    [
      { kind: 'former', metaFile: '/m', attempt: { kind: 'failed', exit } },
      { kind: 'last-run-failed', exit },
    ],
    [
      { kind: 'former', metaFile: '/m', attempt: { kind: 'incomplete', causes: ['lost'] } },
      { kind: 'last-run-incomplete', causes: ['lost'] },
    ],
  ])('%j', (record, reason) => {
    expect([...reasonsToRun(target, record, new MemoryFileStates())]).toEqual([reason]);
  });
});

describe('a trace that does not show everything', () => {
  test('is not to be trusted, and says why', () => {
    const story = new Story().start().records('Q records were lost', 'Q records were lost').end();
    expect(story.recorded?.causes).toEqual(['records were lost']);
  });

  test('nor one that breaks off', () => {
    const story = new Story().start().end({}, '');
    expect(story.recorded?.causes).toEqual(['the trace breaks off before its end']);
  });

  test('a whole one is', () => {
    expect(compiled().recorded?.causes).toEqual([]);
  });
});

test('names that are not UTF-8 are inputs like any other', () => {
  const name = decodePath(Buffer.from('/w/caf\xe9', 'latin1'));
  const story = new Story(name).start().does('S .');
  story.end({
    accesses: summarizeAccesses(
      filemonRecords([Buffer.from('V 5\nR 7 /w/caf\xe9\nX 7 0 0\n# Bye bye\n', 'latin1')]),
      target.cwd,
    ),
  });
  expect(story.reasons()).toEqual([]);
  story.disk.write(name, 'something else');
  expect(story.all()).toMatchObject([{ kind: 'input-changed', path: name }]);
});

describe('paths that are to be ignored', () => {
  const ignoring = (...names: string[]) => ({
    isIgnored: (path: AbsolutePath) =>
      names.map(at).some((name) => path === name || path.startsWith(`${name}/`)),
  });

  test('do not count as inputs, and do as soon as they are not to be ignored', () => {
    const story = new Story('a.c', 'b.log').runs('R a.c', 'R b.log', 'N c.log');
    story.disk.write('/w/b.log', 'changed');
    story.disk.write('/w/c.log');
    expect(story.reasons(ignoring('b.log', 'c.log'))).toEqual([]);
    expect(story.reasons(ignoring('b.log'))).toEqual(['input-appeared c.log']);
    expect(story.reasons()).toEqual(['input-changed b.log', 'input-appeared c.log']);
  });

  test('do not count as outputs', () => {
    const story = new Story('a.c').runs('R a.c', 'W cache', 'W a.o');
    story.disk.remove(at('cache'));
    expect(story.reasons(ignoring('cache'))).toEqual([]);
    expect(story.reasons()).toEqual(['output-gone cache']);
  });

  test('do not count as names in a listing, and others do', () => {
    const story = new Story('src/a.c').runs('G src');
    story.disk.write('/w/src/x.log');
    expect(story.reasons(ignoring('src/x.log'))).toEqual([]);
    story.disk.write('/w/src/b.c');
    expect(story.all(ignoring('src/x.log'))).toMatchObject([{ kind: 'listing-changed', gained: ['b.c'] }]);
  });

  test('do not count if someone else changed them while the command ran', () => {
    const story = new Story('a.c', 'b.log').start().does('R a.c', 'R b.log');
    story.disk.write('/w/b.log', 'meanwhile');
    story.end();
    expect(story.reasons(ignoring('b.log'))).toEqual([]);
    expect(story.reasons()).toEqual(['changed-while-running b.log']);
  });

  test('do not count as new links on the way', () => {
    const story = new Story('real/a.c').runs('R real/a.c');
    story.disk.move('/w/real', '/w/other');
    story.disk.symlink('other', '/w/real');
    expect(story.reasons(ignoring('real'))).toEqual([]);
    expect(story.reasons()).toEqual(['looked-at-changed real']);
  });
});

describe('variables that the user chooses', () => {
  const environment = { ...target.environment, TERM: 'xterm', A: '1' };
  const recorded = () => new Story('a.c').start().does('R a.c').end({ environment });

  test('do not count if they are to be ignored, and do as soon as they are not', () => {
    const now = { environment: { ...environment, A: '2' } };
    expect(recorded().reasons({ variables: { ignore: ['A'] } }, now)).toEqual([]);
    expect(recorded().reasons({}, now)).toEqual(['variable-changed']);
  });

  test('count though volatile if they are required, also after a run for which they were not', () => {
    const now = { environment: { ...environment, TERM: 'dumb' } };
    expect(recorded().reasons({}, now)).toEqual([]);
    expect(recorded().reasons({ variables: { require: ['TERM'] } }, now)).toEqual(['variable-changed']);
    const unset = { environment: { ...environment, TERM: undefined } };
    expect(recorded().reasons({ variables: { require: ['TERM'] } }, unset)).toEqual(['variable-changed']);
    expect(recorded().reasons({ variables: { require: ['TERM'] } }, { environment })).toEqual([]);
  });
});

test('PATH with and without the folders of a package manager is the same', () => {
  const npm = '/npm/lib/node-gyp-bin:/bin';
  const story = new Story('a.c')
    .start()
    .does('R a.c')
    .end({ environment: { ...target.environment, PATH: npm } });
  expect(story.reasons()).toEqual([]);
  expect(story.reasons({}, { environment: { ...target.environment, PATH: '/bin:/sbin' } })).toEqual([
    'variable-changed',
  ]);
});

test('what yarn makes for one run is no input', () => {
  const folder = '/tmp/yarn--1795244710882-0.5';
  const environment = { ...target.environment, PATH: `${folder}:/bin` };
  const story = new Story('a.c', `${folder}/node`)
    .start()
    .does('R a.c', `E ${folder}/node`)
    .end({ environment });
  story.disk.remove(`${folder}/node`);
  expect(story.reasons({}, { environment })).toEqual([]);
});

describe('extra inputs', () => {
  const extra = (...names: string[]) => ({ extraInputs: names.map((name) => at(name) as AbsolutePath) });
  const withExtra = (...names: string[]) =>
    new Story('a.c', 'conf', 'more')
      .start()
      .does('R a.c')
      .end(extra(...names));

  test('count like what was read', () => {
    const story = withExtra('conf');
    expect(story.reasons({}, extra('conf'))).toEqual([]);
    story.disk.write('/w/conf', 'changed');
    expect(story.reasons({}, extra('conf'))).toEqual(['input-changed conf']);
    story.disk.remove('/w/conf');
    expect(story.reasons({}, extra())).toEqual(['input-gone conf']);
  });

  test('make the target out of date when there is a new one', () => {
    expect(withExtra('conf').reasons({}, extra('conf', 'more'))).toEqual(['extra-input-new more']);
  });

  test('do not count any more when they are no longer named', () => {
    const story = withExtra('conf', 'more');
    story.disk.write('/w/more', 'changed');
    expect(story.reasons({}, extra('conf'))).toEqual([]);
  });

  test('count when they are no file any more', () => {
    const story = withExtra('conf');
    story.disk.remove('/w/conf');
    story.disk.mkdir('/w/conf');
    expect(story.reasons({}, extra())).toEqual(['input-changed conf']);
  });

  test('that the command used count as it used them, named or not', () => {
    const story = new Story('a.c', 'conf').start().does('R a.c', 'R conf', 'W out').end(extra('conf', 'out'));
    expect(story.reasons({}, extra('conf', 'out'))).toEqual([]);
    story.disk.write('/w/conf', 'changed');
    story.disk.remove('/w/out');
    expect(story.reasons()).toEqual(['input-changed conf', 'output-gone out']);
  });

  test('changed or removed by someone else while the command ran make the result out of date', () => {
    const story = new Story('a.c', 'conf', 'more').start().does('R a.c');
    story.disk.write('/w/conf', 'meanwhile');
    story.disk.remove('/w/more');
    story.end(extra('conf', 'more'));
    expect(story.reasons({}, extra('conf'))).toEqual([
      'changed-while-running conf',
      'changed-while-running more',
    ]);
  });

  test('that are to be ignored do not count', () => {
    const isIgnored = (path: AbsolutePath) => path === '/w/more';
    expect(withExtra('conf').reasons({ isIgnored }, extra('conf', 'more'))).toEqual([]);
  });
});
