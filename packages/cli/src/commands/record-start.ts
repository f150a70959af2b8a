import type { AbsolutePath } from '@oodate/filemon';
import {
  MonitorError,
  nativeRecorder,
  RecorderClient,
  type RecorderProgram,
  recordByInotify,
  recorderFolder,
  type StartedRecorder,
  startRecorder,
} from '@oodate/monitor';
import { writeOut } from '../output-streams.js';
import { findProject } from '../project-targets.js';
import { expressTargets } from '../recorder-interests.js';
import { assertOwnProject, recorderPlace } from '../recorder-place.js';
import { recordsWords, withoutProcessesWords } from '../recorder-words.js';
import type { Terminal } from '../terminal.js';

export interface RecordOptions {
  readonly backend: 'bpf' | 'fanotify' | 'inotify' | undefined;
  /** Do not come back before it ends. */
  readonly foreground: boolean;
}

/** Starts the recorder of the project, and tells it what all known targets use. */
export async function startRecording(options: RecordOptions, terminal: Terminal): Promise<number> {
  const { root } = recorderPlace('socket');
  assertOwnProject(root);
  const folder = recorderFolder(root);
  const started = await startBest(folder, options, terminal);
  const { backend, pid } = started.greeting;
  await expressProject(folder, root);
  writeOut(1, `${recordsWords(root, backend, pid)}\n`);
  return options.foreground ? started.ended : 0;
}

async function startBest(
  folder: AbsolutePath,
  { backend, foreground }: RecordOptions,
  terminal: Terminal,
): Promise<StartedRecorder> {
  if (backend === 'inotify') return startRecorder(folder, inotifyRecorder(folder), foreground);
  try {
    return await startRecorder(folder, nativeRecorder(folder, backend), foreground);
  } catch (error) {
    if (!(error instanceof MonitorError) || backend !== undefined || isOfFolder(error)) throw error;
    const started = await startRecorder(folder, inotifyRecorder(folder), foreground);
    terminal.say(withoutProcessesWords(error.message));
    return started;
  }
}

/** Another backend would not help. */
function isOfFolder({ code }: MonitorError): boolean {
  return ['RECORDS_ALREADY', 'NO_FOLDER', 'FOLDER_NOT_OURS', 'FOLDER_NOT_WRITABLE'].includes(code);
}

function inotifyRecorder(folder: AbsolutePath): RecorderProgram {
  return {
    file: process.execPath,
    words: [process.argv[1] ?? '', 'monitor', 'record', 'by-inotify', folder],
  };
}

/** In the process that `inotifyRecorder` starts. */
export async function serveByInotify(folder: AbsolutePath): Promise<number> {
  try {
    await recordByInotify(folder, (line) => writeOut(1, line));
    return 0;
  } catch (error) {
    if (!(error instanceof MonitorError)) throw error;
    const { code, message: sentence, hint: remedy = '' } = error;
    writeOut(1, `${JSON.stringify({ refusal: { code, sentence, remedy } })}\n`);
    return 1;
  }
}

async function expressProject(folder: AbsolutePath, root: AbsolutePath): Promise<void> {
  const client = await RecorderClient.connect(folder);
  if (client === undefined) return;
  const cwd = process.cwd() as AbsolutePath;
  const projects = await Promise.all([root, cwd].map((directory) => findProject(directory, process.env)));
  const targets = new Map(projects.flatMap((project) => project.targets.map((one) => [one.metaFile, one])));
  await expressTargets(client, [...targets.values()]);
  client.close();
}
