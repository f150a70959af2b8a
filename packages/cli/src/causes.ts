import { type Cause, explain, type KnownTarget, TargetGraph } from '@oodate/explain';
import type { AbsolutePath } from '@oodate/filemon';
import type { MetaFile } from '@oodate/meta-file';
import type { DecisionOptions, Reason } from '@oodate/planner';
import { asRunAgain, reasonsNow } from './asked-targets.js';
import { CliError } from './cli-error.js';
import { contentDifferences } from './content-differences.js';
import type { Culprits } from './culprits.js';
import { culpritsAt } from './known-culprits.js';
import { packageDirectory } from './package-script.js';
import { findProject } from './project-targets.js';
import type { SettingFlags } from './settings.js';
import type { SettingsEffect } from './settings-effect.js';

/** A target as it was judged. */
export interface JudgedTarget {
  readonly metaFile: string;
  /** Of its last good run; undefined if there was none. */
  readonly meta: MetaFile | undefined;
  readonly cwd: AbsolutePath;
  readonly reasons: readonly Reason[];
  /** Those of its directory. */
  readonly settings: Pick<SettingsEffect, 'decision' | 'store'>;
}

/** Another target that is out of date, and makes what the one in question uses. */
export interface OutOfDateMaker {
  readonly target: string;
  readonly metaFile: string;
  /** What of it. */
  readonly paths: readonly AbsolutePath[];
}

interface Surroundings {
  readonly root: AbsolutePath;
  readonly graph: TargetGraph;
}

/** The causes of targets, with what the records of their projects tell. Each record is read once. */
export class Causes {
  readonly #flags: SettingFlags;
  /** By package: names of targets depend on whose they are. */
  readonly #surroundings = new Map<string, Promise<Surroundings>>();
  /** Of those that make something: asked for the causes and for the makers. */
  readonly #verdicts = new Map<KnownTarget, Promise<boolean>>();
  /** By directory. */
  readonly #culprits = new Map<AbsolutePath, Promise<Culprits | undefined>>();

  /** @param flags settings given on the command line */
  constructor(flags: SettingFlags) {
    this.#flags = flags;
  }

  /** All of them, those first that tell most. */
  async of({ metaFile, meta, cwd, reasons, settings }: JudgedTarget): Promise<Cause[]> {
    // Other targets have to do with paths alone.
    const isAboutPaths = reasons.some((reason) => 'path' in reason);
    const { root, graph } = isAboutPaths
      ? await this.#surroundingsOf(cwd, settings.decision.isIgnored)
      : { root: cwd, graph: undefined };
    const culprits = isAboutPaths ? await this.#culpritsOf(cwd) : undefined;
    return explain(reasons, {
      metaFile,
      meta,
      root,
      graph,
      isOutOfDate: (target) => this.#isOutOfDate(target),
      differenceOf: await contentDifferences(metaFile, settings),
      culpritOf: (reason) => culprits?.of(reason, meta?.run, meta?.filemon),
    });
  }

  /** Those that would change what the target finds, were they run first. */
  async outOfDateMakersOf({
    metaFile,
    cwd,
    settings,
  }: Pick<JudgedTarget, 'metaFile' | 'cwd' | 'settings'>): Promise<OutOfDateMaker[]> {
    const { graph } = await this.#surroundingsOf(cwd, settings.decision.isIgnored);
    const makers: OutOfDateMaker[] = [];
    for (const to of graph.targets.filter((target) => target.metaFile === metaFile))
      for (const { from, paths } of graph.edgesTo(to))
        if (await this.#isOutOfDate(from)) makers.push({ target: from.name, metaFile: from.metaFile, paths });
    return makers;
  }

  #surroundingsOf(cwd: AbsolutePath, isIgnored: DecisionOptions['isIgnored']): Promise<Surroundings> {
    const directory = packageDirectory(cwd);
    const known =
      this.#surroundings.get(directory) ??
      unlessInTrouble(
        async () => {
          const { root, targets } = await findProject(cwd, process.env, this.#flags);
          return { root, graph: new TargetGraph(targets, isIgnored) };
        },
        { root: cwd, graph: new TargetGraph([]) },
      );
    this.#surroundings.set(directory, known);
    return known;
  }

  #culpritsOf(cwd: AbsolutePath): Promise<Culprits | undefined> {
    const known = this.#culprits.get(cwd) ?? culpritsAt(cwd);
    this.#culprits.set(cwd, known);
    return known;
  }

  #isOutOfDate(target: KnownTarget): Promise<boolean> {
    const known = this.#verdicts.get(target) ?? unlessInTrouble(() => this.#judge(target), false);
    this.#verdicts.set(target, known);
    return known;
  }

  /** What variables a package manager or another shell would give it is not known here. */
  async #judge(target: KnownTarget): Promise<boolean> {
    for (const { kind } of reasonsNow(await asRunAgain(target, this.#flags)))
      if (kind !== 'variable-changed') return true;
    return false;
  }
}

/** What is wrong with the settings or the manifest of another package is told where that is run. */
async function unlessInTrouble<Value>(find: () => Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof CliError) return otherwise;
    throw error;
  }
}
