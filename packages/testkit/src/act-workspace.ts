import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  describeTree,
  isAbsolute,
  type ModelDirectory,
  type ModelNode,
  newTop,
  plant,
} from './model-tree.js';

/** A folder on disk with these files (see plant), for as long as it is used. */
export async function inFolder<T>(files: readonly string[], use: (folder: string) => Promise<T>): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oodate-acts-')));
  try {
    plantOnDisk(folder, files);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the files that the lines say (see plant) in a folder on disk. */
function plantOnDisk(folder: string, files: readonly string[]): void {
  const top = newTop();
  for (const line of files) {
    if (!plant(top, line)) continue;
    const [path = '', text] = line.split(' -> ');
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    if (text !== undefined) symlinkSync(onDisk(folder, text), place);
    else if (path.endsWith('/')) mkdirSync(place, { recursive: true });
    else writeFileSync(place, `${path}\n`);
  }
}

/** The word with the folder for the `@` that an absolute path begins with. */
export function onDisk(folder: string, word: string): string {
  return isAbsolute(word) ? `${folder}${word.slice(1)}` : word;
}

/** The folder as describeTree tells of the model's. */
export function describeFolder(folder: string): string[] {
  const read = (place: string, parent: ModelDirectory | undefined): ModelNode => {
    const state = lstatSync(place);
    if (state.isSymbolicLink()) {
      const text = readlinkSync(place);
      return { kind: 'link', text: text.startsWith(folder) ? `@${text.slice(folder.length)}` : text };
    }
    const executable = (state.mode & 0o111) !== 0;
    if (state.isFile()) return { kind: 'file', content: readFileSync(place, 'utf8'), executable };
    if (!state.isDirectory()) return { kind: state.isSocket() ? 'socket' : 'fifo', executable };
    const directory: ModelDirectory = { kind: 'directory', entries: new Map(), parent };
    for (const name of readdirSync(place)) directory.entries.set(name, read(join(place, name), directory));
    return directory;
  };
  return describeTree(read(folder, undefined) as ModelDirectory);
}
