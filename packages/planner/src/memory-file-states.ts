import { createHash } from 'node:crypto';
import { type AbsolutePath, childOf, nameOf, parentOf } from '@oodate/filemon';
import type { DigestedFile, FileState, FileStates } from './file-states.js';
import { listedName } from './listed-name.js';

type Node = { mtime: bigint; ctime: bigint } & (
  | { readonly type: 'file'; content: string; readonly inode: bigint; mode: number }
  | { readonly type: 'directory'; readonly made: bigint }
  | { readonly type: 'link'; readonly target: string }
  | { readonly type: 'special' }
  | { readonly type: 'unreadable'; readonly errno: string }
);

/**
 * A disk in memory for tests, whose clock stands still until the test moves it.
 * Directories on the way are made when needed, with the time there is then.
 */
export class MemoryFileStates implements FileStates {
  /** Nanoseconds since the epoch. */
  now = 1_000_000_000_000_000_000n;
  /** Paths whose content was asked for, in order. */
  readonly digested: string[] = [];
  readonly #nodes = new Map<AbsolutePath, Node>();
  #inodes = 0n;

  constructor() {
    this.#nodes.set('/' as AbsolutePath, { type: 'directory', mtime: 0n, ctime: 0n, made: 0n });
  }

  /** Lets a second pass. */
  later(): void {
    this.now += 1_000_000_000n;
  }

  write(path: string, content = ''): void {
    const place = this.#place(path);
    const node = this.#nodes.get(place);
    if (node?.type === 'file') Object.assign(node, { content, ...this.#times() });
    else this.#put(place, { type: 'file', content, inode: ++this.#inodes, mode: 0o644, ...this.#times() });
  }

  mkdir(path: string): void {
    this.#put(path as AbsolutePath, { type: 'directory', made: this.now, ...this.#times() });
  }

  symlink(target: string, path: string): void {
    this.#put(path as AbsolutePath, { type: 'link', target, ...this.#times() });
  }

  special(path: string): void {
    this.#put(path as AbsolutePath, { type: 'special', ...this.#times() });
  }

  unreadable(path: string, errno: string): void {
    this.#put(path as AbsolutePath, { type: 'unreadable', errno, ...this.#times() });
  }

  /** A second name for a file; that alters its ctime. */
  link(from: string, to: string): void {
    const node = this.#present(from);
    node.ctime = this.now;
    this.#put(to as AbsolutePath, node);
  }

  chmod(path: string, mode: number): void {
    Object.assign(this.#present(path), { mode, ctime: this.now });
  }

  touch(path: string, mtime = this.now): void {
    Object.assign(this.#present(path), { mtime, ctime: this.now });
  }

  remove(path: string): void {
    for (const known of [...this.#nodes.keys()])
      if (known === path || known.startsWith(`${path}/`)) this.#nodes.delete(known);
    this.#enter(parentOf(path as AbsolutePath));
  }

  move(from: string, to: string): void {
    const moved = [...this.#nodes].filter(([known]) => known === from || known.startsWith(`${from}/`));
    this.#present(from).ctime = this.now;
    this.remove(from);
    this.remove(to);
    for (const [known, node] of moved)
      this.#nodes.set(`${to}${known.slice(from.length)}` as AbsolutePath, node);
    this.#enter(parentOf(to as AbsolutePath));
  }

  state(path: AbsolutePath): FileState {
    return this.linkState(this.#place(path));
  }

  linkState(path: AbsolutePath): FileState {
    const node = this.#nodes.get(path === '/' ? path : childOf(this.#place(parentOf(path)), nameOf(path)));
    if (node === undefined) return { type: 'absent' };
    const { type, mtime, ctime } = node;
    switch (type) {
      case 'file':
        return { type, size: BigInt(node.content.length), mtime, ctime, inode: node.inode, mode: node.mode };
      case 'directory':
        return { type, mtime, ctime, made: node.made };
      case 'link':
        return { type, target: node.target, ctime };
      case 'special':
        return { type, ctime };
      case 'unreadable':
        return { type, errno: node.errno };
    }
  }

  digest(path: AbsolutePath): DigestedFile | { readonly errno: string } {
    this.digested.push(path);
    const node = this.#nodes.get(this.#place(path));
    const file = this.state(path);
    if (node?.type !== 'file' || file.type !== 'file') return { errno: 'ENOENT' };
    if ((node.mode & 0o444) === 0) return { errno: 'EACCES' };
    return { digest: createHash('sha256').update(node.content).digest('hex'), file };
  }

  list(path: AbsolutePath): readonly string[] | undefined {
    const place = this.#place(path);
    if (this.#nodes.get(place)?.type !== 'directory') return undefined;
    return [...this.#nodes.keys()]
      .filter((known) => known !== '/' && parentOf(known) === place)
      .sort()
      .map((known) => {
        const type = this.#nodes.get(known)?.type;
        return listedName(nameOf(known), type === undefined || type === 'unreadable' ? 'file' : type);
      });
  }

  #times(): { mtime: bigint; ctime: bigint } {
    return { mtime: this.now, ctime: this.now };
  }

  #put(path: AbsolutePath, node: Node): void {
    if (!this.#nodes.has(parentOf(path))) this.mkdir(parentOf(path));
    const isNew = !this.#nodes.has(path);
    this.#nodes.set(path, node);
    if (isNew) this.#enter(parentOf(path));
  }

  /** A name was added to the directory or taken from it. */
  #enter(dir: AbsolutePath): void {
    Object.assign(this.#present(dir), this.#times());
  }

  #present(path: string): Node {
    const node = this.#nodes.get(path as AbsolutePath);
    if (node === undefined) throw new Error(`the test's disk has no ${path}`);
    return node;
  }

  #place(path: string): AbsolutePath {
    let place = '/' as AbsolutePath;
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      place = name === '..' ? parentOf(place) : childOf(place, name);
      const node = this.#nodes.get(place);
      if (node?.type === 'link')
        place = this.#place(
          node.target.startsWith('/') ? node.target : childOf(parentOf(place), node.target),
        );
    }
    return place;
  }
}
