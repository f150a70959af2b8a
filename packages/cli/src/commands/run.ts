import type { AbsolutePath } from '@oodate/filemon';
import { type DecisionOptions, diskFileStates } from '@oodate/planner';
import type { ExecutionOptions } from '../execution.js';
import { showHashing } from '../hashing-progress.js';
import type { ShownOutput } from '../held-output.js';
import { firstOf, type Judgement, judge, recordedRun } from '../judgement.js';
import { type OutputStream, streamsToReplay, writeOut } from '../output-streams.js';
import { beginProof, type Resolve } from '../proof.js';
import { tellRecorder } from '../recorder-news.js';
import { replayOutput } from '../replay.js';
import { printJson, reportOf } from '../report.js';
import type { StoreOptions } from '../result-store.js';
import type { NamedTarget } from '../target.js';
import type { Terminal } from '../terminal.js';
import { reasonWords, upToDateWords, wouldRestoreWords, wouldRunWords } from '../words.js';

export interface RunOptions extends DecisionOptions, ExecutionOptions {
  readonly dryRun: boolean;
  readonly untraced: boolean;
}

/**
 * Runs the target if it is out of date, and keeps what was seen. Gives the exit status.
 * `resolve` is how the target was found.
 */
export async function run(
  target: NamedTarget,
  options: RunOptions,
  terminal: Terminal,
  resolve: Resolve = async () => target,
): Promise<number> {
  if (options.untraced) return runUntraced(target, options, terminal);
  const proof = options.dryRun ? undefined : beginProof(target, resolve);
  const hashing = showHashing(proof?.files ?? diskFileStates(), options.quiet || options.dryRun);
  const judgement = judge(target, { ...options, replay: streamsToReplay(options) }, hashing.files);
  if (options.dryRun) return tellPlan(judgement, options, terminal);
  const reasons = [...judgement.reasons];
  hashing.end();
  if (reasons.length === 0) {
    const status = skip(judgement, options, terminal);
    const written = await proof?.write(shownOf(judgement, options), terminal);
    await tellRecorder(target, recordedRun(judgement), written);
    return status;
  }
  // Only here, since most runs find nothing to do.
  const { make } = await import('../making.js');
  const { occasionOf } = await import('../occasion.js');
  const occasion = occasionOf(judgement, reasons);
  const done = await make(target, occasion, options, terminal);
  if (options.json)
    printJson(
      reportOf(
        { ...judgement, counts: done.counts ?? judgement.counts },
        'out of date',
        occasion.reasons,
        done.report,
      ),
    );
  if (done.report.kept)
    await tellRecorder(target, done.seen?.(), await proveNext(target, options, terminal, resolve));
  return done.report.status;
}

/** So that the next call is answered without this program. */
async function proveNext(
  target: NamedTarget,
  options: RunOptions,
  terminal: Terminal,
  resolve: Resolve,
): Promise<AbsolutePath | undefined> {
  const proof = beginProof(target, resolve);
  if (proof === undefined) return undefined;
  const judgement = judge(target, options, proof.files);
  if (firstOf(judgement.reasons) !== undefined) return undefined;
  return proof.write(shownOf(judgement, options), terminal);
}

async function runUntraced(target: NamedTarget, options: RunOptions, terminal: Terminal): Promise<number> {
  const { executePlainly } = await import('../execution.js');
  const { report } = await executePlainly(target, options, terminal, '--untraced was given');
  if (options.json) printJson(reportOf({ target, counts: undefined }, null, [], report));
  return report.status;
}

/** Says what would be done, and does nothing. */
export async function tellPlan(
  judgement: Judgement,
  options: StoreOptions,
  terminal: Terminal,
): Promise<number> {
  const { target } = judgement;
  const reasons = [...judgement.reasons];
  const verdict = reasons.length === 0 ? 'up to date' : 'out of date';
  if (options.json) printJson(reportOf(judgement, verdict, reasons));
  else if (reasons.length === 0) sayUpToDate(judgement, terminal);
  const known =
    options.json || reasons.length === 0 || reasons[0]?.kind === 'forced'
      ? undefined
      : await wouldBringBack(judgement, options, terminal);
  for (const reason of reasons) {
    const clause = reasonWords(reason, process.cwd());
    terminal.say(
      known === undefined
        ? wouldRunWords(target.title, clause)
        : wouldRestoreWords(target.title, clause, known),
    );
  }
  return 0;
}

/** When the result was made that would be brought back; undefined if the command would run. */
async function wouldBringBack(
  judgement: Judgement,
  options: StoreOptions,
  terminal: Terminal,
): Promise<bigint | undefined> {
  if (options.store !== 'use') return undefined;
  const { nearResult } = await import('../result-store.js');
  const near = await nearResult(judgement.target, recordedRun(judgement), options, terminal);
  return near?.differs.length === 0 ? near.made : undefined;
}

/** As if the last run had written what is shown of it. */
function shownOf(judgement: Judgement, { output }: { readonly output: ShownOutput }): Judgement {
  const { record } = judgement;
  if (output === 'full' || record.kind !== 'good') return judgement;
  const { meta, run } = record;
  const nothing = { ...run, output: { streams: [1, 2] as const, terminals: [], chunks: [] } };
  return { ...judgement, record: { ...record, meta: { ...meta, output: new Uint8Array() }, run: nothing } };
}

/** What is up to date is not run: its output is written again. */
export function skip(
  judgement: Judgement,
  options: { readonly json: boolean; readonly output: ShownOutput },
  terminal: Terminal,
  write: (stream: OutputStream, content: string | Uint8Array) => void = writeOut,
): number {
  const { record } = shownOf(judgement, options);
  if (record.kind === 'good') replayOutput(record.meta, record.run, options.json, terminal, write);
  sayUpToDate(judgement, terminal);
  if (options.json) printJson(reportOf(judgement, 'up to date', []));
  return 0;
}

function sayUpToDate({ target, counts, took }: Judgement, terminal: Terminal): void {
  if (counts !== undefined && took !== undefined) terminal.remark(upToDateWords(target.title, counts, took));
}
