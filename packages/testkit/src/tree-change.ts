import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { actsIn, perform } from './act-model.js';
import { onDisk } from './act-workspace.js';
import {
  addDirectory,
  type ModelDirectory,
  type ModelNode,
  newTop,
  plant,
  Unforeseen,
} from './model-tree.js';

/** What somebody does to a tree after a run. The path has no links on the way, and its directory is there. */
export interface TreeChange {
  readonly kind: 'edit' | 'touch' | 'remove' | 'mode' | 'file' | 'directory' | 'link';
  /** From the folder, without a slash before it. */
  readonly path: string;
}

/** Where a link leads that a change makes or turns elsewhere. */
const linkText = 'a';

/** Makes the change in a tree; returns false if it cannot be made, or would change nothing. */
function changeTree(top: ModelDirectory, { kind, path }: TreeChange): boolean {
  const place = placeOf(top, path);
  if (place === undefined) return false;
  const { parent, name } = place;
  const node = parent.entries.get(name);
  switch (kind) {
    case 'edit':
    case 'touch':
      if (node?.kind !== 'file') return false;
      if (kind === 'edit') node.content = edited(node.content);
      return true;
    case 'mode':
      if (node?.kind !== 'file') return false;
      node.executable = !node.executable;
      return true;
    case 'remove':
      return parent.entries.delete(name);
    case 'link':
      if (node !== undefined && (node.kind !== 'link' || node.text === linkText)) return false;
      parent.entries.set(name, { kind: 'link', text: linkText });
      return true;
    case 'file':
      if (node !== undefined) return false;
      parent.entries.set(name, { kind: 'file', content: edited(''), executable: false });
      return true;
    case 'directory':
      if (node !== undefined) return false;
      addDirectory(parent, name);
      return true;
  }
}

/**
 * Makes the change on disk; call what it returns to undo it. An edit keeps the
 * size, if there is any, and puts the time back.
 */
export function changeOnDisk(folder: string, { kind, path }: TreeChange): () => void {
  const place = join(folder, path);
  const aside = `${folder}.aside`;
  const putBack = () => renameSync(aside, place);
  switch (kind) {
    case 'edit': {
      const { atime, mtime } = lstatSync(place);
      const content = readFileSync(place, 'utf8');
      const write = (text: string): void => {
        writeFileSync(place, text);
        utimesSync(place, atime, mtime);
      };
      write(edited(content));
      return () => write(content);
    }
    case 'touch':
      utimesSync(place, 2e9, 2e9);
      return () => {};
    case 'mode': {
      const { mode } = lstatSync(place);
      chmodSync(place, (mode & 0o111) === 0 ? mode | 0o111 : mode & ~0o111);
      return () => chmodSync(place, mode);
    }
    case 'remove':
      renameSync(place, aside);
      return putBack;
    case 'link': {
      const was = lstatSync(place, { throwIfNoEntry: false });
      if (was !== undefined) renameSync(place, aside);
      symlinkSync(onDisk(folder, linkText), place);
      return was === undefined ? () => rmSync(place) : putBack;
    }
    case 'file':
      writeFileSync(place, edited(''));
      return () => rmSync(place);
    case 'directory':
      mkdirSync(place);
      return () => rmdirSync(place);
  }
}

/** Of the same size, if there is any. */
function edited(content: string): string {
  return content === '' ? 'new' : `${content.startsWith('!') ? '?' : '!'}${content.slice(1)}`;
}

/**
 * Whether a change, made after the acts were done, makes their run out of date:
 * 'yes' if an output is no longer as it was left, or if the acts would find
 * something else; 'no' if nothing has changed but times; else it may be taken
 * either way. The words are those of a prediction.
 */
export function outdates(
  files: readonly string[],
  words: readonly string[],
  change: TreeChange,
): 'yes' | 'no' | 'perhaps' | 'impossible' {
  const acts = actsIn(words);
  const left = planted(files);
  const before = directoriesIn(left);
  const wasThere = (path: string): boolean => nodeAt(planted(files), path) !== undefined;
  const { prediction, touched } = perform(left, acts);
  const place = placeOf(left, change.path);
  if (place === undefined) return 'impossible';
  const { parent, name } = place;
  const node = parent.entries.get(name);
  const sameParent = before.get(parent) === parentPath(change.path);
  if (!changeTree(left, change)) return 'impossible';
  if (change.kind === 'touch') return 'no';
  if (touched.names.get(parent)?.has(name)) {
    // What the run made and removed again is nothing.
    if (node === undefined) return sameParent && wasThere(change.path) ? 'yes' : 'perhaps';
    return 'yes';
  }
  if (!sameParent) return 'perhaps';
  // That a/../b needs a is not recorded.
  if (node !== undefined && [...touched.crossed].some((crossed) => isWithin(crossed, node))) return 'perhaps';
  if (node !== undefined && touched.nodes.has(node)) return change.kind === 'edit' ? 'yes' : 'perhaps';
  const other = planted(files);
  if (!changeTree(other, change)) return 'perhaps';
  try {
    const { seen } = perform(other, acts, { strict: true }).prediction;
    return JSON.stringify(seen) === JSON.stringify(prediction.seen) ? 'perhaps' : 'yes';
  } catch (error) {
    if (error instanceof Unforeseen) return 'perhaps';
    throw error;
  }
}

function isWithin(inner: ModelNode, outer: ModelNode): boolean {
  if (inner === outer) return true;
  return outer.kind === 'directory' && [...outer.entries.values()].some((below) => isWithin(inner, below));
}

function planted(files: readonly string[]): ModelDirectory {
  const top = newTop();
  for (const line of files) plant(top, line);
  return top;
}

function placeOf(
  top: ModelDirectory,
  path: string,
): { readonly parent: ModelDirectory; readonly name: string } | undefined {
  const parent = nodeAt(top, parentPath(path));
  return parent?.kind === 'directory' ? { parent, name: path.slice(path.lastIndexOf('/') + 1) } : undefined;
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function nodeAt(top: ModelDirectory, path: string): ModelNode | undefined {
  let node: ModelNode | undefined = top;
  for (const name of path.split('/').filter((part) => part !== ''))
    node = node?.kind === 'directory' ? node.entries.get(name) : undefined;
  return node;
}

/** All directories with their paths. */
function directoriesIn(top: ModelDirectory): Map<ModelDirectory, string> {
  const found = new Map<ModelDirectory, string>();
  const add = (directory: ModelDirectory, path: string): void => {
    found.set(directory, path);
    for (const [name, node] of directory.entries)
      if (node.kind === 'directory') add(node, path === '' ? name : `${path}/${name}`);
  };
  add(top, '');
  return found;
}
