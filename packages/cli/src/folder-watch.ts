import { statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { FSWatcher } from 'chokidar';
import type { LearnedPaths } from './learned-paths.js';

/**
 * Tells of changes in the folders of learned paths, through chokidar. Of what it
 * tells only that something has happened is used, and by what name: what that
 * means is the planner's to say.
 */
export interface FolderWatch {
  /** Watches for these paths from now on. Resolves once nothing can be missed any more. */
  follow(learned: LearnedPaths): Promise<void>;
  close(): Promise<void>;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Of the folder when it was opened: another one in its place is not watched with it. */
  readonly identity: string;
}

/** `heard`: something has happened to a learned path. `failed`: from now on something may happen unheard. */
export function watchFolders(heard: (path: string) => void, failed: (error: Error) => void): FolderWatch {
  const watched = new Map<string, Watched>();
  let learned: LearnedPaths | undefined;

  const note = (path: string) => {
    if (learned?.has(dirname(path), basename(path)) === true) heard(path);
  };
  const noteIn = (place: string, name: string | null) => {
    // When it polls it names what has changed in full.
    if (name === null || isAbsolute(name)) return note(name ?? place);
    note(join(place, name));
    // A folder that is moved or removed itself tells its own name.
    if (name === basename(place)) note(place);
  };

  /** Each has a watcher of its own: one for several closes a folder when it reads the one above anew. */
  const open = async (place: string, identity: string): Promise<void> => {
    const watcher = new FSWatcher({
      ignored: (path) => path !== place,
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignorePermissionErrors: true,
    });
    watched.set(place, { watcher, identity });
    // Its other events leave out what `ignored` leaves out; this one is all that the system tells.
    watcher.on('raw', (_kind, name: string | null) => noteIn(place, name));
    watcher.on('error', (error) => failed(error as Error));
    await new Promise<void>((resolve) => {
      watcher.on('ready', resolve);
      watcher.add(place);
    });
  };

  const close = async (place: string, { watcher }: Watched): Promise<void> => {
    watched.delete(place);
    await watcher.close();
  };

  return {
    async follow(now) {
      learned = now;
      const wanted = new Map(places(now).flatMap((place) => withIdentity(place)));
      const gone = [...watched].filter(([place, { identity }]) => wanted.get(place) !== identity);
      // First, since chokidar shares the system's watch of a path among all of its watchers.
      await Promise.all(gone.map(([place, one]) => close(place, one)));
      const added = [...wanted].filter(([place]) => !watched.has(place));
      await Promise.all(added.map(([place, identity]) => open(place, identity)));
    },
    async close() {
      await Promise.all([...watched].map(([place, one]) => close(place, one)));
    },
  };
}

/** Where chokidar is told to poll, the times of a folder say nothing of the files in it. */
function places(learned: LearnedPaths): string[] {
  const polls = !['', '0', 'false'].includes((process.env.CHOKIDAR_USEPOLLING ?? '').toLowerCase());
  return polls ? [...learned.folders.keys(), ...learned.files()] : [...learned.folders.keys()];
}

function withIdentity(place: string): [string, string][] {
  const stats = statSync(place, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? [] : [[place, `${stats.dev}:${stats.ino}`]];
}
