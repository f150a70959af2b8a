import { type AbsolutePath, decodePath } from '@oodate/filemon';
import * as v from 'valibot';

/*
 * What a monitor tells: the lines that the native program writes, and what `oodate monitor --json` prints.
 * docs/formats/monitor-event.schema.json is made from it.
 */

/** What one can be interested in about a file. */
export const interestKinds = ['content', 'attribute', 'delete', 'exec', 'exit'] as const;
export type InterestKind = (typeof interestKinds)[number];

/** What one can be interested in about a whole file system. */
export const fileSystemKinds = ['open', 'exec', 'content', 'attribute'] as const;
export type FileSystemKind = (typeof fileSystemKinds)[number];

/** What a backend can tell beyond the events themselves. */
const tellings = [
  'process',
  'reasons',
  'map',
  'exec',
  'exit',
  'stacks',
  'file-systems',
  'inputs',
  'mounter',
] as const;
export type Telling = (typeof tellings)[number];

export const eventKinds = [
  'CONTENT',
  'ATTRIBUTE',
  'DELETE',
  'EXEC',
  'EXIT',
  'OPEN',
  'OVER',
  'STATE',
] as const;
export type EventKind = (typeof eventKinds)[number];

export const contentReasons = [
  'WRITE',
  'MAP',
  'FTRUNC',
  'FCLEAR',
  'REMOVE',
  'RENAME',
  'UNMOUNT',
  'OVERMOUNT',
  'ENTRY',
] as const;
export type ContentReason = (typeof contentReasons)[number];

const large = v.pipe(v.string(), v.regex(/^-?\d+$/));
const nanoseconds = v.pipe(large, v.description('Nanoseconds since the epoch.'));
const number = v.pipe(v.number(), v.integer());
const path = v.pipe(
  v.string(),
  v.regex(/^\//),
  v.description('Absolute; a byte that is not UTF-8 is written as \\udc80 to \\udcff.'),
) as unknown as v.GenericSchema<string, AbsolutePath>;
const device = v.pipe(v.string(), v.regex(/^\d+:\d+$/), v.description('Major and minor number.'));

export const fileState = v.pipe(
  v.object({
    type: v.picklist(['file', 'directory', 'link', 'fifo', 'socket', 'block', 'character']),
    device,
    inode: large,
    mode: v.pipe(number, v.description('As st_mode of stat(2): type and permission bits.')),
    size: v.pipe(large, v.description('Bytes.')),
    links: number,
    uid: number,
    gid: number,
    mtime: nanoseconds,
    ctime: nanoseconds,
    executing: v.optional(
      v.pipe(number, v.description('How many processes execute it; not there if that is not known.')),
    ),
    target: v.optional(v.pipe(v.string(), v.description('Of a symbolic link: what it leads to.'))),
  }),
  v.description('What is at a path.'),
);
export type FileState = v.InferOutput<typeof fileState>;

export const processFacts = v.pipe(
  v.object({
    pid: number,
    parent: v.optional(number),
    uid: v.optional(number),
    loginUid: v.optional(v.pipe(number, v.description('Not there if nobody has logged in.'))),
    gid: v.optional(number),
    name: v.optional(v.pipe(v.string(), v.description('As the kernel has it: 15 bytes at most.'))),
    executable: v.optional(v.string()),
    words: v.optional(
      v.pipe(v.array(v.string()), v.description('The command line; of processes of the same user alone.')),
    ),
    wordsCut: v.optional(v.pipe(v.boolean(), v.description('There were more words.'))),
    ancestors: v.optional(
      v.pipe(v.array(v.object({ pid: number, name: v.string() })), v.description('From the parent up.')),
    ),
  }),
  v.description(
    'Who did it. Not there if the backend cannot tell; of one that ended at once only the pid may be known.',
  ),
);
export type ProcessFacts = v.InferOutput<typeof processFacts>;

export const stacks = v.pipe(
  v.object({ kernel: v.optional(v.array(v.string())), user: v.optional(v.array(v.string())) }),
  v.description('Where in the kernel and in the program, innermost first.'),
);

export const eventTime = v.object({ seconds: number, nanoseconds: number });

export const monitorEvent = v.pipe(
  v.object({
    event: v.picklist(eventKinds),
    reason: v.optional(
      v.pipe(v.picklist(contentReasons), v.description('Of CONTENT; not there if it is not known.')),
    ),
    path: v.optional(v.pipe(path, v.description('All but OVER have one, as far as it is known.'))),
    device: v.optional(device),
    inode: v.optional(large),
    entry: v.optional(
      v.pipe(v.string(), v.description('Of a directory: the name that was made, removed or moved.')),
    ),
    time: v.optional(eventTime),
    sequence: v.optional(
      v.pipe(
        number,
        v.description('One more than that of the event before; not there in a STATE of a path followed on.'),
      ),
    ),
    process: v.optional(processFacts),
    stacks: v.optional(stacks),
    lost: v.optional(v.pipe(number, v.description('Of OVER: how many events, if that is known.'))),
    state: v.optional(
      v.pipe(
        v.nullable(fileState),
        v.description('Of STATE: what is at the path now, also if that is another file; null if nothing is.'),
      ),
    ),
    ended: v.optional(
      v.pipe(v.boolean(), v.description('Of STATE: the interest has ended while events were lost.')),
    ),
  }),
  v.title('A line of oodate monitor --json'),
  v.description('Fields, kinds and reasons may be added.'),
);
/** Something that has happened, or with OVER and STATE what is true after some of it was lost. */
export type MonitorEvent = v.InferOutput<typeof monitorEvent>;

/** Why a request is not done, as the native program says it. */
export const refusal = v.object({
  code: v.string(),
  sentence: v.string(),
  remedy: v.optional(v.string(), ''),
});
export type Refusal = v.InferOutput<typeof refusal>;

const message = v.union([
  v.object({
    monitor: v.literal(1),
    backend: v.picklist(['bpf', 'fanotify']),
    pid: number,
    tells: v.array(v.string()),
  }),
  v.object({
    answer: v.union([v.string(), number]),
    state: v.optional(v.nullable(fileState)),
    refusal: v.optional(refusal),
  }),
  monitorEvent,
  v.object({ refusal }),
]);
/** A line of the native program: its first, an answer, an event, or that it cannot do it at all. */
export type MonitorMessage = v.InferOutput<typeof message>;

/** Throws what JSON.parse and valibot throw if the line is none of a monitor. */
export function parseMonitorLine(line: Uint8Array): MonitorMessage {
  return v.parse(message, JSON.parse(decodePath(line)));
}

/** Of an event; undefined for a line that is none, or is damaged. */
export function parseMonitorEvent(line: Uint8Array): MonitorEvent | undefined {
  try {
    return v.parse(monitorEvent, JSON.parse(decodePath(line)));
  } catch {
    return undefined;
  }
}

export function isTelling(word: string): word is Telling {
  return (tellings as readonly string[]).includes(word);
}
