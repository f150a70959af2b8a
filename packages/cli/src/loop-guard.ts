import { TargetGraph, targetCycle } from '@oodate/explain';
import type { LeftRunning } from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import type { Reason } from '@oodate/planner';
import type { Changer } from './changers.js';
import { CliError } from './cli-error.js';
import { findProject } from './project-targets.js';
import { identityOf } from './reason-identity.js';
import type { SettingFlags } from './settings.js';
import type { NamedTarget } from './target.js';
import {
  findLoop,
  isSameLoop,
  type Loop,
  mayBeLoop,
  type Round,
  roundsOfLoop,
  type Surroundings,
} from './watch-loop.js';

/** What a watched target is out of date for, by the run that is known. */
export interface WatchedState {
  readonly target: NamedTarget;
  readonly run: RunRecord;
  readonly reasons: readonly Reason[];
  /** Those that there would be if nothing had changed while it ran. */
  readonly reasonsSince: () => Iterable<Reason>;
}

/**
 * Keeps a watch from running its target for ever because it has run. In a loop the target rests, out of date, until anything
 * is another than it was when it came to rest: since nothing has run in the meantime, that is no answer to it, but
 * another's doing. Then it runs, and the first answer brings it to rest again.
 */
export class LoopGuard {
  readonly #flags: SettingFlags;
  readonly #changerOf: Surroundings['changerOf'];
  readonly #found: (target: NamedTarget, loop: Loop, isNew: boolean) => void;
  #rounds: Round[] = [];
  #ended = 0;
  /** Processes that the command has left running, as far as they still do. */
  #left = new Set<number>();
  /** The last that was found. */
  #known: Loop | undefined;
  /** What it is out of date for at rest; undefined if it is not at rest. */
  #rest: Set<string> | undefined;

  /** @param flags settings given on the command line; `found`: called when the target comes to rest; `isNew`: not for a loop that has been found before. */
  constructor(
    flags: SettingFlags,
    changerOf: Surroundings['changerOf'],
    found: (target: NamedTarget, loop: Loop, isNew: boolean) => void,
  ) {
    this.#flags = flags;
    this.#changerOf = changerOf;
    this.#found = found;
  }

  /** The target has been run. */
  ran(left: readonly LeftRunning[]): void {
    this.#ended = Date.now();
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
    const loop = mayBeLoop(this.#rounds, this.#known) ? await this.#find(state) : undefined;
    if (loop === undefined) return false;
    const isNew = !isSameLoop(loop, this.#known);
    this.#known = loop;
    this.#rest = new Set(allReasons(state).map(identityOf));
    this.#found(state.target, loop, isNew);
    return true;
  }

  /** Whether nothing has changed at rest, or only by processes that it has started itself. */
  #isAnswer(rest: Set<string>, state: WatchedState): boolean {
    for (const reason of allReasons(state)) {
      if (rest.has(identityOf(reason))) continue;
      const changer = 'path' in reason ? this.#changerOf(reason.path) : undefined;
      if (changer === undefined || !this.#isOwn(changer)) return false;
      rest.add(identityOf(reason));
    }
    return true;
  }

  async #find(state: WatchedState): Promise<Loop | undefined> {
    const graph = await graphAround(state.target, this.#flags);
    const { title: name, metaFile } = state.target;
    return findLoop(this.#rounds, this.#known, {
      cycleBy: (paths) => targetCycle(graph, { name, metaFile, run: state.run }, paths),
      changerOf: this.#changerOf,
      isOwn: (changer) => this.#isOwn(changer),
    });
  }

  #isOwn({ pid, ancestors = [] }: Changer): boolean {
    return [pid, ...ancestors.map((above) => above.pid)].some(
      (one) => one === process.pid || this.#left.has(one),
    );
  }
}

/** What the records of the project tell now: others have run since it was asked last. */
async function graphAround({ cwd, settings }: NamedTarget, flags: SettingFlags): Promise<TargetGraph> {
  try {
    const { targets } = await findProject(cwd, process.env, flags);
    return new TargetGraph(targets, settings.decision.isIgnored);
  } catch (error) {
    if (error instanceof CliError) return new TargetGraph([]);
    throw error;
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
