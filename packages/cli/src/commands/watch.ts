import type { AbsolutePath } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import { countedRun, type DecisionOptions, diskFileStates, type Reason, reasonsToRun } from '@oodate/planner';
import { ChangeLog } from '../change-log.js';
import { CliError } from '../cli-error.js';
import { countUses } from '../counts.js';
import { holdEndingSignals } from '../ending-signals.js';
import type { ExecutionOptions } from '../execution.js';
import { type FolderWatch, watchFolders } from '../folder-watch.js';
import { FreshChanges } from '../fresh-changes.js';
import { firstOf, judge } from '../judgement.js';
import { LearnedPaths } from '../learned-paths.js';
import { LoopGuard } from '../loop-guard.js';
import { make } from '../making.js';
import { type Occasion, occasionOf } from '../occasion.js';
import { streamsToReplay } from '../output-streams.js';
import { QuietMoment } from '../quiet-moment.js';
import { tellRecorder } from '../recorder-news.js';
import type { SettingFlags } from '../settings.js';
import { settingsPlaces } from '../settings-places.js';
import type { NamedTarget } from '../target.js';
import type { Terminal } from '../terminal.js';
import {
  errorWords,
  leftOutOfDateWords,
  loopWords,
  reasonsWords,
  restartingWords,
  unheardWords,
  watchingWords,
} from '../words.js';
import { skip } from './run.js';

export interface WatchOptions extends DecisionOptions, ExecutionOptions {
  /** End the command that runs when one of its inputs changes, and run it anew. */
  readonly restart: boolean;
  /** Settings given on the command line. */
  readonly flags: SettingFlags;
}

/**
 * Runs the target whenever it is out of date, until a signal ends it. `resolve` tells
 * what the target is at the time: package.json can change like any other file.
 */
export async function watch(
  resolve: () => Promise<NamedTarget>,
  options: WatchOptions,
  terminal: Terminal,
): Promise<number> {
  const changes = new QuietMoment();
  const ending = holdEndingSignals(() => changes.end());
  const folders = watchFolders(
    () => changes.disturb(),
    (error) => terminal.complain(unheardWords(error.message)),
  );
  const changed = new ChangeLog(process.cwd() as AbsolutePath);
  const watched = new WatchedTarget(resolve, options, terminal, folders, changes, changed);
  try {
    while (ending.signal === undefined) {
      changes.forget();
      const ran = await watched.bringUpToDate();
      if (!ran) await changes.next();
    }
  } finally {
    await Promise.all([folders.close(), changed.close()]);
    ending.release();
  }
  return ending.end();
}

class WatchedTarget {
  readonly #resolve: () => Promise<NamedTarget>;
  readonly #options: WatchOptions;
  readonly #terminal: Terminal;
  readonly #folders: FolderWatch;
  readonly #changes: QuietMoment;
  readonly #changed: ChangeLog;
  /** Inputs that the command was found to write itself while it ran: they end no run. */
  readonly #own = new Set<string>();
  /** What the last run used, also if it failed or could not be kept. */
  #known: RunRecord | undefined;
  #log: Uint8Array | undefined;
  #isAnnounced = false;
  readonly #loops: LoopGuard;

  constructor(
    resolve: () => Promise<NamedTarget>,
    options: WatchOptions,
    terminal: Terminal,
    folders: FolderWatch,
    changes: QuietMoment,
    changed: ChangeLog,
  ) {
    this.#resolve = resolve;
    this.#options = options;
    this.#terminal = terminal;
    this.#folders = folders;
    this.#changes = changes;
    this.#changed = changed;
    this.#loops = new LoopGuard(options.flags, ({ title }, loop, isNew) => {
      if (isNew) terminal.complain(loopWords(title, loop, process.cwd()));
      terminal.complain(leftOutOfDateWords(title, loop));
    });
  }

  /** Gives false when there is nothing to do until something changes. */
  async bringUpToDate(): Promise<boolean> {
    try {
      const target = await this.#resolve();
      return this.#known === undefined ? await this.#begin(target) : await this.#goOn(target, this.#known);
    } catch (error) {
      // While something is edited it may be broken; but what cannot begin ends.
      if (this.#known === undefined || !(error instanceof Error) || !('hint' in error)) throw error;
      this.#terminal.complain(errorWords(error.message, error.hint as string | undefined));
      return false;
    }
  }

  async #begin(target: NamedTarget): Promise<boolean> {
    const judgement = judge(target, { ...this.#options, replay: streamsToReplay(this.#options) });
    const reasons = [...judgement.reasons];
    const { record } = judgement;
    if (reasons.length > 0) {
      if (record.kind === 'good' && this.#options.restart) await this.#follow(target, record.run);
      return this.#run(target, occasionOf(judgement, reasons));
    }
    skip(judgement, this.#options, this.#terminal);
    if (record.kind === 'good') await this.#follow(target, record.run);
    return true;
  }

  async #goOn(target: NamedTarget, run: RunRecord): Promise<boolean> {
    const options = { ...this.#options, force: false };
    const reasonsOf = (known: RunRecord) =>
      reasonsToRun(target, { kind: 'good', run: known }, diskFileStates(), {
        ...target.settings.decision,
        ...options,
      });
    const reasons = [...reasonsOf(run)];
    if (reasons.length === 0) {
      this.#loops.restNoMore();
      this.#announce(target, run);
      return false;
    }
    const reasonsSince = () => reasonsOf(undisturbed(run));
    const culprits = await this.#changed.culprits();
    const culpritOf = (reason: Reason) => culprits?.of(reason, run, this.#log);
    const processOf = (reason: Reason) => culprits?.processOf(reason, run, this.#log);
    if (await this.#loops.leaves({ target, run, reasons, reasonsSince, culpritOf, processOf })) return false;
    // Somebody else may have run it by now.
    const judgement = judge(target, options);
    const { record } = judgement;
    if (record.kind !== 'good' || firstOf(judgement.reasons) !== undefined) {
      const occasion = { ...occasionOf(judgement, reasons), last: run };
      const [first] = occasion.reasons;
      return this.#run(target, { ...occasion, culprit: first && culpritOf(first) });
    }
    this.#loops.forget();
    await this.#follow(target, record.run);
    return true;
  }

  async #run(target: NamedTarget, occasion: Occasion): Promise<boolean> {
    const { title } = target;
    const { stop, over } = this.#endWhenChanged(target);
    const child = { stop: stop.signal };
    const made = await make(target, occasion, { ...this.#options, child }, this.#terminal);
    const { seen, report, log } = made;
    over();
    this.#log = log;
    this.#loops.ran(log);
    if (seen === undefined)
      throw new CliError('NOT_WATCHABLE', `${title} cannot be watched: ${report.notes.join(', ')}`);
    const run = seen();
    if (report.kept) await tellRecorder(target, run);
    if (stop.signal.aborted) {
      for (const { path, use } of run.files) if (use === 'output' || use === 'removed') this.#own.add(path);
      this.#loops.forget();
      // By what was known before it is out of date still.
      return true;
    }
    await this.#follow(target, run);
    return true;
  }

  /** What is known are the inputs of the run before; of a first run none are. */
  #endWhenChanged(target: NamedTarget): { readonly stop: AbortController; readonly over: () => void } {
    const stop = new AbortController();
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    const known = this.#known;
    if (!this.#options.restart || known === undefined) return { stop, over };
    const fresh = new FreshChanges(target, known);
    const look = async (): Promise<void> => {
      this.#changes.forget();
      await this.#changes.next();
      if (isOver || this.#changes.isOver) return;
      const change = fresh.first(this.#own);
      if (change !== undefined) {
        const culprit = (await this.#changed.culprits())?.of(change, known);
        if (isOver || this.#changes.isOver) return;
        this.#terminal.say(restartingWords(target.title, reasonsWords([change], process.cwd(), culprit)));
        stop.abort();
      } else await look();
    };
    void look();
    return { stop, over };
  }

  async #follow(target: NamedTarget, { network: _, ...run }: RunRecord): Promise<void> {
    // What comes over the network tells nobody that it changes.
    this.#known = run;
    this.#isAnnounced = false;
    const counted = countedRun(run, target.settings.decision);
    // Those of a script are in the package.json that also has its text.
    this.#changed.follow(target, run);
    await this.#folders.follow(new LearnedPaths(counted, settingsPlaces(target.cwd)));
  }

  #announce({ title, settings }: NamedTarget, run: RunRecord): void {
    const counts = countUses(countedRun(run, settings.decision));
    if (!this.#isAnnounced) this.#terminal.remark(watchingWords(title, counts));
    this.#isAnnounced = true;
  }
}

/** As if nothing had changed while it ran: what was there in the end is what counts. */
function undisturbed(run: RunRecord): RunRecord {
  return {
    ...run,
    files: run.files.map((file) => ({ ...file, disturbed: false })),
    listings: run.listings.map((listing) => ({ ...listing, disturbed: false })),
  };
}
