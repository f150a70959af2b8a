import {
  addDirectory,
  describeTree,
  type Errno,
  isAbsolute,
  type ModelDirectory,
  type ModelFile,
  type ModelNode,
  namesIn,
  newTop,
  physicalPath,
  plant,
  Unforeseen,
  walk,
} from './model-tree.js';

/** One act of native/acts.c: its name, and its operands or, in brackets, acts. */
export interface Act {
  readonly name: string;
  readonly operands: readonly string[];
  readonly inside?: readonly Act[];
}

/** What acts do, foretold from the acts alone. Paths begin with `@`, which stands for the folder they are done in. */
export interface Prediction {
  /** The words for `acts`: each act succeeds, or is written with the error it fails with. Acts that cannot be foretold are left out. */
  readonly words: readonly string[];
  /** All records on paths in the folder, on forks, and on executing `acts`, as `letter process data`; processes count from 1. */
  readonly records: readonly string[];
  /** How each process ends: `process status signal`. */
  readonly exits: readonly string[];
  /** The tree that is left (see describeTree). */
  readonly tree: readonly string[];
  /** What the acts could learn from the tree, in order; of what fails only that it does, and not why. */
  readonly seen: readonly string[];
}

export interface PredictOptions {
  /** The first process does not know its directory, which it shares with others: only absolute paths then. */
  readonly noDirectory?: boolean;
  /** Throw for an act that cannot be foretold. */
  readonly strict?: boolean;
}

/** Foretells what `acts` does in a folder with these files (see plant). */
export function predict(
  files: readonly string[],
  acts: readonly Act[],
  options: PredictOptions = {},
): Prediction {
  const top = newTop();
  for (const line of files) plant(top, line);
  return perform(top, acts, options).prediction;
}

/** What of a tree the acts have changed, or come across. */
export interface Touched {
  /** By directory the names that were made, written, moved or removed there. */
  readonly names: ReadonlyMap<ModelDirectory, ReadonlySet<string>>;
  /** What was written or altered, under whatever name. */
  readonly nodes: ReadonlySet<ModelNode>;
  /** Directories that `..` led out of. */
  readonly crossed: ReadonlySet<ModelNode>;
}

/** Performs the acts on a tree. */
export function perform(
  top: ModelDirectory,
  acts: readonly Act[],
  options: PredictOptions = {},
): { prediction: Prediction; touched: Touched } {
  const world = new World(top, options.strict === true);
  const process = world.newProcess(options.noDirectory === true ? undefined : top);
  world.records.push('E 1 acts');
  const words = world.perform(process, acts);
  world.end(process, 0, 0);
  const { records, exits, seen } = world;
  return { prediction: { words, records, exits, tree: describeTree(top), seen }, touched: world.touched };
}

/** The acts that the words of a prediction say, whatever they are expected to give. */
export function actsIn(words: readonly string[]): Act[] {
  const left = [...words];
  const list = (): Act[] => {
    const acts: Act[] = [];
    for (let word = left.shift(); word !== undefined && word !== ']'; word = left.shift()) {
      const name = word.replace(/=.*/, '');
      if (left[0] === '[') {
        left.shift();
        acts.push({ name, operands: [], inside: list() });
      } else acts.push({ name, operands: left.splice(0, operandsOf(name)) });
    }
    return acts;
  };
  return list();
}

interface Process {
  readonly number: number;
  directory: ModelDirectory | undefined;
  /** It has made a call that touches a name; one that a signal ends before that is not seen at all. */
  acted: boolean;
  ended?: { readonly status: number; readonly signal: number };
}

/** Where the names of a path are to be looked up: what openat(2) and the like are given. */
interface Caller {
  readonly process: Process;
  readonly base: ModelDirectory | undefined;
}

interface OpenFlags {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly create?: boolean;
  readonly exclusive?: boolean;
  readonly truncate?: boolean;
  readonly append?: boolean;
  readonly directory?: boolean;
  readonly pathOnly?: boolean;
  readonly noFollow?: boolean;
  readonly nameless?: boolean;
}

const writing = { write: true, create: true, truncate: true } as const;
const succeeds = undefined;
type Outcome = Errno | undefined;

/** A path that was looked up, and its text as it is recorded. */
interface Found {
  readonly text: string;
  readonly node: ModelNode | undefined;
  readonly parent: ModelDirectory;
  readonly name: string;
}

class World {
  readonly records: string[] = [];
  readonly exits: string[] = [];
  readonly seen: string[] = [];
  readonly touched = {
    names: new Map<ModelDirectory, Set<string>>(),
    nodes: new Set<ModelNode>(),
    crossed: new Set<ModelNode>(),
  };
  #processes = 0;

  constructor(
    readonly top: ModelDirectory,
    readonly strict: boolean,
  ) {}

  newProcess(directory: ModelDirectory | undefined): Process {
    this.#processes += 1;
    return { number: this.#processes, directory, acted: this.#processes === 1 };
  }

  end(process: Process, status: number, signal: number): void {
    if (process.ended !== undefined) return;
    process.ended = { status, signal };
    this.exits.push(`${process.number} ${status} ${signal}`);
  }

  /** Returns the words. */
  perform(process: Process, acts: readonly Act[]): string[] {
    const words: string[] = [];
    for (const [at, act] of acts.entries()) {
      if (process.ended !== undefined) break;
      if (act.name === 'exec' || act.name === 'execveat') {
        this.#record('E', process, 'acts');
        words.push(act.name, ...this.perform(process, acts.slice(at + 1)));
        this.end(process, 0, 0);
        break;
      }
      if (act.inside === undefined) words.push(...this.#performOne(process, act));
      else words.push(...this.#performList(process, act.name, act.inside));
    }
    return words;
  }

  #performOne(process: Process, { name, operands }: Act): string[] {
    const records = this.records.length;
    const seen = this.seen.length;
    try {
      const act = table[name];
      if (act === undefined) throw new Error(`the model has no act named ${name}`);
      const errno = act(this, { process, base: process.directory }, operands);
      process.acted = true;
      if (errno !== undefined) this.seen.splice(seen, Number.POSITIVE_INFINITY, 'failed');
      return [errno === undefined ? name : `${name}=${errno}`, ...operands];
    } catch (error) {
      if (!(error instanceof Unforeseen) || this.strict) throw error;
      this.records.length = records;
      this.seen.length = seen;
      return [];
    }
  }

  #performList(process: Process, name: string, inside: readonly Act[]): string[] {
    if (name === 'thread') {
      const words = this.perform(process, inside);
      return ['thread', '[', ...words, ']'];
    }
    const child = this.newProcess(process.directory);
    this.records.push(`F ${process.number} ${child.number}`);
    if (name === 'vfork') this.#record('E', child, 'acts');
    const words = this.perform(child, inside);
    this.end(child, 0, 0);
    const failed = child.ended?.status !== 0 || child.ended.signal !== 0;
    return [failed ? `${name}=ECHILD` : name, '[', ...words, ']'];
  }

  #record(letter: string, { number }: Process, data: string): void {
    this.records.push(`${letter} ${number} ${data}`);
  }

  record(letter: string, { process }: Caller, text: string): void {
    this.#record(letter, process, text);
  }

  /** L and M take no odd names: see docs/formats/filemon-log.md. */
  recordPair(letter: 'L' | 'M', caller: Caller, from: string, to: string): boolean {
    if (!/[ '"]/.test(from + to)) {
      this.record(letter, caller, `'${from}' '${to}'`);
      return true;
    }
    if (letter === 'M') {
      this.record('K', caller, from);
      this.record('D', caller, from);
    }
    this.record('W', caller, to);
    return false;
  }

  /** What was there stays, at least in part. */
  recordAlteration(caller: Caller, text: string): void {
    this.record('K', caller, text);
    this.record('W', caller, text);
  }

  /**
   * The path as it is recorded: absolute, lexically normal, links not resolved but
   * for one that `..` follows. An errno if the way up leads nowhere: then what it
   * came to is recorded, and the path itself is not.
   */
  spell({ process, base }: Caller, path: string): { readonly text: string } | Errno {
    let text = isAbsolute(path) ? '@' : physicalPath(known(base));
    for (const name of namesIn(path)) {
      if (name !== '..') {
        text += `/${name}`;
        continue;
      }
      const place = walk(this.top, this.top, text, false);
      const node = typeof place === 'string' ? undefined : place.node;
      if (node?.kind === 'directory') {
        if (text === '@') throw new Unforeseen('above the top');
        this.#record('S', process, text);
        text = text.slice(0, text.lastIndexOf('/'));
        continue;
      }
      this.#record(node === undefined ? 'N' : 'S', process, text);
      if (node === undefined) return typeof place === 'string' ? place : 'ENOENT';
      if (node.kind !== 'link') return 'ENOTDIR';
      const behind = walk(this.top, this.top, text, true);
      if (typeof behind === 'string') return behind;
      if (behind.node === undefined) return 'ENOENT';
      if (behind.node.kind !== 'directory') return 'ENOTDIR';
      if (behind.node === this.top) throw new Unforeseen('above the top');
      text = physicalPath(behind.node.parent as ModelDirectory);
    }
    return { text };
  }

  /** Looks the path up. Where the way to it fails, or it is missing and that fails, it is recorded. */
  find(
    caller: Caller,
    path: string,
    follow: boolean,
    missing: 'fails' | 'is told' | 'is made' = 'fails',
  ): Found | Errno {
    const spelled = this.spell(caller, path);
    if (typeof spelled === 'string') return spelled;
    const { text } = spelled;
    const { crossed } = this.touched;
    const place = walk(this.top, known(caller.base, path), path, follow, { links: 0, crossed });
    if (typeof place === 'string') {
      if (missing === 'is made') this.#noRoom(caller, text, follow && !path.endsWith('/.'));
      else this.#missing(caller, text);
      return place;
    }
    if (place.node === undefined && missing === 'fails') {
      this.#missing(caller, text);
      return 'ENOENT';
    }
    const { node, parent, name = '' } = place;
    return { text, node, parent, name };
  }

  /** `a/.` fails although a is there, if it is no directory. */
  #missing(caller: Caller, text: string): void {
    const place = walk(this.top, this.top, text, false);
    const there = typeof place !== 'string' && place.node !== undefined && place.node.kind !== 'link';
    this.record(there ? 'S' : 'N', caller, text);
  }

  /** Nothing can be made there: where the directory is not there, or is none, that is recorded. */
  #noRoom(caller: Caller, text: string, follow: boolean): void {
    const place = walk(this.top, this.top, text, false);
    if (follow && typeof place !== 'string' && place.node?.kind === 'link') {
      this.record('N', caller, text);
      const target = this.#targetOf(text);
      const spelled = target === undefined ? 'ELOOP' : this.spell(caller, target);
      if (typeof spelled !== 'string') this.#noRoom(caller, spelled.text, false);
      return;
    }
    const directory = text.slice(0, text.lastIndexOf('/'));
    const above = walk(this.top, this.top, directory, true);
    if (typeof above === 'string' || above.node === undefined) this.record('N', caller, directory);
    else if (above.node.kind !== 'directory') this.record('S', caller, directory);
    else this.#missing(caller, text);
  }

  /** The path that the links at the end of a path lead to; undefined if in a circle. */
  #targetOf(text: string): string | undefined {
    let target = text;
    for (let links = 0; links < 40; links += 1) {
      const place = walk(this.top, this.top, target, false);
      if (typeof place === 'string' || place.node?.kind !== 'link') return target;
      const next = place.node.text;
      target = isAbsolute(next) ? next : `${target.slice(0, target.lastIndexOf('/'))}/${next}`;
    }
    return undefined;
  }

  /** For what must be there, and is only looked at. */
  look(caller: Caller, path: string, follow: boolean): Outcome {
    const found = this.find(caller, path, follow);
    if (typeof found === 'string') return found;
    this.record('S', caller, found.text);
    this.note(found.node);
    return succeeds;
  }

  note(node: ModelNode | undefined): void {
    this.seen.push(noted(node));
  }

  touch(
    { parent, name }: { readonly parent: ModelDirectory; readonly name: string },
    node?: ModelNode,
  ): void {
    if (node !== undefined) this.touched.nodes.add(node);
    const names = this.touched.names.get(parent);
    if (names === undefined) this.touched.names.set(parent, new Set([name]));
    else names.add(name);
  }

  open(
    caller: Caller,
    path: string,
    flags: OpenFlags,
  ): { readonly node: ModelNode; readonly outcome: Outcome } | Errno {
    const found = this.find(
      caller,
      path,
      flags.noFollow !== true && flags.exclusive !== true,
      flags.create === true ? 'is made' : 'fails',
    );
    if (typeof found === 'string') return found;
    const { text, node, parent, name } = found;
    if (node === undefined) {
      const made: ModelFile = { kind: 'file', content: '', executable: false };
      parent.entries.set(name, made);
      this.touch(found, made);
      this.record('W', caller, text);
      return { node: made, outcome: succeeds };
    }
    const refused = whyNotOpened(node, flags);
    if (refused !== undefined || flags.pathOnly === true || node.kind !== 'file') {
      this.record('S', caller, text);
      this.note(node);
      return refused ?? { node, outcome: succeeds };
    }
    if (flags.read === true) {
      this.record('R', caller, text);
      this.seen.push(node.content);
    }
    if (flags.write === true) {
      this.touch(found, node);
      if (flags.truncate === true) this.record('W', caller, text);
      else this.recordAlteration(caller, text);
    }
    if (flags.truncate === true) node.content = '';
    return { node, outcome: succeeds };
  }

  /** Opens, reads a byte and writes two, as the flags allow, and closes. */
  use(caller: Caller, path: string, flags: OpenFlags): Outcome {
    const opened = this.open(caller, path, flags);
    if (typeof opened === 'string') return opened;
    const { node } = opened;
    if (flags.pathOnly === true || flags.directory === true) return succeeds;
    if (node.kind === 'directory') return 'EISDIR';
    if (node.kind !== 'file') throw new Unforeseen('reading what is no file');
    if (flags.write !== true) return succeeds;
    const { content } = node;
    const start =
      flags.append === true ? content.length : Math.min(flags.read === true ? 1 : 0, content.length);
    node.content = `${content.slice(0, start)}.\n${content.slice(start + 2)}`;
    return succeeds;
  }

  /** For the calls with a descriptor of a directory: opens it, and gives the caller to look names up from there. */
  below(caller: Caller, path: string): Caller | Errno {
    const opened = this.open(caller, path, { pathOnly: true, directory: true });
    if (typeof opened === 'string') return opened;
    return { process: caller.process, base: opened.node as ModelDirectory };
  }

  /** For a call that makes a name: where it will be, or why it cannot be made. */
  vacancy(caller: Caller, path: string, taken: Errno = 'EEXIST'): Found | Errno {
    const found = this.find(caller, path, false, 'is made');
    if (typeof found === 'string' || found.node === undefined) return found;
    this.record('S', caller, found.text);
    this.note(found.node);
    return taken;
  }

  make(caller: Caller, path: string, make: (found: Found) => void, taken?: Errno): Outcome {
    const found = this.vacancy(caller, path, taken);
    if (typeof found === 'string') return found;
    make(found);
    this.touch(found);
    this.record('W', caller, found.text);
    return succeeds;
  }

  alter(caller: Caller, path: string, alter: (node: ModelNode) => Outcome): Outcome {
    const found = this.find(caller, path, true);
    if (typeof found === 'string') return found;
    const outcome = alter(found.node as ModelNode);
    if (outcome === succeeds) this.touch(found, found.node);
    if (outcome === succeeds) {
      this.recordAlteration(caller, found.text);
    } else {
      this.record('S', caller, found.text);
      this.note(found.node);
    }
    return outcome;
  }

  remove(caller: Caller, path: string, kind: 'directory' | 'other'): Outcome {
    requireName(path);
    const found = this.find(caller, path, false);
    if (typeof found === 'string') return found;
    const { node, parent, name, text } = found;
    const refused =
      kind === 'other'
        ? node?.kind === 'directory' && 'EISDIR'
        : node?.kind !== 'directory'
          ? 'ENOTDIR'
          : node.entries.size > 0 && 'ENOTEMPTY';
    if (refused) {
      this.record('S', caller, text);
      if (refused === 'ENOTEMPTY') this.record('G', caller, text);
      this.note(node);
      return refused;
    }
    unhook(parent, name);
    this.touch(found);
    this.record('D', caller, text);
    this.note(node);
    return succeeds;
  }

  rename(
    caller: Caller,
    fromPath: string,
    toPath: string,
    how: 'plain' | 'no-replace' | 'exchange',
  ): Outcome {
    requireName(fromPath);
    requireName(toPath);
    const from = this.find(caller, fromPath, false, 'is told');
    if (typeof from === 'string') return from;
    if (from.node === undefined) {
      this.record('N', caller, from.text);
      // The kernel walks to both parents before it looks for the first name.
      const end = walk(this.top, known(caller.base, toPath), toPath, false);
      return typeof end === 'string' ? end : 'ENOENT';
    }
    const to = this.find(caller, toPath, false, how === 'exchange' ? 'fails' : 'is made');
    if (typeof to === 'string') return to;
    if (how === 'no-replace' && to.node !== undefined) {
      this.record('S', caller, to.text);
      this.note(to.node);
      return 'EEXIST';
    }
    const refused = whyNotRenamed(from, to, how);
    if (refused !== undefined || from.node === to.node) {
      this.record('S', caller, from.text);
      this.note(from.node);
      if (to.node !== undefined) this.record('S', caller, to.text);
      // An empty directory could have been replaced.
      if (refused === 'ENOTEMPTY') this.record('G', caller, to.text);
      this.note(to.node);
      return refused;
    }
    const source = from.node;
    this.touch(from);
    this.touch(to);
    if (how === 'exchange') {
      hook(to.parent, to.name, source);
      hook(from.parent, from.name, to.node as ModelNode);
      this.recordAlteration(caller, from.text);
      this.recordAlteration(caller, to.text);
      return succeeds;
    }
    if (to.node !== undefined) unhook(to.parent, to.name);
    unhook(from.parent, from.name);
    hook(to.parent, to.name, source);
    this.note(source);
    if (!this.recordPair('M', caller, from.text, to.text) && source.kind === 'directory')
      for (const below of pathsBelow(source, to.text)) this.record('W', caller, below);
    return succeeds;
  }

  link(caller: Caller, fromPath: string, toPath: string): Outcome {
    const from = this.find(caller, fromPath, false);
    if (typeof from === 'string') return from;
    const to = this.vacancy(caller, toPath);
    if (typeof to === 'string') return to;
    const { node } = from;
    this.note(node);
    if (node === undefined || node.kind === 'directory') {
      this.record('S', caller, from.text);
      return 'EPERM';
    }
    to.parent.entries.set(to.name, node);
    this.touch(to);
    this.record(node.kind === 'link' ? 'S' : 'R', caller, from.text);
    if (node.kind === 'link') this.record('K', caller, from.text);
    this.recordPair('L', caller, from.text, to.text);
    return succeeds;
  }

  list(caller: Caller, path: string): Outcome {
    const opened = this.open(caller, path, { read: true, directory: true });
    if (typeof opened === 'string') return opened;
    const directory = opened.node as ModelDirectory;
    this.record('G', caller, physicalPath(directory));
    this.seen.push([...directory.entries.keys()].sort().join(' '));
    return succeeds;
  }

  changeDirectory(caller: Caller, path: string): Outcome {
    const found = this.find(caller, path, true);
    if (typeof found === 'string') return found;
    if (found.node?.kind !== 'directory') {
      this.record('S', caller, found.text);
      this.note(found.node);
      return 'ENOTDIR';
    }
    this.enter(caller.process, found.node);
    this.record('C', caller, found.text);
    return succeeds;
  }

  enter(process: Process, directory: ModelDirectory): void {
    if (process.directory === undefined && process.number === 1) throw new Unforeseen('a shared directory');
    process.directory = directory;
  }

  execute(caller: Caller, path: string): Outcome {
    const found = this.find(caller, path, true);
    if (typeof found === 'string') return found;
    this.record('S', caller, found.text);
    this.note(found.node);
    return found.node?.kind === 'file' && found.node.executable ? 'ENOEXEC' : 'EACCES';
  }
}

/** The directory that a relative path starts from. */
function known(base: ModelDirectory | undefined, path = ''): ModelDirectory {
  if (base !== undefined) return base;
  if (isAbsolute(path)) return newTop();
  throw new Unforeseen('a shared directory');
}

/** What a name that ends in . or .. is refused with differs from call to call, and is not foretold. */
function requireName(path: string): void {
  if (/(?:^|\/)\.{1,2}$|^@$/.test(path)) throw new Unforeseen('no name');
}

function whyNotOpened(node: ModelNode, flags: OpenFlags): Errno | undefined {
  if (flags.exclusive === true) return 'EEXIST';
  if (node.kind === 'link') return flags.pathOnly === true ? undefined : 'ELOOP';
  if (node.kind === 'directory')
    return flags.write === true && flags.nameless !== true ? 'EISDIR' : undefined;
  if (flags.directory === true) return 'ENOTDIR';
  if (flags.pathOnly === true) return undefined;
  if (node.kind === 'socket') return 'ENXIO';
  if (node.kind === 'fifo') throw new Unforeseen('opening a fifo waits for another process');
  return undefined;
}

/** In the order of vfs_rename in Linux. */
function whyNotRenamed(from: Found, to: Found, how: 'plain' | 'no-replace' | 'exchange'): Errno | undefined {
  const source = from.node as ModelNode;
  if (isWithin(to.parent, source)) return 'EINVAL';
  if (to.node !== undefined && isWithin(from.parent, to.node))
    return how === 'exchange' ? 'EINVAL' : 'ENOTEMPTY';
  if (source === to.node || to.node === undefined || how === 'exchange') return undefined;
  if (source.kind === 'directory' && to.node.kind !== 'directory') return 'ENOTDIR';
  if (source.kind !== 'directory' && to.node.kind === 'directory') return 'EISDIR';
  return to.node.kind === 'directory' && to.node.entries.size > 0 ? 'ENOTEMPTY' : undefined;
}

/** Whether `inner` is `outer` or lies below it. */
function isWithin(inner: ModelDirectory, outer: ModelNode): boolean {
  for (let above: ModelDirectory | undefined = inner; above !== undefined; above = above.parent) {
    if (above === outer) return true;
    if (above.parent === above) return false;
  }
  return false;
}

function hook(parent: ModelDirectory, name: string, node: ModelNode): void {
  parent.entries.set(name, node);
  if (node.kind === 'directory') node.parent = parent;
}

function unhook(parent: ModelDirectory, name: string): void {
  const node = parent.entries.get(name);
  parent.entries.delete(name);
  if (node?.kind === 'directory') node.parent = undefined;
}

function pathsBelow(directory: ModelDirectory, path: string): string[] {
  return [...directory.entries].flatMap(([name, node]) => [
    `${path}/${name}`,
    ...(node.kind === 'directory' ? pathsBelow(node, `${path}/${name}`) : []),
  ]);
}

/** All that looking at a node tells. A directory's time is not part of it. */
function noted(node: ModelNode | undefined): string {
  switch (node?.kind) {
    case 'file':
      return `file ${node.executable} ${node.content}`;
    case 'link':
      return `link ${node.text}`;
    default:
      return node?.kind ?? 'absent';
  }
}

function isExecutable(node: ModelNode | undefined): boolean {
  if (node === undefined || node.kind === 'link') return false;
  return node.kind === 'directory' || node.executable;
}

type Perform = (world: World, caller: Caller, operands: readonly string[]) => Outcome;

/** An act on one path. */
function on(perform: (world: World, caller: Caller, path: string) => Outcome): Perform {
  return (world, caller, [path = '']) => perform(world, caller, path);
}

function opening(flags: OpenFlags): Perform {
  return on((world, caller, path) => world.use(caller, path, flags));
}

function from(perform: (world: World, caller: Caller, name: string) => Outcome): Perform {
  return (world, caller, [directory = '', name = '']) => {
    const below = world.below(caller, directory);
    return typeof below === 'string' ? below : perform(world, below, name);
  };
}

const looking = on((world, caller, path) => world.look(caller, path, true));

/** A line for each act of native/acts.c that is foretold. */
const table: Readonly<Record<string, Perform>> = {
  read: opening({ read: true }),
  openat2: opening({ read: true }),
  'read-nofollow': opening({ read: true, noFollow: true }),
  'open-directory': opening({ read: true, directory: true }),
  'open-path': opening({ pathOnly: true }),
  write: opening(writing),
  creat: opening(writing),
  'openat2-write': opening(writing),
  append: opening({ write: true, create: true, append: true }),
  update: opening({ read: true, write: true }),
  create: opening({ write: true, create: true, exclusive: true }),
  tmpfile: opening({ write: true, directory: true, nameless: true }),
  'read-at': from((world, caller, name) => world.use(caller, name, { read: true })),
  'write-at': from((world, caller, name) => world.use(caller, name, writing)),
  'stat-at': from((world, caller, name) => world.look(caller, name, true)),
  stat: looking,
  statx: looking,
  access: looking,
  faccessat2: looking,
  lstat: on((world, caller, path) => world.look(caller, path, false)),
  'execute-access': on((world, caller, path) => {
    const found = world.find(caller, path, true);
    if (typeof found === 'string') return found;
    world.record('S', caller, found.text);
    world.note(found.node);
    return isExecutable(found.node) ? succeeds : 'EACCES';
  }),
  readlink: on((world, caller, path) => {
    const found = world.find(caller, path, false);
    if (typeof found === 'string') return found;
    world.note(found.node);
    world.record('S', caller, found.text);
    return found.node?.kind === 'link' ? succeeds : 'EINVAL';
  }),
  list: on((world, caller, path) => world.list(caller, path)),
  mkdir: on((world, caller, path) =>
    world.make(caller, path, ({ parent, name }) => addDirectory(parent, name)),
  ),
  fifo: on((world, caller, path) =>
    world.make(caller, path, ({ parent, name }) =>
      parent.entries.set(name, { kind: 'fifo', executable: false }),
    ),
  ),
  bind: on((world, caller, path) =>
    world.make(
      caller,
      path,
      ({ parent, name }) => parent.entries.set(name, { kind: 'socket', executable: true }),
      'EADDRINUSE',
    ),
  ),
  rmdir: on((world, caller, path) => world.remove(caller, path, 'directory')),
  unlink: on((world, caller, path) => world.remove(caller, path, 'other')),
  truncate: on((world, caller, path) =>
    world.alter(caller, path, (node) => {
      if (node.kind === 'directory') return 'EISDIR';
      if (node.kind !== 'file') return 'EINVAL';
      node.content = '';
      return succeeds;
    }),
  ),
  chmod: on((world, caller, path) =>
    world.alter(caller, path, (node) => {
      if (node.kind !== 'directory' && node.kind !== 'link') node.executable = true;
      return succeeds;
    }),
  ),
  utimens: on((world, caller, path) => world.alter(caller, path, () => succeeds)),
  rename: (world, caller, [one = '', other = '']) => world.rename(caller, one, other, 'plain'),
  'rename-noreplace': (world, caller, [one = '', other = '']) =>
    world.rename(caller, one, other, 'no-replace'),
  exchange: (world, caller, [one = '', other = '']) => world.rename(caller, one, other, 'exchange'),
  link: (world, caller, [one = '', other = '']) => world.link(caller, one, other),
  symlink: (world, caller, [text = '', path = '']) => {
    const found = world.vacancy(caller, path);
    if (typeof found === 'string') return found;
    found.parent.entries.set(found.name, { kind: 'link', text });
    world.touch(found);
    world.recordPair('L', caller, text, found.text);
    return succeeds;
  },
  chdir: on((world, caller, path) => world.changeDirectory(caller, path)),
  fchdir: on((world, caller, path) => {
    const opened = world.open(caller, path, { read: true, directory: true });
    if (typeof opened === 'string') return opened;
    const directory = opened.node as ModelDirectory;
    world.enter(caller.process, directory);
    world.record('C', caller, physicalPath(directory));
    return succeeds;
  }),
  become: on((world, caller, path) => world.execute(caller, path)),
  exit: (world, { process }, [status = '0']) => {
    world.end(process, Number(status), 0);
    return succeeds;
  },
  raise: (world, { process }, [signal = '9']) => {
    if (!process.acted) throw new Unforeseen('a process that the probe does not see');
    world.end(process, 0, Number(signal));
    return succeeds;
  },
};

/** The names of the acts on one path, and on two. */
export const actNames = {
  onOne: Object.keys(table).filter((name) => operandsOf(name) === 1 && name !== 'exit' && name !== 'raise'),
  onTwo: Object.keys(table).filter((name) => operandsOf(name) === 2),
};

function operandsOf(name: string): number {
  if (/^(?:fork|vfork|thread|exec|execveat)$/.test(name)) return 0;
  return /^(?:.*-at|rename|rename-noreplace|exchange|link|symlink)$/.test(name) ? 2 : 1;
}
