import { type Culprit, TargetGraph, targetCycle } from '@oodate/explain';
import { filemonRecords, leftRunning } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import type { ProcessFacts } from '@oodate/monitor';
import type { Reason } from '@oodate/planner';
import { CliError } from './cli-error.js';
import { anyUnderWay, findProject, type Project } from './project-targets.js';
import { identityOf } from './reason-identity.js';
import type { SettingFlags } from './settings.js';
import type { NamedTarget } from './target.js';
import { findLoop, isSameLoop, type Loop, mayBeLoop, type Round, roundsOfLoop } from './watch-loop.js';

/** What a watched target is out of date for, by the run that is known. */
export interface WatchedState {
  readonly target: NamedTarget;
  readonly run: RunRecord;
  readonly reasons: readonly Reason[];
  /** Those that there would be if nothing had changed while it ran. */
  readonly reasonsSince: () => Iterable<Reason>;
  /** Who has brought a reason about; undefined if that is not known. */
  readonly culpritOf: (reason: Reason) => Culprit | undefined;
  readonly processOf: (reason: Reason) => ProcessFacts | undefined;
}

/**
 * Keeps a watch from running its target for ever because it has run. In a loop the target rests, out of date, until anything
 * is another than it was when it came to rest: since nothing has run in the meantime, that is no answer to it, but
 * another's doing. Then it runs, and the first answer brings it to rest again.
 */
export class LoopGuard {
  readonly #flags: SettingFlags;
  readonly #found: (target: NamedTarget, loop: Loop, isNew: boolean) => void;
  #rounds: Round[] = [];
  #ended = 0;
  /** How often in a row another target was under way when it might have been a loop. */
  #postponed = 0;
  /** Processes that the command has left running, as far as they still do. */
  #left = new Set<number>();
  /** The last that was found. */
  #known: Loop | undefined;
  /** What it is out of date for at rest; undefined if it is not at rest. */
  #rest: Set<string> | undefined;

  /** `flags`: settings given on the command line. `found`: called when the target comes to rest; `isNew`: in another loop than before. */
  constructor(flags: SettingFlags, found: (target: NamedTarget, loop: Loop, isNew: boolean) => void) {
    this.#flags = flags;
    this.#found = found;
  }

  /** The target has been run. `log`: of that run, if there is one. */
  ran(log: Uint8Array | undefined): void {
    this.#ended = Date.now();
    const left = log === undefined ? [] : leftRunning(filemonRecords([log]));
    this.#left = new Set([...this.#left, ...left.map(({ pid }) => pid)].filter(isAlive));
  }

  /** The target is up to date, and may come to be out of date for the same cause again. */
  restNoMore(): void {
    this.#rest = undefined;
  }

  /** Somebody else has run it, or its run was ended: what was found so far says nothing any more. */
  forget(): void {
    this.#rounds = [];
    this.#rest = undefined;
  }

  /** Whether the target is to be left out of date. */
  async leaves(state: WatchedState): Promise<boolean> {
    if (this.#rest !== undefined) {
      if (this.#isAnswer(this.#rest, state)) return true;
      this.forget();
      return false;
    }
    const round = { reasons: state.reasons, after: Date.now() - this.#ended };
    this.#rounds = [...this.#rounds, round].slice(-roundsOfLoop);
    if (!mayBeLoop(this.#rounds, this.#known)) return false;
    // Before anything else can change.
    const rest = new Set(allReasons(state).map(identityOf));
    const loop = await this.#find(state);
    if (loop === undefined) return false;
    const isNew = !isSameLoop(loop, this.#known);
    this.#known = loop;
    this.#rest = rest;
    this.#found(state.target, loop, isNew);
    return true;
  }

  /** Whether nothing has changed at rest, or only by processes that it has started itself. */
  #isAnswer(rest: Set<string>, state: WatchedState): boolean {
    for (const reason of allReasons(state)) {
      if (rest.has(identityOf(reason))) continue;
      if (!this.#isOwn(reason, state)) return false;
      rest.add(identityOf(reason));
    }
    return true;
  }

  async #find(state: WatchedState): Promise<Loop | undefined> {
    const { target, run, culpritOf } = state;
    const { title: name, metaFile, settings } = target;
    const { targets, folders } = await this.#project(target);
    const graph = new TargetGraph(targets, settings.decision.isIgnored);
    const loop = findLoop(this.#rounds, this.#known, {
      cycleBy: (paths) => targetCycle(graph, { name, metaFile, run }, paths),
      culpritOf: (reason) => culpritOf(reason)?.process ?? undefined,
      isOwn: (reason) => this.#isOwn(reason, state),
    });
    if (loop === undefined || loop.kind === 'targets') return loop;
    // What runs now may have made it: that is told by its record, the next time, unless it runs for ever.
    this.#postponed = anyUnderWay(folders) ? this.#postponed + 1 : 0;
    return this.#postponed === 0 || this.#postponed > roundsOfLoop ? loop : undefined;
  }

  /** What its records tell now: others have run since it was asked last. */
  async #project({ cwd }: NamedTarget): Promise<Pick<Project, 'targets' | 'folders'>> {
    try {
      return await findProject(cwd, process.env, this.#flags);
    } catch (error) {
      if (error instanceof CliError) return { targets: [], folders: [] };
      throw error;
    }
  }

  #isOwn(reason: Reason, { processOf }: WatchedState): boolean {
    const by = processOf(reason);
    const pids = by === undefined ? [] : [by.pid, ...(by.ancestors ?? []).map(({ pid }) => pid)];
    return pids.some((pid) => pid === process.pid || this.#left.has(pid));
  }
}

function allReasons({ reasons, reasonsSince }: WatchedState): Reason[] {
  return reasons.some(({ kind }) => kind === 'changed-while-running')
    ? [...reasons, ...reasonsSince()]
    : [...reasons];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
