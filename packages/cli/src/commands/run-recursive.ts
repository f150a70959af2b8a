import { availableParallelism } from 'node:os';
import { readMetaFile } from '@oodate/meta-file';
import type { DecisionOptions } from '@oodate/planner';
import type { ChildOptions } from '../child-program.js';
import { CliError } from '../cli-error.js';
import { type EndingSignals, holdEndingSignals } from '../ending-signals.js';
import type { ShownOutput } from '../held-output.js';
import { judge } from '../judgement.js';
import { make } from '../making.js';
import { occasionOf } from '../occasion.js';
import { streamsToReplay } from '../output-streams.js';
import { type OutputTurn, OutputTurns } from '../output-turns.js';
import { tellRecorder } from '../recorder-news.js';
import type { StoreUse } from '../result-store.js';
import { type ScriptOrder, scriptOrder, withFollowers } from '../script-order.js';
import type { SettingFlags } from '../settings.js';
import { type NamedTarget, resolveTarget } from '../target.js';
import { openTerminal, type Terminal } from '../terminal.js';
import { errorWords, type ScriptOutcome, summaryWords, unmatchedWords } from '../words.js';
import { type WorkspacePackage, workspacePackages } from '../workspace-packages.js';
import { skip, tellPlan } from './run.js';

export interface RecursiveOptions extends DecisionOptions {
  readonly dryRun: boolean;
  readonly backend: string | undefined;
  readonly quiet: boolean;
  readonly output: ShownOutput;
  readonly store: StoreUse;
  /** How many scripts run at the same time; default: as many as there are processors. */
  readonly jobs: number | undefined;
  /** After a failure go on with what does not need what has failed. */
  readonly keepGoing: boolean;
  /** Settings given on the command line. */
  readonly flags: SettingFlags;
}

/** Runs these scripts in all packages of the workspace that have them. Gives the exit status. */
export async function runRecursive(
  names: readonly string[],
  args: readonly string[],
  options: RecursiveOptions,
): Promise<number> {
  const packages = await workspacePackages(process.cwd());
  const scripts = await findScripts(packages, names, args, options.flags);
  if (scripts.length === 0)
    throw new CliError('NO_SUCH_SCRIPT', `no package of the workspace has a script ${names.join(' or ')}`);
  const terminal = openTerminal(options.quiet);
  // Packages share those of the settings above them.
  for (const pattern of new Set(scripts.flatMap(({ target }) => target.unmatched)))
    terminal.say(unmatchedWords(pattern));
  // Each command that runs listens for signals.
  process.setMaxListeners(0);
  const ending = holdEndingSignals(() => {});
  const begun = performance.now();
  try {
    const workspace = new WorkspaceRun(scripts, options, ending);
    await workspace.run();
    if (!options.dryRun) {
      for (const line of summaryWords(workspace.outcomes, performance.now() - begun)) terminal.say(line);
    }
    return ending.end() || workspace.status;
  } finally {
    ending.release();
  }
}

interface WorkspaceScript {
  readonly target: NamedTarget;
  readonly directory: string;
  readonly needs: ReadonlySet<string>;
  readonly place: number;
}

/** In an order in which they could run one by one, by what the manifests say. */
function findScripts(
  packages: readonly WorkspacePackage[],
  names: readonly string[],
  args: readonly string[],
  flags: SettingFlags,
): Promise<WorkspaceScript[]> {
  // Who needs a package needs all that this one needs, and so has more of them.
  const sorted = [...packages].sort((one, other) => one.needs.size - other.needs.size);
  const found = names.flatMap((name, place) =>
    sorted
      .filter(({ scripts }) => scripts.has(name))
      .map(async ({ directory, needs, title }) => {
        const target = await resolveTarget({ names: [name], rest: args, directory, flags }, process.env);
        return { target: { ...target, title: `${title} ${name}`, stdin: 'null' }, directory, needs, place };
      }),
  );
  return Promise.all(found);
}

interface EndedScript {
  readonly kind: ScriptOutcome['kind'];
  /** Milliseconds; of what is up to date those of its last run. */
  readonly took?: number;
  /** By the clock of this process. */
  readonly begun: number;
  readonly ended: number;
}

class WorkspaceRun {
  readonly #scripts: readonly WorkspaceScript[];
  readonly #options: RecursiveOptions;
  readonly #ending: EndingSignals;
  readonly #jobs: number;
  readonly #turns = new OutputTurns();
  /** By place in `scripts`. */
  readonly #ended = new Map<number, EndedScript>();
  #status = 0;

  constructor(scripts: readonly WorkspaceScript[], options: RecursiveOptions, ending: EndingSignals) {
    this.#scripts = scripts;
    this.#options = options;
    this.#ending = ending;
    this.#jobs = options.dryRun ? 1 : (options.jobs ?? availableParallelism());
  }

  /** Of the first that failed; 0 if none did. */
  get status(): number {
    return this.#status;
  }

  get outcomes(): ScriptOutcome[] {
    return this.#scripts.map(({ target: { title } }, at) => {
      const { kind = 'skipped', took } = this.#ended.get(at) ?? {};
      return { title, kind, took };
    });
  }

  async run(): Promise<void> {
    let order = this.#knownOrder();
    await this.#runInOrder(new Set(order.keys()), order, this.#options);
    // What has been learned just now can show that a script began before one whose output it uses had ended.
    while (!this.#options.dryRun && !this.#isStopped) {
      const learned = this.#knownOrder();
      const early = [...order.keys()].filter((at) => this.#wasEarly(at, order, learned));
      if (early.length === 0) return;
      order = order.map((before, at) => new Set([...before, ...(learned[at] ?? [])]));
      await this.#runInOrder(withFollowers(early, order), order, { ...this.#options, force: false });
    }
  }

  get #isStopped(): boolean {
    return this.#ending.signal !== undefined || (this.#status !== 0 && !this.#options.keepGoing);
  }

  #knownOrder(): ScriptOrder {
    return scriptOrder(
      this.#scripts.map(({ target, ...script }) => {
        const record = readMetaFile(target.metaFile);
        return { ...script, run: record.kind === 'good' ? record.run : undefined };
      }),
    );
  }

  #wasEarly(at: number, known: ScriptOrder, learned: ScriptOrder): boolean {
    const own = this.#ended.get(at);
    if (own?.kind !== 'ran' && own?.kind !== 'restored' && own?.kind !== 'up to date') return false;
    return [...(learned[at] ?? [])].some((other) => {
      const before = this.#ended.get(other);
      const hasWritten = before?.kind === 'ran' || before?.kind === 'restored';
      return hasWritten && known[at]?.has(other) === false && before.ended > own.begun;
    });
  }

  async #runInOrder(waiting: Set<number>, order: ScriptOrder, options: RecursiveOptions): Promise<void> {
    const running = new Map<number, Promise<void>>();
    for (;;) {
      while (running.size < this.#jobs && !this.#isStopped) {
        const next = this.#next(waiting, running, order);
        if (next === undefined) break;
        waiting.delete(next);
        running.set(
          next,
          this.#runOne(next, options).finally(() => running.delete(next)),
        );
      }
      if (running.size === 0) return;
      await Promise.race(running.values());
    }
  }

  /** The first for which all is there. What needs something that failed is skipped. */
  #next(waiting: Set<number>, running: ReadonlyMap<number, unknown>, order: ScriptOrder): number | undefined {
    for (const at of waiting) {
      const before = [...(order[at] ?? [])];
      if (before.some((other) => this.#hasFailed(other))) {
        waiting.delete(at);
        this.#ended.set(at, { kind: 'skipped', begun: 0, ended: 0 });
        return this.#next(waiting, running, order);
      }
      if (!before.some((other) => waiting.has(other) || running.has(other))) return at;
    }
    // Where all that are left wait for each other, one has to be first.
    const [first] = waiting;
    return running.size === 0 ? first : undefined;
  }

  #hasFailed(at: number): boolean {
    const kind = this.#ended.get(at)?.kind;
    return kind === 'failed' || kind === 'skipped';
  }

  async #runOne(at: number, options: RecursiveOptions): Promise<void> {
    const { target } = this.#scripts[at] as WorkspaceScript;
    const turn = this.#turns.open();
    const terminal = openTerminal(options.quiet, turn.write);
    const begun = performance.now();
    try {
      const { kind, took, status } = await this.#runTarget(target, options, turn, terminal);
      this.#ended.set(at, { kind, took, begun, ended: performance.now() });
      this.#status ||= status;
    } catch (error) {
      // Those that name what can be done about it are trouble of this script; others are faults of ours.
      if (!(error instanceof Error) || !('hint' in error)) throw error;
      terminal.complain(errorWords(error.message, error.hint as string | undefined));
      this.#ended.set(at, { kind: 'failed', begun, ended: performance.now() });
      this.#status ||= troubleStatus;
    } finally {
      turn.end();
    }
  }

  async #runTarget(
    target: NamedTarget,
    options: RecursiveOptions,
    turn: OutputTurn,
    terminal: Terminal,
  ): Promise<{ readonly kind: ScriptOutcome['kind']; readonly took: number; readonly status: number }> {
    const judgement = judge(target, { ...options, replay: streamsToReplay({ json: false, ...options }) });
    if (options.dryRun)
      return {
        kind: 'skipped',
        took: 0,
        status: await tellPlan(judgement, { ...options, json: false }, terminal),
      };
    const reasons = [...judgement.reasons];
    if (reasons.length === 0) {
      skip(judgement, { json: false, output: options.output }, terminal, turn.write);
      return { kind: 'up to date', took: judgement.took ?? 0, status: 0 };
    }
    const { backend, output, store } = options;
    const execution = {
      store,
      json: false,
      quiet: true,
      backend,
      output,
      ownPlace: false,
      child: this.#childOptions(turn),
    };
    const { report, seen } = await make(target, occasionOf(judgement, reasons), execution, terminal);
    if (report.kept) await tellRecorder(target, seen?.());
    const { status, milliseconds, restored } = report;
    const kind = status !== 0 ? 'failed' : restored === undefined ? 'ran' : 'restored';
    return { kind, took: milliseconds, status };
  }

  /** One at a time has the terminal itself; of several each writes to pipes. */
  #childOptions({ write }: OutputTurn): ChildOptions {
    return this.#jobs === 1 ? { stdin: 'ignore' } : { stdin: 'ignore', heard: write };
  }
}

/** As of a single run. */
const troubleStatus = 125;
