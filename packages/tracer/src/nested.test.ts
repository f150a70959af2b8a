import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AbsolutePath, type Accesses, filemonRecords, summarizeAccesses } from '@oodate/filemon';
import { buildActs, until } from '@oodate/testkit';
import { probeBackends } from './backends.js';
import { findProbe } from './probe.js';

const names = (await probeBackends()).filter(({ works }) => works).map(({ name }) => name);

describe.each(names)('a probe under a probe, by %s,', (backend) => {
  let probe: string;
  let acts: string;
  let folder: string;

  beforeAll(() => {
    probe = `${findProbe()} --quiet --backend ${backend}`;
    acts = buildActs({ static: true });
  });
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-nested-')));
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), name);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a line of shell and gives its exit status. */
  const shell = (line: string, input = ''): number | null =>
    spawnSync('bash', ['-c', line], { cwd: folder, input, stdio: ['pipe', 'ignore', 'inherit'] }).status;
  const text = (log: string): string => readFileSync(join(folder, log), 'utf8');
  const accesses = (log: string): Accesses =>
    summarizeAccesses(filemonRecords([readFileSync(join(folder, log))]), folder as AbsolutePath);
  /** Which of the files in the folder the log says were read. */
  const read = (log: string): string[] =>
    [...accesses(log).paths.values()]
      .filter((access) => access.read && access.path.startsWith(`${folder}/`))
      .map(({ path }) => path.slice(folder.length + 1))
      .sort();
  /** Complete and ended, with an end for every process that was begun. */
  const expectWhole = (log: string): void => {
    expect(accesses(log)).toMatchObject({ ended: true, incomplete: [] });
    const begun = [accesses(log).rootPid];
    const ended: number[] = [];
    for (const record of filemonRecords([readFileSync(join(folder, log))])) {
      if (record.kind !== 'process') continue;
      expect(begun).toContain(record.pid);
      if (record.letter === 'F') begun.push(Number(record.data));
      if (record.letter === 'X') ended.push(record.pid);
    }
    expect(ended.sort()).toEqual(begun.sort());
  };

  test('has a log of its own, and the outer one has all', () => {
    expect(
      shell(
        `${probe} -o outer -- sh -c '${acts} read a; ${probe} -o inner -- ${acts} read b write out; ${acts} read c'`,
      ),
    ).toBe(0);
    expect(read('inner')).toEqual(['b']);
    expect(read('outer')).toEqual(['a', 'b', 'c']);
    expect(accesses('outer').paths.get(`${folder}/out` as AbsolutePath)?.change).toBe('written');
    for (const log of ['inner', 'outer']) expectWhole(log);
  });

  test('has times from its own start, and the outer one the same moments from its start', () => {
    expect(
      shell(`${probe} -o outer -- sh -c '/bin/true; ${probe} -o inner -- sh -c "/bin/true; :"; :'`),
    ).toBe(0);
    const timed = (log: string): Map<string, number> =>
      new Map(
        [...text(log).matchAll(/^T \d+ (\d+)\n([FX] \d+ .*)$/gm)].map(([, time, record = '']) => [
          record,
          Number(time),
        ]),
      );
    const outer = timed('outer');
    const differences = [...timed('inner')].map(([record, time]) => (outer.get(record) ?? Number.NaN) - time);
    // A fork, the end of the child, its own end.
    expect(differences).toHaveLength(3);
    expect(Math.min(...differences)).toBeGreaterThan(0);
    // One probe writes both, by notify, and rounds.
    if (backend === 'notify')
      expect(Math.max(...differences) - Math.min(...differences)).toBeLessThanOrEqual(1);
  });

  test('tells what its own command kept of what was there', () => {
    expect(
      shell(
        `${probe} -o outer -- sh -c '${acts} write new; ${probe} -o inner -- ${acts} append new append a'`,
      ),
    ).toBe(0);
    const kept = (log: string) =>
      ['new', 'a'].map((name) => accesses(log).paths.get(`${folder}/${name}` as AbsolutePath)?.kept);
    expect({ inner: kept('inner'), outer: kept('outer') }).toEqual({
      inner: ['in place', 'in place'],
      outer: [false, 'in place'],
    });
  });

  test('tells of the network in both logs, and the outer one of its own in its own alone', () => {
    const connect = `${acts} keep [ socket 2 2 0 ] call [ connect "\\$1" u64:0x0100007f09000002,0 16 ]`;
    const bind = `${acts} keep [ socket 2 2 0 ] call [ bind "\\$1" u64:0x0100007f00000002,0 16 ]`;
    expect(shell(`${probe} -o outer -- sh -c '${probe} -o inner -- ${connect}; ${bind}; ${bind}'`)).toBe(0);
    expect(accesses('inner').network).toEqual(['used']);
    expect(accesses('outer').network).toEqual(['used', 'served']);
    for (const log of ['inner', 'outer']) expectWhole(log);
  });

  test.each(names.filter((name) => name !== backend))('has so, too, under one by %s', (other) => {
    const outer = `${findProbe()} --quiet --backend ${other} -o outer --`;
    const inner = `${probe} -o inner -- ${acts} read b write out fork [ stat=ENOENT none ]`;
    expect(shell(`${outer} sh -c '${acts} read a; ${inner}; ${acts} read c'`)).toBe(0);
    expect(read('inner')).toEqual(['b']);
    expect(read('outer')).toEqual(['a', 'b', 'c']);
    for (const log of ['inner', 'outer']) {
      expect(accesses(log).paths.get(`${folder}/out` as AbsolutePath)?.change).toBe('written');
      expect(accesses(log).paths.get(`${folder}/none` as AbsolutePath)?.missing).toBe(true);
      expectWhole(log);
    }
  });

  test('does so to any depth', () => {
    expect(
      shell(
        `${probe} -o 1 -- ${probe} -o 2 -- ${probe} -o 3 -- ${probe} -o 4 -- sh -c '${acts} read a; ${probe} -o 5 -- ${acts} read b; exit 7'`,
      ),
    ).toBe(7);
    expect(['1', '2', '3', '4', '5'].map(read)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
      ['b'],
    ]);
    for (const log of ['1', '2', '3', '4', '5']) expectWhole(log);
  });

  test('does so beside others at the same time', () => {
    const inner = (n: number) =>
      `${probe} -o ${n} -- ${acts} fork [ read a write ${n}.out fork [ stat=ENOENT ${n}.h ] ] read ${n}.out &`;
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    expect(shell(`${probe} -o outer -- bash -c '${numbers.map(inner).join(' ')} wait'`)).toBe(0);
    for (const n of numbers) {
      expectWhole(`${n}`);
      expect(read(`${n}`)).toEqual(['a']);
      expect(
        [...accesses(`${n}`).paths.values()].filter(
          ({ missing, path }) => missing && path.startsWith(folder),
        ),
      ).toHaveLength(1);
    }
    expectWhole('outer');
    for (const n of numbers)
      expect(accesses('outer').paths.get(`${folder}/${n}.h` as AbsolutePath)?.missing).toBe(true);
  });

  test.each([
    ['exit 3', 3],
    ['kill -9 $$', 137],
  ])('gives back how its command ended: %s', (command, status) => {
    const line = `${probe} -o inner -- sh -c "${command.replace('$$', '\\$\\$')}"; echo $? > status`;
    expect(shell(`${probe} -o outer -- sh -c '${line}'`)).toBe(0);
    expect(text('status')).toBe(`${status}\n`);
    expectWhole('inner');
  });

  test('tells why its command could not be run', () => {
    expect(shell(`${probe} -o outer -- ${probe} -o inner -- ./nosuch`)).toBe(127);
    expect(text('inner')).toMatch(/^# Failed COMMAND_NOT_FOUND /m);
    expectWhole('outer');
  });

  test('counts an orphan as its command’s, and what it leaves behind as the outer one’s', () => {
    execFileSync('mkfifo', [join(folder, 'go'), join(folder, 'begun')]);
    // The inner shell ends while its grandchild waits; the outer one then lets that go on.
    const left = `(echo > begun; read x < go; ${acts} read b; echo > done) & read y < begun; ${acts} read a`;
    const script = `${probe} -o inner -- bash -c "${left}"; echo > go; until [ -e done ]; do :; done`;
    expect(shell(`${probe} -o outer -- bash -c '${script}'`)).toBe(0);
    // Who opens a pipe first, to read or to write, is not settled.
    const readFiles = (log: string): string[] => read(log).filter((name) => !['go', 'begun'].includes(name));
    expect(readFiles('inner')).toEqual(['a']);
    expect(text('inner')).toMatch(/^Q \d+ 'bash' was still running when the command ended$/m);
    expect(readFiles('outer')).toEqual(['a', 'b']);
    expect(accesses('outer').incomplete).toEqual([]);
  });

  test('is incomplete by itself where it reads a pipe that the outer command made', () => {
    expect(shell(`${probe} -o outer -- bash -c 'echo x | ${probe} -o inner -- cat' < /dev/null`)).toBe(0);
    expect(text('inner')).toMatch(/^Q \d+ standard input was read/m);
    expectWhole('outer');
    expect(shell(`${probe} -o outer -- ${probe} -o inner -- cat`, 'x')).toBe(0);
    for (const log of ['inner', 'outer']) expect(text(log)).toMatch(/^Q \d+ standard input was read/m);
  });

  test('is incomplete by itself when its supervisor is killed, and its command goes on', () => {
    const script = `${probe} -o inner -- sh -c "kill -9 \\$PPID; ${acts} read a; exit 5"; echo $? > status`;
    expect(shell(`${probe} -o outer -- sh -c '${script}'`)).toBe(0);
    expect(text('status')).toBe('5\n');
    expect(text('inner')).toMatch(/^Q 0 the probe's supervisor ended/m);
    expect(read('outer')).toEqual(['a']);
    expectWhole('outer');
  });

  test('is incomplete when the outer supervisor is killed, and its command goes on', async () => {
    const script = `kill -9 $PPID; ${probe} -o inner -- sh -c "exit 5"; echo $? > status`;
    expect(shell(`${probe} -o outer -- sh -c '${script}'`)).toBe(0);
    if (backend === 'bpf') {
      expect(text('status')).toBe('5\n');
      expectWhole('inner');
    } else {
      // Nobody watches any more, and nobody else may: the kernel still has the first one's filter.
      expect(text('status')).toBe('125\n');
      expect(text('inner')).toMatch(/^# Failed SECCOMP_BUSY/m);
    }

    const late = `${probe} -o inner -- bash -c "kill -9 $PPID; exit 6"; echo $? > status`;
    expect(shell(`${probe} -o outer -- bash -c '${late}'`)).toBe(0);
    await until(() => existsSync(join(folder, 'status')));
    expect(text('status')).toBe('6\n');
    expect(accesses('inner').ended).toBe(backend === 'bpf');
  });

  test('needs no privilege', () => {
    const copy = join(folder, 'oodate-probe');
    copyFileSync(findProbe(), copy);
    chmodSync(folder, 0o777);
    const drop = process.getuid?.() === 0 ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : '';
    expect(shell(`${drop} ${copy} -o outer -- sh -c '${copy} -o inner -- cat a; cat b'`)).toBe(0);
    expect(read('inner')).toEqual(['a']);
    expect(read('outer').filter((name) => name.length === 1)).toEqual(['a', 'b']);
    expectWhole('inner');
  });
});
