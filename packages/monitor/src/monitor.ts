import type { AbsolutePath } from '@oodate/filemon';
import type { FileState, FileSystemKind, InterestKind, MonitorEvent, Telling } from './monitor-event.js';

export const backendNames = ['bpf', 'fanotify', 'inotify'] as const;
export type BackendName = (typeof backendNames)[number];

/**
 * Tells what happens to files, in order. Each event is taken once, by iteration or by a listener; while there is a
 * listener it gets all. If the monitor comes to an end that nobody asked for, iteration throws a MonitorError.
 */
export interface Monitor extends AsyncIterable<MonitorEvent> {
  readonly backend: BackendName;
  /** What it can tell here. */
  readonly tells: ReadonlySet<Telling>;
  /**
   * Begins to tell of these kinds, besides those asked for before, and gives the file's state: of a symbolic
   * link that of the link. No change after that state goes untold. Throws a MonitorError if the path cannot be monitored.
   */
  express(path: AbsolutePath, mask: readonly InterestKind[]): Promise<FileState>;
  /** Ends it for these kinds. */
  revoke(path: AbsolutePath, mask: readonly InterestKind[]): Promise<void>;
  /** Tells of all files of the file system on which the path is. */
  watchFileSystem(path: AbsolutePath, kinds: readonly FileSystemKind[]): Promise<void>;
  /** How many events wait to be taken. */
  pending(): number;
  /** Calls the listener for each event, first for those that wait. `failed`: for the end; without it that is an uncaught error. */
  onEvent(listener: (event: MonitorEvent) => void, failed?: (error: Error) => void): () => void;
  /** Iteration ends after the events that wait. */
  close(): Promise<void>;
}

export interface MonitorOptions {
  /** Default: the best that works. */
  readonly backend?: BackendName | undefined;
  /** Have events tell where in the kernel and the program; only bpf can. */
  readonly stacks?: boolean;
  /** How many events may wait here; default 16,384. What comes then waits in the native program, up to 1 MiB, and after that there is an OVER. */
  readonly queue?: number;
}
