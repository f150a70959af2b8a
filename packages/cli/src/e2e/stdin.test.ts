import { describe, expect, test } from '@jest/globals';
import { oodate, type Workspace, workspace } from '@oodate/testkit';

/** Runs a line of shell in which $O is oodate, and gives what it wrote. */
async function shell(space: Workspace, line: string): Promise<{ stdout: string; stderr: string }> {
  return space.run(['bash', '-c', line], { env: { O: oodate } });
}

describe('standard input', () => {
  const files = { a: 'A\n', b: 'B\n' };

  test('that is another file is a reason, and the same one is none', async () => {
    const space = workspace(files);
    expect((await shell(space, '$O run -- cat < a')).stdout).toBe('A\n');
    expect((await shell(space, '$O run -- cat < a')).stderr).toContain('is up to date');
    const other = await shell(space, '$O run -- cat < b');
    expect(other.stdout).toBe('B\n');
    expect(other.stderr).toContain('standard input was a, is b');
    expect((await shell(space, '$O run -- cat < /dev/null')).stdout).toBe('');
    expect((await shell(space, '$O run -- cat < /dev/null')).stderr).toContain('is up to date');
    const piped = await shell(space, 'echo hi | $O run -- cat');
    expect(piped.stdout).toBe('hi\n');
    expect(piped.stderr).toContain('standard input was empty (/dev/null), is a pipe or terminal');
  });

  test('that begins elsewhere in the same file is a reason', async () => {
    const space = workspace({ a: 'one\ntwo\n' });
    expect((await shell(space, '$O run -- cat < a')).stdout).toBe('one\ntwo\n');
    const later = await shell(space, '{ read line; $O run -- cat; } < a');
    expect(later.stdout).toBe('two\n');
    expect(later.stderr).toContain('standard input was a, is a from byte 4 on');
  });

  test('counts for nothing where it was not read', async () => {
    const space = workspace(files);
    await shell(space, '$O run -- sh -c "echo x > out" < /dev/null');
    for (const line of ['$O run -- sh -c "echo x > out" < /dev/zero', ': | $O run -- sh -c "echo x > out"'])
      expect((await shell(space, line)).stderr).toContain('is up to date');
  });

  test('is not all that a file can be given by: of another nothing is kept', async () => {
    const space = workspace(files);
    const { stdout, stderr } = await shell(space, '$O run -- sh -c "cat <&3" 3< a');
    expect(stdout).toBe('A\n');
    expect(stderr).toContain('a file was given to the command open for reading');
    expect((await shell(space, '$O run -- sh -c "cat <&3" 3< b')).stdout).toBe('B\n');
  });
});

test('the directory by another name is a reason', async () => {
  const space = workspace({ 'real/package.json': '{}' });
  space.link('other', 'real');
  const print = '$O run -- sh -c "pwd > out"; cat out';
  expect((await shell(space, `cd other; ${print}`)).stdout).toBe(`${space.folder}/other\n`);
  expect((await shell(space, 'cd other; $O check -- sh -c "pwd > out"; echo $?')).stdout).toBe('0\n');
  const real = await shell(space, `cd real; ${print}`);
  expect(real.stdout).toBe(`${space.folder}/real\n`);
  expect(real.stderr).toContain(`it ran in ${space.folder}/other, would run in .`);
});
