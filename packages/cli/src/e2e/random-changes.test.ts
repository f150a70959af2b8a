import { rmSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { AbsolutePath } from '@oodate/filemon';
import { FileWitness, type Reason, settledClock } from '@oodate/planner';
import {
  arbitraryChanges,
  buildActs,
  type ChangesCase,
  changeOnDisk,
  checkAtRandom,
  inFolder,
  onDisk,
  outdates,
  predict,
  sumUp,
  timeForRounds,
  type Workspace,
  workspace,
} from '@oodate/testkit';
import { run } from '../commands/run.js';
import { judge } from '../judgement.js';
import { loadSettings } from '../settings.js';
import { settingsEffect } from '../settings-effect.js';
import type { NamedTarget } from '../target.js';
import { askProof, writeProof } from './proof-program.js';

const options = {
  dryRun: false,
  json: false,
  untraced: false,
  store: 'none',
  backend: undefined,
  ownPlace: true,
  output: 'full',
  quiet: true,
} as const;
/** Nanoseconds: longer than the clock of file times takes from one tick to the next. */
const tick = 20_000_000n;

test(
  'after random acts the target is up to date, and out of date by any change that could matter; a proof never says more',
  async () => {
    const space = workspace();
    const program = buildActs({ static: true });
    const metaFile = space.path('meta') as AbsolutePath;

    const check = async ({ files, acts, changes }: ChangesCase): Promise<void> => {
      const { words, exits, records } = predict(files, acts);
      // A run that fails is not kept, nor is one that moves a directory into itself.
      if (!exits.includes('1 0 0') || sumUp(records) === undefined) return;
      await inFolder(files, async (folder) => {
        // What is made so shortly before the start could have been made after it. The clock's own file changes a folder, too.
        settledClock(space.folder, BigInt(Date.now()) * 1_000_000n + tick);
        const command = [program, ...words.map((word) => onDisk(folder, word))];
        const target = await targetOf(command, folder as AbsolutePath, metaFile);
        const said: string[] = [];
        const say = (line: string) => said.push(line);
        const remarkLines = (line: string) => ({ plain: line, coloured: line });
        const terminal = { say, remark: say, complain: say, endLine: () => {}, remarkLines };
        expect(await run(target, options, terminal)).toBe(0);
        expect(said).toContainEqual(expect.stringContaining('; kept: '));

        const reasons = (): readonly Reason[] => [...judge(target, {}).reasons];
        expect(reasons()).toEqual([]);
        prove(space, target);
        const isProven = async () => (await askProof(space, call)).status === 0;
        expect(await isProven()).toBe(true);
        for (const change of changes) {
          const expected = outdates(files, words, change);
          if (expected === 'impossible') continue;
          const undo = changeOnDisk(folder, change);
          const found = reasons();
          if (found.length > 0 && (await isProven())) expect({ change, found }).toBe('not proven');
          if (expected === 'yes' && found.length === 0) expect({ change, found }).toBe('out of date');
          if (expected === 'no') expect({ change, found }).toEqual({ change, found: [] });
          undo();
          expect({ undone: change, found: reasons() }).toEqual({ undone: change, found: [] });
        }
      }).finally(() => rmSync(metaFile, { force: true }));
    };

    await checkAtRandom({
      cases: arbitraryChanges(),
      runs: 100,
      check,
      show: ({ files, acts, changes }) => ({ files, words: predict(files, acts).words, changes }),
    });
  },
  timeForRounds,
);

const call = ['run', '--', 'x'];

function prove(space: Workspace, target: NamedTarget): void {
  const clock = settledClock(space.folder, BigInt(Date.now()) * 1_000_000n);
  const witness = new FileWitness();
  expect([...judge(target, {}, witness).reasons]).toEqual([]);
  const looks = witness.looks(clock);
  if (looks === undefined) throw new Error('the states cannot be relied on');
  writeProof(space, call, looks);
}

async function targetOf(
  words: readonly string[],
  cwd: AbsolutePath,
  metaFile: AbsolutePath,
): Promise<NamedTarget> {
  const name = words.join(' ');
  const commands = [words];
  return {
    kind: 'command',
    name,
    title: name,
    texts: [name],
    words,
    commands,
    cwd,
    environment: process.env,
    ownVariables: [],
    metaFile,
    settings: await settingsEffect(await loadSettings(cwd, {})),
    unmatched: [],
  };
}
