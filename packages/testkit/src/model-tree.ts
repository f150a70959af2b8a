/**
 * A tree of files in memory that answers as Linux does, for a user who may do
 * everything. Its top stands for a folder on disk, and is written `@` in paths.
 */

export type ModelFile = { readonly kind: 'file'; content: string; executable: boolean };
type ModelLink = { readonly kind: 'link'; readonly text: string };
type ModelSpecial = { readonly kind: 'socket' | 'fifo'; executable: boolean };
export interface ModelDirectory {
  readonly kind: 'directory';
  readonly entries: Map<string, ModelNode>;
  /** Itself for the top; undefined once it is removed. */
  parent: ModelDirectory | undefined;
}
export type ModelNode = ModelFile | ModelLink | ModelSpecial | ModelDirectory;

export type Errno = string;

/** What the kernel's walk along a path came to. */
export interface Place {
  readonly node: ModelNode | undefined;
  /** Where `name` is or would be. */
  readonly parent: ModelDirectory;
  /** Undefined if the path ends in `.` or `..`, or is the top. */
  readonly name: string | undefined;
}

/** Thrown for what the model does not foretell, such as the way up out of the folder. */
export class Unforeseen extends Error {}

/** As many links as Linux follows for one path. */
const longestChain = 40;

export function newTop(): ModelDirectory {
  const top: ModelDirectory = { kind: 'directory', entries: new Map(), parent: undefined };
  top.parent = top;
  return top;
}

/**
 * Makes what the line says, and the directories above it: `a/b` is a file, whose
 * content is its own name, `d/` a directory, `l -> text` a symbolic link. What
 * does not fit what is there already is left out; returns whether it was made.
 */
export function plant(top: ModelDirectory, line: string): boolean {
  const [path = '', text] = line.split(' -> ');
  const names = path.split('/');
  const name = names.pop() as string;
  let directory = top;
  for (const above of names) {
    const next = directory.entries.get(above) ?? addDirectory(directory, above);
    if (next.kind !== 'directory') return false;
    directory = next;
  }
  if (name === '') return true;
  if (directory.entries.has(name)) return false;
  directory.entries.set(
    name,
    text === undefined ? { kind: 'file', content: `${path}\n`, executable: false } : { kind: 'link', text },
  );
  return true;
}

/** The tree as lines, sorted: what `plant` takes, with content and a `*` for the executable bit. */
export function describeTree(top: ModelDirectory): string[] {
  const lines: string[] = [];
  const describe = (directory: ModelDirectory, above: string): void => {
    for (const [name, node] of directory.entries) {
      const path = `${above}${name}`;
      if (node.kind === 'directory') {
        lines.push(`${path}/`);
        describe(node, `${path}/`);
      } else if (node.kind === 'link') lines.push(`${path} -> ${node.text}`);
      else if (node.kind === 'file')
        lines.push(`${path}${node.executable ? '*' : ''}: ${JSON.stringify(node.content)}`);
      else lines.push(`${path}: ${node.kind}`);
    }
  };
  describe(top, '');
  return lines.sort();
}

export function addDirectory(parent: ModelDirectory, name: string): ModelDirectory {
  const made: ModelDirectory = { kind: 'directory', entries: new Map(), parent };
  parent.entries.set(name, made);
  return made;
}

/** What a walk comes across. */
export interface Met {
  links: number;
  /** Directories that `..` leads out of. */
  readonly crossed?: Set<ModelNode>;
}

/** Walks from a directory along a path as path_resolution(7) says. */
export function walk(
  top: ModelDirectory,
  from: ModelDirectory,
  path: string,
  follow: boolean,
  met: Met = { links: 0 },
): Place | Errno {
  const absolute = isAbsolute(path);
  const names = namesIn(path);
  // `a/.` is the directory itself, so it must be one, and links to it are followed.
  const endsInside = path.endsWith('/.');
  let directory = absolute ? top : from;
  if (directory.parent === undefined) throw new Unforeseen('from a removed directory');
  let place: Place = { node: directory, parent: directory, name: undefined };
  for (const [at, name] of names.entries()) {
    if (name === '..') {
      if (directory === top) throw new Unforeseen('above the top');
      met.crossed?.add(directory);
      directory = directory.parent as ModelDirectory;
      place = { node: directory, parent: directory, name: undefined };
      continue;
    }
    const isLast = at === names.length - 1 && !endsInside;
    const node = directory.entries.get(name);
    place = { node, parent: directory, name };
    if (node?.kind === 'link' && (follow || !isLast)) {
      met.links += 1;
      if (met.links > longestChain) return 'ELOOP';
      const behind = walk(top, directory, node.text, true, met);
      if (typeof behind === 'string') return behind;
      place = behind;
    }
    if (isLast) break;
    if (place.node === undefined) return 'ENOENT';
    if (place.node.kind !== 'directory') return 'ENOTDIR';
    directory = place.node;
  }
  if (endsInside) return { node: directory, parent: directory, name: undefined };
  return place;
}

export function isAbsolute(path: string): boolean {
  return path === '@' || path.startsWith('@/');
}

/** The components that lead anywhere; that of the top is not among them. */
export function namesIn(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return isAbsolute(path) ? names.slice(1) : names;
}

/** From the top, without links: `@/a/b`. */
export function physicalPath(directory: ModelDirectory): string {
  if (directory.parent === undefined) throw new Unforeseen('a removed directory');
  if (directory.parent === directory) return '@';
  for (const [name, node] of directory.parent.entries)
    if (node === directory) return `${physicalPath(directory.parent)}/${name}`;
  throw new Error('a directory is not among the entries of its parent');
}
