import { type AbsolutePath, childOf, isWithin } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import type { InterestKind, Monitor, MonitorEvent } from '@oodate/monitor';
import { projectRoot } from '@oodate/store';
import type { Culprits } from './culprits.js';
import { isTraced } from './judgement.js';
import { culpritsAt } from './known-culprits.js';
import { tellRecorder } from './recorder-news.js';
import type { NamedTarget } from './target.js';
import { usedPlaces } from './used-places.js';

/** How many changes are kept in memory at least; of more the older ones are forgotten. */
const longest = 10_000;
const mask: readonly InterestKind[] = ['content', 'attribute', 'delete'];

/**
 * What is known of who changes what a watched target uses: by the project's recorder if it has one, else by a monitor of
 * its own, as soon as that is there. Where neither can tell who it was, nothing is known.
 */
export class ChangeLog {
  readonly #directory: AbsolutePath;
  readonly #opened: Promise<void>;
  #monitor: Monitor | undefined;
  #isClosed = false;
  #isRecorded = false;
  /** As a journal has them. */
  #lines: string[] = [];
  #wanted: ReadonlySet<AbsolutePath> = new Set();
  readonly #expressed = new Set<AbsolutePath>();

  /** Begins to look for the recorder, or to open the monitor. `directory`: of the target. */
  constructor(directory: AbsolutePath) {
    this.#directory = directory;
    this.#opened = this.#open();
  }

  /** Has the changes written down from now on of what the run used in its project. */
  follow(target: NamedTarget, run: RunRecord): void {
    const { isIgnored } = target.settings.decision;
    const root = projectRoot(run.cwd) ?? run.cwd;
    const places = usedPlaces(run).filter((path) => isWithin(path, root) && isIgnored?.(path) !== true);
    this.#wanted = new Set(places);
    void this.#express();
    if (this.#isRecorded) void tellRecorder(target, run);
  }

  /** As of now; undefined if nobody can tell. */
  async culprits(): Promise<Culprits | undefined> {
    if (this.#isRecorded) return culpritsAt(this.#directory);
    if (this.#monitor === undefined) return undefined;
    const { Journal } = await import('@oodate/monitor');
    const { Culprits } = await import('./culprits.js');
    // An answer comes behind all that has happened before.
    await this.#monitor.express(this.#directory, ['content']).catch(() => {});
    return new Culprits(new Journal(this.#lines));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened;
    await this.#monitor?.close();
  }

  async #open(): Promise<void> {
    // Within another trace it would be one more process of that.
    if (isTraced()) return;
    const { findRecorder, MonitorError, openMonitor, RecorderClient } = await import('@oodate/monitor');
    const folder = findRecorder(this.#directory, 'socket');
    const recorder = folder && (await RecorderClient.connect(folder));
    recorder?.close();
    this.#isRecorded = recorder !== undefined;
    if (this.#isRecorded) return;
    try {
      const monitor = await openMonitor();
      if (this.#isClosed || !monitor.tells.has('process')) return await monitor.close();
      this.#begin(monitor);
    } catch (error) {
      if (!(error instanceof MonitorError)) throw error;
    }
  }

  #begin(monitor: Monitor): void {
    const seconds = Math.floor(Date.now() / 1000);
    this.#lines.push(JSON.stringify({ journal: 1, since: { seconds, nanoseconds: 0 } }));
    monitor.onEvent(
      (event) => this.#note(event),
      () => {
        this.#monitor = undefined;
      },
    );
    this.#monitor = monitor;
    void this.#express();
  }

  #note(event: MonitorEvent): void {
    const { path, entry, time } = event;
    if (event.event === 'OVER') {
      this.#expressed.clear();
      this.#lines.push(JSON.stringify({ gap: time }));
    } else if (path !== undefined) this.#lines.push(JSON.stringify(event));
    // Something else may be there by now.
    if (path !== undefined && event.reason !== 'WRITE') this.#expressed.delete(path);
    if (path !== undefined && entry !== undefined) this.#expressed.delete(childOf(path, entry));
    if (this.#lines.length > 2 * longest) this.#lines = this.#lines.slice(-longest);
  }

  /** What cannot be monitored is not. */
  async #express(): Promise<void> {
    const monitor = this.#monitor;
    if (monitor === undefined) return;
    const paths = [...this.#wanted].filter((path) => !this.#expressed.has(path));
    for (const path of paths) this.#expressed.add(path);
    await Promise.allSettled(paths.map((path) => monitor.express(path, mask)));
  }
}
