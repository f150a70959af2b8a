import { dirname } from 'node:path';
import { type AbsolutePath, isAbsolutePath, isKernelPath, isWithin } from '@oodate/filemon';
import type { MetaFile, RecordedFile, RunRecord } from '@oodate/meta-file';
import {
  type DecisionOptions,
  type FileStates,
  type Reason,
  reasonsToRun,
  snapshotStates,
  type Target,
} from '@oodate/planner';
import { factsDigester, parseAccessSet, relativeTo } from './access-set.js';
import type { Digest } from './digest.js';
import type { DiskStore } from './disk-store.js';
import { movedResult } from './moved-result.js';
import { foreignOutput, hindranceOf, type Reach, wantedOutputs } from './outputs.js';
import { type Question, questionOf } from './question.js';
import type { ActionResult } from './remote-execution.js';
import { shownPath } from './restore-error.js';
import { StoreError } from './store-error.js';
import { type KnownIndex, noIndex, parseIndex } from './stored-index.js';
import { longest, unpackMeta } from './stored-meta.js';
import type { WantedOutput } from './wanted-output.js';

/** What a look-up needs to know beside the target. */
export interface Asker extends Reach {
  readonly store: DiskStore;
  /** As for the decision about the target. */
  readonly decision: DecisionOptions;
  /** Told of what is damaged or refused: it is passed over. */
  readonly report: (error: StoreError) => void;
}

/** The result of an earlier run that the target would have again now. */
export interface KnownResult {
  /** Of that run, as if it had been made here. */
  readonly meta: MetaFile;
  readonly run: RunRecord;
  readonly wanted: readonly WantedOutput[];
  /** Where that may be written. */
  readonly roots: readonly AbsolutePath[];
  /** Whether it is there already as wanted. */
  readonly isThere: (wanted: WantedOutput) => boolean;
  /** The files as the decision saw them. */
  readonly seen: FileStates;
  /** Of everything that it takes to bring it back. */
  readonly digests: readonly Digest[];
  readonly keys: readonly string[];
}

/**
 * Looks for a result that the target has at this moment: in the store by the accesses known of it, and then by
 * the decision itself, that has to find no reason to run but in the outputs. `last`: of its last good run.
 */
export function findKnownResult(
  target: Target,
  last: RunRecord | undefined,
  disk: FileStates,
  asker: Asker,
): KnownResult | undefined {
  const { store, root, decision } = asker;
  const question = questionOf(target, root, decision.variables);
  const index = readIndex(question, asker);
  const files = snapshotStates(disk, last);
  const digestFacts = factsDigester(root, files, decision.isIgnored);
  const asked = new Set<string>();
  for (const set of index.sets) {
    if (set.root !== '' && set.root !== root) continue;
    const found = passOver(asker, () => {
      const accesses = parseAccessSet(store.read(set.digest, longest.set));
      const key = question.resultKey(digestFacts(accesses), set.root);
      if (asked.has(key)) return undefined;
      asked.add(key);
      const entry = store.readOwnPart(key);
      if (entry === undefined) return undefined;
      const known = readResult(entry, target, accesses.above, asker);
      const run = inputsOf(known.run);
      for (const _ of reasonsToRun(target, { kind: 'good', run }, files, decision)) return undefined;
      const hindrance = hindranceOf(known.run, asker);
      if (hindrance?.kind === 'output-outside') throw writesOutside(hindrance.path);
      if (hindrance !== undefined || foreignOutput(known.run, last, files) !== undefined) return undefined;
      const wanted = wantedOutputs(known.run);
      const digests = wanted.flatMap((output) => (output.type === 'file' ? [output.digest] : []));
      return {
        ...known,
        wanted,
        roots: rootsOf(wanted, root),
        isThere: (output: WantedOutput) => isThere(output, files),
        seen: files,
        digests: [set.digest, known.record, ...digests],
        keys: [question.key, key],
      };
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The result that the fewest things speak against, and those; undefined if none is known. `files`: a snapshot. */
export function nearestKnownResult(
  target: Target,
  files: FileStates,
  asker: Asker,
): { readonly made: bigint; readonly reasons: readonly Reason[] } | undefined {
  const { store, root, decision } = asker;
  let nearest: { readonly made: bigint; readonly reasons: readonly Reason[] } | undefined;
  for (const known of readIndex(questionOf(target, root, decision.variables), asker).results) {
    if (known.root !== '' && known.root !== root) continue;
    const found = passOver(asker, () => {
      const entry = store.readOwnPart(known.key);
      if (entry === undefined) return undefined;
      const { run } = readResult(entry, target, [], asker);
      const reasons = [...reasonsToRun(target, { kind: 'good', run: inputsOf(run) }, files, decision)];
      return { made: run.recorded, reasons };
    });
    if (found !== undefined && found.reasons.length < (nearest?.reasons.length ?? Number.POSITIVE_INFINITY))
      nearest = found;
  }
  return nearest;
}

export function readIndex({ key }: Question, asker: Pick<Asker, 'store' | 'report'>): KnownIndex {
  const read = () => {
    const entry = asker.store.readEntry(key);
    const [file] = entry?.outputFiles ?? [];
    return file === undefined ? noIndex : parseIndex(asker.store.read(file.digest, longest.index));
  };
  return passOver(asker, read) ?? noIndex;
}

/** What is damaged counts as not there. */
function passOver<Found>({ report }: Pick<Asker, 'report'>, find: () => Found): Found | undefined {
  try {
    return find();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code !== 'OBJECT_MISSING') report(error);
    return undefined;
  }
}

function readResult(
  { result }: Pick<ActionResult, 'result'>,
  target: Target,
  above: readonly string[],
  { store, root }: Asker,
): { readonly meta: MetaFile; readonly run: RunRecord; readonly record: Digest } {
  if (result === undefined) throw new StoreError('ENTRY_DAMAGED', 'an entry of the store is no result');
  const stored = unpackMeta(store.read(result.meta, longest.meta));
  const from = rootOf(stored.run.cwd, relativeTo(root, target.cwd));
  if (from === undefined || (result.root !== '' && result.root !== from))
    throw new StoreError('ENTRY_DAMAGED', 'a result in the store is of another command');
  if ([...stored.run.files, ...stored.run.listings].some(({ path }) => !isUsable(path)))
    throw new StoreError('ENTRY_DAMAGED', 'a result in the store names what no run can have used');
  return { ...movedResult(stored, from, root, above), record: result.meta };
}

/** A record has no others. To read a file of the kernel may take for ever. */
function isUsable(path: AbsolutePath): boolean {
  return isAbsolutePath(path) && !isKernelPath(path);
}

/** Only one that has been allowed before, or was made to do harm. */
function writesOutside(path: AbsolutePath): StoreError {
  const message = `a result in the store would write ${shownPath(path)}, which is outside of the project`;
  return new StoreError('RESULT_REFUSED', message);
}

/** The project, and the directories of what may be written outside of it. */
function rootsOf(wanted: readonly WantedOutput[], root: AbsolutePath): AbsolutePath[] {
  const outside = wanted.filter(({ path }) => !isWithin(path, root));
  return [...new Set([root, ...outside.map(({ path }) => dirname(path) as AbsolutePath)])];
}

function isThere(wanted: WantedOutput, files: FileStates): boolean {
  const now = files.linkState(wanted.path);
  if (wanted.type === 'link') return now.type === 'link' && now.target === wanted.target;
  if (wanted.type !== 'file' || now.type !== 'file') return wanted.type === now.type;
  if (BigInt(wanted.digest.size) !== now.size || wanted.mode !== now.mode) return false;
  const found = files.digest(wanted.path);
  return 'digest' in found && found.digest === wanted.digest.hash;
}

/** Of a project in which that directory has this name. */
function rootOf(directory: AbsolutePath, name: string): AbsolutePath | undefined {
  if (name === '.') return directory;
  return directory.endsWith(`/${name}`) ? (directory.slice(0, -name.length - 1) as AbsolutePath) : undefined;
}

/** The record as the decision is to see it: what was there before the command replaced it, in the place of that. */
function inputsOf(run: RunRecord): RunRecord {
  const files = run.files.flatMap((file): RecordedFile[] => {
    const { use, before } = file;
    if (use !== 'output' && use !== 'removed') return [file];
    if (typeof before !== 'object') return [];
    return [{ ...file, use: before.type === 'absent' ? 'missing' : 'read', state: before }];
  });
  return { ...run, files };
}
