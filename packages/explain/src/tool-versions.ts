import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AbsolutePath, decodePath, encodePath, fsPath, nameOf } from '@oodate/filemon';
import type { RecordedFile, RunRecord } from '@oodate/meta-file';

/**
 * By which versions people know programs: name and version of the npm package or the package of Debian's that holds
 * one, and the version of the Node that runs this. Nothing is started for it.
 */
export class ToolVersions {
  readonly #dpkg: string;
  /** Of the system's; undefined of those that no package has. To find one takes long. */
  readonly #known = new Map<AbsolutePath, string | undefined>();
  #state = '';

  /** `dpkg`: directory of its data base. */
  constructor(dpkg = '/var/lib/dpkg') {
    this.#dpkg = dpkg;
  }

  /** Of those that have one. */
  of(paths: Iterable<AbsolutePath>): Map<AbsolutePath, string> {
    const found = new Map<AbsolutePath, string>();
    const system = new Map<AbsolutePath, AbsolutePath>();
    for (const path of paths) {
      const real = realPath(path);
      if (real === undefined) continue;
      const version = npmVersion(real) ?? nodeVersion(real);
      if (version !== undefined) found.set(path, version);
      else if (isOfTheSystem(real)) system.set(path, real);
    }
    if (system.size > 0) this.#learn(new Set(system.values()));
    for (const [path, real] of system) {
      const version = this.#known.get(real);
      if (version !== undefined) found.set(path, version);
    }
    return found;
  }

  #learn(paths: ReadonlySet<AbsolutePath>): void {
    const state = stateOf(join(this.#dpkg, 'status'));
    if (state !== this.#state) this.#known.clear();
    this.#state = state;
    const unknown = new Set([...paths].filter((path) => !this.#known.has(path)));
    if (state === '' || unknown.size === 0) return;
    const versions = dpkgVersions(unknown, this.#dpkg);
    for (const path of unknown) this.#known.set(path, versions.get(path));
  }
}

/**
 * The record with the versions of what was executed, and of the npm packages whose package.json was read. What `last`
 * knows of the same content is taken from there.
 */
export function withVersions(run: RunRecord, last: RunRecord | undefined, versions: ToolVersions): RunRecord {
  const known = new Map(last?.files.filter(hasVersion).map((file) => [file.path, file]));
  const isKnown = ({ path, use, state }: RecordedFile) => {
    // Another version can have the same program.
    if (use === 'executed' && path.includes('/node_modules/')) return false;
    const was = known.get(path)?.state;
    return was?.type === 'file' && state.type === 'file' && was.digest === state.digest;
  };
  const asked = run.files.filter((file) => hasVersion(file) && !isKnown(file));
  const found = versions.of(asked.map(({ path }) => path));
  return {
    ...run,
    files: run.files.map((file) => {
      if (!hasVersion(file)) return file;
      const version = isKnown(file) ? known.get(file.path)?.version : found.get(file.path);
      return version === undefined ? file : { ...file, version };
    }),
  };
}

function hasVersion({ use, path, state }: RecordedFile): boolean {
  if (state.type !== 'file' || state.digest === undefined) return false;
  return use === 'executed' || (use === 'read' && manifestOf(path) === path);
}

/** The versions of the program or npm package that a path belongs to; null where none is known. */
export interface VersionChange {
  readonly was: string | null;
  readonly is: string | null;
}

/** Of those of the paths whose version is not what it was when the record was made. */
export function versionChanges(
  { files }: RunRecord,
  paths: Iterable<AbsolutePath>,
  versions: ToolVersions,
): Map<AbsolutePath, VersionChange> {
  const known = new Map(files.map((file) => [file.path, file]));
  const recorded = (path: AbsolutePath) =>
    known.get(path)?.version ?? known.get(manifestOf(path) ?? path)?.version ?? null;
  const asked = [...paths].filter(
    (path) => manifestOf(path) !== undefined || known.get(path)?.use === 'executed',
  );
  const present = versions.of(asked);
  const changes = new Map<AbsolutePath, VersionChange>();
  for (const path of asked) {
    const change = { was: recorded(path), is: present.get(path) ?? null };
    if (change.was !== change.is) changes.set(path, change);
  }
  return changes;
}

function manifestOf(path: AbsolutePath): AbsolutePath | undefined {
  const folder = packageFolder(path);
  return folder === undefined ? undefined : (`${folder}${manifest}` as AbsolutePath);
}

const manifest = '/package.json';

/** That of the npm package in a node_modules that the path is in. */
function packageFolder(path: string): string | undefined {
  const [folder] = /^.*\/node_modules\/(?:@[^/]+\/)?[^./@][^/]*(?=\/)/s.exec(path) ?? [];
  return folder;
}

function realPath(path: AbsolutePath): AbsolutePath | undefined {
  try {
    return decodePath(realpathSync.native(fsPath(path), { encoding: 'buffer' })) as AbsolutePath;
  } catch {
    return undefined;
  }
}

function npmVersion(path: AbsolutePath): string | undefined {
  const folder = packageFolder(path);
  if (folder === undefined) return undefined;
  try {
    const { name, version } = JSON.parse(readFileSync(fsPath(`${folder}${manifest}`), 'utf8'));
    return typeof name === 'string' && typeof version === 'string' ? versionText(name, version) : undefined;
  } catch {
    return undefined;
  }
}

function nodeVersion(path: AbsolutePath): string | undefined {
  return path === realPath(process.execPath as AbsolutePath)
    ? versionText('node', process.versions.node)
    : undefined;
}

/** Empty if there is none. */
function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
}

/** Not what somebody has put there beside the package manager. */
function isOfTheSystem(path: AbsolutePath): boolean {
  return /^\/(?:usr\/(?!local\/)|s?bin\/|lib|opt\/)/.test(path);
}

/** Each package has a list of its files. (Source: dpkg-query(1) and deb-files, the layout of its data base.) */
function dpkgVersions(paths: ReadonlySet<AbsolutePath>, dpkg: string): Map<AbsolutePath, string> {
  const found = new Map<AbsolutePath, string>();
  try {
    const owners = dpkgOwners(paths, join(dpkg, 'info'));
    const status = readFileSync(join(dpkg, 'status'), 'utf8');
    for (const [path, owner] of owners) {
      const version = dpkgVersion(status, owner);
      if (version !== undefined) found.set(path, versionText(owner, version));
    }
  } catch {
    // It does not let itself be seen.
  }
  return found;
}

function dpkgOwners(paths: ReadonlySet<AbsolutePath>, info: string): Map<AbsolutePath, string> {
  const owners = new Map<AbsolutePath, string>();
  let wanted = [...paths].map((path) => ({ path, lines: listedLines(path) }));
  for (const list of likelyFirst(readdirSync(info), paths)) {
    const text = readFileSync(join(info, list));
    const isIn = ({ lines }: (typeof wanted)[number]) => lines.some((line) => text.includes(line));
    for (const { path } of wanted.filter(isIn)) owners.set(path, list.replace(/(?::[^:]*)?\.list$/, ''));
    wanted = wanted.filter(({ path }) => !owners.has(path));
    if (wanted.length === 0) break;
  }
  return owners;
}

/** Lists of packages, those first that are named like a program or have many: to read all takes long. */
function likelyFirst(names: readonly string[], paths: ReadonlySet<AbsolutePath>): string[] {
  const parts = new Set([...paths].flatMap((path) => nameOf(path).split('-')));
  const likely = ['coreutils', 'binutils', 'cpp', ...[...parts].filter((part) => part.length > 1)];
  const isLikely = (name: string) => likely.some((part) => name.startsWith(part));
  const lists = names.filter((name) => name.endsWith('.list'));
  return [...lists.filter(isLikely), ...lists.filter((name) => !isLikely(name))];
}

/** What is in /usr/bin may be listed as in /bin: one was a directory of its own once. */
function listedLines(path: AbsolutePath): Buffer[] {
  const names = [path, path.replace(/^\/usr(?=\/(?:s?bin|lib[^/]*)\/)/, '')];
  return [...new Set(names)].map((name) => encodePath(`\n${name}\n`));
}

function dpkgVersion(status: string, name: string): string | undefined {
  const start = `\n${status}`.indexOf(`\nPackage: ${name}\n`);
  if (start < 0) return undefined;
  const end = status.indexOf('\n\n', start);
  return /^Version: (.*)$/m.exec(status.slice(start, end < 0 ? undefined : end))?.[1];
}

/** What is too long to be a version is cut. */
function versionText(name: string, version: string): string {
  return `${name} ${version}`.slice(0, 200);
}
