import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import { formatMetaFile, parseMetaFile } from '@oodate/meta-file';
import { type Files, type StartOptions, scripts, type Workspace, workspace } from '@oodate/testkit';
import { probeBackends } from '@oodate/tracer';
import { withoutPlaces } from './plain-places.js';

/*
 * Which process used what has changed, how, and what started it.
 */

const backends = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

const calling = `
const { execFileSync } = require('node:child_process');
require('node:fs').readdirSync('data');
execFileSync('./part.sh', ['a b', "it's"]);
`;

/** Without places and times. */
function plain(space: Workspace, text: string): string {
  return withoutPlaces(space, text).replaceAll(
    / of \d{4}-\d\d-\d\d [\d:.]+(, is \d+) of [\d:.]+/g,
    ' of THEN$1 of NOW',
  );
}

describe.each(backends)('with %s, why', (backend) => {
  async function kept(script: string, files: Files): Promise<Workspace> {
    const space = workspace({ 'package.json': scripts({ build: script }), ...files });
    await space.kept(['--backend', backend, 'build']);
    return space;
  }

  async function told(
    space: Workspace,
    words: readonly string[],
    options: StartOptions = {},
  ): Promise<string> {
    const { stdout, stderr, status } = await space.oodateWith(options, 'why', ...words, 'build');
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return plain(space, stdout);
  }

  const inOut = 'cat in > out; test -e flag || sort list >> out';
  const shell = async (): Promise<Workspace> => {
    const space = await kept(inOut, { in: '1', list: '2' });
    space.write({ in: '22', list: '33', flag: '' });
    space.remove('out');
    return space;
  };

  test('names the command line that read, looked or wrote', async () => {
    expect(await told(await shell(), [])).toBe(`build is out of date, for 4 reasons:

  inputs
    in changed (was 1 byte, is 2); used by cat in
    flag is there now (a file of 0 bytes), was looked for and not there
      used by sh -c 'cat in > out; test -e flag || sort list >> out'
    list changed (was 1 byte, is 2); used by sort list

  outputs
    out, which the command had made, is gone; used by sh -c 'cat in > out; test…
`);
  });

  test('tells all with -v', async () => {
    const space = await shell();
    const text = await told(space, ['-v']);
    expect(text).toBe(`build is out of date, for 4 reasons:

  inputs
    in changed (was 1 byte of THEN, is 2 of NOW)
      read by cat in
      started by sh -c '${inOut}'
    flag is there now (a file of 0 bytes), was looked for and not there
      looked for by sh -c '${inOut}'
    list changed (was 1 byte of THEN, is 2 of NOW)
      read by sort list
      started by sh -c '${inOut}'

  outputs
    out, which the command had made, is gone
      written by sh -c '${inOut}'
`);
    expect(await told(space, ['--verbose'])).toBe(text);
  });

  test('names who used it in the way that matters, and not who was first', async () => {
    const files = { in: '1', old: '2', list: '3' };
    const space = await kept('test -f in; cat in; grep -s x out; cat in > out; cat old list; rm old', files);
    space.write({ in: '22', old: '2' });
    space.remove('out');
    space.remove('list');
    expect(await told(space, [])).toBe(`build is out of date, for 4 reasons:

  inputs
    in changed (was 1 byte, is 2); used by cat in
    list is gone, was a file of 1 byte; used by cat old list

  outputs
    out, which the command had made, is gone; used by sh -c 'test -f in; cat in…
    old, which the command had removed, is there again (a file of 1 byte)
      used by rm old
`);
  });

  test('goes up through make and the compiler', async () => {
    const space = await kept('make -s', {
      Makefile: 'main.o: main.c\n\tcc -c main.c\n',
      'main.c': '#include "a.h"\nint a = A;\n',
      'a.h': '#define A 1\n',
    });
    space.write({ 'a.h': '#define A 22\n' });
    expect(await told(space, ['-v'])).toBe(`build is out of date, for 1 reason:

  inputs
    a.h changed (was 12 bytes of THEN, is 13 of NOW)
      read by CC1 …
      started by cc -c main.c
      started by make -s
      started by sh -c 'make -s'
`);
    expect(await told(space, [])).toContain('; used by cc1 …');
  });

  test('goes up through a script that Node starts, and prints it as JSON', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'node build.js' }),
      'build.js': calling,
      'data/x': '',
    });
    space.writeProgram('part.sh', '#!/bin/sh -e\nread line < data/x || true\n');
    await space.kept(['--backend', backend, 'build']);
    space.write({ 'data/x': 'new', 'data/y': '' });
    space.writeProgram('part.sh', '#!/bin/sh -e\n');
    const { reasons } = JSON.parse(await told(space, ['--json']));
    const processes = reasons.map((reason: { kind: string; path: string; process: object }) => [
      reason.kind,
      reason.path,
      reason.process,
    ]);
    const node = { executable: 'NODE', words: 'node build.js' };
    const sh = { executable: '/bin/sh', words: "sh -c 'node build.js'" };
    const part = { executable: '/bin/sh', words: "./part.sh 'a b' 'it'\\''s'", parents: [node, sh] };
    expect(processes).toEqual(
      expect.arrayContaining([
        ['input-changed', 'FOLDER/part.sh', { ...part, how: ['executed', 'read'] }],
        ['input-changed', 'FOLDER/data/x', { ...part, how: ['read'] }],
        ['listing-changed', 'FOLDER/data', { ...node, how: ['listed', 'looked'], parents: [sh] }],
      ]),
    );
    expect(processes).toHaveLength(3);
  });

  test('names who went through a link that leads elsewhere', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat now/in' }),
      'old/in': '1',
      'new/in': '1',
    });
    space.link('now', 'old');
    await space.kept(['--backend', backend, 'build']);
    space.link('now', 'new');
    expect(await told(space, ['-v'])).toContain(`    now was a link to old, is a link to new
      looked at by cat now/in
      started by sh -c 'cat now/in'
`);
  });

  test('names the program alone where the log tells no command lines', async () => {
    const space = await kept('cat in > out', { in: '1' });
    const metaFile = space.path('.oodate/build.meta');
    const { meta } = parseMetaFile(readFileSync(metaFile));
    const log = decodePath(meta.filemon ?? new Uint8Array()).replace(/^P .*\n/gm, '');
    writeFileSync(metaFile, formatMetaFile({ ...meta, filemon: Buffer.from(log) }));
    space.write({ in: '22' });
    expect(await told(space, [])).toContain('    in changed (was 1 byte, is 2); used by /bin/cat\n');
    expect(await told(space, ['-v'])).toContain('      read by /bin/cat\n      started by /bin/sh\n');
  });

  test('keeps secrets of the environment out of it', async () => {
    const space = workspace({
      'package.json': scripts({ build: 'cat in; echo "$API_TOKEN" | grep -q "$API_TOKEN" in; true' }),
      in: '1',
    });
    const options = { env: { API_TOKEN: 's3cret-value' } };
    await space.kept(['--backend', backend, 'build'], '', options);
    space.write({ in: '22' });
    expect(space.read('.oodate/build.meta')).toContain(' grep -q *** in\n');
    expect(space.read('.oodate/build.meta')).not.toContain('s3cret-value');
  });

  test('says nothing of processes where none is known', async () => {
    const space = workspace({ 'package.json': scripts({ build: 'true' }), in: '' });
    await space.kept(['--backend', backend, 'build', '--inputs', 'in']);
    space.write({ in: '1' });
    const words = ['--inputs', 'in'];
    expect(await told(space, ['-v', ...words])).toMatch(
      /\n {4}in changed \(was 0 bytes of THEN, is 1 of NOW\)\n$/,
    );
    expect(JSON.parse(await told(space, ['--json', ...words])).reasons).toEqual([
      expect.objectContaining({ process: null }),
    ]);
  });
});

test('-v has no meaning with --mode bmake', async () => {
  const { status, stderr } = await workspace().oodate('why', '--mode', 'bmake', '-v', 'x.meta');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'oodate: --verbose has no meaning with --mode bmake; see oodate why --help\n',
  });
});
