import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { decodePath } from '@oodate/filemon';
import {
  dice,
  type MonitorProcess,
  monitorProcess,
  requireTool,
  rounds,
  timeForRounds,
  until,
} from '@oodate/testkit';
import { findProbe } from '@oodate/tracer';
import type { BackendName } from '../monitor.js';
import { Scene, working } from './scene.js';

/* fatrace, which is not ours, looks on as well: who has opened and who has written to what on a whole file system. */

const actors = 4;
const names = ['a', 'b', 'c', 'd', 'e'];
const native = working.filter((backend) => backend !== 'inotify');
const acts = ['read', 'append', 'update', 'write', 'open-path', 'stat'];

(native.length > 0 && process.getuid?.() === 0 && requireTool('fatrace')
  ? describe
  : describe.skip
).each<BackendName>([...native])('%s', (backend) => {
  let scene: Scene;
  let monitor: MonitorProcess | undefined;

  beforeEach(() => {
    scene = new Scene();
    mkdirSync(scene.at('m'));
  });
  afterEach(async () => {
    await monitor?.end();
    await scene.close();
  });

  test(
    'tells of the same opens and writes by the same processes as fatrace',
    async () => {
      const lots = dice();
      const mount = scene.at('m');
      // In a mount namespace of its own, so that the file system goes with it.
      const apart = [
        'unshare',
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-ec',
        'mount -t tmpfs none "$0"; exec "$@"',
        mount,
      ];
      monitor = await monitorProcess([...apart, findProbe(), '--monitor', '--backend', backend], decodePath);
      const inside = ['nsenter', `--mount=/proc/${monitor.hello.pid}/ns/mnt`];
      expect(await monitor.ask('file-system', 'open,content', mount)).not.toHaveProperty('refusal');
      const fatrace = spawn(
        inside[0] ?? '',
        [...inside.slice(1), 'sh', '-c', 'cd "$0"; exec fatrace -c', mount],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let said = '';
      fatrace.stdout.on('data', (bytes: Buffer) => {
        said += bytes;
      });
      try {
        const all = await Promise.all(Array.from({ length: actors }, () => scene.actor(inside)));
        const [first] = all;
        for (const actor of all) await actor.does('chdir', mount);
        await first?.does(...names.flatMap((name) => ['write', name]));
        // It does not say when it has begun.
        await until(async () => {
          await first?.does('append', 'begin');
          return said.includes('/begin\n');
        });
        await first?.does('append', 'begun');
        const { events } = monitor;
        const begun = (): number =>
          events.findIndex(({ event, path }) => event === 'CONTENT' && path.endsWith('/begun'));
        // Of equal ones that wait fanotify makes one, so nothing that was done before may wait.
        await until(() => said.includes('/begun\n') && begun() >= 0);
        await Promise.all(
          all.map((actor) =>
            actor.does(
              ...Array.from({ length: rounds(40) }, () => [
                acts[lots.below(acts.length)] ?? '',
                names[lots.below(names.length)] ?? '',
              ]).flat(),
            ),
          ),
        );
        await first?.does('append', 'end');
        await until(
          () =>
            said.includes('/end\n') &&
            events.some(({ event, path }) => event === 'CONTENT' && path.endsWith('/end')),
        );
        const lines = said.slice(said.indexOf('/begun\n')).split('\n');
        const witnessed = lines.flatMap((line) => {
          const [, pid = '', letters = '', path = ''] = /^\S+\((\d+)\): (\S+) +(.*)$/.exec(line) ?? [];
          return [...letters]
            .filter((letter) => 'OW'.includes(letter))
            .map((letter) => `${letter} ${pid} ${path}`);
        });
        const told = events
          .slice(begun() + 1)
          .map(({ event, process: by, path }) => `${event === 'OPEN' ? 'O' : 'W'} ${by.pid} ${path}`);
        // Not what fatrace itself opens, nor the directory, of whose entries it does not tell.
        const ofActs = (accesses: readonly string[]) =>
          [...new Set(accesses)]
            .filter((access) => all.some(({ pid }) => access.split(' ')[1] === `${pid}`))
            .filter((access) => names.some((name) => access.endsWith(`/m/${name}`)))
            .sort();
        expect(ofActs(told)).toEqual(ofActs(witnessed));
        expect(ofActs(told).length).toBeGreaterThan(actors);
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      } finally {
        fatrace.kill('SIGKILL');
        await once(fatrace, 'close');
      }
    },
    timeForRounds,
  );
});
