import { createHash } from 'node:crypto';
import {
  type AbsolutePath,
  childOf,
  directoriesAbove,
  isBelow,
  isKernelPath,
  isWithin,
  joinPath,
} from '@oodate/filemon';
import type { RunRecord } from '@oodate/meta-file';
import { type FileStates, plainName } from '@oodate/planner';
import * as v from 'valibot';
import { parseStored } from './stored-json.js';

const names = v.array(v.string());

const definition = v.object({
  /** Of what kind and content it is. */
  read: names,
  /** The same, and whether it may be executed. */
  looked: names,
  /** Whether it is there. */
  missing: names,
  /** Where the link leads. */
  links: names,
  /** Looked for in vain in each directory above the root: names relative to such a directory. */
  above: names,
  /** A directory, and the names in it that say nothing. */
  listings: v.array(v.tupleWithRest([v.string()], v.string())),
});

/**
 * What a run used, without what it found there: the same set, evaluated against other files, asks for the
 * results of other runs. Paths below the root of the project are relative to it (`.` is the root itself).
 */
export type AccessSet = v.InferOutput<typeof definition>;

export function formatAccessSet(set: AccessSet): Buffer {
  return Buffer.from(JSON.stringify(set));
}

/** Throws StoreError('ENTRY_DAMAGED'). */
export function parseAccessSet(bytes: Uint8Array): AccessSet {
  return parseStored(definition, bytes, 'a set of accesses');
}

/** `root` is that of the project. */
export function accessSetOf(run: RunRecord, root: AbsolutePath): AccessSet {
  const set = {
    read: [] as string[],
    looked: [] as string[],
    missing: [] as string[],
    links: [] as string[],
    above: new Set<string>(),
  };
  const seen = new Set(run.files.map(({ path }) => path));
  for (const { path, use, state, before } of run.files) {
    // Every place lies in directories.
    if (state.type === 'directory' && isWithin(root, path)) continue;
    const name = relativeTo(root, path);
    if (use === 'output' || use === 'removed') {
      if (typeof before === 'object') set.read.push(name);
    } else if (state.type === 'link') set.links.push(name);
    else if (state.type !== 'absent') (use === 'read' ? set.read : set.looked).push(name);
    else {
      const above = nameAbove(root, path, seen);
      if (above === undefined) set.missing.push(name);
      else set.above.add(above);
    }
  }
  return {
    ...set,
    above: [...set.above],
    listings: run.listings.map(({ path, own }) => [relativeTo(root, path), ...own]),
  };
}

/**
 * Whether the set means the same for another root: nothing was found, and nothing listed, in a directory above
 * the root where what is looked for upwards might be found elsewhere first.
 */
export function isPortable(run: RunRecord, root: AbsolutePath): boolean {
  const seen = new Set(run.files.map(({ path }) => path));
  return (
    run.listings.every(({ path }) => path === '/' || !isBelow(root, path)) &&
    run.files.every(({ path, state }) => state.type === 'absent' || nameAbove(root, path, seen) === undefined)
  );
}

/** The name by which it was looked for in the root, too, and then in directories above it; undefined if it was not. */
function nameAbove(
  root: AbsolutePath,
  path: AbsolutePath,
  seen: ReadonlySet<AbsolutePath>,
): string | undefined {
  if (isWithin(path, root)) return undefined;
  for (const above of directoriesAbove(root))
    if (isBelow(path, above)) {
      const name = path.slice(childOf(above, '').length);
      return seen.has(childOf(root, name)) ? name : undefined;
    }
  return undefined;
}

export function relativeTo(root: AbsolutePath, path: AbsolutePath): string {
  if (path === root) return '.';
  return isWithin(path, root) ? path.slice(root.length + 1) : path;
}

function absoluteIn(root: AbsolutePath, name: string): AbsolutePath {
  return name === '.' ? root : joinPath(root, name);
}

/**
 * Gives the SHA-256, in hex, of what is found at each place of a set now. Equal facts are a hint, and no decision.
 * Sets have most places in common: each is looked at once. No run has files of the kernel in its set; a set that names
 * them was made to have one read that never ends.
 */
export function factsDigester(
  root: AbsolutePath,
  files: FileStates,
  isIgnored: (path: AbsolutePath) => boolean = () => false,
): (set: AccessSet) => string {
  const at = (fact: (path: AbsolutePath) => string) =>
    once((name) => {
      const path = absoluteIn(root, name);
      return isIgnored(path) || isKernelPath(path) ? '' : `${name}\0${fact(path)}\n`;
    });
  const read = at((path) => contentFact(path, files));
  const looked = at((path) => `${contentFact(path, files)}${executableFact(path, files)}`);
  const missing = at((path) => files.state(path).type);
  const link = at((path) => {
    const found = files.linkState(path);
    return found.type === 'link' ? `-> ${found.target}` : found.type;
  });
  const directories = [...directoriesAbove(root)];
  const above = once((name) =>
    directories.some((folder) => files.state(childOf(folder, name)).type !== 'absent') ? `${name}\0` : '',
  );
  return (set) => {
    const hash = createHash('sha256');
    const take = (names: readonly string[], fact: (name: string) => string) => {
      let facts = '';
      for (const name of names) facts += fact(name);
      hash.update(`${facts}\n`);
    };
    take(set.read, read);
    take(set.looked, looked);
    take(set.missing, missing);
    take(set.links, link);
    for (const name of set.above) hash.update(above(name));
    for (const listing of set.listings) hash.update(listingFact(listing, root, files, isIgnored));
    return hash.digest('hex');
  };
}

function listingFact(
  [name, ...own]: AccessSet['listings'][number],
  root: AbsolutePath,
  files: FileStates,
  isIgnored: (path: AbsolutePath) => boolean,
): string {
  const path = absoluteIn(root, name);
  if (isIgnored(path) || isKernelPath(path)) return '';
  const left = new Set(own);
  const names = files.list(path)?.filter((listed) => {
    const plain = plainName(listed);
    return !left.has(plain) && !isIgnored(childOf(path, plain));
  });
  // One that has gone is as one with nothing in it that counts.
  return `${name}\0${names?.join('/') ?? ''}\n`;
}

function once(find: (name: string) => string): (name: string) => string {
  const found = new Map<string, string>();
  return (name) => {
    let known = found.get(name);
    if (known === undefined) {
      known = find(name);
      found.set(name, known);
    }
    return known;
  };
}

function contentFact(path: AbsolutePath, files: FileStates): string {
  const { type } = files.state(path);
  if (type !== 'file') return type;
  const found = files.digest(path);
  return 'digest' in found ? found.digest : found.errno;
}

function executableFact(path: AbsolutePath, files: FileStates): string {
  const state = files.state(path);
  return state.type === 'file' ? ` ${(state.mode & 0o111) === 0 ? '' : 'x'}` : '';
}
