import { existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from '@jest/globals';
import { type AbsolutePath, filemonRecords, joinPath, summarizeAccesses } from '@oodate/filemon';
import { diskFileStates, type FileState, reasonsToRun, recordRun } from '@oodate/planner';
import { type Dice, dice, rounds, workspace } from '@oodate/testkit';
import { type ImaginedChange, ImaginedStates } from './imagined-states.js';
import { reasonsIf } from './what-if.js';

/*
 * A tree on disk, a run that used some of it, and a change: the decision about the imagined change must be the one that is
 * made when it has been carried out.
 */

const files = diskFileStates();
const names = [
  'a',
  'b',
  'dir',
  'dir/a',
  'dir/in',
  'dir/in/a',
  'other',
  'other/a',
  'link',
  'link/a',
  'gone',
  'gone/a/b',
];

test('a decision about an imagined change is that about the change itself', () => {
  const lot = dice();
  const space = workspace();
  const noticed = { content: 0, presence: 0 };
  for (let round = 0; round < rounds(300); round += 1) {
    // Links may lead out of it, and not into that of another round.
    const top = `${space.folder}/${round}/tree` as AbsolutePath;
    plant(top, lot);
    const { record, log } = run(top, lot);
    const target = { commands: record.commands, cwd: top, environment: {} };
    expect([...reasonsToRun(target, { kind: 'good', run: record }, files)]).toEqual([]);
    const change = drawnChange(top, lot);
    const imagined = new ImaginedStates(files, [change]);
    const foretold = shown(reasonsIf({ target, record: { kind: 'good', run: record } }, imagined));
    if (!carryOut(change)) continue;
    const found = shown(reasonsToRun(target, { kind: 'good', run: record }, files));
    expect({ seed: lot.seed, round, log, change, reasons: foretold }).toEqual({
      seed: lot.seed,
      round,
      log,
      change,
      reasons: found,
    });
    if (found.length > 0) noticed[change.of] += 1;
  }
  expect(Math.min(noticed.content, noticed.presence)).toBeGreaterThan(rounds(300) / 20);
});

function shown(reasons: Iterable<{ readonly kind: string; readonly path?: string }>): string[] {
  return [...reasons].map(({ kind, path }) => `${kind} ${path}`).sort();
}

function plant(top: AbsolutePath, { below }: Dice): void {
  mkdirSync(`${top}/dir/in`, { recursive: true });
  mkdirSync(`${top}/other`);
  for (const name of ['a', 'b', 'dir/a', 'dir/in/a', 'other/a']) {
    const kind = below(5);
    const path = `${top}/${name}`;
    if (kind === 0) symlinkSync(['../a', 'b', 'nowhere', '../other/a'][below(4)] as string, path);
    else if (
      kind === 1 &&
      name !== 'a' &&
      existsSync(`${top}/a`) &&
      files.linkState(`${top}/a` as AbsolutePath).type === 'file'
    )
      linkSync(`${top}/a`, path);
    else if (kind !== 2) writeFileSync(path, name);
  }
  if (below(2) === 0) symlinkSync(['dir', 'dir/in', 'a', 'nowhere'][below(4)] as string, `${top}/link`);
}

/** What it used of the tree, as its log tells and its record has it. */
function run(top: AbsolutePath, { below }: Dice) {
  const lines = Array.from({ length: 1 + below(6) }, () => {
    const path = joinPath(top, names[below(names.length)] as string);
    return `${letterFor(files.state(path), below(2) === 0)} 7 ${path}`;
  });
  const log = `V 5\n${lines.join('\n')}\nX 7 0 0\n# Bye bye\n`;
  // As if it were later: what has just been planted was there long before.
  const started = (Date.now() + 10_000) * 1000;
  const { record } = recordRun({
    accesses: summarizeAccesses(filemonRecords([Buffer.from(log)]), top),
    commands: [['build']],
    cwd: top,
    environment: {},
    started,
    recorded: BigInt(started) * 1000n + 1n,
    files,
  });
  return { record, log: lines };
}

function letterFor({ type }: FileState, onlyLooks: boolean): string {
  if (type === 'absent' || type === 'unreadable') return 'N';
  if (onlyLooks) return 'S';
  return type === 'directory' ? 'G' : 'R';
}

function drawnChange(top: AbsolutePath, { below }: Dice): ImaginedChange {
  const path = joinPath(top, names[below(names.length)] as string);
  const isDirectory = files.state(path).type === 'directory';
  // Of what is in a directory anything may change: that is no one change.
  return { path, of: isDirectory || below(2) === 0 ? 'presence' : 'content' };
}

/** False if it cannot be. */
function carryOut({ path, of }: ImaginedChange): boolean {
  const { type } = files.linkState(path);
  // Links go in a circle.
  if (type === 'unreadable') return false;
  if (of === 'presence' && type !== 'absent') {
    rmSync(path, { recursive: true });
    return true;
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'another content');
    return true;
  } catch {
    return false;
  }
}
