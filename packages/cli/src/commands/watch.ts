import type { RunRecord } from '@oodate/meta-file';
import { countedRun, type DecisionOptions, diskFileStates, type Reason, reasonsToRun } from '@oodate/planner';
import { CliError } from '../cli-error.js';
import { countUses } from '../counts.js';
import { holdEndingSignals } from '../ending-signals.js';
import { type ExecutionOptions, execute } from '../execution.js';
import { type FolderWatch, watchFolders } from '../folder-watch.js';
import { firstOf, judge } from '../judgement.js';
import { LearnedPaths } from '../learned-paths.js';
import { QuietMoment } from '../quiet-moment.js';
import { settingsPlaces } from '../settings-files.js';
import type { NamedTarget } from '../target.js';
import type { Terminal } from '../terminal.js';
import { errorWords, reasonWords, runningWords, unheardWords, watchingWords } from '../words.js';
import { skip, streamsToReplay } from './run.js';

export interface WatchOptions extends DecisionOptions, ExecutionOptions {}

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
  const watched = new WatchedTarget(resolve, options, terminal, folders);
  try {
    while (ending.signal === undefined) {
      changes.forget();
      const ran = await watched.bringUpToDate();
      if (!ran) await changes.next();
    }
  } finally {
    await folders.close();
    ending.release();
  }
  return ending.end();
}

class WatchedTarget {
  readonly #resolve: () => Promise<NamedTarget>;
  readonly #options: WatchOptions;
  readonly #terminal: Terminal;
  readonly #folders: FolderWatch;
  /** What the last run used, also if it failed or could not be kept. */
  #known: RunRecord | undefined;
  #isAnnounced = false;

  constructor(
    resolve: () => Promise<NamedTarget>,
    options: WatchOptions,
    terminal: Terminal,
    folders: FolderWatch,
  ) {
    this.#resolve = resolve;
    this.#options = options;
    this.#terminal = terminal;
    this.#folders = folders;
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
    const reason = firstOf(judgement.reasons);
    if (reason !== undefined) return this.#run(target, reason);
    skip(judgement, this.#options, this.#terminal);
    if (judgement.record.kind === 'good') await this.#follow(target, judgement.record.run);
    return true;
  }

  async #goOn(target: NamedTarget, run: RunRecord): Promise<boolean> {
    const options = { ...this.#options, force: false };
    const { decision } = target.settings;
    const reason = firstOf(
      reasonsToRun(target, { kind: 'good', run }, diskFileStates(), { ...decision, ...options }),
    );
    if (reason === undefined) {
      this.#announce(target, run);
      return false;
    }
    // Somebody else may have run it by now.
    const { record, reasons } = judge(target, options);
    if (record.kind !== 'good' || firstOf(reasons) !== undefined) return this.#run(target, reason);
    await this.#follow(target, record.run);
    return true;
  }

  async #run(target: NamedTarget, reason: Reason): Promise<boolean> {
    const { title } = target;
    this.#terminal.say(runningWords(title, reasonWords(reason, process.cwd())));
    const { seen, report } = await execute(target, { ...this.#options, child: {} }, this.#terminal);
    if (seen === undefined)
      throw new CliError('NOT_WATCHABLE', `${title} cannot be watched: ${report.notes.join(', ')}`);
    const run = seen();
    // What changes in every run would make it run for ever: the second time a new change is waited for.
    await this.#follow(target, reason.kind === 'changed-while-running' ? undisturbed(run) : run);
    return true;
  }

  async #follow(target: NamedTarget, run: RunRecord): Promise<void> {
    this.#known = run;
    this.#isAnnounced = false;
    const counted = countedRun(run, target.settings.decision);
    // Those of a script are in the package.json that also has its text.
    await this.#folders.follow(new LearnedPaths(counted, settingsPlaces(target.cwd)));
  }

  #announce({ title, settings }: NamedTarget, run: RunRecord): void {
    const counts = countUses(countedRun(run, settings.decision));
    if (!this.#isAnnounced) this.#terminal.remark(watchingWords(title, counts));
    this.#isAnnounced = true;
  }
}

function undisturbed(run: RunRecord): RunRecord {
  return {
    ...run,
    files: run.files.map((file) => ({ ...file, disturbed: false })),
    listings: run.listings.map((listing) => ({ ...listing, disturbed: false })),
  };
}
