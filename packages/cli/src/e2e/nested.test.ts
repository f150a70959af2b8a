import { describe, expect, test } from '@jest/globals';
import { oodate, scripts, type Workspace, workspace } from '@oodate/testkit';

/** A script that does this, and tells by a file among the meta files, where it counts for nothing, that it ran. */
const telling = (name: string, does: string): string => `${does}; echo ${name} >> .oodate/ran`;

/** Which scripts have run since this was asked last. */
function ran(space: Workspace): string[] {
  const names = space.exists('.oodate/ran') ? space.read('.oodate/ran').trim().split('\n') : [];
  space.remove('.oodate/ran');
  return names.sort();
}

describe('an oodate inside a traced command', () => {
  const two = {
    'package.json': scripts({
      inner: telling('inner', 'cat in.txt > made.txt'),
      outer: telling('outer', `${oodate} run inner && cat made.txt other.txt`),
    }),
    'in.txt': 'one\n',
    'other.txt': 'other\n',
  };

  test('records and skips by itself, and the outer one depends on all that it uses', async () => {
    const space = workspace(two);
    const { stdout } = await space.kept(['outer']);
    expect(stdout).toBe('one\nother\n');
    expect(ran(space)).toEqual(['inner', 'outer']);
    await space.upToDate(['outer']);
    await space.upToDate(['inner']);
    expect(ran(space)).toEqual([]);

    space.write({ 'other.txt': 'another\n' });
    await space.kept(['outer'], 'other.txt changed');
    expect(ran(space)).toEqual(['outer']);
    await space.upToDate(['outer']);

    space.write({ 'in.txt': 'two\n' });
    await space.because(['outer'], ['in.txt changed']);
    const again = await space.kept(['outer'], 'in.txt changed');
    expect(again.stdout).toBe('two\nanother\n');
    expect(ran(space)).toEqual(['inner', 'outer']);
    await space.upToDate(['outer']);
  });

  test('shows the outer one its inputs also when it has nothing to do', async () => {
    const space = workspace(two);
    await space.kept(['inner']);
    await space.kept(['outer']);
    expect(ran(space)).toEqual(['inner', 'outer']);
    space.write({ 'in.txt': 'two\n' });
    await space.because(['outer'], ['in.txt changed']);
    space.write({ 'in.txt': 'one\n' });
    await space.upToDate(['outer']);
    space.remove('made.txt');
    await space.kept(['outer'], 'made.txt is gone');
    expect(ran(space)).toEqual(['inner', 'outer']);
  });

  test('run on its own between two runs of the outer one is no reason for that', async () => {
    const space = workspace(two);
    await space.kept(['outer']);
    await space.ran(['--force', 'inner']);
    await space.upToDate(['outer']);
  });

  test('keeps no record of a failure, and neither does the outer one', async () => {
    const space = workspace({
      ...two,
      'package.json': scripts({ inner: 'cat in.txt; false', outer: `${oodate} run inner` }),
    });
    expect((await space.oodate('run', 'outer')).status).toBe(1);
    await space.because(['outer'], ['the last run failed with exit status 1']);
    await space.because(['inner'], ['the last run failed with exit status 1']);
  });

  test('works three deep and many at a time', async () => {
    const parts = ['a', 'b', 'c', 'd', 'e'];
    const all: Record<string, string> = { all: telling('all', `${oodate} run every`) };
    all.every = telling('every', `${parts.map((part) => `${oodate} run ${part} &`).join(' ')} wait`);
    for (const part of parts) all[part] = telling(part, `cat ${part}.txt > ${part}.out`);
    const space = workspace({ 'package.json': scripts(all) });
    for (const part of parts) space.write({ [`${part}.txt`]: part });
    await space.kept(['all']);
    expect(ran(space)).toEqual(['a', 'all', 'b', 'c', 'd', 'e', 'every']);
    await space.upToDate(['all']);
    for (const part of parts) await space.upToDate([part]);
    space.write({ 'c.txt': 'changed' });
    await space.kept(['all'], 'c.txt changed');
    expect(ran(space)).toEqual(['all', 'c', 'every']);
    await space.upToDate(['all']);
  });

  test('goes on without a record when the probe around it has gone', async () => {
    const space = workspace({
      ...two,
      'package.json': scripts({
        inner: 'cat in.txt > made.txt',
        outer: `kill -9 $PPID; ${oodate} run --backend notify inner`,
      }),
    });
    const { status } = await space.oodate('run', '--backend', 'notify', 'outer');
    expect(status).toBe(0);
    expect(space.read('made.txt')).toBe('one\n');
    for (const script of ['inner', 'outer']) expect((await space.oodate('check', script)).status).toBe(1);
  });
});
