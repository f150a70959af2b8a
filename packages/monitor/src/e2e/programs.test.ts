import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { requireTool, until } from '@oodate/testkit';
import type { BackendName } from '../monitor.js';
import type { InterestKind } from '../monitor-event.js';
import { type Actor, Scene, type Watch, working } from './scene.js';

/* Which processes execute a file: that the first has begun, and that the last has ended. */

const kinds: readonly InterestKind[] = ['exec', 'exit'];
const telling = working.filter((backend) => backend !== 'inotify');

if (working.includes('inotify'))
  test('inotify refuses to tell who executes a file', async () => {
    const scene = new Scene();
    const watch = await scene.watch({ backend: 'inotify' });
    await expect(watch.express(scene.make('a'), ['exec'])).rejects.toMatchObject({ code: 'NOT_TOLD' });
    await scene.close();
  });

(requireTool('busybox') && telling.length > 0 ? describe : describe.skip).each<BackendName>([...telling])(
  '%s',
  (backend) => {
    let scene: Scene;
    let watch: Watch;
    let actor: Actor;
    let number = 0;
    const running: ChildProcess[] = [];

    beforeAll(async () => {
      scene = new Scene();
      watch = await scene.watch({ backend });
      actor = await scene.actor();
    });
    afterEach(() => {
      for (const child of running.splice(0)) child.kill('SIGKILL');
      watch.expectNoGap();
    });
    afterAll(() => scene.close());

    function program(): AbsolutePath {
      number += 1;
      mkdirSync(scene.at(`${number}`));
      // It does what its name says.
      const file = scene.at(`${number}/busybox`);
      copyFileSync('/bin/busybox', file);
      return file;
    }

    function script(interpreter: string): AbsolutePath {
      number += 1;
      const file = scene.make(`script${number}`, `#!${interpreter} sh\necho begun; read -r _\n`);
      chmodSync(file, 0o755);
      return file;
    }

    /** Starts it, and waits until it does something. */
    async function start(...words: string[]): Promise<ChildProcess & { pid: number }> {
      const [file = '', ...args] = words;
      const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      running.push(child);
      await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      expect(child.exitCode).toBe(null);
      await caughtUp();
      return child as ChildProcess & { pid: number };
    }

    const shell = (file: string) => start(file, 'sh', '-c', 'echo begun; read -r _');

    async function end(child: ChildProcess): Promise<void> {
      child.stdin?.end();
      await once(child, 'close');
      await caughtUp();
    }

    /** fanotify tells of a beginning and of an end by different ways: of what waits in both it cannot tell which came first. */
    async function caughtUp(): Promise<void> {
      await scene.toldOf([watch], actor, async () => {});
    }

    /** What is told of the path, in order, once there is as much of it. */
    async function told(path: AbsolutePath, count: number) {
      const events = () => watch.events.filter((event) => event.path === path);
      await until(() => events().length >= count);
      return events().map(({ event, process: by }) => [event, by?.pid]);
    }

    test('tells that a program begins and ends, and who it is', async () => {
      const path = program();
      expect(await watch.express(path, kinds)).toMatchObject({ executing: 0 });
      const child = await shell(path);
      expect(await watch.express(path, kinds)).toMatchObject({ executing: 1 });
      await end(child);
      expect(await told(path, 2)).toEqual([
        ['EXEC', child.pid],
        ['EXIT', child.pid],
      ]);
      const begun = watch.events.find((event) => event.path === path);
      expect(begun?.process).toMatchObject({ parent: process.pid, uid: process.getuid?.() });
      // fanotify tells it of a process that is just becoming what it executes.
      if (backend === 'bpf')
        expect(begun?.process).toMatchObject({
          name: 'busybox',
          executable: path,
          words: [path, 'sh', '-c', 'echo begun; read -r _'],
        });
    });

    test('tells of the first of several processes that begins, and of the last that ends', async () => {
      const path = program();
      await watch.express(path, kinds);
      const first = await shell(path);
      const second = await shell(path);
      await end(first);
      const third = await shell(path);
      await end(second);
      await end(third);
      const again = await shell(path);
      await end(again);
      expect(await told(path, 4)).toEqual([
        ['EXEC', first.pid],
        ['EXIT', third.pid],
        ['EXEC', again.pid],
        ['EXIT', again.pid],
      ]);
    });

    test('knows of those that execute it already', async () => {
      const path = program();
      const first = await shell(path);
      expect(await watch.express(path, kinds)).toMatchObject({ executing: 1 });
      const second = await shell(path);
      await end(first);
      await end(second);
      expect(await told(path, 1)).toEqual([['EXIT', second.pid]]);
    });

    test('tells of a script and of what interprets it', async () => {
      const interpreter = program();
      const path = script(interpreter);
      await watch.express(path, kinds);
      await watch.express(interpreter, kinds);
      const child = await start(path);
      const other = await shell(interpreter);
      await end(child);
      const events = [
        ['EXEC', child.pid],
        ['EXIT', child.pid],
      ];
      expect(await told(path, 2)).toEqual(events);
      await end(other);
      expect(await told(interpreter, 2)).toEqual([
        ['EXEC', child.pid],
        ['EXIT', other.pid],
      ]);
    });

    test('tells that a process which executes another program has left the first', async () => {
      const [path, other] = [program(), program()];
      await watch.express(path, kinds);
      await watch.express(other, kinds);
      const child = await start(path, 'sh', '-c', `exec ${other} sh -c 'echo begun; read -r _'`);
      // fanotify hears of the end of processes alone.
      if (backend === 'bpf') expect((await told(path, 2)).length).toBe(2);
      await end(child);
      const events = [
        ['EXEC', child.pid],
        ['EXIT', child.pid],
      ];
      expect(await told(path, 2)).toEqual(events);
      expect(await told(other, 2)).toEqual(events);
    });

    test('tells of processes that a signal has ended', async () => {
      const path = program();
      await watch.express(path, kinds);
      const child = await shell(path);
      child.kill('SIGKILL');
      expect(await told(path, 2)).toEqual([
        ['EXEC', child.pid],
        ['EXIT', child.pid],
      ]);
    });

    test('tells of nobody who only reads it', async () => {
      const path = program();
      await watch.express(path, kinds);
      expect(await scene.toldOf([watch], actor, () => actor.does('read', path, 'map', path))).toEqual([[]]);
    });
  },
);
