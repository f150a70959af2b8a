import type { RunRecord } from '@oodate/meta-file';
import { diskFileStates, type Reason, reasonsToRun } from '@oodate/planner';
import { identityOf } from './reason-identity.js';
import type { NamedTarget } from './target.js';

/** Changes of inputs while the command runs: those that were not there when it began. */
export class FreshChanges {
  readonly #target: NamedTarget;
  readonly #run: RunRecord;
  readonly #atStart: ReadonlySet<string>;

  /** To be made at the start. `run`: what the run before used. */
  constructor(target: NamedTarget, run: RunRecord) {
    this.#target = target;
    this.#run = run;
    this.#atStart = new Set([...this.#changes()].map(identityOf));
  }

  /** `own`: paths that the command itself writes. undefined if there is none. */
  first(own: ReadonlySet<string>): Reason | undefined {
    for (const reason of this.#changes())
      if ('path' in reason && !own.has(reason.path) && !this.#atStart.has(identityOf(reason))) return reason;
    return undefined;
  }

  /** Outputs change because the command runs, and so do directories that it lists. */
  *#changes(): Generator<Reason> {
    const { decision } = this.#target.settings;
    const record = { kind: 'good', run: this.#run } as const;
    for (const reason of reasonsToRun(this.#target, record, diskFileStates(), decision))
      if (kinds.has(reason.kind)) yield reason;
  }
}

const kinds: ReadonlySet<Reason['kind']> = new Set([
  'input-changed',
  'input-gone',
  'input-appeared',
  'looked-at-changed',
  'link-changed',
]);
