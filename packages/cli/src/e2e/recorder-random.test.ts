import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { FileWitness, settledClock } from '@oodate/planner';
import { type Dice, dice, rounds, timeForRounds, Workspace } from '@oodate/testkit';
import { askProof, proofOfCall, writeProof } from './proof-program.js';
import { canRecord, Recorder } from './recorder-program.js';

const call = ['run', '--', 'x'];
const names = ['a', 'b', 'c'];
/** Looked at side by side, since the recorder waits for quiet. */
const spaces = 12;
const long = process.env.OODATE_TEST_LONG === '1';

/** A path, of so few that most acts concern what is looked at. */
function drawPath({ below }: Dice): string {
  const depth = below(8) === 0 ? 3 : 1 + below(2);
  return Array.from({ length: depth }, () => names[below(names.length)]).join('/');
}

interface Act {
  readonly name: string;
  readonly make: (at: (path: string) => string, dice: Dice) => void;
}

const one = (name: string, make: (path: string, dice: Dice) => void): Act => ({
  name,
  make: (at, chance) => make(at(drawPath(chance)), chance),
});
const two = (name: string, make: (from: string, to: string) => void): Act => ({
  name,
  make: (at, chance) => make(at(drawPath(chance)), at(drawPath(chance))),
});

const acts: readonly Act[] = [
  one('write', (path, { below }) => writeFileSync(path, 'x'.repeat(below(20)))),
  one('write', (path) => writeFileSync(path, 'same size')),
  one('append', (path) => appendFileSync(path, '.')),
  one('truncate', (path, { below }) => truncateSync(path, below(10))),
  one('touch', (path, { below }) => utimesSync(path, 1e9 + below(3), 1e9)),
  one('chmod', (path, { below }) => chmodSync(path, [0o755, 0o644, 0o700][below(3)] ?? 0)),
  one('mkdir', (path) => mkdirSync(path)),
  one('mkdir', (path) => mkdirSync(path, { recursive: true })),
  one('remove', (path) => rmSync(path, { recursive: true, force: true })),
  two('rename', renameSync),
  two('rename', renameSync),
  two('link', linkSync),
  {
    name: 'symlink',
    make: (at, chance) =>
      symlinkSync(`${'../'.repeat(chance.below(2))}${drawPath(chance)}`, at(drawPath(chance))),
  },
];

/** One that can be done. */
function makeAct(space: Workspace, chance: Dice): string {
  for (;;) {
    const act = acts[chance.below(acts.length)];
    try {
      act?.make((path) => space.path(`tree/${path}`), chance);
      return `${act?.name}`;
    } catch {
      // There is nothing of this name, or something else.
    }
  }
}

/** A proof of what is there now, which may have been looked at in any way. */
function prove(space: Workspace, chance: Dice): boolean {
  const clock = settledClock(space.folder, BigInt(Date.now()) * 1_000_000n + 20_000_000n);
  const witness = new FileWitness();
  for (let i = 0; i < 12; i += 1) {
    const path = space.path(`tree/${drawPath(chance)}`) as AbsolutePath;
    const way = chance.below(6);
    if (way === 0) witness.list(path);
    else if (way === 1) witness.linkState(path);
    else if (way === 2) witness.place(path);
    else witness.state(path);
  }
  const looks = witness.looks(clock);
  if (looks !== undefined) writeProof(space, call, looks);
  return looks !== undefined;
}

async function isProven(space: Workspace): Promise<boolean> {
  return (await askProof(space, call)).status === 0;
}

(canRecord ? test : test.skip)(
  'after random acts, at random moments, the recorder says what looking says; also when it was killed now and then',
  async () => {
    const chance = dice();
    const home = new Workspace(mkdtempSync('/var/tmp/oodate-recorder-'));
    const recorder = new Recorder(home);
    const known = { yes: 0, asked: 0 };
    const all = Array.from({ length: spaces }, () => {
      const space = new Workspace(mkdtempSync(home.path('project-')));
      space.write({ 'tree/a/a': '', 'tree/a/b/c': '', 'tree/b': '' });
      space.link('.oodate/recorder', recorder.folder);
      return { space, history: [] as string[] };
    });

    /** What the recorder knows must be so, whether it is asked or not. */
    const compare = async (after: string): Promise<void> => {
      const { yes } = await recorder.status();
      const said = await Promise.all(all.map(({ space }) => isProven(space)));
      known.yes += (await recorder.status()).yes - yes;
      known.asked += all.length;
      const looking = await recorder.hidden(() => Promise.all(all.map(({ space }) => isProven(space))));
      for (const [index, { history }] of all.entries())
        expect({ seed: chance.seed, after, history, holds: said[index] }).toEqual({
          ...{ seed: chance.seed, after, history, holds: looking[index] },
        });
    };
    const wait = (most: number) => setTimeout(chance.below(most));
    const act = (): void => {
      for (const { space, history } of all) if (chance.below(2) === 0) history.push(makeAct(space, chance));
    };

    try {
      await recorder.start();
      for (let round = rounds(long ? 500 : 6); round > 0; round -= 1) {
        const proven = all.filter(({ space, history }) => {
          history.length = 0;
          return prove(space, chance);
        });
        await recorder.ask(
          ...proven.map(({ space }, index) => `set ${index + 1} ${proofOfCall(space, call)}`),
        );
        // While it goes through all of this for the first time.
        await wait(600);
        if (chance.below(2) === 0) act();
        await compare('acts while it was looking');
        await recorder.settled();
        await compare('all was quiet');
        if (chance.below(3) === 0) {
          await recorder.kill();
          if (chance.below(2) === 0) act();
          await recorder.start();
          await compare('it was killed');
          await recorder.watch(
            ...all.map(({ space }) => proofOfCall(space, call)).filter((proof) => home.exists(proof)),
          );
        }
        for (let i = 0; i < 3; i += 1) {
          act();
          await compare('acts');
          await wait(250);
          await compare('a while');
        }
        await recorder.settled();
        await compare('all was quiet again');
      }
      // Else this has shown nothing.
      expect(known.yes).toBeGreaterThan(known.asked / 20);
    } finally {
      await recorder.kill();
      home.close();
    }
  },
  timeForRounds,
);
