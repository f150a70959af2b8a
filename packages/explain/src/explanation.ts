import { type AbsolutePath, childOf, filemonRecords, isAbsolutePath } from '@oodate/filemon';
import type { MetaFile, RecordedState } from '@oodate/meta-file';
import { type InputReason, plainName, type Reason, reasonOfStored } from '@oodate/planner';
import type { Culprit } from './culprit.js';
import { isoTime } from './iso-time.js';
import type { KnownTarget } from './known-targets.js';
import { groupOf, type ReasonGroup } from './reason-group.js';
import { processesOfReasons, type ReasonProcess } from './reason-process.js';
import { rankReasons } from './reason-rank.js';
import { RecordedLinks } from './recorded-links.js';
import { type Search, searchesFor } from './searches.js';
import type { TargetGraph, TargetWrite } from './target-graph.js';
import type { TextDifference } from './text-difference.js';
import { ToolVersions, type VersionChange, versionChanges } from './tool-versions.js';

/** A reason with all that is known of how it came about and why it matters. */
export interface Cause {
  readonly reason: Reason;
  readonly group: ReasonGroup;
  /** The first that used the path in the way that matters; null if none is known. */
  readonly process: ReasonProcess | null;
  /** Of a path that was looked for and not there. */
  readonly search: Search | null;
  /** Of a small text whose former content is known. */
  readonly difference: TextDifference | null;
  /** Of a program or a file of an npm package whose version is another one. */
  readonly tool: VersionChange | null;
  /** Another target that made or removed what the reason is about. */
  readonly writer: Writer | null;
  /** Who changed it, where a recorder has seen that. */
  readonly culprit: Culprit | null;
  /** Names of other targets that the path is an input of. */
  readonly usedBy: readonly string[];
}

/** A target that made a path, or removed it. */
export interface Writer {
  readonly target: string;
  readonly metaFile: string;
  /** That of the reason; of a listing the name in the directory. */
  readonly path: AbsolutePath;
  readonly use: 'output' | 'removed';
  /** When its last run was recorded: ISO 8601. */
  readonly ran: string;
  /** Whether what is there now is what that run left; null if that is not known. */
  readonly left: boolean | null;
  /** It would run now. */
  readonly outOfDate: boolean;
  /** Why that run was made; then why the run was made that had made what was the reason for it, and so on. */
  readonly because: readonly ChainStep[];
}

/** Why a target ran. */
export interface ChainStep {
  readonly target: string;
  /** What it made, or removed. */
  readonly path: AbsolutePath;
  /** The most telling of its reasons; null if this version does not know its kind. */
  readonly reason: Reason | null;
  /** How many more there were. */
  readonly more: number;
}

/** What there is to explain the reasons of a target with. */
export interface Circumstances {
  /** Of the target. */
  readonly metaFile: string;
  /** Of its last good run; undefined if there was none. */
  readonly meta: MetaFile | undefined;
  /** Directory of the project. */
  readonly root: AbsolutePath;
  /** The targets of the project; undefined if nothing is known of others. */
  readonly graph: TargetGraph | undefined;
  readonly isOutOfDate: (target: KnownTarget) => Promise<boolean>;
  /** undefined where what was there is not known, or is no small text. */
  readonly differenceOf: (reason: Reason) => TextDifference | undefined;
  /** Default: nobody has watched the files. */
  readonly culpritOf?: (reason: Reason) => Culprit | undefined;
}

/** All causes, those first that tell most. */
export async function explain(reasons: readonly Reason[], circumstances: Circumstances): Promise<Cause[]> {
  const { root, meta } = circumstances;
  const others = new OtherTargets(circumstances);
  const ranked = rankReasons(reasons, { root, isMade: (path) => others.make(path) });
  const processes = processesOfReasons(ranked, meta);
  const searches = searchesOf(ranked, meta);
  const tools = toolsOf(ranked, meta);
  return Promise.all(
    ranked.map(async (reason) => ({
      reason,
      group: groupOf(reason),
      process: processes.get(reason) ?? null,
      search: 'path' in reason ? (searches.get(reason.path) ?? null) : null,
      difference: circumstances.differenceOf(reason) ?? null,
      tool: 'path' in reason ? (tools.get(reason.path) ?? null) : null,
      writer: 'path' in reason ? await others.writerOf(reason) : null,
      culprit: circumstances.culpritOf?.(reason) ?? null,
      usedBy: 'path' in reason ? others.usersOf(reason) : [],
    })),
  );
}

function searchesOf(reasons: readonly Reason[], meta: MetaFile | undefined): Map<AbsolutePath, Search> {
  const paths = reasons.flatMap((reason) => (reason.kind === 'input-appeared' ? [reason.path] : []));
  if (meta?.filemon === undefined || paths.length === 0) return new Map();
  const cwd = isAbsolutePath(meta.cwd) ? meta.cwd : ('/' as AbsolutePath);
  return searchesFor(filemonRecords([meta.filemon]), cwd, paths);
}

function toolsOf(reasons: readonly Reason[], meta: MetaFile | undefined): Map<AbsolutePath, VersionChange> {
  const paths = reasons.flatMap((reason) =>
    reason.kind === 'input-changed' || reason.kind === 'link-changed' ? [reason.path] : [],
  );
  return meta?.run === undefined || paths.length === 0
    ? new Map()
    : versionChanges(meta.run, paths, new ToolVersions());
}

/** The targets of the project without the one that is explained. */
class OtherTargets {
  readonly #graph: TargetGraph | undefined;
  readonly #metaFile: string;
  readonly #links: RecordedLinks | undefined;
  readonly #isOutOfDate: Circumstances['isOutOfDate'];
  readonly #verdicts = new Map<KnownTarget, Promise<boolean>>();

  constructor({ graph, metaFile, meta, isOutOfDate }: Circumstances) {
    this.#graph = graph;
    this.#metaFile = metaFile;
    this.#links = meta?.run && new RecordedLinks(meta.run);
    this.#isOutOfDate = isOutOfDate;
  }

  make(path: AbsolutePath): boolean {
    return this.#writesOf(this.#real(path)).length > 0;
  }

  usersOf(reason: InputReason): string[] {
    const users = this.#graph?.usersOf(this.#place(reason)) ?? [];
    return users.filter(({ target }) => this.#isOther(target)).map(({ target }) => target.name);
  }

  async writerOf(reason: InputReason): Promise<Writer | null> {
    const found = this.#written(reason);
    if (found === undefined) return null;
    const { path, left, write } = found;
    const { target, file } = write;
    return {
      target: target.name,
      metaFile: target.metaFile,
      path,
      use: file.use === 'removed' ? 'removed' : 'output',
      ran: isoTime(target.run.recorded),
      left,
      outOfDate: await this.#verdictOf(target),
      because: this.#chainOf({ target, path }),
    };
  }

  #written(reason: InputReason): Written | undefined {
    const found = [...this.#candidates(reason)].toSorted(byRelevance)[0];
    // Who else could have written an output says something only where it has.
    return groupOf(reason) === 'outputs' && found?.left !== true ? undefined : found;
  }

  *#candidates(reason: InputReason): Generator<Written> {
    if (reason.kind === 'listing-changed') {
      for (const [names, use] of [[reason.gained, 'output'] as const, [reason.lost, 'removed'] as const])
        for (const name of names) {
          const path = childOf(reason.path, plainName(name));
          for (const write of this.#writesOf(this.#real(path)))
            if (write.file.use === use) yield { path, left: true, write };
        }
      return;
    }
    const { path } = reason;
    for (const write of this.#writesOf(this.#place(reason)))
      yield { path, left: isLeft(write.file.state, presentIn(reason)), write };
  }

  #chainOf({ target, path }: Made, below: readonly KnownTarget[] = []): ChainStep[] {
    const { because } = target.run;
    const [stored, ...rest] = because?.reasons ?? [];
    if (because === undefined || stored === undefined || below.includes(target)) return [];
    const reason = reasonOfStored(stored) ?? null;
    const above = reason !== null && 'path' in reason ? this.#madeBefore(reason, target) : undefined;
    return [
      { target: target.name, path, reason, more: rest.length + because.more },
      ...(above === undefined ? [] : this.#chainOf(above, [...below, target])),
    ];
  }

  /** The target whose last run had made what was the reason for that of `user`. */
  #madeBefore({ path }: InputReason, user: KnownTarget): Made | undefined {
    const writers = this.#graph?.writersOf(new RecordedLinks(user.run).real(path)) ?? [];
    const begun = BigInt(user.run.started) * 1000n;
    const target = writers.find((writer) => writer !== user && writer.run.recorded <= begun);
    return target && { target, path };
  }

  #verdictOf(target: KnownTarget): Promise<boolean> {
    const known = this.#verdicts.get(target) ?? this.#isOutOfDate(target);
    this.#verdicts.set(target, known);
    return known;
  }

  #writesOf(path: AbsolutePath): TargetWrite[] {
    return this.#graph?.writesOf(path).filter(({ target }) => this.#isOther(target)) ?? [];
  }

  #isOther({ metaFile }: KnownTarget): boolean {
    return metaFile !== this.#metaFile;
  }

  /** The path as the records of others may have it. */
  #place({ kind, path }: InputReason): AbsolutePath {
    return kind === 'link-changed' ? (this.#links?.place(path) ?? path) : this.#real(path);
  }

  #real(path: AbsolutePath): AbsolutePath {
    return this.#links?.real(path) ?? path;
  }
}

interface Made {
  readonly target: KnownTarget;
  readonly path: AbsolutePath;
}

interface Written {
  readonly path: AbsolutePath;
  readonly left: Writer['left'];
  readonly write: TargetWrite;
}

/** Who left what is there first, and then who ran last. */
function byRelevance(one: Written, other: Written): number {
  if (one.left !== other.left) return one.left === true ? -1 : other.left === true ? 1 : 0;
  return Number(other.write.target.run.recorded - one.write.target.run.recorded);
}

/** undefined if it is not known. */
function presentIn(reason: InputReason): RecordedState | undefined {
  if ('is' in reason) return reason.is;
  return reason.kind === 'input-gone' || reason.kind === 'output-gone' ? { type: 'absent' } : undefined;
}

function isLeft(was: RecordedState, is: RecordedState | undefined): boolean | null {
  if (is === undefined) return null;
  if (was.type === 'file' && is.type === 'file')
    return was.inode === is.inode && was.mtime === is.mtime && was.size === is.size;
  if (was.type === 'link' && is.type === 'link') return was.target === is.target;
  return was.type === is.type;
}
