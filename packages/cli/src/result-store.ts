import { dirname, join } from 'node:path';
import { isoTime } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import {
  invalidateMetaFile,
  lockRun,
  type MetaFile,
  type RunRecord,
  wasAlone,
  writeMetaFile,
} from '@oodate/meta-file';
import {
  countedRun,
  diskFileStates,
  type Reason,
  runCause,
  settledClock,
  snapshotStates,
} from '@oodate/planner';
import type { Asker } from '@oodate/store';
import { countUses } from './counts.js';
import type { Done, ExecutionOptions } from './execution.js';
import { showHashing } from './hashing-progress.js';
import type { ShownOutput } from './held-output.js';
import { durationOf, firstOf, isTraced, judge } from './judgement.js';
import type { Occasion } from './occasion.js';
import { streamsToReplay } from './output-streams.js';
import { replayOutput } from './replay.js';
import type { NamedTarget } from './target.js';
import type { Terminal } from './terminal.js';
import { errorWords, hindranceWords, reasonsWords, restoredWords } from './words.js';

/** What is to be done with the store of results. 'refresh': a result is kept, and none is brought back. */
export type StoreUse = 'use' | 'refresh' | 'none';

export interface StoreOptions {
  readonly store: StoreUse;
  /** What the command writes to stdout goes to stderr: stdout is for JSON. */
  readonly json: boolean;
  /** What is shown of what the command writes. */
  readonly output: ShownOutput;
  /** Show no progress. */
  readonly quiet: boolean;
}

/**
 * Brings the target up to date out of the store, if the result that it would have now is there. undefined if it has
 * to be run.
 */
export async function bringBack(
  target: NamedTarget,
  occasion: Occasion,
  options: ExecutionOptions,
  terminal: Terminal,
): Promise<Done | undefined> {
  if (options.store !== 'use') return undefined;
  const opened = await openStore(target, options, terminal);
  if (opened === undefined) return undefined;
  const { asker, results } = opened;
  const begin = performance.now();
  // Others that would do the same at the same time find it done.
  let isNext = false;
  const unlock = await lockRun(`${target.metaFile}.restored` as AbsolutePath, () => {
    isNext = true;
  });
  try {
    const run = isNext ? upToDateRun(target, asker) : undefined;
    const back = run ?? (await putBack(target, occasion, opened, options));
    if (back === undefined) return undefined;
    if (options.output === 'full')
      replayOutput(back.meta, back.run, options.json, terminal, options.child?.heard);
    const made = back.run.restored ?? back.run.recorded;
    const outputs = results.wantedOutputs(back.run).length;
    const clause = reasonsWords(occasion.reasons, process.cwd());
    terminal.say(restoredWords(target.title, clause, outputs, made, durationOf(back.run)));
    return {
      report: {
        status: 0,
        milliseconds: Math.round(performance.now() - begin),
        kept: true,
        restored: isoTime(made),
        notes: [],
      },
      counts: countUses(countedRun(back.run, target.settings.decision)),
      seen: () => back.run,
    };
  } catch (error) {
    sayOrThrow(error, terminal);
    return undefined;
  } finally {
    unlock();
  }
}

interface BroughtBack {
  readonly meta: MetaFile;
  readonly run: RunRecord;
}

function upToDateRun(target: NamedTarget, { decision }: Asker): BroughtBack | undefined {
  const { record, reasons } = judge(target, decision);
  return record.kind === 'good' && firstOf(reasons) === undefined ? record : undefined;
}

async function putBack(
  target: NamedTarget,
  occasion: Occasion,
  { asker, results }: OpenedStore,
  { quiet }: StoreOptions,
): Promise<BroughtBack | undefined> {
  const { metaFile } = target;
  const folder = dirname(metaFile) as AbsolutePath;
  const begun = settledClock(folder, 0n);
  const hashing = showHashing(diskFileStates(), quiet);
  const known = results.findKnownResult(target, occasion.last, hashing.files, asker);
  hashing.end();
  if (known === undefined) return undefined;
  const inUse = asker.store.use(known.digests, known.keys);
  try {
    const mark = invalidateMetaFile(metaFile);
    if (mark.isSecond) return undefined;
    const { files } = await results.restoreOutputs(known.wanted, asker.store, {
      roots: known.roots,
      staging: join(folder, '.restored') as AbsolutePath,
      isThere: known.isThere,
    });
    const recorded = settledClock(folder, BigInt(Date.now()) * 1_000_000n);
    const restored = results.restoredRun(known, diskFileStates(), files, { begun, recorded });
    if (restored === undefined || !wasAlone(metaFile, mark)) return undefined;
    const made = { run: restored, output: known.meta.output };
    const because = runCause(occasion, made, diskFileStates(), target.settings.decision);
    const run = { ...restored, because };
    const meta: MetaFile = { ...known.meta, path: metaFile, run };
    writeMetaFile(metaFile, meta);
    return { meta, run };
  } finally {
    inUse.release();
  }
}

/** Keeps the result of a run that has ended well. Says why, if it cannot be kept. */
export async function keepInStore(
  target: NamedTarget,
  meta: MetaFile & { readonly run: RunRecord },
  options: StoreOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.store === 'none') return;
  const opened = await openStore(target, options, terminal);
  if (opened === undefined) return;
  try {
    const hindrance = await opened.results.keepResult(target, meta, diskFileStates(), opened.asker);
    if (hindrance !== undefined) terminal.remark(hindranceWords(target.title, hindrance, process.cwd()));
  } catch (error) {
    sayOrThrow(error, terminal);
  }
  if (target.settings.store?.keepsInputs) await keepInputTexts(target, meta.run, opened);
}

/** So that it can be shown what has changed in them. What is wrong with the store has been said where it mattered. */
async function keepInputTexts(
  { metaFile }: NamedTarget,
  run: RunRecord,
  { asker: { store, root, decision }, results }: OpenedStore,
): Promise<void> {
  try {
    await new results.InputTexts(store, metaFile).keep(run, root, decision);
  } catch (error) {
    if (!(error instanceof results.StoreError)) throw error;
  }
}

/** The result of an earlier run that comes nearest to what the target would have now. */
export interface NearResult {
  /** When it was made: nanoseconds since the epoch. */
  readonly made: bigint;
  /** In what its state differs; nothing if it would be brought back. */
  readonly differs: readonly Reason[];
}

/** What the store knows of the target; undefined if nothing that helps. */
export async function nearResult(
  target: NamedTarget,
  last: RunRecord | undefined,
  options: Pick<StoreOptions, 'json' | 'output'>,
  terminal: Terminal,
): Promise<NearResult | undefined> {
  const opened = await openStore(target, options, terminal);
  if (opened === undefined) return undefined;
  const { results, asker } = opened;
  const files = snapshotStates(diskFileStates(), last);
  const known = results.findKnownResult(target, last, files, asker);
  if (known !== undefined) return { made: known.run.restored ?? known.run.recorded, differs: [] };
  const near = results.nearestKnownResult(target, files, asker);
  return near === undefined || near.reasons.length === 0
    ? undefined
    : { made: near.made, differs: near.reasons };
}

interface OpenedStore {
  readonly asker: Asker;
  /** Loaded only where there is a store to ask. */
  readonly results: typeof import('@oodate/store');
}

/** undefined if there is to be none, or the command belongs to no project. */
async function openStore(
  target: NamedTarget,
  options: Pick<StoreOptions, 'json' | 'output'>,
  terminal: Terminal,
): Promise<OpenedStore | undefined> {
  const { store, decision } = target.settings;
  // The outer run would not see what is brought back to have been made of.
  if (store === undefined || isTraced()) return undefined;
  const results = await import('@oodate/store');
  const root = results.projectRoot(target.cwd);
  if (root === undefined) return undefined;
  const asker: Asker = {
    store: new results.DiskStore(store.folder, { maxBytes: store.maxBytes }),
    root,
    isAllowed: store.isAllowed,
    decision: { ...decision, replay: streamsToReplay(options) },
    report: ({ message, hint }) => terminal.say(errorWords(message, hint)),
  };
  return { asker, results };
}

/** The store saves time: what is wrong with it is no failure of the command. */
function sayOrThrow(error: unknown, terminal: Terminal): void {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  terminal.say(errorWords(error.message, 'hint' in error ? (error.hint as string | undefined) : undefined));
}
